"""A tour of the client: each of its features once, on the pool."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from secrets import token_hex
from time import monotonic
from typing import cast

import redis
from redis.client import PubSub

from poolproof.conformance.adapter import AnyAdapter
from poolproof.conformance.bounded import OVERDUE_S, bounded
from poolproof.conformance.preparation import Prepared
from poolproof.spec.events import Event, FeatureTried

MAX_CONNECTIONS = 3


class FeatureFailed(Exception):
    """A feature of the client did not do what it does on the client's own pool."""


ADDRESS = ("host", "port", "db", "username", "password")
"""The arguments that lead a client to the same server."""

KEEP_MS = 10_000
"""How long the keys of the tour live, should it be interrupted."""


def tour_of_the_client(
    adapter: AnyAdapter, prepared: Prepared, step: Callable[[], None]
) -> Iterator[Sequence[Event]]:
    """Use each feature on one pool, and see at the end that every connection has come back."""
    if prepared.library.client is None:
        return
    settings = replace(prepared.settings, max_connections=MAX_CONNECTIONS, timeout=1.0)
    pool = bounded(lambda: adapter.open(settings))
    events: list[Event] = []

    def acquire_all() -> int:
        connections: list[object] = []
        try:
            while len(connections) < MAX_CONNECTIONS:
                connections.append(adapter.acquire(pool))
        except Exception:  # noqa: BLE001 - how many there are is what is wanted
            return len(connections)
        finally:
            for connection in connections:
                adapter.release(pool, connection)
        return len(connections)

    def every_connection_came_back() -> None:
        _expect_connections(at_first, acquire_all())

    at_first = 0
    with suppress(Exception):
        at_first = bounded(acquire_all)

    def note(feature: str, use: Callable[[], None]) -> None:
        trouble = ""
        step()
        try:
            bounded(use, 2 * OVERDUE_S)
        except Exception as raised:  # noqa: BLE001 - the pool may let the client fail with any error
            trouble = str(prepared.library.error(raised))
        events.append(FeatureTried(monotonic(), feature, trouble))

    make_client = cast("Callable[..., redis.Redis]", prepared.library.client)
    own = {name: value for name, value in settings.arguments().items() if name in ADDRESS}
    for feature, use in FEATURES.items():
        # What the client cannot do on its own pool, for want of permission, no other pool owes it.
        with suppress(Exception):
            bounded(partial(use, make_client(**own)), 2 * OVERDUE_S)
            note(feature, partial(_use, make_client, pool, use))
    note("the return of every connection", every_connection_came_back)
    with suppress(Exception):
        bounded(lambda: adapter.close(pool))
    yield events


def _use(
    make_client: Callable[..., redis.Redis], pool: object, use: Callable[[redis.Redis], None]
) -> None:
    use(make_client(connection_pool=pool))


def _commands(client: redis.Redis) -> None:
    key = _unused_name()
    client.set(key, "value", px=KEEP_MS)
    _expect(b"value", client.get(key))


def _pipeline(client: redis.Redis) -> None:
    key = _unused_name()
    pipeline = client.pipeline(transaction=False)
    pipeline.set(key, "value", px=KEEP_MS)
    pipeline.get(key)
    _expect([True, b"value"], pipeline.execute())


def _transaction(client: redis.Redis) -> None:
    key = _unused_name()
    with client.pipeline(transaction=True) as pipeline:
        pipeline.watch(key)
        _expect(None, pipeline.get(key))
        pipeline.multi()
        pipeline.set(key, "value", px=KEEP_MS)
        pipeline.get(key)
        _expect([True, b"value"], pipeline.execute())


def _pubsub(client: redis.Redis) -> None:
    channel = _unused_name()
    subscription = client.pubsub()
    try:
        subscription.subscribe(channel)
        _expect("subscribe", _next_message(subscription)["type"])
        client.publish(channel, "message")
        _expect(b"message", _next_message(subscription)["data"])
    finally:
        subscription.close()


def _next_message(subscription: PubSub) -> Mapping[str, object]:
    message: Mapping[str, object] | None = subscription.get_message(timeout=OVERDUE_S)
    if message is None:
        raise FeatureFailed(f"no message came within {OVERDUE_S:.0f} s")
    return message


def _lock(client: redis.Redis) -> None:
    name = _unused_name()
    lock = client.lock(name, timeout=KEEP_MS / 1000)
    _expect(True, lock.acquire(blocking=False))
    _expect(False, client.lock(name, timeout=KEEP_MS / 1000).acquire(blocking=False))
    lock.release()


def _script(client: redis.Redis) -> None:
    _expect(b"argument", client.register_script("return ARGV[1]")(args=["argument"]))


FEATURES: Mapping[str, Callable[[redis.Redis], None]] = {
    "commands": _commands,
    "a pipeline": _pipeline,
    "a transaction": _transaction,
    "pub/sub": _pubsub,
    "a lock": _lock,
    "a script": _script,
}


def _decoded(reply: object) -> object:
    """The reply as text, whether or not the client was told to decode replies."""
    if isinstance(reply, bytes):
        return reply.decode(errors="replace")
    return [_decoded(part) for part in reply] if isinstance(reply, list) else reply


def _expect_connections(at_first: int, now: int) -> None:
    if now < at_first:
        raise FeatureFailed(
            f"the pool had {at_first} connections to hand out before the tour and {now} after"
        )


def _expect(wanted: object, got: object) -> None:
    if _decoded(got) != _decoded(wanted):
        raise FeatureFailed(f"the reply was {got!r} instead of {wanted!r}")


def _unused_name() -> str:
    return f"poolproof:{token_hex(8)}"
