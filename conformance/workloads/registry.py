"""All workloads, the most telling first."""

from poolproof.spec import Capability

from .ageing import MAX_IDLE_TIME, MAX_LIFETIME, MIN_IDLE
from .breakage import CUT_HELD, CUT_IDLE, UNREAD
from .cancelling import CANCEL_CONNECTING, CANCEL_RELEASING, CANCEL_SERVED, CANCEL_WAITING
from .closing import CLOSE, DISCONNECT, GRACEFUL_CLOSE
from .crowd import CROWD, SLOW_CONNECTS
from .holders import BLOCK, DROP
from .inside import INSIDE
from .interrupted import INTERRUPTED
from .misuse import FOREIGN_RELEASE, SECOND_RELEASE
from .outages import OUTAGE, REFUSED
from .queue import QUEUE, TURNS
from .reauthentication import REAUTHENTICATION
from .replies import GIVEN_UP, LONG_SOCKET_TIMEOUT, SHORT_SOCKET_TIMEOUT, UNANSWERED
from .spoilt import SPOILT
from .timeouts import CALL_TIMEOUT, NO_TIMEOUT, WAIT_IN_VAIN, ZERO_TIMEOUT
from .workload import Workload

WORKLOADS: tuple[Workload, ...] = (
    *(QUEUE, TURNS, SECOND_RELEASE, FOREIGN_RELEASE, DROP),
    *(WAIT_IN_VAIN, NO_TIMEOUT, ZERO_TIMEOUT),
    *(LONG_SOCKET_TIMEOUT, SHORT_SOCKET_TIMEOUT, GIVEN_UP, BLOCK, UNANSWERED),
    *(CROWD, SLOW_CONNECTS, CANCEL_WAITING, CANCEL_CONNECTING),
    *(INSIDE, CANCEL_SERVED, CANCEL_RELEASING, INTERRUPTED),
    *(CLOSE, DISCONNECT, MAX_IDLE_TIME, MAX_LIFETIME, MIN_IDLE, CALL_TIMEOUT, GRACEFUL_CLOSE),
    *(CUT_IDLE, CUT_HELD, SPOILT, UNREAD, REFUSED, OUTAGE, REAUTHENTICATION),
)


def workloads_for(takes: frozenset[str], offers: frozenset[Capability]) -> tuple[Workload, ...]:
    """The workloads that make sense for a pool, the most telling first."""
    return tuple(each for each in WORKLOADS if each.suits(takes, offers))
