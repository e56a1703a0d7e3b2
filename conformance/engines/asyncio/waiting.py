"""What the loop waits for: the selector that tells quiet from not yet.

Quiet is when nothing is ready, no reply is still to come, no connect is on its way and no other
thread works for the loop. Until then it waits in real time, with a bound.

What arrives is delivered only when nothing else is ready, and only when all that is due has come, in
the order in which the connections were opened: how fast the server was makes no difference.
"""

import select
import selectors
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from ...isolation import real
from .errors import CannotHost, Stalled
from .wire import Wire

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

PATIENCE_S: Final = 3.0
"""How long something that is due may take."""

REST_S: Final = 1.0
"""How long what has come waits for the rest: a command may be one that the server answers late."""

STEPS: Final = 10_000
"""How many turns of the loop there may be until it is quiet."""

BUSY_STEPS: Final = 64
"""
After how many turns in which something was ready what arrives is delivered all the same: somebody
may be waiting for it without ever suspending for long.
"""


class QuietSelector(selectors.BaseSelector):
    """Sockets, and what is due on them."""

    def __init__(
        self,
        quiet: Callable[[], None],
        stacks: Callable[[], str],
        *,
        patience_s: float = PATIENCE_S,
        steps: int = STEPS,
    ) -> None:
        self.wires: dict[int, Wire] = {}
        """Those that are open, in the order of opening."""
        self.elsewhere = 0
        """How many calls other threads make for the loop."""
        self.patience_s = patience_s
        self._quiet = quiet
        self._stacks = stacks
        self._keys: dict[int, selectors.SelectorKey] = {}
        self._most_steps = steps
        self._steps = 0
        self._busy_steps = 0

    def begin(self) -> None:
        """Count turns from here."""
        self._steps = self._busy_steps = 0

    def register(
        self, fileobj: "FileDescriptorLike", events: int, data: object = None
    ) -> selectors.SelectorKey:
        """Look out for events of a socket."""
        number = _number(fileobj)
        if number in self._keys:
            raise KeyError(f"{number} is registered")
        return self._set(number, events, data)

    def modify(
        self, fileobj: "FileDescriptorLike", events: int, data: object = None
    ) -> selectors.SelectorKey:
        """Look out for other events of it."""
        # Its place in the order stays what it was.
        return self._set(self._keys[_number(fileobj)].fd, events, data)

    def unregister(self, fileobj: "FileDescriptorLike") -> selectors.SelectorKey:
        """Look out for it no more."""
        return self._keys.pop(_number(fileobj))

    def get_map(self) -> Mapping["FileDescriptorLike", selectors.SelectorKey]:
        """What is looked out for."""
        # A mapping's keys are invariant for mypy, though we only look them up.
        return self._keys  # type: ignore[return-value]  # see above

    def close(self) -> None:
        """Look out for nothing."""
        self._keys.clear()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Called by the loop in each turn; `timeout` is 0 when something is ready."""
        self._steps += 1
        if self._steps > self._most_steps:
            raise CannotHost(
                f"after {self._most_steps} turns of the loop there is still something to do; does "
                f"a task never suspend for real?\n{self._stacks()}"
            )
        for wire in self.wires.values():
            fault = wire.take_fault()
            if fault is not None:
                raise CannotHost(fault)
        if timeout is not None and timeout <= 0:
            self._busy_steps += 1
            return self._arrived() if self._busy_steps % BUSY_STEPS == 0 else []
        self._busy_steps = 0
        arrived = self._arrived()
        if not arrived:
            self._quiet()
        return arrived

    def _set(self, number: int, events: int, data: object) -> selectors.SelectorKey:
        key = selectors.SelectorKey(number, number, events, data)
        self._keys[number] = key
        return key

    def _arrived(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What has come, once all that is due has come; nothing, if nothing is due."""
        watched, others = self._interests()
        ready = self._look(watched, 0)
        by_s = real.monotonic() + self.patience_s
        hurried = False
        while (self._missing(watched, ready) or self.elsewhere) and not others & ready.keys():
            if ready and not hurried:
                hurried, by_s = True, min(by_s, real.monotonic() + REST_S)
            left_s = by_s - real.monotonic()
            if left_s <= 0:
                break
            missing = self._missing(watched, ready) | others
            for number, events in self._look(
                {number: watched[number] for number in watched if number in missing}, left_s
            ).items():
                ready[number] = ready.get(number, 0) | events
        if not ready and (self._missing(watched, ready) or self.elsewhere):
            raise Stalled(f"{self._told(self._missing(watched, ready))}\n{self._stacks()}")
        return [
            (key, ready[number] & key.events)
            for number, key in self._keys.items()
            if number in ready and ready[number] & key.events
        ]

    def _interests(self) -> tuple[dict[int, int], set[int]]:
        """Which events to look for, and which sockets are none of a server's."""
        watched: dict[int, int] = {}
        others: set[int] = set()
        for number, key in self._keys.items():
            wire = self.wires.get(number)
            events = key.events
            if wire is not None and wire.held:
                events &= ~selectors.EVENT_READ
            if wire is None and not events & selectors.EVENT_WRITE:
                others.add(number)
            if events:
                watched[number] = events
        return watched, others

    def _missing(self, watched: Mapping[int, int], ready: Mapping[int, int]) -> set[int]:
        """Where something is due that has not come: a reply, or room to send."""
        missing = set()
        for number, events in watched.items():
            wire = self.wires.get(number)
            answers = wire is not None and wire.on_its_way and events & selectors.EVENT_READ
            if answers or events & ~ready.get(number, 0) & selectors.EVENT_WRITE:
                missing.add(number)
        return missing

    def _look(self, watched: Mapping[int, int], timeout_s: float) -> dict[int, int]:
        """The events of each that has any; what has arrived on a wire is fetched."""
        ready = {}
        happened = _poll(watched, timeout_s)
        for number, events in watched.items():
            wire = self.wires.get(number)
            seen = happened.get(number, 0)
            if wire is not None and events & selectors.EVENT_READ:
                if seen & selectors.EVENT_READ:
                    wire.fetch()
                seen |= selectors.EVENT_READ if wire.has_arrived else 0
                seen = seen if wire.has_arrived else seen & ~selectors.EVENT_READ
            if seen & events:
                ready[number] = seen & events
        return ready

    def _told(self, due: set[int]) -> str:
        told = []
        for number in sorted(due):
            wire = self.wires.get(number)
            if wire is None:
                told.append("a connect")
            elif wire.outstanding:
                told.append(f"{wire.outstanding} replies on one connection")
            else:
                told.append("room to send on one connection")
        if self.elsewhere:
            told.append(f"{self.elsewhere} calls in other threads")
        return f"nothing came for {self.patience_s:g} s, though these were due: {', '.join(told)}"


def _poll(watched: Mapping[int, int], timeout_s: float) -> dict[int, int]:
    """The events of each that has any."""
    poll = select.poll()
    for number, events in watched.items():
        poll.register(
            number,
            (select.POLLIN if events & selectors.EVENT_READ else 0)
            | (select.POLLOUT if events & selectors.EVENT_WRITE else 0),
        )
    ready = {}
    for number, happened in poll.poll(timeout_s * 1000):
        events = selectors.EVENT_READ if happened & ~select.POLLOUT else 0
        events |= selectors.EVENT_WRITE if happened & ~select.POLLIN else 0
        if events & watched[number]:
            ready[number] = events & watched[number]
    return ready


def _number(fileobj: "FileDescriptorLike") -> int:
    return fileobj if isinstance(fileobj, int) else fileobj.fileno()
