"""What an outage is: for a while the pools cannot be expected to have connections for their callers."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from poolproof.spec.model.events import Cut, Outage, OutageOver

from ..programs.account import Account
from ..programs.fault_kinds import Absence, Failure
from ..programs.log import Log
from ..programs.operations import BeginFailing, BeginOutage, EndOutage, Operation


class OutageFault(ABC):
    """Begins an outage, and ends the one that it has begun. There is one at a time."""

    here = False
    """Whether it comes about in this process, and not at the server."""

    def __init__(self, account: Account, log: Log) -> None:
        self._account = account
        self._log = log
        self._under_way = False

    def handles(self, operation: Operation) -> bool:
        """Whether the operation begins an outage of this kind, or ends the one under way."""
        match operation:
            case BeginOutage(how) | BeginFailing(how):
                return self._causes(how)
            case EndOutage():
                return self._under_way
            case _:
                return False

    def carry_out(self, operation: Operation) -> None:
        """Begin the outage, unless there is one; or end it."""
        match operation:
            case BeginOutage(how) | BeginFailing(how) if not self._account.in_outage:
                self._begin(how)
            case EndOutage():
                self._end()

    @abstractmethod
    def _causes(self, how: Absence | Failure) -> bool:
        """Whether outages of this kind are begun here."""

    @abstractmethod
    def _begin(self, how: Absence | Failure) -> None:
        """Begin it, if that can be done here, and write down what ends with it."""

    @abstractmethod
    def _end(self) -> None:
        """Undo it, and write down that it is over."""

    def _note_begun(self, text: str) -> None:
        self._under_way = True
        self._account.begin_outage()
        self._log.add(Outage(self._log.now_s(), text, here=self.here))

    def _note_cuts(self, cut: Mapping[str, frozenset[int]], text: str, *, visible: bool) -> None:
        """Write down which connections of which pools ended with it."""
        for pool, connections in cut.items():
            for number in sorted(connections):
                self._log.add(Cut(self._log.now_s(), pool, number, text, visible=visible))

    def _note_over(self) -> None:
        self._under_way = False
        self._account.end_outage()
        self._log.add(OutageOver(self._log.now_s(), here=self.here))
