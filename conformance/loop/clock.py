"""Lets the clocks of the `time` module agree with a loop's while a run lasts.

Who took a function over by name holds the function itself, so it is replaced wherever a module has
it. The standard library, the kit and what runs it keep the real one: they wait for real things.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final

from .virtual import VirtualLoop

EPOCH_S: Final = 1_700_000_000.0
"""What `time.time` shows when the loop's clock shows 0."""

_REAL: Final[dict[str, Callable[[], float]]] = {
    "monotonic": time.monotonic,
    "perf_counter": time.perf_counter,
    "time": time.time,
}
_KEEP_THEIRS: Final = frozenset(
    (*sys.stdlib_module_names, "poolproof", "hypothesis", "pytest", "_pytest", "xdist", "execnet")
)

_places: list[tuple[ModuleType, str, str]] = []
_searched: set[str] = set()


@contextmanager
def agreeing_clocks(loop: VirtualLoop) -> Iterator[None]:
    """For as long as this lasts, `monotonic`, `perf_counter` and `time` follow the loop."""
    virtual: dict[str, Callable[[], float]] = {
        "monotonic": loop.time,
        "perf_counter": loop.time,
        "time": lambda: EPOCH_S + loop.time(),
    }
    _search()
    try:
        for module, name, which in _places:
            setattr(module, name, virtual[which])
        yield
    finally:
        for module, name, which in _places:
            setattr(module, name, _REAL[which])


def _search() -> None:
    """Find who holds a clock, among the modules that were imported since the last time."""
    if not _places:
        _places.extend((time, which, which) for which in _REAL)
    for module_name in sys.modules.keys() - _searched:
        _searched.add(module_name)
        module = sys.modules.get(module_name)
        if module is None or module_name.partition(".")[0] in _KEEP_THEIRS:
            continue
        for name, value in list(vars(module).items()):
            for which, real in _REAL.items():
                if value is real:
                    _places.append((module, name, which))
