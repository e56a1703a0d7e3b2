"""Sound pools of other styles than the reference pool's. None of them may ever be convicted."""

from .eager import EagerPool
from .recycling import RecyclingPool
from .semaphore import SemaphorePool
from .short_lived import ShortLivedPool
from .silent import SilentPool
from .wrapping import WrappingPool

__all__ = ["SOUND_POOLS"]

SOUND_POOLS = (
    EagerPool,
    RecyclingPool,
    SemaphorePool,
    ShortLivedPool,
    SilentPool,
    WrappingPool,
)
