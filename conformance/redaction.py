"""Redaction: credentials are taken out of every text that did not come from the kit itself.

The kit's own sentences never hold them. What a pool raises or prints may.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import quote

from .results import Report

SECRET_ARGUMENTS = ("password", "username", "credential", "secret", "token")


def secrets_of(username: str | None, password: str | None, extra: Mapping[str, str]) -> list[str]:
    """Every form in which the credentials of a server or of ``--set`` may turn up, longest first."""
    given = [word for word in (username, password) if word]
    given += [text for name, text in extra.items() if is_secret(name) and text]
    forms = {form for word in given for form in (word, quote(word), quote(word, safe=""))}
    return sorted(forms, key=len, reverse=True)


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
    results = []
    for result in report.results:
        told = result.counterexample
        if told is not None:
            told = replace(
                told,
                steps=tuple(redacted(step, secrets) for step in told.steps),
                broken=redacted(told.broken, secrets),
            )
        reason = redacted(result.reason, secrets)
        results.append(replace(result, reason=reason, counterexample=told))
    notes = tuple(redacted(note, secrets) for note in report.notes)
    return replace(report, results=tuple(results), notes=notes)
