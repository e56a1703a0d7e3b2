"""A tour of the client: each of its features once, on the pool."""

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import cast

from poolproof.spec.model.events import Event, FeatureTried

from ...adapters.adapter import AdapterError, AnyAdapter
from ...adapters.facade import Facade, usable_by_threads
from ...adapters.probe import Prepared
from ...isolation.call_with_timeout import OVERDUE_S, call_with_timeout, error_of
from .client_features import FEATURES, Client, Feature, FeatureFailed, close

MAX_CONNECTIONS = 3

ADDRESS = ("host", "port", "db", "username", "password")
"""The arguments that lead a client to the same server."""

FEATURE_S = 2 * OVERDUE_S
"""How long a feature may take before it is given up."""


def tour_of_the_client(prepared: Prepared, step: Callable[[], None]) -> Iterator[Sequence[Event]]:
    """Use each feature on one pool, and see at the end that every connection has come back."""
    if prepared.library.client is None:
        return
    with usable_by_threads(prepared.adapter) as adapter:
        yield _tour(adapter, prepared, step)


def _tour(adapter: AnyAdapter, prepared: Prepared, step: Callable[[], None]) -> Sequence[Event]:
    make_client = cast("Callable[..., Client]", prepared.library.client)
    settings = replace(prepared.settings, max_connections=MAX_CONNECTIONS, timeout=1.0)
    own = {name: value for name, value in settings.arguments().items() if name in ADDRESS}
    pool = call_with_timeout(lambda: adapter.open(settings))
    events: list[Event] = []

    def note(feature: str, use: Callable[[], None]) -> None:
        step()
        raised = error_of(use, FEATURE_S)
        trouble = "" if raised is None else str(prepared.library.error(raised))
        events.append(FeatureTried(monotonic(), feature, trouble))

    async def on_its_own_pool(use: Feature) -> None:
        client = make_client(**own)
        try:
            await use(client)
        finally:
            await close(client)

    async def on_the_pool(use: Feature) -> None:
        await use(make_client(connection_pool=pool))

    at_first = 0
    with suppress(Exception):
        at_first = call_with_timeout(partial(_how_many, adapter, pool))
    for feature, use in FEATURES.items():
        # What the client cannot do on its own pool, for want of permission, no other pool owes it.
        if error_of(partial(_run, adapter, on_its_own_pool, use), FEATURE_S) is None:
            note(feature, partial(_run, adapter, on_the_pool, use))
    note("the return of every connection", lambda: _expect_all(at_first, _how_many(adapter, pool)))
    error_of(lambda: adapter.close(pool))
    return events


def _run(
    adapter: AnyAdapter,
    on_a_client: Callable[[Feature], Coroutine[object, object, None]],
    use: Feature,
) -> None:
    """Run a coroutine on the loop of the pool, or on none if the pool is for threads."""
    if isinstance(adapter, Facade):
        adapter.run(partial(on_a_client, use))
        return
    running = on_a_client(use)
    with suppress(StopIteration):
        running.send(None)
        running.close()
        raise FeatureFailed("the client waits for an event loop, of which there is none")


def _how_many(adapter: AnyAdapter, pool: object) -> int:
    """How many connections the pool hands out at once, up to its bound."""
    connections: list[object] = []
    try:
        while len(connections) < MAX_CONNECTIONS:
            connections.append(adapter.acquire(pool))
    except AdapterError:
        raise
    except BaseException:  # noqa: BLE001 - how many there are is what is wanted
        return len(connections)
    finally:
        for connection in connections:
            adapter.release(pool, connection)
    return len(connections)


def _expect_all(at_first: int, now: int) -> None:
    if now < at_first:
        raise FeatureFailed(
            f"the pool had {at_first} connections to hand out before the tour and {now} after"
        )
