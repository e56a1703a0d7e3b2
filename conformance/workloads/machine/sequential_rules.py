"""The rules for callers who come one after another, and how such programs end."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ...programs.operations import (
    Acquire,
    AwaitReply,
    Drop,
    Forget,
    InterruptCommand,
    Release,
    ReleaseUnanswered,
    RunBlock,
    Use,
)
from ..themes import SILENCE_S, THEMES_OF_SOCKET_TIMEOUT, Theme
from .program_under_way import ANY, ProgramUnderWay, pick

POOLS = st.sampled_from(("A", "A", "A", "B"))
"""Two pools are alive in every program. Most happens in the first."""

EXITS: tuple[type[BaseException] | None, ...] = (None, ValueError, KeyboardInterrupt, GeneratorExit)
"""The ways out of a ``with`` block: its end, an exception, and two that are no Exception."""


class SequentialRules(ProgramUnderWay):
    """Callers who come one after another: what they do, rightly and wrongly."""

    _forgot = False
    """Whether a connection has been let go of without a release."""

    @rule(pool=POOLS)
    def acquire(self, pool: str) -> None:
        """Ask for a connection, also when there is none."""
        if not self._open_to_callers(pool):
            return
        if self._driving.free(pool) <= 0:
            if self._surplus_callers == 0:
                return
            self._surplus_callers -= 1
        self._run(Acquire(pool))

    @rule(pool=POOLS)
    def exhaust(self, pool: str) -> None:
        """Ask for all connections that are left."""
        for _ in range(self._driving.free(pool)):
            self.acquire(pool)

    @precondition(lambda self: self._held())
    @rule(which=ANY)
    def release(self, which: int) -> None:
        """Give a connection back."""
        if not self._held():
            return
        acquire = pick(self._held(), which)
        self._run(Release(acquire, self._driving.holding[acquire].pool))

    @precondition(lambda self: len(self._held()) > 1)
    @rule(pool=POOLS)
    def release_all(self, pool: str) -> None:
        """Give back all connections of a pool."""
        self._release_all(pool)

    @precondition(lambda self: self._theme is Theme.TURNS)
    @rule(pairs=st.integers(min_value=2, max_value=5))
    def take_turns(self, pairs: int) -> None:
        """Acquire and release several times in a row, as callers with one command each do."""
        for _ in range(pairs):
            before = set(self._driving.holding)
            if self._driving.free("A") > 0:
                self.acquire("A")
            for acquire in set(self._driving.holding) - before:
                self._run(Release(acquire, "A"))

    @precondition(lambda self: self._theme in (Theme.QUEUE, Theme.DROP) and self._held())
    @rule(which=ANY)
    def use(self, which: int) -> None:
        """Send a command."""
        self._run(Use(pick(self._held(), which)))

    @precondition(lambda self: self._theme in (Theme.DROP, Theme.MIN_IDLE) and self._held())
    @rule(which=ANY)
    def drop(self, which: int) -> None:
        """Close a connection that is in use, and give it back as a client does."""
        acquire = pick(self._held(), which)
        pool = self._driving.holding[acquire].pool
        self._run(Drop(acquire))
        self._run(Release(acquire, pool))

    @precondition(lambda self: self._theme is Theme.DROP and not self._forgot and self._held())
    @rule(which=ANY)
    def forget(self, which: int) -> None:
        """Let go of a connection that is in use, once in a program: to collect garbage takes long."""
        self._forgot = True
        self._run(Forget(pick(self._held(), which)))

    @precondition(lambda self: self._theme is Theme.SECOND_RELEASE and self._held())
    @rule(which=ANY)
    def release_twice(self, which: int) -> None:
        """Release a connection twice in a row, as an error path and a ``finally`` do together."""
        if not self._held():
            return
        acquire = pick(self._held(), which)
        pool = self._driving.holding[acquire].pool
        self._run(Release(acquire, pool))
        if acquire in self._released_and_idle():
            self._run(Release(acquire, pool))

    @precondition(lambda self: self._theme is Theme.SECOND_RELEASE and self._released_and_idle())
    @rule(which=ANY)
    def release_again(self, which: int) -> None:
        """Release a connection that has been released and that nobody holds."""
        acquire = pick(self._released_and_idle(), which)
        self._run(Release(acquire, self._driving.released[acquire].pool))

    @precondition(lambda self: self._theme is Theme.FOREIGN_RELEASE)
    @rule(which=ANY)
    def release_to_another_pool(self, which: int) -> None:
        """Release a connection of one pool to the other."""
        if not self._held("B"):
            self.acquire("B")
        if self._held("B"):
            self._run(Release(pick(self._held("B"), which), "A"))

    @precondition(lambda self: self._theme is Theme.BLOCK)
    @rule(pool=POOLS, leave_by=st.sampled_from(EXITS))
    def run_block(self, pool: str, leave_by: type[BaseException] | None) -> None:
        """Hold the last free connection for the length of a block."""
        while self._driving.free(pool) > 1:
            held = len(self._held(pool))
            self.acquire(pool)
            if len(self._held(pool)) == held:
                return
        if self._driving.free(pool) > 0 and self._open_to_callers(pool):
            self._run(RunBlock(pool, leave_by))

    @precondition(lambda self: self._theme is Theme.UNANSWERED)
    @rule(pool=POOLS, which=ANY)
    def release_unanswered(self, pool: str, which: int) -> None:
        """Release a connection on which a reply is outstanding."""
        if not self._held(pool):
            self.acquire(pool)
        if self._held(pool) and pool not in self._driving.waiting.values():
            self._run(ReleaseUnanswered(pick(self._held(pool), which)))

    @precondition(lambda self: self._theme is Theme.GIVEN_UP)
    @rule()
    def give_up_a_command(self) -> None:
        """Give a command to a client on the only connection that is not in use."""
        if not self._open_to_callers("A"):
            return
        self.exhaust("A")
        for acquire in self._held("A")[:1]:
            self._run(Release(acquire, "A"))
            self._run(InterruptCommand("A", "socket_timeout"))

    @precondition(lambda self: self._theme in THEMES_OF_SOCKET_TIMEOUT)
    @rule(pool=POOLS, which=ANY)
    def await_reply(self, pool: str, which: int) -> None:
        """Wait for a server that takes its time."""
        if not self._held(pool):
            self.acquire(pool)
        if self._held(pool):
            self._run(AwaitReply(pick(self._held(pool), which), SILENCE_S))

    def _come_to_the_point(self) -> None:
        """Do at last what the theme is about, lest a program never gets there."""
        match self._theme:
            case Theme.BLOCK:
                self.run_block("A", KeyboardInterrupt)
                self.exhaust("A")
            case Theme.SECOND_RELEASE:
                self.exhaust("A")
                self.release_twice(0)
            case Theme.FOREIGN_RELEASE:
                self.exhaust("A")
                self.release_to_another_pool(0)
            case Theme.WAIT_IN_VAIN:
                self.exhaust("A")
                self._pass_one_on()
                self._surplus_callers = 1
                self.acquire("A")
                self._pass_one_on()
            case Theme.GIVEN_UP:
                self.give_up_a_command()
            case Theme.UNANSWERED:
                self.release_unanswered("A", 0)
            case Theme.SHORT_SOCKET_TIMEOUT | Theme.LONG_SOCKET_TIMEOUT:
                self.exhaust("A")
                self.acquire("A")
                self.await_reply("A", 0)
            case _:
                pass

    def _pass_one_on(self) -> None:
        """Release one connection, and let the next caller ask for it."""
        for acquire in self._held("A")[:1]:
            self._run(Release(acquire, "A"))
        self.acquire("A")
