"""What takes the server seconds: programs that are run once for each pool, when all others have been.

The server closes what is idle, becomes a replica, is restarted, and answers nobody for a while. Only
the first of these can be done to a pool whose threads cannot be scheduled.
"""

from ...adapters.probe import Prepared
from ..context import CheckContext
from .failing_over import fail_over
from .idle_timeout import show_out_the_idle
from .restarts import restart
from .silences import fall_silent

__all__ = ["show_out_the_idle", "try_in_real_time"]


def try_in_real_time(
    context: CheckContext, prepared: Prepared, image: str | None
) -> tuple[str, ...]:
    """Run all, and let the checker judge. Returns what is to be told of what was not possible.

    A container for a server that may be stopped is made of the image. Raises what kept a program from
    being run, such as CannotHost.
    """
    show_out_the_idle(context)
    return (
        *fail_over(context, prepared),
        *restart(context, prepared, image),
        *fall_silent(context, prepared, image),
    )
