"""The words for what was found out about a clause."""

from enum import StrEnum


class Verdict(StrEnum):
    """What was found out about one clause."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    """The situation that the clause speaks of arose, and the clause was upheld every time."""

    FAIL = "FAIL"
    """The clause was broken."""

    KNOWN = "KNOWN"
    """The clause was broken, and it is listed as a known deviation with a reason."""

    UNOBSERVED = "UNOBSERVED"
    """The situation that the clause speaks of never arose. Never counted as a pass."""

    SKIPPED = "SKIPPED"
    """The pool does not offer the capability that the clause needs."""

    ERROR = "ERROR"
    """The kit or the adapter failed, so nothing is known."""
