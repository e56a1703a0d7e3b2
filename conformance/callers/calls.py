"""Calls: what callers have begun, several of them at once, and may not have come back from."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from .program_context import ProgramContext


@dataclass(frozen=True, slots=True)
class Call(ABC):
    """A call that has been started."""

    pool: str
    end_s: float
    """When it should have waited long enough."""

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether it has come to its end."""

    @property
    @abstractmethod
    def raised(self) -> BaseException | None:
        """What it failed with that is no outcome of the pool's, now that it is done."""


AnyCall = TypeVar("AnyCall", bound=Call)


class Calls(Generic[AnyCall]):
    """The calls of one program that have not returned."""

    def __init__(self, program: ProgramContext) -> None:
        self._program = program
        self._account = program.account
        self.moving: dict[int, AnyCall] = {}
        self.endings: set[int] = set()
        """Those, and those that have returned, that close or disconnect a pool."""

    def begin(self, call: int, moving: AnyCall) -> None:
        """Note a call that has begun."""
        self.moving[call] = moving

    def end_something(self, call: int) -> None:
        """Note that a call closes or disconnects a pool."""
        self.endings.add(call)

    def note_who_returned(self) -> None:
        """Forget the calls that have returned. Raises what one failed with that is the kit's fault."""
        for call, moving in [*self.moving.items()]:
            if moving.done:
                del self.moving[call]
                self._account.have_returned(call)
                if moving.raised is not None:
                    raise moving.raised

    def give_up(self, pool: str, call: int, waited_s: float) -> None:
        """Write down that a call has not returned, and have done with its pool."""
        self._program.give_up(pool, call, waited_s)
        self.moving.pop(call, None)

    def give_up_who_hangs(self, closing: frozenset[int]) -> None:
        """A burst is over: what has not returned, is no acquire that waits, and is not `closing` a
        connection that is slow to close, never will.
        """
        for call, moving in [*self.moving.items()]:
            waits = call in self._account.waiting or self.waits_for_callers(call)
            if call not in closing and not waits:
                self.give_up(moving.pool, call, 0.0)

    def waits_for_callers(self, call: int) -> bool:
        """Whether a call closes a pool that may let those finish first who use it."""
        pool = self.moving[call].pool
        used = self._account.waiters(pool) or self._account.holders(pool)
        return call in self.endings and bool(used)

    def may_be_served(self) -> bool:
        """Whether looking again could make a difference to anybody.

        That a pool is closed is found out so, too.
        """
        return any(
            self._account.free(moving.pool) > 0 or moving.pool in self._account.closed
            for moving in self.moving.values()
        )

    def still_ending(self) -> frozenset[str]:
        """The pools that are being closed or disconnected, and are not yet."""
        return frozenset(self.moving[call].pool for call in self.endings & self.moving.keys())
