"""The features of the client, each used once.

Each is written once, for a client of threads and for one of asyncio: it is a coroutine that awaits
whatever the client returns to be awaited. With a client of threads there is no such thing, and the
coroutine runs to its end without a loop.
"""
# ruff: noqa: D102 - what the methods of a client do is for the client to say

from collections.abc import Callable, Coroutine, Mapping
from inspect import isawaitable
from secrets import token_hex
from typing import Protocol

from ...isolation.call_with_timeout import OVERDUE_S


class FeatureFailed(Exception):
    """A feature of the client did not do what it does on the client's own pool."""


KEEP_MS = 10_000
"""How long the keys of the tour live, should it be interrupted."""


class Pipeline(Protocol):
    """What is used of a pipeline. What a method returns may have to be awaited, here and below."""

    def set(self, name: str, value: str, *, px: int) -> object: ...
    def get(self, name: str) -> object: ...
    def watch(self, *names: str) -> object: ...
    def multi(self) -> object: ...
    def execute(self) -> object: ...
    def reset(self) -> object: ...


class Subscription(Protocol):
    """What is used of pub/sub."""

    def subscribe(self, *channels: str) -> object: ...
    def get_message(self, *, timeout: float) -> object: ...


class ServerLock(Protocol):
    """What is used of a lock."""

    def acquire(self, *, blocking: bool) -> object: ...
    def release(self) -> object: ...


class Client(Protocol):
    """What is used of the client."""

    def set(self, name: str, value: str, *, px: int) -> object: ...
    def get(self, name: str) -> object: ...
    def publish(self, channel: str, message: str) -> object: ...
    def pipeline(self, *, transaction: bool) -> Pipeline: ...
    def pubsub(self) -> Subscription: ...
    def lock(self, name: str, *, timeout: float) -> ServerLock: ...
    def register_script(self, script: str) -> Callable[..., object]: ...


async def close(thing: object) -> None:
    """Close a client or a subscription. For asyncio newer versions have another name for it."""
    method: object = getattr(thing, "aclose", None) or getattr(thing, "close", None)
    assert callable(method)
    await _reply(method())


async def _commands(client: Client) -> None:
    key = _unused_name()
    await _reply(client.set(key, "value", px=KEEP_MS))
    _expect(b"value", await _reply(client.get(key)))


async def _pipeline(client: Client) -> None:
    key = _unused_name()
    pipeline = client.pipeline(transaction=False)
    pipeline.set(key, "value", px=KEEP_MS)
    pipeline.get(key)
    _expect([True, b"value"], await _reply(pipeline.execute()))


async def _transaction(client: Client) -> None:
    key = _unused_name()
    pipeline = client.pipeline(transaction=True)
    try:
        await _reply(pipeline.watch(key))
        _expect(None, await _reply(pipeline.get(key)))
        pipeline.multi()
        pipeline.set(key, "value", px=KEEP_MS)
        pipeline.get(key)
        _expect([True, b"value"], await _reply(pipeline.execute()))
    finally:
        await _reply(pipeline.reset())


async def _pubsub(client: Client) -> None:
    channel = _unused_name()
    subscription = client.pubsub()
    try:
        await _reply(subscription.subscribe(channel))
        _expect("subscribe", (await _next_message(subscription))["type"])
        await _reply(client.publish(channel, "message"))
        _expect(b"message", (await _next_message(subscription))["data"])
    finally:
        await close(subscription)


async def _next_message(subscription: Subscription) -> Mapping[str, object]:
    message = await _reply(subscription.get_message(timeout=OVERDUE_S))
    if not isinstance(message, Mapping):
        raise FeatureFailed(f"no message came within {OVERDUE_S:.0f} s")
    return message


async def _lock(client: Client) -> None:
    name = _unused_name()
    lock = client.lock(name, timeout=KEEP_MS / 1000)
    _expect(True, await _reply(lock.acquire(blocking=False)))
    another = client.lock(name, timeout=KEEP_MS / 1000)
    _expect(False, await _reply(another.acquire(blocking=False)))
    await _reply(lock.release())


async def _script(client: Client) -> None:
    script = client.register_script("return ARGV[1]")
    _expect(b"argument", await _reply(script(args=["argument"])))


Feature = Callable[[Client], Coroutine[object, object, None]]

FEATURES: Mapping[str, Feature] = {
    "commands": _commands,
    "a pipeline": _pipeline,
    "a transaction": _transaction,
    "pub/sub": _pubsub,
    "a lock": _lock,
    "a script": _script,
}


async def _reply(returned: object) -> object:
    return await returned if isawaitable(returned) else returned


def _decoded(reply: object) -> object:
    """The reply as text, whether or not the client was told to decode replies."""
    if isinstance(reply, bytes):
        return reply.decode(errors="replace")
    return [_decoded(part) for part in reply] if isinstance(reply, list) else reply


def _expect(wanted: object, got: object) -> None:
    if _decoded(got) != _decoded(wanted):
        raise FeatureFailed(f"the reply was {got!r} instead of {wanted!r}")


def _unused_name() -> str:
    return f"poolproof:{token_hex(8)}"
