"""Preparation: a first look at the target, before anything is judged.

It finds out whether the pool is one for threads or for asyncio, which optional arguments it takes,
what it offers and which client it belongs to, and it tells a target that cannot be driven at all from
a pool that breaks a clause.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from types import CodeType

from poolproof.spec import Capability

from ..isolation.call_with_timeout import OVERDUE_S, NeverReturned, bounded, error_of
from ..server.monitor import ServerMonitor
from ..workloads.themes import OLD_S
from .adapter import AdapterError, AnyAdapter, AnyAsyncAdapter, uses_asyncio
from .client import UNKNOWN, ClientLibrary, library_of, library_within
from .facade import usable_by_threads
from .load import TargetError
from .offered import capabilities, expect_methods
from .pool_code import code_of_pool
from .redis_interface import AsyncRedisInterface, NeedsAsyncio, RedisInterface
from .refusal import StepFailed, step, told, unknown_argument
from .settings import PoolSettings, Watched

COLOURS = frozenset({Capability.THREADS, Capability.ASYNCIO})
"""Every pool has one of these."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the first look found out."""

    adapter: AnyAdapter | AnyAsyncAdapter
    """Speaks to the pool as it turned out to be: one for threads or one for asyncio."""
    settings: PoolSettings
    library: ClientLibrary
    offers: frozenset[Capability]
    connection_class: type
    """The class of the connections that the pool hands out."""
    is_pool_code: Callable[[CodeType], bool]
    """Which code is the pool's own, and is run a line at a time; none of a pool for asyncio is."""
    lent: ClientLibrary
    """The library that the connections are of, by its name; `library` may be unknown all the same."""
    stand_ins: bool
    """Whether the pool hands out connections of a class that it is given as `connection_class`."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was seen of the pool and of its first connection."""

    connection_class: type
    is_pool_code: Callable[[CodeType], bool]
    library: ClientLibrary
    lent: ClientLibrary
    offers: frozenset[Capability]


def prepare(
    adapter: AnyAdapter | AnyAsyncAdapter, settings: PoolSettings, monitor: ServerMonitor
) -> Prepared:
    """Build a pool and use one connection of it.

    Raises TargetError if that does not work, and says what to do about it.
    """
    try:
        return _prepared(adapter, settings, monitor)
    except AdapterError as error:
        raise TargetError(str(error)) from error


def _prepared(
    adapter: AnyAdapter | AnyAsyncAdapter, settings: PoolSettings, monitor: ServerMonitor
) -> Prepared:
    while True:
        look_s = 4 * OVERDUE_S
        try:
            seen = _first_look(adapter, _probed(settings), monitor, look_s)
        except NeedsAsyncio as needs:
            adapter = needs.adapter
        except NeverReturned as error:
            raise TargetError(
                f"the pool could not be built and used within {look_s:.0f} s; use it by hand to see "
                f"where it hangs"
            ) from error
        except StepFailed as failed:
            unknown = unknown_argument(failed.error, settings)
            if unknown not in settings.takes:
                raise TargetError(told(adapter, failed, settings)) from failed.error
            settings = replace(settings, takes=settings.takes - {unknown})
        else:
            stand_ins = _takes_stand_ins(adapter, _probed(settings), seen.connection_class)
            return Prepared(
                adapter,
                settings,
                seen.library,
                seen.offers - _unusable(adapter, _probed(settings), seen.offers),
                seen.connection_class,
                seen.is_pool_code,
                seen.lent,
                stand_ins,
            )


def _probed(settings: PoolSettings) -> PoolSettings:
    return replace(settings, max_connections=1, timeout=1.0, socket_timeout=5.0)


def _first_look(
    adapter: AnyAdapter | AnyAsyncAdapter,
    settings: PoolSettings,
    monitor: ServerMonitor,
    look_s: float,
) -> _Seen:
    extra = Watched(settings.extra)
    watched = replace(settings, extra=extra)
    with usable_by_threads(adapter) as threads_adapter:
        for_asyncio = uses_asyncio(adapter)
        seen = bounded(partial(_look, threads_adapter, watched, monitor, adapter), look_s)
    if extra.unread:
        raise TargetError(
            f"--set {next(iter(extra.unread))} has no effect, because {type(adapter).__name__} does "
            f"not look at it; let its `open` pass on `settings.extra`"
        )
    offers = (seen.offers - COLOURS - {Capability.FORK}) | {
        Capability.ASYNCIO if for_asyncio else Capability.THREADS
    }
    if hasattr(os, "fork") and not for_asyncio:
        offers |= {Capability.FORK}
    return replace(seen, offers=offers)


def _look(
    adapter: AnyAdapter,
    settings: PoolSettings,
    monitor: ServerMonitor,
    target: AnyAdapter | AnyAsyncAdapter,
) -> _Seen:
    for_asyncio = uses_asyncio(target)
    with step("open"):
        pool = adapter.open(settings)
    with step("acquire"):
        connection = adapter.acquire(pool)
    with step("send"):
        adapter.send(connection, "CLIENT", "ID")
    with step("receive"):
        number = adapter.receive(connection)
    if not isinstance(number, int):
        raise TargetError(
            f"the first connection answered CLIENT ID with {str(number)[:80]!r}; the adapter's "
            f"`receive` must return the reply to the command sent last"
        )
    seen = monitor.open_connections({"pool": settings.client_name})
    if number not in seen["pool"]:
        raise TargetError(
            "the server does not see the pool's connections under the client name that the pool was "
            "given; pass `client_name` on to the connections"
        )
    library = library_of(connection, for_asyncio=for_asyncio)
    lent = library_within(connection) if library == UNKNOWN else library
    is_pool_code = _none if for_asyncio else code_of_pool(pool, connection)
    with step("offers"):
        offers = capabilities(target, adapter.offers(pool))
    expect_methods(target, offers)
    if library.client is None:
        offers -= {Capability.CLIENT}
    elif Capability.CLIENT not in offers:
        library = replace(library, client=None)

    def give_back() -> None:
        adapter.release(pool, connection)
        adapter.close(pool)

    error_of(give_back)  # which is for a clause to judge
    return _Seen(type(connection), is_pool_code, library, lent, offers)


def _unusable(
    adapter: AnyAdapter | AnyAsyncAdapter,
    settings: PoolSettings,
    offers: frozenset[Capability],
) -> frozenset[Capability]:
    """What goes by the name of one of ours and is something else: options that take no number, and
    blocks that cannot be entered.
    """

    def use_twice(threads_adapter: AnyAdapter, settings: PoolSettings) -> None:
        pool = threads_adapter.open(settings)
        try:
            for _ in range(2):
                threads_adapter.release(pool, threads_adapter.acquire(pool))
        finally:
            threads_adapter.close(pool)

    given = {
        Capability.MAX_IDLE_TIME: replace(settings, max_idle_time=OLD_S),
        Capability.MAX_LIFETIME: replace(settings, max_lifetime=OLD_S),
        Capability.MIN_IDLE: replace(settings, min_idle=1),
    }
    with usable_by_threads(adapter) as threads_adapter:
        unusable = {
            capability
            for capability in offers & given.keys()
            if error_of(partial(use_twice, threads_adapter, given[capability]))
        }
        if Capability.CONTEXT_MANAGER in offers and not _has_block(
            adapter, threads_adapter, settings
        ):
            unusable.add(Capability.CONTEXT_MANAGER)
    return frozenset(unusable)


def _has_block(
    adapter: AnyAdapter | AnyAsyncAdapter, threads_adapter: AnyAdapter, settings: PoolSettings
) -> bool:
    """Whether what is offered as a block can be entered at all; how that goes is not judged here.

    Raises AdapterError if it is an adapter that says so, and not a method of the name of one of ours.
    """

    def enter_once() -> None:
        pool = threads_adapter.open(settings)
        try:
            with threads_adapter.block(pool):
                pass
        finally:
            threads_adapter.close(pool)

    try:
        raised = error_of(enter_once)
    except AdapterError:
        if isinstance(adapter, RedisInterface | AsyncRedisInterface):
            return False
        raise
    if isinstance(raised, TypeError) and "context manager protocol" in str(raised):
        raise AdapterError(
            f"the method block of {type(adapter).__name__} returns no context manager; write it as in "
            f"poolproof.conformance.Adapter, or do not offer it"
        )
    return True


def _none(_code: CodeType) -> bool:
    return False


def _takes_stand_ins(
    adapter: AnyAdapter | AnyAsyncAdapter, settings: PoolSettings, connection_class: type
) -> bool:
    """Give a pool a class that differs from the one it uses anyway by nothing but its name."""
    if not isinstance(adapter, RedisInterface | AsyncRedisInterface):
        return False
    if "connection_class" in settings.extra:
        return False

    stand_in = type("StandIn", (connection_class,), {})
    given = replace(settings, extra={**settings.extra, "connection_class": stand_in})
    handed_out: list[object] = []

    def acquire_once(threads_adapter: AnyAdapter) -> None:
        pool = threads_adapter.open(given)
        try:
            handed_out.append(threads_adapter.acquire(pool))
            threads_adapter.release(pool, handed_out[0])
        finally:
            threads_adapter.close(pool)

    with usable_by_threads(adapter) as threads_adapter, suppress(AdapterError):
        error_of(partial(acquire_once, threads_adapter))
    return any(isinstance(connection, stand_in) for connection in handed_out)


def library_version(library: ClientLibrary) -> str:
    """The distribution that the pool's connections come from, and its version."""
    if library == UNKNOWN:
        return "unknown"
    module = library.connection_errors[0].__module__.partition(".")[0]
    try:
        return f"{module} {metadata.version(module)}"
    except metadata.PackageNotFoundError:
        return module
