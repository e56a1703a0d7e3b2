"""Programs that are written, not drawn, besides the scenarios of the workloads: each is run once.

Plain calls come first: senseless arguments, the client's features, what is printed, and forks. They are
written for threads. A pool of asyncio stands behind a facade, a new one for each program, so that a
pool which holds up its event loop spoils no other.

Last comes what takes the server seconds, in real time: it closes what is idle, becomes a replica, is
restarted, and answers nobody for a while. Only the first of these can be done to a pool whose threads
cannot be scheduled.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from poolproof.spec import CLAUSES
from poolproof.spec.model.events import ArgumentTried, Event, FeatureTried, Forked, Shown

from ...adapters.probe import Prepared
from ...server import Server
from ...server.monitor import ServerMonitor
from ..context import CheckContext
from .arguments import senseless_arguments
from .client_tour import tour_of_the_client
from .failing_over import fail_over
from .forks import forks
from .idle_timeout import show_out_the_idle
from .printed_credentials import printed_credentials
from .restarts import restart
from .silences import fall_silent

__all__ = ["make_plain_calls", "run_in_real_time", "show_out_the_idle"]


def _speaking_of(event: type[ArgumentTried | FeatureTried | Shown | Forked]) -> frozenset[str]:
    return frozenset(name for name, clause in CLAUSES.items() if event in clause.speaks_of)


ON_ARGUMENTS = _speaking_of(ArgumentTried) | {"TMO-5"}
"""The clauses for which senseless arguments are tried: TMO-5 speaks of waits, too."""
ON_THE_CLIENT = _speaking_of(FeatureTried)
ON_WHAT_IS_SHOWN = _speaking_of(Shown)
ON_FORKS = _speaking_of(Forked)
"""No other clause learns anything from these calls, of which some take seconds."""


def make_plain_calls(
    prepared: Prepared,
    server: Server,
    monitor: ServerMonitor,
    step: Callable[[], None],
    judged: Collection[str] = CLAUSES,
) -> Iterator[Sequence[Event]]:
    """The history of each of them. `step` is called to say that they go on."""
    if not ON_ARGUMENTS.isdisjoint(judged):
        yield from senseless_arguments(prepared)
    if not ON_THE_CLIENT.isdisjoint(judged):
        yield from tour_of_the_client(prepared, step)
    if not ON_WHAT_IS_SHOWN.isdisjoint(judged):
        yield from printed_credentials(prepared, server, monitor)
    if not ON_FORKS.isdisjoint(judged):
        yield from forks(prepared, server, step)


def run_in_real_time(
    context: CheckContext, prepared: Prepared, image: str | None
) -> tuple[str, ...]:
    """Run what takes the server seconds, and let the checker judge. Returns what is to be told of what
    was not possible.

    A container for a server that may be stopped is made of the image. Raises what kept a program from
    being run, such as CannotHost.
    """
    show_out_the_idle(context)
    return (
        *fail_over(context, prepared),
        *restart(context, prepared, image),
        *fall_silent(context, prepared, image),
    )
