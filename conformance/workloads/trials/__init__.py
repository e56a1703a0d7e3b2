"""Trials: the programs that are not drawn, because they are few and each of them is tried.

They are written for threads. A pool of asyncio stands behind a facade, a new one for each pool, so that
a pool which holds up its event loop spoils no other trial.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from poolproof.spec import CLAUSES, Capability
from poolproof.spec.model.events import Event

from ...adapters.probe import Prepared
from ...server import Server
from ...server.monitor import ServerMonitor
from .arguments import senseless_arguments
from .credentials import printed_credentials
from .fork import forks
from .tour import tour_of_the_client

__all__ = ["run_trials"]

ON_ARGUMENTS = frozenset({"BND-4", "TMO-5"})
"""The clauses for which senseless arguments are tried. No other learns anything from that, and a pool
that takes them may have us wait for many seconds."""

ON_FORKS = frozenset(name for name, clause in CLAUSES.items() if clause.needs is Capability.FORK)
"""The clauses that are about forks, which take seconds: no other learns anything from them, either."""


def run_trials(
    prepared: Prepared,
    server: Server,
    monitor: ServerMonitor,
    step: Callable[[], None],
    judged: Collection[str] = CLAUSES,
) -> Iterator[Sequence[Event]]:
    """The history of each trial. `step` is called to say that they go on."""
    if not ON_ARGUMENTS.isdisjoint(judged):
        yield from senseless_arguments(prepared)
    yield from tour_of_the_client(prepared, step)
    yield from printed_credentials(prepared, server, monitor)
    if not ON_FORKS.isdisjoint(judged):
        yield from forks(prepared, server, step)
