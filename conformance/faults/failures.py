"""Failures in this process: for a while the pools' own connections raise, whatever the server does.

To a pool that is an outage of another kind: it owes nobody a connection meanwhile, and all of them
afterwards. A pool that does not let others say what its connections are has none of these.
"""

from poolproof.spec.model.events import Outage, OutageOver

from ..programs.fault_kinds import Failure
from ..programs.operations import BeginFailing, Operation
from .failing import TOLD
from .silences import Silences


class Failures(Silences):
    """Begins them at moments at which nothing moves; they end as outages do."""

    def _inflict(self, operation: Operation) -> None:
        match operation:
            case BeginFailing(how):
                self._begin_failing(how)
            case _:
                super()._inflict(operation)

    def _begin_failing(self, how: Failure) -> None:
        if self._failing is None or self.in_outage:
            return
        self._failing.how = how
        self.in_outage = self._was_away = True
        self._log(Outage(self._now_s(), TOLD[how], here=True))

    def _end_outage(self) -> None:
        if self._failing is None or self._failing.how is None:
            super()._end_outage()
            return
        self._failing.how = None
        self.in_outage = False
        self._log(OutageOver(self._now_s(), here=True))
