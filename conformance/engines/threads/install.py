"""
Puts the replacements in the place of Python's primitives, for the whole process, and takes them away.

Other threads do not notice. Code that keeps a primitive elsewhere than in a module's namespace, as a
default argument or in a class, keeps the real one, as do the locks that were made before: so install
before the pool's package is imported.
"""

import _thread
import socket
import sys
import threading
import time
from types import TracebackType
from typing import Self

from ...isolation import real
from . import clock, locks, simple_queue, threads
from .points import points

_METHODS: list[tuple[type, str, object]] = [
    (threading.Thread, "join", threads.join),
    (threading.Thread, "is_alive", threads.is_alive),
    (socket.socket, "connect", clock.connect),
]

# Without what a class inherits.
_ORIGINAL_METHODS = {owner: dict(vars(owner)) for owner, _, _ in _METHODS}

_installed: list["Installation"] = []


def install() -> "Installation":
    """
    Do it; for good, or until `undo` or the end of the `with` block.

        with install():
            ...
    """
    if is_installed():
        raise RuntimeError("the replacements are in place already: undo the first installation")
    installation = Installation(_replacements())
    _installed.append(installation)
    return installation


def is_installed() -> bool:
    """Whether the replacements are in place."""
    return bool(_installed)


class Installation:
    """What was put in place of what, and where."""

    def __init__(self, replacements: list[tuple[object, object]]) -> None:
        self._originals: dict[int, object] = {}
        """By the identity of the replacement; of several originals the one that came first."""
        for original, replacement in replacements:
            self._originals.setdefault(id(replacement), original)
        self._places: list[tuple[dict[str, object], str, object]] = []
        # The pairs stay in `replacements` meanwhile, so that their identities are theirs.
        by_identity = {id(original): replacement for original, replacement in replacements}
        for namespace in _namespaces():
            for name, value in list(namespace.items()):
                if id(value) in by_identity:
                    self._places.append((namespace, name, value))
                    namespace[name] = by_identity[id(value)]
        for owner, name, replacement in _METHODS:
            setattr(owner, name, replacement)

    def undo(self) -> None:
        """Put everything back, also what modules imported since have got hold of."""
        if self not in _installed:
            return
        _installed.remove(self)
        for namespace, name, original in self._places:
            namespace[name] = original
        for namespace in _namespaces():
            for name, value in list(namespace.items()):
                if id(value) in self._originals:
                    namespace[name] = self._originals[id(value)]
        for owner, name, _ in _METHODS:
            if name in _ORIGINAL_METHODS[owner]:
                setattr(owner, name, _ORIGINAL_METHODS[owner][name])
            else:
                delattr(owner, name)
        points.forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.undo()


def _replacements() -> list[tuple[object, object]]:
    pairs: list[tuple[object, object]] = [
        (threading.Lock, locks.Lock),
        (_thread.allocate_lock, locks.Lock),
        (_thread.allocate, locks.Lock),
        (_thread.LockType, locks.Lock),
        (threading.RLock, locks.RLock),
        (_thread.RLock, locks.RLock),
        (real.SimpleQueue, simple_queue.SimpleQueue),
        (_thread.start_new_thread, threads.start_new_thread),
        (_thread.start_new, threads.start_new_thread),
        (time.monotonic, clock.monotonic),
        (time.monotonic_ns, clock.monotonic_ns),
        (time.perf_counter, clock.perf_counter),
        (time.perf_counter_ns, clock.perf_counter_ns),
        (time.time, clock.wall_clock),
        (time.time_ns, clock.wall_clock_ns),
        (time.sleep, clock.sleep),
    ]
    if real.start_joinable_thread is not None:
        pairs.append((real.start_joinable_thread, threads.start_joinable_thread))
    return pairs


def _namespaces() -> list[dict[str, object]]:
    """Those of all modules, except this package's and the one that keeps the originals."""
    return [
        vars(module)
        for name, module in list(sys.modules.items())
        if not name.startswith((__package__ or "", real.__name__)) and hasattr(module, "__dict__")
    ]
