"""Credentials do not come out, however a pool writes them."""

import json
from urllib.parse import quote, quote_plus

import pytest

from poolproof.conformance.adapters.client import UNKNOWN
from poolproof.conformance.counterexample import Counterexample, Row
from poolproof.conformance.report.redaction import is_secret, redacted, redacted_report, secrets_of
from poolproof.conformance.report.results import Report, Result
from poolproof.conformance.report.verdict import Verdict
from poolproof.spec import CLAUSES

PASSWORDS = [
    "s3cret",
    "pa@ss/w:rd",
    "two  words",
    'it\'s "quoted"',
    "back\\slash",
    "schlüssel",
    "%41",
]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize(
    "written",
    [
        str,
        repr,
        ascii,
        lambda word: repr(word.encode())[1:],
        json.dumps,
        quote,
        quote_plus,
        lambda word: quote(word, safe=""),
    ],
    ids=["str", "repr", "ascii", "bytes", "json", "quote", "quote_plus", "quote_all"],
)
def test_a_password_is_found_however_it_is_written(password: str, written: object) -> None:
    assert callable(written)
    text = f"no entry for {written(password)} today"

    cleaned = redacted(text, secrets_of(None, password, {}))

    assert "***" in cleaned
    assert cleaned.replace("***", "").replace("'", "").replace('"', "") == "no entry for  today"


def test_a_password_is_found_in_an_error_that_was_put_on_one_line() -> None:
    error = UNKNOWN.error(ValueError("refused: two  words"))

    assert redacted(error.message, secrets_of(None, "two  words", {})) == "refused: ***"


def test_an_error_that_is_too_long_ends_between_words() -> None:
    error = UNKNOWN.error(ValueError("x" * 290 + " pa@ss/word"))

    assert error.message == "x" * 290 + " …"


def test_an_error_that_cannot_even_say_what_it_is_is_described() -> None:
    class SpeechlessError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert UNKNOWN.error(SpeechlessError()).message == "an exception whose message cannot be read"


def test_the_user_name_is_kept_secret_too() -> None:
    assert redacted("alice has al", secrets_of("alice", "al", {})) == "*** has ***"


def test_nothing_is_taken_out_where_there_is_no_secret() -> None:
    assert redacted("nothing", secrets_of(None, None, {"protocol": "2"})) == "nothing"
    assert secrets_of("", "", {"sentinel_password": ""}) == []


@pytest.mark.parametrize(
    "argument",
    ["ssl_password", "PASSWORD", "sentinel_username", "credential_provider", "token", "api_secret"],
)
def test_an_argument_that_may_hold_a_secret_is_known_by_its_name(argument: str) -> None:
    assert is_secret(argument)


@pytest.mark.parametrize("argument", ["protocol", "queue_class", "retry_on_error"])
def test_other_arguments_hold_none(argument: str) -> None:
    assert not is_secret(argument)


@pytest.mark.parametrize("text", ["s3 cret", "'s3 cret'", '"s3 cret"'])
def test_an_argument_is_kept_secret_with_its_quotes_and_without(text: str) -> None:
    secrets = secrets_of(None, None, {"ssl_password": text})

    assert redacted(f"given {text}: s3 cret", secrets) == "given ***: ***"


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("redis://alice:s3%40cret@host/0", "alice s3@cret s3%40cret"),
        ("redis://:s3cret@host", "s3cret"),
        ("redis://alice@host", "alice"),
    ],
)
def test_an_argument_that_is_a_url_may_hold_credentials(url: str, written: str) -> None:
    secrets = secrets_of(None, None, {"url": url})

    assert set(redacted(written, secrets).split()) == {"***"}
    assert "host" in redacted(url, secrets)


@pytest.mark.parametrize("text", ["redis://host:6379/0", "a@b", "module:name", "://@", "[1, 2]"])
def test_what_is_no_url_with_credentials_is_no_secret(text: str) -> None:
    assert redacted(text, secrets_of(None, None, {"argument": text})) == text


def test_every_part_of_a_report_that_a_pool_may_have_written_is_redacted() -> None:
    counterexample = Counterexample(
        "SEC-1",
        (Row("built with s3cret"), Row("fails", "A", "s3cret")),
        "raised s3cret",
    )
    result = Result(CLAUSES["SEC-1"], Verdict.FAIL, 1, "because of s3cret", counterexample)
    report = Report("redis:X", (result,), {"client": "redis 1"}, 1, ("s3cret was printed",))

    kept = redacted_report(report, ["s3cret"])

    assert "s3cret" not in repr(kept)
    assert kept.results[0].counterexample == Counterexample(
        "SEC-1",
        (Row("built with ***"), Row("fails", "A", "***")),
        "raised ***",
    )
    assert (kept.results[0].reason, kept.notes) == ("because of ***", ("*** was printed",))
    assert (kept.target, kept.environment) == ("redis:X", {"client": "redis 1"})
