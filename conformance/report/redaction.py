"""Redaction: credentials are taken out of every text that did not come from the kit itself.

The kit's own sentences never hold them. What a pool raises or prints may.
"""

import json
from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from urllib.parse import quote, quote_plus, unquote

from ..counterexample import Counterexample
from .results import Report

SECRET_ARGUMENTS = ("password", "passwd", "username", "credential", "secret", "token")


def secrets_of(username: str | None, password: str | None, extra: Mapping[str, str]) -> list[str]:
    """Every form in which the credentials of a server or of ``--set`` may turn up, longest first."""
    given = [word for word in (username, password) if word]
    for name, text in extra.items():
        given += _read(text) if is_secret(name) else _of_url(text)
    forms = {form for word in given for form in _forms(word) if form}
    return sorted(forms, key=len, reverse=True)


def _read(text: str) -> Iterator[str]:
    """What was written after ``--set name=``, and the string that is meant if it has quotes."""
    yield text
    with suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        value = literal_eval(text)
        if isinstance(value, str):
            yield value


def _of_url(text: str) -> Iterator[str]:
    """The user name and the password of what may be a URL, as written and as meant."""
    _, scheme, rest = text.partition("://")
    credentials, at, _ = rest.rpartition("@")
    if scheme and at:
        for word in credentials.partition(":")[::2]:
            yield from (word, unquote(word))


def _forms(word: str) -> Iterator[str]:
    """A word as it is, as URLs have it, and as `repr`, JSON and the text of an error have it."""
    yield word
    yield from (quote(word), quote(word, safe=""), quote_plus(word))
    yield from (repr(word)[1:-1], ascii(word)[1:-1], repr(word.encode())[2:-1])
    yield from (json.dumps(word)[1:-1], " ".join(word.split()))


def is_secret(argument: str) -> bool:
    """Whether the value of a constructor argument of this name is to be kept to ourselves."""
    return any(word in argument.lower() for word in SECRET_ARGUMENTS)


def redacted(text: str, secrets: Iterable[str]) -> str:
    """The text without the secrets."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def redacted_report(report: Report, secrets: Iterable[str]) -> Report:
    """The report without the secrets."""
    secrets = list(secrets)
    results = tuple(
        replace(
            result,
            reason=redacted(result.reason, secrets),
            counterexample=result.counterexample and _redacted(result.counterexample, secrets),
        )
        for result in report.results
    )
    notes = tuple(redacted(note, secrets) for note in report.notes)
    return replace(report, results=results, notes=notes)


def _redacted(counterexample: Counterexample, secrets: Sequence[str]) -> Counterexample:
    # Before it is laid out: a secret that was wrapped would not be found.
    rows = tuple(
        replace(row, text=redacted(row.text, secrets), pool=redacted(row.pool, secrets))
        for row in counterexample.rows
    )
    return replace(counterexample, rows=rows, broken=redacted(counterexample.broken, secrets))
