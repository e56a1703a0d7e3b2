"""What cannot be carried on is said, and ends."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from poolproof.conformance.engines.asyncio import CannotHost, Stalled, VirtualLoop

BOUND_S = 20.0
PING = b"*1\r\n$4\r\nPING\r\n"


@contextmanager
def scripted(script: Callable[[socket.socket], object]) -> Iterator[int]:
    """A server that accepts one connection and acts the script on it; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(BOUND_S)

        def serve() -> None:
            accepted, _ = listening.accept()
            with accepted:
                accepted.settimeout(BOUND_S)
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                script(accepted)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield int(listening.getsockname()[1])
        thread.join(BOUND_S)
        assert not thread.is_alive()


async def ask(port: int, command: bytes, length: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(command)
        return await reader.readexactly(length)
    finally:
        writer.close()


def test_a_reply_that_comes_in_pieces_is_waited_for_to_its_end(loop: VirtualLoop) -> None:
    reply = b"*2\r\n$5\r\nhello\r\n%1\r\n+a\r\n:1\r\n"

    def in_pieces(connection: socket.socket) -> None:
        connection.recv(100)
        for at in range(len(reply)):
            connection.send(reply[at : at + 1])
        connection.recv(100)

    with scripted(in_pieces) as port:
        task = loop.create_task(ask(port, PING, len(reply)))
        loop.run_until_quiet()
        assert task.result() == reply


def test_a_push_is_no_reply_and_a_reply_after_it_is_waited_for(loop: VirtualLoop) -> None:
    push, reply = b">1\r\n+news\r\n", b"+PONG\r\n"
    seen = Event()

    def push_first(connection: socket.socket) -> None:
        connection.recv(100)
        connection.send(push)
        seen.wait(BOUND_S)
        connection.send(reply)
        connection.recv(100)

    async def tell(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(PING)
        got = await reader.readexactly(len(push))
        seen.set()
        got += await reader.readexactly(len(reply))
        writer.close()
        return got

    with scripted(push_first) as port:
        task = loop.create_task(tell(port))
        loop.run_until_quiet()
        assert task.result() == push + reply


def test_a_command_too_big_to_be_sent_at_once_is_counted_once(loop: VirtualLoop) -> None:
    size = 5_000_000
    command = b"*2\r\n$4\r\nECHO\r\n$%d\r\n%s\r\n" % (size, b"x" * size)

    def swallow(connection: socket.socket) -> None:
        left = len(command)
        while left:
            left -= len(connection.recv(1 << 20))
        connection.send(b"+OK\r\n")
        connection.recv(100)

    with scripted(swallow) as port:
        task = loop.create_task(ask(port, command, 5))
        loop.run_until_quiet()
        assert task.result() == b"+OK\r\n"


def test_a_server_that_hangs_up_owes_nothing(loop: VirtualLoop) -> None:
    with scripted(lambda connection: connection.recv(100)) as port:
        task = loop.create_task(ask(port, PING, 5))
        loop.run_until_quiet()
        assert isinstance(task.exception(), EOFError)


def test_a_reply_that_never_comes_is_a_stall_with_the_stack_of_the_task() -> None:
    loop = VirtualLoop(patience_s=0.05)
    with scripted(lambda connection: [connection.recv(100) for _ in range(2)]) as port:
        loop.create_task(ask(port, PING, 5), name="the caller")
        with pytest.raises(Stalled, match=r"(?s)1 replies.*the caller:.*in ask") as stalled:
            loop.run_until_quiet()
        assert isinstance(stalled.value, CannotHost)
        assert loop.end() == []


def test_what_is_not_the_protocol_of_redis_is_not_hosted(loop: VirtualLoop) -> None:
    def greet(connection: socket.socket) -> None:
        connection.recv(100)
        connection.send(b"HTTP/1.1 400\r\n")
        connection.recv(100)

    with scripted(greet) as port:
        loop.create_task(ask(port, PING, 100))
        with pytest.raises(CannotHost, match="cannot be read"):
            loop.run_until_quiet()
        loop.end()


def test_a_task_that_never_suspends_for_real_is_caught() -> None:
    async def spin() -> None:
        while True:  # noqa: ASYNC110 - the fault that is to be caught
            await asyncio.sleep(0)

    loop = VirtualLoop(steps=500)
    loop.create_task(spin(), name="the spinner")
    with pytest.raises(CannotHost, match=r"(?s)500 turns.*the spinner"):
        loop.run_until_quiet()
    assert loop.end() == []


def test_a_task_that_looks_for_its_reply_again_and_again_gets_it(loop: VirtualLoop) -> None:
    async def look(port: int) -> int:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(PING)
        turns = 0
        while loop.outstanding or not turns:
            await asyncio.sleep(0)
            turns += 1
        writer.close()
        return turns

    def answer(connection: socket.socket) -> None:
        connection.recv(100)
        connection.send(b"+PONG\r\n")
        connection.recv(100)

    turns = set()
    for _ in range(5):
        with scripted(answer) as port:
            task = loop.create_task(look(port))
            loop.run_until_quiet()
            turns.add(task.result())
    assert len(turns) == 1


def test_the_end_cancels_what_is_left_and_waits_for_its_timers() -> None:
    async def tidy() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(5)
            tidied.append("yes")

    tidied: list[str] = []
    loop = VirtualLoop()
    loop.create_task(tidy())
    loop.run_until_quiet()
    assert loop.end() == []
    assert tidied == ["yes"]
    assert loop.is_closed()


def test_the_end_names_a_task_that_will_not_end() -> None:
    async def stubborn() -> None:
        while not over:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    over: list[str] = []
    loop = VirtualLoop()
    loop.create_task(stubborn(), name="the stubborn one")
    loop.run_until_quiet()
    assert loop.end() == ["the stubborn one"]


def test_the_end_closes_generators_and_connections() -> None:
    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append("generator")

    async def first(port: int) -> None:
        generators.append(numbers())
        await anext(generators[0])
        streams.append(await asyncio.open_connection("127.0.0.1", port))

    closed: list[str] = []
    generators: list[AsyncIterator[int]] = []
    streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    loop = VirtualLoop()
    with scripted(lambda connection: closed.append(str(connection.recv(1)))) as port:
        loop.create_task(first(port))
        loop.run_until_quiet()
        assert loop.end() == []
    assert closed == ["generator", "b''"]


def test_what_nobody_asked_for_is_collected_and_not_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def fail() -> None:
        raise ValueError("in a task")

    def fail_too() -> None:
        raise KeyError("in a callback")

    loop = VirtualLoop()
    loop.create_task(fail(), name="the failing one")
    loop.call_soon(fail_too)
    loop.run_until_quiet()
    loop.end()
    kinds = [type(unhandled.exception) for unhandled in loop.unhandled]
    assert kinds == [KeyError, ValueError]
    assert "the failing one" in loop.unhandled[1].message
    assert capsys.readouterr() == ("", "")
