"""Sound pools of other styles than the reference pools'. None of them may ever be convicted."""

from culprits.closing import ClosablePool
from culprits.closing_async import ClosableAsyncPool
from culprits.forgotten import LeasingPool
from culprits.forgotten_async import WeakAsyncPool
from culprits.options import OptionsPool
from culprits.options_async import OptionsAsyncPool
from culprits.reauthentication import ReauthenticatingPool
from culprits.reauthentication_async import ReauthenticatingAsyncPool
from culprits.sound import SoundPool
from culprits.sound_async import SoundAsyncPool
from culprits.turns import TurnsPool
from culprits.turns_async import TurnsAsyncPool

from poolproof import reference_pool
from poolproof.reference_pool import asyncio as asyncio_reference_pool

from .condition import ConditionPool
from .eager import EagerPool
from .lazy_async import LazyAsyncPool
from .mailbox import MailboxPool
from .opener_async import OpenerAsyncPool
from .owner import OwnerPool
from .primary_only import PrimaryOnlyPool
from .reaping import ReapingPool
from .recycling import RecyclingPool
from .semaphore import SemaphorePool
from .semaphore_async import SemaphoreAsyncPool
from .short_lived import ShortLivedPool
from .silent import SilentPool
from .tidy import TidyPool
from .tidy_async import ReplacingAsyncPool, ShieldingAsyncPool, TidyAsyncPool
from .wrapping import WrappingPool

__all__ = ["ASYNC_SOUND_POOLS", "EVERY_SOUND_POOL", "SOUND_POOLS"]

SOUND_POOLS = (
    ClosablePool,
    ConditionPool,
    EagerPool,
    LeasingPool,
    MailboxPool,
    OptionsPool,
    OwnerPool,
    PrimaryOnlyPool,
    ReapingPool,
    ReauthenticatingPool,
    RecyclingPool,
    SemaphorePool,
    ShortLivedPool,
    SilentPool,
    SoundPool,
    TidyPool,
    TurnsPool,
    WrappingPool,
)

ASYNC_SOUND_POOLS = (
    ClosableAsyncPool,
    LazyAsyncPool,
    OpenerAsyncPool,
    OptionsAsyncPool,
    ReauthenticatingAsyncPool,
    ReplacingAsyncPool,
    SemaphoreAsyncPool,
    ShieldingAsyncPool,
    SoundAsyncPool,
    TidyAsyncPool,
    TurnsAsyncPool,
    WeakAsyncPool,
)

EVERY_SOUND_POOL: tuple[type[object], ...] = (
    reference_pool.ConnectionPool,
    *SOUND_POOLS,
    asyncio_reference_pool.ConnectionPool,
    *ASYNC_SOUND_POOLS,
)
"""The reference pools are among them."""
