"""The rule for connections that fail in this process, where the pool lets the kit subclass them.

It ends as an outage does: by the same rule, or with the program.
"""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poolproof.spec import Capability

from ...programs.fault_kinds import FAILURES, Failure
from ...programs.operations import BeginFailing, DisconnectPool
from ..themes import Theme
from .outage_rules import OutageRules


class FailingRules(OutageRules):
    """Connections that raise, and callers who meet them."""

    @precondition(
        lambda self: (
            self._theme is Theme.REFUSED
            and self._context.drivers.connections_can_fail
            and not self._driving.in_outage
        )
    )
    @rule(how=st.sampled_from(FAILURES), disconnect=st.booleans())
    def begin_failing(self, how: Failure, disconnect: bool) -> None:
        """Have connections fail, perhaps the pool disconnect, and more callers come than slots."""
        self._run(BeginFailing(how))
        if disconnect and Capability.DISCONNECT in self._context.drivers.offers:
            self._run(DisconnectPool("A"))
        self.acquire_in_vain(self._driving.free("A") + 1)
