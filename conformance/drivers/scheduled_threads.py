"""The driver for threads that run one at a time, in the order that a schedule says.

Its clock is virtual and stands still while callers act. When no thread can go on, that is known and
not guessed; so this driver is certain. Connections are real, and talk to the server at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from math import inf
from types import CodeType

from poolproof.conformance.adapter import AnyAdapter
from poolproof.conformance.bounded import OVERDUE_S
from poolproof.conformance.program import (
    PATIENT_S,
    Acquire,
    Build,
    Burst,
    Cancel,
    Drop,
    Elapse,
    HoldConnects,
    Inside,
    InTurn,
    LetConnect,
    Operation,
    Release,
    RunBlock,
    Use,
)
from poolproof.conformance.scheduler import Course, Schedule, Scheduler, Task
from poolproof.conformance.scheduler import Inside as Interjection
from poolproof.spec.events import CancelCalled, Terms

from .driver import Surroundings
from .thread_callers import Interrupt, ThreadCallers
from .threads_of_others import SharedThreads

LOOKS = 10_000
"""How often callers may look again while one wait comes to its end."""

LOOK_S = 1.0
"""How long those who look again from time to time are given to do so."""

LOOK_AT_CONNECTS_S = 0.25
"""The same, while the server lets nobody connect."""

MARGIN_S = 0.001
"""A wait that ends this much before `timeout` is over ends early on purpose: to look again."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A call that has been started."""

    pool: str
    task: Task
    end_s: float
    """When it should have waited long enough."""


class ScheduledThreads(ThreadCallers):
    """Runs programs of any kind, except those about the time that the server takes."""

    def __init__(
        self,
        adapter: AnyAdapter,
        surroundings: Surroundings,
        is_pool_code: Callable[[CodeType], bool],
        shared_threads: SharedThreads,
    ) -> None:
        super().__init__(adapter, surroundings)
        self._scheduler = Scheduler(is_pool_code)
        self._shared_threads = shared_threads
        self._began_s = self._scheduler.now_s
        self._moving: dict[int, _Call] = {}
        """The calls that have not returned."""
        self._unnumbered = count(-1, -1)
        self._inner: dict[int, _Call] = {}
        """The releases in the middle of another call that have not returned, and those calls."""
        self._somebody_looks = False
        """Whether somebody has been seen to look again before the end of a wait."""
        self.course = Course()
        """Which choices there were in the last burst."""
        self._inside: Interjection | None = None

    @property
    def happened_inside(self) -> bool:
        """Whether the last release that was to be made in the middle of a call was made."""
        return self._inside is not None and self._inside.happened

    def close(self) -> None:
        """Close all pools and end what connections and callers they leave behind."""
        self._over = True
        self._scheduler.connects_held = False
        for pool in self._pools.values():
            self._scheduler.start(partial(self._close, pool.handle))
        self._scheduler.run()
        try:
            self._shared_threads.look(self._scheduler.tasks)
        finally:
            self._scheduler.abandon()
            names = frozenset(pool.client_name for pool in self._pools.values())
            self._witness.end_connections(names)

    def _close(self, handle: object) -> None:
        try:
            self._adapter.close(handle)
        except Exception:  # noqa: BLE001 - the program is over; how it closes is not judged here
            return

    def run(self, burst: Burst) -> None:
        """Run a burst until nothing moves any more. A release that has not returned then never will."""
        super().run(burst)
        for call, moving in [*self._moving.items()]:
            if call not in self.waiting:
                self._give_up(moving.pool, call, 0.0)
        for call, host in self._inner.items():
            self._give_up(host.pool, call, 0.0)
        self._inner.clear()

    def _carry_out(self, burst: Burst) -> None:
        # Time passes before the others begin: who is due and who begins can go on in any order.
        call = None
        for operation in sorted(burst.operations, key=lambda each: not isinstance(each, Elapse)):
            call = self._start(operation)
        self.course = self._go_on(burst.schedule)
        if len(burst.operations) == 1 and not isinstance(burst.operations[0], Inside):
            self._see_through(call)
        self._let_them_look_again()

    def _start(self, operation: Operation) -> int | None:
        """Start an operation; the call that it makes, if it makes one."""
        match operation:
            case Acquire(pool):
                return self._start_acquire(pool)
            case Release(acquire, to):
                return self._start_release(acquire, to)
            case Use(acquire):
                pool = self._held(acquire).pool
                return self._start_call(pool, lambda _: self._use(acquire))
            case Drop(acquire):
                pool = self._held(acquire).pool
                return self._start_call(pool, lambda _: self._drop(acquire))
            case RunBlock(pool, leave_by):
                return self._start_call(pool, lambda call: self._run_block(pool, call, leave_by))
            case InTurn(operations):
                return self._start_call(
                    "A", lambda _: self._do_in_turn(operations), call=next(self._unnumbered)
                )
            case Inside(host, point, release):
                return self._start_inside(host, point, release)
            case Build(pool, terms):
                self._build(pool, terms)
            case Cancel(acquire):
                pool = self.waiting[acquire]
                self._log(CancelCalled(self._now_s(), pool, acquire, "KeyboardInterrupt"))
                self._scheduler.interrupt(self._moving[acquire].task, Interrupt())
            case Elapse():
                self._elapse()
            case HoldConnects():
                self._scheduler.connects_held = True
            case LetConnect():
                self._scheduler.connects_held = False
            case _:
                raise AssertionError(f"scheduled threads cannot carry out {operation}")
        return None

    def _start_call(
        self,
        pool: str,
        work: Callable[[int], None],
        end_s: float = inf,
        call: int | None = None,
    ) -> int:
        call = next(self._calls) if call is None else call
        self._moving[call] = _Call(pool, self._scheduler.start(partial(work, call)), end_s)
        return call

    def _start_acquire(self, pool: str) -> int:
        timeout_s = self._pools[pool].terms.timeout_s
        end_s = inf if timeout_s is None else self._scheduler.now_s + timeout_s
        call = self._start_call(pool, lambda call: self._acquire(pool, call), end_s)
        self.waiting[call] = pool
        return call

    def _start_release(self, acquire: int, to: str) -> int:
        return self._start_call(to, lambda call: self._release(acquire, to, call))

    def _do_in_turn(self, operations: tuple[Acquire | Release, ...]) -> None:
        for operation in operations:
            call = next(self._calls)
            if isinstance(operation, Acquire):
                self._acquire(operation.pool, call)
            elif operation.acquire in self.holding:
                self._release(operation.acquire, operation.to, call)

    def _start_inside(self, host: Acquire | Release, point: int, release: Release) -> int:
        if isinstance(host, Acquire):
            call = self._start_acquire(host.pool)
        else:
            call = self._start_release(host.acquire, host.to)

        def release_inside() -> None:
            inner = next(self._calls)
            self._inner[inner] = self._moving[call]
            self._release(release.acquire, release.to, inner, inside=call)
            del self._inner[inner]

        self._inside = self._scheduler.run_inside(self._moving[call].task, point, release_inside)
        return call

    def _build(self, pool: str, terms: Terms) -> None:
        settings = self._settings_of(pool, terms)
        built: list[object] = []
        task = self._scheduler.start(lambda: built.append(self._adapter.open(settings)))
        self._scheduler.run()
        self._pass_until(lambda: task.done, self._scheduler.now_s + OVERDUE_S)
        if not task.done or task.error is not None:
            raise self._cannot_build(settings, task.error)
        self._built(pool, terms, built[0])

    def _go_on(self, schedule: Schedule = Schedule()) -> Course:  # noqa: B008 - it is frozen
        course = self._scheduler.run(schedule)
        for call, moving in [*self._moving.items()]:
            if moving.task.done:
                del self._moving[call]
                self.waiting.pop(call, None)
                if moving.task.error is not None:
                    raise moving.task.error
        return course

    def _see_through(self, call: int | None) -> None:
        """Let the time pass that a caller needs who is alone, and give it up if that is not enough.

        Only who finds the pool full, and may wait for long, is left waiting; and who connects while
        the server keeps everybody waiting.
        """
        if call is None or call not in self._moving:
            return
        moving = self._moving[call]
        if self._connects_held() and moving.task.at_gate is not None:
            return
        terms = self._pools[moving.pool].terms
        patient = terms.timeout_s is None or terms.timeout_s >= PATIENT_S
        if call in self.waiting and patient and self.free(moving.pool) <= 0:
            return
        if self._connects_held():
            return  # the clause on progress judges whether it waits for one who connects
        wait_s = OVERDUE_S + (terms.timeout_s or 0.0)
        end_s = self._scheduler.now_s + wait_s
        self._pass_until(lambda: call not in self._moving, end_s)
        if call in self._moving:
            self._scheduler.advance_to(end_s)
            self._give_up(moving.pool, call, wait_s)

    def _pass_until(self, is_over: Callable[[], bool], end_s: float) -> None:
        """Let one wait after another come to its end."""
        while not is_over():
            deadline_s = self._scheduler.next_deadline_s()
            if deadline_s is None or deadline_s > end_s:
                return
            self._scheduler.advance_to(deadline_s)
            self._go_on()

    def _elapse(self) -> None:
        """Let the time pass until the next of the callers who wait has waited long enough.

        Those who look again from time to time do so on the way.
        """
        for _ in range(LOOKS):
            due = [
                deadline_s if deadline_s >= moving.end_s - MARGIN_S else moving.end_s
                for call in self.waiting
                if (deadline_s := (moving := self._moving[call]).task.deadline_s) is not None
            ]
            deadline_s = self._scheduler.next_deadline_s()
            if not due or deadline_s is None:
                return
            if deadline_s >= min(due):
                self._scheduler.advance_to(min(due))
                return
            self._somebody_looks = True
            self._scheduler.advance_to(deadline_s)
            self._go_on()

    def _let_them_look_again(self) -> None:
        """Let those who look again from time to time do so, before it is said that they wait.

        Time passes until nothing has happened for a while. Where the end of a wait is too near for
        that, nobody can say that nothing moves any more.
        """
        self.certain = True
        seen, until_s = len(self.events), self._scheduler.now_s + self._look_s()
        for _ in range(LOOKS):
            deadline_s = self._scheduler.next_deadline_s()
            if not self._may_be_served() or deadline_s is None or deadline_s >= until_s:
                return
            end_s = min(moving.end_s for moving in self._moving.values())
            if deadline_s >= end_s - MARGIN_S:
                self.certain = not self._somebody_looks
                return
            self._somebody_looks = True
            self._scheduler.advance_to(deadline_s)
            self._go_on()
            if len(self.events) > seen:
                seen, until_s = len(self.events), self._scheduler.now_s + self._look_s()
        self.certain = False

    def _may_be_served(self) -> bool:
        """Whether looking again could make a difference to anybody."""
        return any(self.free(moving.pool) > 0 for moving in self._moving.values())

    def _look_s(self) -> float:
        """How long to wait for somebody to look again; not so long that a connect is given up."""
        return LOOK_AT_CONNECTS_S if self._connects_held() else LOOK_S

    def _connecting(self) -> frozenset[int]:
        """A thread of the pool's own that connects may do so for any of those who wait."""
        calls = {id(moving.task): call for call, moving in self._moving.items()}
        held = [task for task in self._scheduler.tasks if task.at_gate is not None]
        if any(id(task) not in calls for task in held):
            return frozenset(self.waiting)
        return frozenset(calls[id(task)] for task in held)

    def _standing(self) -> tuple[str, ...]:
        stuck = [moving for call, moving in self._moving.items() if call not in self.waiting]
        return next((moving.task.stack() for moving in (*self._inner.values(), *stuck)), ())

    def _connects_held(self) -> bool:
        return self._scheduler.connects_held

    def _control_s(self, _call: int, _waited_s: float) -> float:
        return 0.0  # this clock is never late

    def _now_s(self) -> float:
        return self._scheduler.now_s - self._began_s
