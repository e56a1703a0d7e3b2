"""Servers that take their time to reply: released meanwhile, waited for, or given up."""

from hypothesis.stateful import rule

from poolproof.spec import Capability
from poolproof.spec.model.conditions import Condition

from ..programs.operations import (
    PATIENT_S,
    AwaitReply,
    InterruptCommand,
    ReleaseUnanswered,
)
from ..programs.setup import IN_REAL_TIME
from .durations import BRIEF_S, SILENCE_S
from .program import ANY, POOLS, Program, pick
from .workload import Workload


class ReleasingUnanswered(Program):
    """Holders who release before the reply is there."""

    @rule(pool=POOLS, which=ANY)
    def release_unanswered(self, pool: str, which: int) -> None:
        """Release a connection on which a reply is outstanding."""
        if not self._held(pool):
            self.acquire(pool)
        if self._held(pool) and pool not in self._driving.waiting.values():
            self._run(ReleaseUnanswered(pick(self._held(pool), which)))

    def _come_to_the_point(self) -> None:
        self.release_unanswered("A", 0)


class AwaitingReplies(Program):
    """Holders who wait for the server, and callers who wait for the pool meanwhile."""

    @rule(pool=POOLS, which=ANY)
    def await_reply(self, pool: str, which: int) -> None:
        """Wait for a server that takes its time."""
        if not self._held(pool):
            self.acquire(pool)
        if self._held(pool):
            self._run(AwaitReply(pick(self._held(pool), which), SILENCE_S))

    def _come_to_the_point(self) -> None:
        self.exhaust("A")
        self.acquire("A")
        self.await_reply("A", 0)


class GivingUp(Program):
    """Clients who stop waiting for a reply."""

    @rule()
    def give_up_a_command(self) -> None:
        """Give a command to a client on the only connection that is not in use."""
        if not self._open_to_callers("A"):
            return
        self.exhaust("A")
        if self._held("A"):
            self._release_one()
            self._run(InterruptCommand("A", "socket_timeout"))

    def _come_to_the_point(self) -> None:
        self.give_up_a_command()


UNANSWERED = Workload(
    about="connections released while a reply is outstanding",
    program=ReleasingUnanswered,
    setup=IN_REAL_TIME,
)
LONG_SOCKET_TIMEOUT = Workload(
    about="more patience with the server than with the pool",
    program=AwaitingReplies,
    takes=frozenset({"timeout", "socket_timeout"}),
    timeout_s=BRIEF_S,
    socket_timeout_s=2 * SILENCE_S,
    surplus_callers=1,
    share=6,
    setup=IN_REAL_TIME,
)
SHORT_SOCKET_TIMEOUT = Workload(
    about="less patience with the server than with the pool",
    program=AwaitingReplies,
    takes=frozenset({"timeout", "socket_timeout"}),
    timeout_s=1.2 * SILENCE_S,
    socket_timeout_s=0.3 * SILENCE_S,
    surplus_callers=1,
    share=6,
    setup=IN_REAL_TIME,
)
GIVEN_UP = Workload(
    about="commands whose client gives up waiting for the reply",
    program=GivingUp,
    takes=frozenset({"socket_timeout"}),
    needs=frozenset({Capability.THREADS, Capability.CLIENT}),
    brings=frozenset({Condition.INTERRUPTED}),
    timeout_s=PATIENT_S,
    socket_timeout_s=SILENCE_S,
    share=6,
    setup=IN_REAL_TIME,
)
