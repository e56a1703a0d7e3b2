"""Calls: what callers have begun, several of them at once, and may not have come back from.

Here they are started and noted when they are over, whether a thread makes them or a task.
"""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import inf
from typing import Generic, TypeVar

from poolproof.spec.model.events import HeldUp, PoolConfig

from ..faults.breakage import Breakage
from ..faults.demotions import Demotions
from ..faults.failures import Failures
from ..programs.operations import (
    Build,
    ClosePool,
    DisconnectPool,
    Drop,
    Forget,
    Operation,
    Reauthenticate,
    RunBlock,
    Use,
    Write,
    WriteByClient,
)
from .driver import Surroundings


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


@dataclass(frozen=True, slots=True)
class TaskCall(Call):
    """A call that a task makes."""

    task: asyncio.Task[None]

    @property
    def done(self) -> bool:
        """Whether its task is."""
        return self.task.done()

    @property
    def raised(self) -> BaseException | None:
        """What its task failed with; that it was cancelled is no failure."""
        return None if self.task.cancelled() else self.task.exception()


AnyCall = TypeVar("AnyCall", bound=Call)
Work = TypeVar("Work")
"""What it returns to have a caller do something: a coroutine, or nothing."""


class Calls(Breakage, Failures, Demotions, Generic[AnyCall, Work]):
    """Starts calls."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._moving: dict[int, AnyCall] = {}
        """The calls that have not returned."""
        self._endings: set[int] = set()
        """The calls that close or disconnect a pool."""

    @abstractmethod
    def _let_run(self) -> None:
        """Let everybody go on until nothing moves but the clock."""

    @abstractmethod
    def _start_call(self, pool: str, work: Callable[[int], Work], end_s: float = inf, /) -> int:
        """Have a caller do this, who need not wait for longer than until then; the call it makes."""

    @abstractmethod
    def _build(self, pool: str, config: PoolConfig) -> None:
        """Build a pool. Raises CannotBuild."""

    # What callers do is for those to say who know what callers are.

    @abstractmethod
    def _use(self, acquire: int) -> Work: ...

    @abstractmethod
    def _write(self, acquire: int) -> Work: ...

    @abstractmethod
    def _write_by_client(self, pool: str, call: int) -> Work: ...

    @abstractmethod
    def _send_only(self, acquire: int, key: str) -> Work: ...

    @abstractmethod
    def _drop(self, acquire: int) -> Work: ...

    @abstractmethod
    def _forget(self, acquire: int) -> Work: ...

    @abstractmethod
    def _run_block(self, pool: str, call: int, leave_by: type[BaseException] | None) -> Work: ...

    @abstractmethod
    def _close_pool(self, pool: str, call: int, grace_s: float | None = None) -> Work: ...

    @abstractmethod
    def _disconnect_pool(self, pool: str, call: int) -> Work: ...

    @abstractmethod
    def _reauthenticate(self, pool: str, call: int) -> Work: ...

    @abstractmethod
    def _start_release(self, acquire: int, to: str) -> int: ...

    @abstractmethod
    def _start_asking(self, pool: str) -> int: ...

    @abstractmethod
    def _auth_kept(self) -> AbstractContextManager[None]: ...

    def _tell_of_credentials(self, pool: str) -> int | None:
        """Tell the pool; a holder releases, and a caller asks, while the answer to AUTH is outstanding.

        Nothing is done if the server does not take the credentials, as it may not if it asks for none.
        """
        if not self._monitor.takes(*self._credentials()):
            return None
        with self._auth_kept():
            telling = self._start_call(pool, lambda call: self._reauthenticate(pool, call))
            self._go_on()
            for acquire in [call for call, each in self.holding.items() if each.pool == pool][:1]:
                processed = self._processed()
                releasing = self._start_release(acquire, pool)
                self._go_on()
                asked_nothing = self._processed() == processed + 1  # the question itself
                if telling in self._moving and releasing in self._moving and asked_nothing:
                    self._log(HeldUp(self._now_s(), pool, releasing))
            newcomer = self._start_asking(pool)
            self._go_on()
        self._go_on()
        return newcomer

    def _processed(self) -> int:
        """How many commands the server has processed."""
        told = re.search(r"total_commands_processed:(\d+)", str(self._monitor.ask("INFO", "stats")))
        return int(told.group(1)) if told else 0

    def _start(self, operation: Operation) -> int | None:
        """Start an operation; the call that it makes, if it makes one."""
        match operation:
            case Use(acquire):
                pool = self._held(acquire).pool
                return self._start_call(pool, lambda _: self._use(acquire))
            case Write(acquire):
                pool = self._held(acquire).pool
                return self._start_call(pool, lambda _: self._write(acquire))
            case WriteByClient(pool):
                return self._start_call(pool, lambda call: self._write_by_client(pool, call))
            case Drop(acquire):
                pool = self._held(acquire).pool
                return self._start_call(pool, lambda _: self._drop(acquire))
            case Forget(acquire):
                pool = self._held(acquire).pool
                return self._start_call(pool, lambda _: self._forget(acquire))
            case RunBlock(pool, leave_by):
                return self._start_call(pool, lambda call: self._run_block(pool, call, leave_by))
            case ClosePool(pool, grace_s):
                if grace_s is None:
                    self.closed.add(pool)
                return self._start_ending(pool, lambda call: self._close_pool(pool, call, grace_s))
            case DisconnectPool(pool):
                self._disconnected.add(pool)
                return self._start_ending(pool, lambda call: self._disconnect_pool(pool, call))
            case Reauthenticate(pool):
                return self._tell_of_credentials(pool)
            case Build(pool, config):
                self._build(pool, config)
            case _:
                self._inflict(operation)
        return None

    def _start_ending(self, pool: str, work: Callable[[int], Work]) -> int:
        call = self._start_call(pool, work)
        self._endings.add(call)
        return call

    def _run_use(self, acquire: int) -> None:
        self._start(Use(acquire))
        self._go_on()

    def _run_send_only(self, acquire: int, key: str) -> None:
        self._start_call(self._held(acquire).pool, lambda _: self._send_only(acquire, key))
        self._go_on()

    def _go_on(self) -> None:
        self._let_run()
        self._note_who_returned()

    def _note_who_returned(self) -> None:
        for call, moving in [*self._moving.items()]:
            if moving.done:
                del self._moving[call]
                self.waiting.pop(call, None)
                if moving.raised is not None:
                    raise moving.raised

    def _give_up(self, pool: str, call: int, waited_s: float) -> None:
        super()._give_up(pool, call, waited_s)
        self._moving.pop(call, None)

    def _still_ending(self) -> set[str]:
        return {self._moving[call].pool for call in self._endings & self._moving.keys()}
