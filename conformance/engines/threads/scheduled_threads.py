"""The driver for threads that run one at a time, in the order that a schedule says.

Its clock is virtual and stands still while callers act. When no thread can go on, that is known and
not guessed; so this driver is certain. Connections are real, and talk to the server at once.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from threading import Timer
from types import CodeType

from poolproof.spec.model.events import CancelCalled, PoolConfig

from ...adapters.adapter import AnyAdapter
from ...callers.calls import Call
from ...callers.holders import Work
from ...callers.program_context import Surroundings
from ...callers.thread_callers import RAISED, Interrupt, ThreadCallers, run_through
from ...faults.connections.replies import Replies
from ...isolation.call_with_timeout import OVERDUE_S
from ...programs.fault_kinds import Signal
from ...programs.operations import (
    Acquire,
    Burst,
    Cancel,
    Elapse,
    InterruptCommand,
    InterruptConnect,
    Operation,
    Release,
    ReleaseInside,
)
from ..conducted import ConductedDriver
from ..virtual_time import LOOKS, MARGIN_S
from . import Course, Inside, Scheduler, Task, kept_reply
from .gate import Gate
from .threads_of_others import SharedThreads

UNSEEN_S = 1.0
"""How long a thread may wait for a reply where the scheduler does not see it, before it comes. The
scheduler would take such a thread for one that it cannot conduct, a little later.
"""

ANY_COMMAND = b""
"""What comes in every command."""

SILENT_CALL_S = 12.0
"""How long a call may take whose client gives up waiting for a reply again and again."""


@dataclass(frozen=True, slots=True)
class _ThreadCall(Call):
    """A call that a thread makes."""

    task: Task

    @property
    def done(self) -> bool:
        return self.task.done

    @property
    def raised(self) -> BaseException | None:
        return self.task.error


class ScheduledThreads(ConductedDriver[_ThreadCall]):
    """Runs programs of any kind, except those about the time that the server takes."""

    def __init__(
        self,
        adapter: AnyAdapter,
        surroundings: Surroundings,
        is_pool_code: Callable[[CodeType], bool],
        shared_threads: SharedThreads,
    ) -> None:
        self._scheduler = Scheduler(is_pool_code)
        self._began_s = self._scheduler.now_s
        super().__init__(surroundings, self._scheduler)
        self._adapter = adapter
        self._callers = self._thread_callers = ThreadCallers(adapter, self._program)
        self._shared_threads = shared_threads
        self._inner: dict[int, _ThreadCall] = {}
        """The releases in the middle of another call that have not returned, and those calls."""
        self.course = Course()
        """Which choices there were in the last burst."""
        self._inside: Inside | None = None

    @property
    def happened_inside(self) -> bool:
        """Whether the last release that was to be made in the middle of a call was made."""
        return self._inside is not None and self._inside.happened

    def close(self) -> None:
        """Close all pools and end what connections and callers they leave behind."""
        self._log.end()
        self._scheduler.connects_held = False
        if self._slow_closes is not None:
            self._slow_closes.open()
        for pool in self._account.pools.values():
            self._scheduler.start(partial(_close, self._adapter, pool.handle))
        self._let_run()
        try:
            self._shared_threads.look(self._scheduler.tasks)
        finally:
            self._scheduler.abandon()
            self._program.end_connections()

    def run(self, burst: Burst) -> None:
        """Run a burst until nothing moves any more. A release that has not returned then never will."""
        super().run(burst)
        for call, host in self._inner.items():
            self._give_up(host.pool, call, 0.0)
        self._inner.clear()

    def _carry_out(self, burst: Burst) -> None:
        def follow_the_schedule() -> None:
            self.course = self._scheduler.run(burst.schedule)
            self._calls.note_who_returned()

        # Time passes before the others begin: who is due and who begins can go on in any order.
        in_order = sorted(burst.operations, key=lambda each: not isinstance(each, Elapse))
        self._carry_out_at_once(in_order, follow_the_schedule)

    def _start_own(self, operation: Operation) -> int | None:
        match operation:
            case ReleaseInside(host, point, release):
                return self._start_inside(host, point, release)
            case Cancel(acquire):
                self._interrupt(acquire)
                return None
            case InterruptConnect(pool, after_reads):
                return self._interrupt_connect(pool, after_reads)
            case InterruptCommand(pool, "KeyboardInterrupt" | "SystemExit" as signal):
                return self._interrupt_command(pool, signal)
            case _:
                raise AssertionError(f"{type(self).__name__} cannot carry out {operation}")

    def _start_call(
        self,
        pool: str,
        work: Callable[[int], Work],
        end_s: float = inf,
        call: int | None = None,
    ) -> int:
        call = next(self._program.numbers) if call is None else call
        task = self._scheduler.start(lambda: _let_be_interrupted(work(call)))
        self._calls.begin(call, _ThreadCall(pool, end_s, task))
        return call

    @contextmanager
    def _auth_kept(self) -> Iterator[None]:
        with kept_reply(b"AUTH"):
            yield

    def _start_inside(self, host: Acquire | Release, point: int, release: Release) -> int:
        if isinstance(host, Acquire):
            call = self._start_acquire(host.pool)
        else:
            call = self._start_release(host.acquire, host.to)

        def release_inside() -> None:
            inner = next(self._program.numbers)
            self._inner[inner] = self._calls.moving[call]
            run_through(self._callers.release(release.acquire, release.to, inner, inside=call))
            del self._inner[inner]

        task = self._calls.moving[call].task
        self._inside = self._scheduler.run_inside(task, point, release_inside)
        return call

    def _interrupt(self, acquire: int) -> None:
        pool = self.waiting[acquire]
        self._log.add(CancelCalled(self._now_s(), pool, acquire, "KeyboardInterrupt"))
        self._scheduler.interrupt(self._calls.moving[acquire].task, Interrupt())

    def _interrupt_connect(self, pool: str, after_reads: int) -> int:
        """Interrupt a caller in a read that it makes to get its connection ready."""
        with kept_reply(ANY_COMMAND, after_reads) as kept:
            call = self._start_acquire(pool)
            self._go_on()
            asking = self._calls.moving.get(call)
            if asking is not None and kept.is_awaited_by(asking.task):
                self._interrupt(call)
        return call

    def _interrupt_command(self, pool: str, by: Signal) -> int:
        """Interrupt a client in the read in which it waits for a reply; that comes when the next caller
        has asked. A client whose thread does not read itself is not interrupted.
        """
        call = next(self._program.numbers)
        key = self._program.replies.silent_key(call)
        with kept_reply(key.encode()) as kept:
            with _replied_to_at_last(self._program.replies, key):
                self._start_call(
                    pool,
                    lambda call: self._thread_callers.wait_in_a_client(pool, call, key),
                    call=call,
                )
                self._go_on()
                giving = self._calls.moving.get(call)
                if giving is not None and kept.is_awaited_by(giving.task):
                    self._scheduler.interrupt(giving.task, RAISED[by]())
                    self._go_on()
                newcomer = self._start_acquire(pool)
                self._go_on()
            self._program.replies.come(key)
            kept.let_come()
            self._go_on()
        if call in self._calls.moving:
            self._give_up(pool, call, 0.0)
        return newcomer

    def _build(self, pool: str, config: PoolConfig) -> None:
        settings = self._program.settings_of(pool, config)
        built: list[object] = []
        task = self._scheduler.start(lambda: built.append(self._adapter.open(settings)))
        self._let_run()
        self._time.pass_until(lambda: task.done, self._scheduler.now_s + OVERDUE_S)
        if not task.done or task.error is not None:
            raise self._program.cannot_build(settings, task.error)
        self._program.note_built(pool, config, built[0])

    def _elapse(self) -> None:
        for _ in range(LOOKS):
            due = [
                deadline_s if deadline_s >= moving.end_s - MARGIN_S else moving.end_s
                for call in self.waiting
                if (deadline_s := (moving := self._calls.moving[call]).task.deadline_s) is not None
            ]
            deadline_s = self._scheduler.next_deadline_s()
            if not due or deadline_s is None:
                return
            if deadline_s >= min(due):
                self._scheduler.advance_to(min(due))
                return
            self._time.let_look(deadline_s)

    def _expect_replies(self, due: bool) -> None:
        """Threads are blocked, in real time, that wait for a server which says nothing."""
        if not due:
            self._scheduler.be_patient(SILENT_CALL_S)

    def _closing(self) -> frozenset[int]:
        """A thread of the pool's own that closes may do so for anybody."""
        return self._at_gate(lambda gate: gate is self._slow_closes, self._calls.moving)

    def _connecting(self) -> frozenset[int]:
        """A thread of the pool's own that connects may do so for any of those who wait."""
        return self._at_gate(lambda gate: gate is not self._slow_closes, self.waiting)

    def _at_gate(self, is_meant: Callable[[Gate], bool], any_of: Iterable[int]) -> frozenset[int]:
        """The calls whose threads are held at such a gate; `any_of` these, if it is none of theirs."""
        calls = {id(moving.task): call for call, moving in self._calls.moving.items()}
        at = [(task, task.at_gate) for task in self._scheduler.tasks]
        held = [task for task, gate in at if gate is not None and is_meant(gate)]
        if any(id(task) not in calls for task in held):
            return frozenset(any_of)
        return frozenset(calls[id(task)] for task in held)

    def _stack(self) -> tuple[str, ...]:
        moving = self._calls.moving
        stuck = [moving[call] for call in moving if call not in self.waiting]
        return next((each.task.stack() for each in (*self._inner.values(), *stuck)), ())

    def _clock_s(self) -> float:
        return self._scheduler.now_s

    def _let_run(self) -> None:
        self._scheduler.run()

    def _now_s(self) -> float:
        return self._scheduler.now_s - self._began_s


def _let_be_interrupted(work: Work) -> None:
    """Let a caller work; that it was interrupted is its own affair."""
    with suppress(Interrupt):
        run_through(work)


@contextmanager
def _replied_to_at_last(replies: Replies, key: str) -> Iterator[None]:
    """Have the server reply even if this comes to no end."""
    replying = Timer(UNSEEN_S, replies.come, (key,))
    replying.start()
    try:
        yield
    finally:
        replying.cancel()
        replying.join()


def _close(adapter: AnyAdapter, handle: object) -> None:
    with suppress(Exception):  # the program is over; how it closes is not judged here
        adapter.close(handle)
