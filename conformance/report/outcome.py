"""The outcome of a check: what the worker says while it judges, and how it ended.

A message of the worker reaches the report as it was sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..counterexample import Counterexample


@dataclass(frozen=True, slots=True)
class Working:
    """The check goes on."""

    doing: str
    programs: int
    """How many programs have been judged."""


@dataclass(frozen=True, slots=True)
class Findings:
    """The check is over, and this was found out besides counterexamples."""

    observed: Mapping[str, int]
    """How often each clause had something to judge."""
    offers: Sequence[str]
    """The capabilities of the pool."""
    takes: Sequence[str]
    """The optional arguments that the pool's constructor takes."""
    programs: int
    cut_short: bool
    """Whether time was up before all programs had run."""
    in_part: bool
    """Whether the pool could not be run as most programs need it; a note says why."""
    environment: Mapping[str, str]
    notes: Sequence[str]
    """What the reader of the verdict must know besides."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The check could not be done.

    To blame is the `target`, the `server`, the `adapter` or the `kit`.
    """

    blame: str
    message: str


Message = Working | Counterexample | Findings | Failed


@dataclass(slots=True)
class Outcome:
    """What is known when the worker has ended."""

    counterexamples: dict[str, Counterexample] = field(default_factory=dict)
    """For each broken clause, the shortest."""
    findings: Findings | None = None
    failed: Failed | None = None
    last: Working = field(default_factory=lambda: Working("starting", 0))
    died: str = ""
    """How the worker ended, if it did so before the check was over."""
    output: str = ""
    """What the target printed last."""

    @property
    def is_over(self) -> bool:
        """Whether the worker has said its last word."""
        return self.findings is not None or self.failed is not None

    def note(self, message: Message) -> None:
        """Take in what the worker says."""
        match message:
            case Working():
                self.last = message
            case Counterexample():
                self.counterexamples[message.clause] = message
            case Findings():
                self.findings = message
            case Failed():
                self.failed = message
