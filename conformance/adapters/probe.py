"""The probe: a first look at the target, before anything is judged.

It finds out whether the pool is one for threads or for asyncio, which optional arguments it takes,
what it offers and which client it belongs to, and it tells a target that cannot be driven at all from
a pool that breaks a clause.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from types import CodeType

from poolproof.spec import Capability

from ..isolation.call_with_timeout import OVERDUE_S, NeverReturned, call_with_timeout, error_of
from ..server.monitor import ServerMonitor
from .adapter import AdapterError, AnyAdapter, AnyAsyncAdapter, uses_asyncio
from .client import UNKNOWN, ClientLibrary, library_of, library_within
from .facade import usable_by_threads
from .load import TargetError
from .offered import capabilities, expect_methods
from .pool_code import code_of_pool
from .redis_interface import AsyncRedisInterface, NeedsAsyncio, RedisInterface
from .refusal import StepFailed, step, unknown_argument, why_refused
from .refused_options import refusals
from .settings import PoolSettings, Watched

LOOK_S = 4 * OVERDUE_S
"""How long the first look may take, in seconds."""

SEEN_BY_KIT = frozenset(each for each in Capability if each.record.base is not None)
"""Capabilities of which an adapter has no say."""


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
    cannot_build: Mapping[Capability, BaseException]
    """The options with which no pool could be built, and what was raised."""
    stand_ins: bool
    """Whether the pool hands out connections of a class that it is given as `connection_class`."""


def prepare(
    adapter: AnyAdapter | AnyAsyncAdapter, settings: PoolSettings, monitor: ServerMonitor
) -> Prepared:
    """Build a pool and use one connection of it.

    Raises TargetError if that does not work, and says what to do about it.
    """
    try:
        seen = _seen(adapter, settings, monitor)
        found = refusals(_probed(seen.settings), seen.offers, partial(error_in_use, seen))
        return replace(
            seen,
            offers=seen.offers - found.not_offered - _no_block(seen),
            cannot_build=found.cannot_build,
            stand_ins=_takes_stand_ins(seen),
        )
    except AdapterError as error:
        raise TargetError(str(error)) from error


@contextmanager
def opened(adapter: AnyAdapter, settings: PoolSettings) -> Iterator[object]:
    """A pool with these settings, which is closed in the end."""
    pool = adapter.open(settings)
    try:
        yield pool
    finally:
        adapter.close(pool)


def error_in_use(
    prepared: Prepared,
    settings: PoolSettings,
    use: Callable[[AnyAdapter, object], object],
    bound_s: float = OVERDUE_S,
) -> BaseException | None:
    """What is raised when a pool is opened, used and closed in a thread; None if nothing is.

    `use` is called with an adapter for threads and the pool. It is NeverReturned if all this takes
    longer than `bound_s` seconds. Raises an AdapterError itself.
    """
    with usable_by_threads(prepared.adapter) as adapter:

        def open_and_use() -> None:
            with opened(adapter, settings) as pool:
                use(adapter, pool)

        return error_of(open_and_use, bound_s)


def _seen(
    adapter: AnyAdapter | AnyAsyncAdapter, settings: PoolSettings, monitor: ServerMonitor
) -> Prepared:
    """Look again as long as the look before has found out how: for whom, and with what arguments."""
    while True:
        try:
            return _first_look(adapter, settings, monitor)
        except NeedsAsyncio as needs:
            adapter = needs.adapter
        except NeverReturned as error:
            raise TargetError(
                f"the pool could not be built and used within {LOOK_S:.0f} s; use it by hand to see "
                f"where it hangs"
            ) from error
        except StepFailed as failed:
            unknown = unknown_argument(failed.error, settings)
            if unknown not in settings.takes:
                raise TargetError(why_refused(adapter, failed, settings)) from failed.error
            settings = replace(settings, takes=settings.takes - {unknown})


def _probed(settings: PoolSettings) -> PoolSettings:
    return replace(settings, max_connections=1, timeout=1.0, socket_timeout=5.0)


def _first_look(
    target: AnyAdapter | AnyAsyncAdapter, settings: PoolSettings, monitor: ServerMonitor
) -> Prepared:
    extra = Watched(settings.extra)
    watched = replace(_probed(settings), extra=extra)
    with usable_by_threads(target) as adapter:
        seen = call_with_timeout(partial(_look, adapter, target, watched, monitor), LOOK_S)
    if extra.unread:
        raise TargetError(
            f"--set {next(iter(extra.unread))} has no effect, because {type(target).__name__} does "
            f"not look at it; let its `open` pass on `settings.extra`"
        )
    return replace(seen, settings=settings)


def _look(
    adapter: AnyAdapter,
    target: AnyAdapter | AnyAsyncAdapter,
    settings: PoolSettings,
    monitor: ServerMonitor,
) -> Prepared:
    """Use one connection of a pool, by an adapter for threads to the target."""
    with step("open"):
        pool = adapter.open(settings)
    with step("acquire"):
        connection = adapter.acquire(pool)
    _expect_a_reply(adapter, connection, settings, monitor)
    library = library_of(connection, for_asyncio=uses_asyncio(target))
    lent = library_within(connection) if library == UNKNOWN else library
    with step("offers"):
        offers = capabilities(target, adapter.offers(pool)) - SEEN_BY_KIT
    expect_methods(target, offers)
    if library.client is None:
        offers -= {Capability.CLIENT}
    elif Capability.CLIENT not in offers:
        library = replace(library, client=None)
    seen = Prepared(
        adapter=target,
        settings=settings,
        library=library,
        offers=offers | _callers_of(target),
        connection_class=type(connection),
        is_pool_code=_none if uses_asyncio(target) else code_of_pool(pool, connection),
        lent=lent,
        cannot_build={},
        stand_ins=False,
    )

    def give_back() -> None:
        adapter.release(pool, connection)
        adapter.close(pool)

    error_of(give_back)  # which is for a clause to judge
    return seen


def _expect_a_reply(
    adapter: AnyAdapter, connection: object, settings: PoolSettings, monitor: ServerMonitor
) -> None:
    """See that the connection works and can be told from others at the server."""
    with step("send"):
        adapter.send(connection, "CLIENT", "ID")
    with step("receive"):
        number = adapter.receive(connection)
    if not isinstance(number, int):
        raise TargetError(
            f"the first connection answered CLIENT ID with {str(number)[:80]!r}; the adapter's "
            f"`receive` must return the reply to the command sent last"
        )
    if number not in monitor.open_connections({"pool": settings.client_name})["pool"]:
        raise TargetError(
            "the server does not see the pool's connections under the client name that the pool was "
            "given; pass `client_name` on to the connections"
        )


def _callers_of(target: AnyAdapter | AnyAsyncAdapter) -> frozenset[Capability]:
    """Who can use the pool."""
    if uses_asyncio(target):
        return frozenset({Capability.ASYNCIO})
    return frozenset({Capability.THREADS} | ({Capability.FORK} if hasattr(os, "fork") else set()))


def _none(_code: CodeType) -> bool:
    return False


def _no_block(prepared: Prepared) -> frozenset[Capability]:
    """The capability of a block, if what goes by that name cannot be entered."""
    block = frozenset({Capability.CONTEXT_MANAGER})
    if Capability.CONTEXT_MANAGER not in prepared.offers:
        return frozenset()
    return frozenset() if _has_block(prepared, _probed(prepared.settings)) else block


def _has_block(prepared: Prepared, settings: PoolSettings) -> bool:
    """Whether what is offered as a block can be entered at all; how that goes is not judged here.

    Raises AdapterError if it is an adapter that says so, and not a method of the name of one of ours.
    """

    def enter(adapter: AnyAdapter, pool: object) -> None:
        with adapter.block(pool):
            pass

    try:
        raised = error_in_use(prepared, settings, enter)
    except AdapterError:
        if isinstance(prepared.adapter, RedisInterface | AsyncRedisInterface):
            return False
        raise
    if isinstance(raised, TypeError) and "context manager protocol" in str(raised):
        raise AdapterError(
            f"the method block of {type(prepared.adapter).__name__} returns no context manager; write "
            f"it as in poolproof.conformance.Adapter, or do not offer it"
        )
    return True


def _takes_stand_ins(prepared: Prepared) -> bool:
    """Give a pool a class that differs from the one it uses anyway by nothing but its name."""
    settings = _probed(prepared.settings)
    if not isinstance(prepared.adapter, RedisInterface | AsyncRedisInterface):
        return False
    if "connection_class" in settings.extra:
        return False
    stand_in = type("StandIn", (prepared.connection_class,), {})
    given = replace(settings, extra={**settings.extra, "connection_class": stand_in})
    handed_out: list[object] = []

    def acquire_once(adapter: AnyAdapter, pool: object) -> None:
        handed_out.append(adapter.acquire(pool))
        adapter.release(pool, handed_out[0])

    with suppress(AdapterError):
        error_in_use(prepared, given, acquire_once)
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
