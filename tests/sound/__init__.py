"""Sound pools of other styles than the reference pool's. None of them may ever be convicted."""

from .eager import EagerPool
from .semaphore import SemaphorePool
from .short_lived import ShortLivedPool
from .silent import SilentPool

__all__ = ["SOUND_POOLS", "EagerPool", "SemaphorePool", "ShortLivedPool", "SilentPool"]

SOUND_POOLS = (EagerPool, SemaphorePool, ShortLivedPool, SilentPool)
