"""What a program does on the way between pool and server happens, when it says so, and ends with it."""

import os
import select
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from poolproof.conformance.faults.network import Link, Proxy, ProxyError
from poolproof.conformance.faults.network.socket_info import is_available
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor

BOUND_S = 20.0


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server.host, server.port) as proxy:
        yield proxy


@pytest.fixture
def monitor(server: Server) -> Iterator[ServerMonitor]:
    monitor = ServerMonitor(server)
    yield monitor
    monitor.close()


@pytest.fixture
def connect(server: Server, proxy: Proxy) -> Iterator[Callable[[], redis.Connection]]:
    made: list[redis.Connection] = []

    def connect(timeout_s: float = BOUND_S) -> redis.Connection:
        made.append(
            redis.Connection(
                host=proxy.host,
                port=proxy.port,
                username=server.username or "",
                password=server.password or "",
                socket_timeout=timeout_s,
                retry=None,
            )
        )
        made[-1].connect()
        return made[-1]

    yield connect
    for connection in made:
        connection.disconnect()


Connect = Callable[..., redis.Connection]


def ask(connection: redis.Connection, *words: str | int) -> object:
    connection.send_command(*words)
    return connection.read_response()


def socket_of(connection: redis.Connection) -> socket.socket:
    end: socket.socket = vars(connection)["_sock"]
    return end


def link_of(proxy: Proxy, connection: redis.Connection) -> Link:
    return link_from(proxy, socket_of(connection))


def link_from(proxy: Proxy, end: socket.socket) -> Link:
    return next(link for link in proxy.links() if link.pool_address == end.getsockname())


def unread(connection: redis.Connection) -> bytes:
    """What has arrived at its socket by now."""
    readable, _, _ = select.select([socket_of(connection)], [], [], 0)
    return socket_of(connection).recv(4096, socket.MSG_PEEK) if readable else b""


def has_ended(connection: redis.Connection) -> bool:
    """Whether its socket knows by now that no more will come."""
    poll = select.poll()
    poll.register(socket_of(connection), select.POLLRDHUP)
    return bool(poll.poll(0))


def descriptors() -> set[str]:
    """The sockets and the like that this process has open."""
    told = set()
    for each in Path("/proc/self/fd").iterdir():
        try:
            told.add(str(each.readlink()))
        except FileNotFoundError:
            continue
    return told


class TestRelaying:
    def test_what_is_said_is_passed_on_whatever_its_size(
        self, proxy: Proxy, connect: Connect
    ) -> None:
        connection = connect()
        assert ask(connection, "ECHO", "word") == b"word"
        long = "x" * 5_000_000
        assert ask(connection, "ECHO", long) == long.encode()
        assert link_of(proxy, connection).due == 0

    def test_a_long_reply_waits_for_a_pool_that_does_not_read(
        self, proxy: Proxy, connect: Connect
    ) -> None:
        slow, other = connect(), connect()
        for _ in range(40):
            slow.send_command("ECHO", "x" * 1_000_000)
        assert ask(other, "ECHO", "word") == b"word"
        assert {len(slow.read_response()) for _ in range(40)} == {1_000_000}

    def test_a_link_is_found_by_the_address_that_the_server_knows(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        first, second = connect(), connect()
        for connection in (first, second):
            number = ask(connection, "CLIENT", "ID")
            listed = str(monitor.ask("CLIENT", "LIST", "ID", str(number)))
            address = listed.split(" addr=")[1].split()[0]
            assert proxy.link_of(address) is link_of(proxy, connection)
        assert [link.number for link in proxy.links()] == [0, 1]

    def test_the_server_is_told_when_a_pool_closes(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        connection = connect()
        number = ask(connection, "CLIENT", "ID")
        link = link_of(proxy, connection)
        connection.disconnect()
        proxy.await_end(link)
        assert f"id={number} " not in str(monitor.ask("CLIENT", "LIST"))
        assert proxy.links() == ()

    def test_a_pool_is_told_when_the_server_closes(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        connection = connect()
        link = link_of(proxy, connection)
        monitor.ask("CLIENT", "KILL", "ID", str(ask(connection, "CLIENT", "ID")))
        proxy.await_end(link)
        assert has_ended(connection)
        with pytest.raises(redis.ConnectionError):
            ask(connection, "PING")

    def test_a_server_that_is_not_there_resets(self) -> None:
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            with Proxy(*nobody.getsockname()) as proxy, socket.socket() as client:
                client.settimeout(BOUND_S)
                # It may come before the connect has returned.
                with pytest.raises(ConnectionResetError):  # noqa: PT012 - see above
                    client.connect((proxy.host, proxy.port))
                    client.recv(1)


class TestSettling:
    def test_this_system_tells_what_has_arrived(self) -> None:
        assert is_available()

    def test_a_reply_is_unread_at_the_pools_socket_once_it_is_settled(
        self, proxy: Proxy, connect: Connect
    ) -> None:
        connection = connect()
        for number in range(100):
            connection.send_command("ECHO", f"{number:03}")
            proxy.settle()
            assert unread(connection) == b"$3\r\n%03d\r\n" % number
            assert connection.read_response() == b"%03d" % number

    def test_it_is_settled_without_a_reply_when_none_is_wanted(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        connection = connect()
        connection.send_command("BLPOP", "settled without a reply", 0)
        proxy.settle(answered=False)
        assert link_of(proxy, connection).due == 1
        assert unread(connection) == b""
        monitor.ask("RPUSH", "settled without a reply", "late")
        proxy.settle()
        assert unread(connection).endswith(b"\r\nlate\r\n")

    def test_a_reply_that_does_not_come_is_named_after_a_bound(self, server: Server) -> None:
        with (
            Proxy(server.host, server.port, bound_s=0.05) as proxy,
            socket.create_connection((proxy.host, proxy.port), BOUND_S) as client,
        ):
            client.sendall(b"BLPOP nothing-ever 0\r\n")
            with pytest.raises(ProxyError, match="1 replies are due on <link 0 of "):
                proxy.settle()


class TestConnecting:
    def test_refused_connects_are_refused_until_admitted_on_the_same_port(
        self, proxy: Proxy, connect: Connect
    ) -> None:
        before, port = connect(), proxy.port
        for _ in range(3):
            proxy.refuse_connects()
            for _ in range(3):
                with pytest.raises(redis.ConnectionError, match="refused"):
                    connect()
            assert ask(before, "ECHO", "word") == b"word"
            proxy.admit_connects()
            assert ask(connect(), "ECHO", "word") == b"word"
            assert proxy.port == port

    def test_the_port_belongs_to_nobody_else_while_it_is_refused(self, proxy: Proxy) -> None:
        proxy.refuse_connects()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((proxy.host, proxy.port))

    def test_a_connect_that_hangs_is_unknown_to_the_server_until_it_is_admitted(
        self, proxy: Proxy, monitor: ServerMonitor
    ) -> None:
        proxy.let_connects_hang()
        with socket.create_connection((proxy.host, proxy.port), BOUND_S) as client:
            before = str(monitor.ask("CLIENT", "LIST")).count("id=")
            client.sendall(b"PING\r\n")
            proxy.settle()
            (link,) = proxy.links()
            assert not link.is_admitted
            assert link.withholds
            assert str(monitor.ask("CLIENT", "LIST")).count("id=") == before
            proxy.admit_connects()
            proxy.settle()
            assert client.recv(100, socket.MSG_DONTWAIT) == b"+PONG\r\n"

    def test_the_server_never_hears_of_a_connect_that_was_given_up(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        proxy.let_connects_hang()
        before = str(monitor.ask("INFO", "stats")).split("total_connections_received:")[1]
        # It is the client's own patience that ends, so this takes as long as that.
        with pytest.raises(redis.TimeoutError):
            connect(timeout_s=0.05)
        proxy.await_end(*proxy.links())
        proxy.admit_connects()
        after = str(monitor.ask("INFO", "stats")).split("total_connections_received:")[1]
        assert after.split("\\r\\n")[0] == before.split("\\r\\n")[0]


class TestEnds:
    def test_a_reset_has_reached_the_pool_when_it_is_said(
        self, proxy: Proxy, connect: Connect
    ) -> None:
        for _ in range(50):
            hit, spared = connect(), connect()
            proxy.reset(link_of(proxy, hit))
            assert socket_of(hit).getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
            assert ask(spared, "ECHO", "word") == b"word"
            hit.disconnect()
            spared.disconnect()

    def test_all_links_are_reset_at_once(self, proxy: Proxy, connect: Connect) -> None:
        connections = [connect() for _ in range(5)]
        proxy.reset(*proxy.links())
        assert all(has_ended(connection) for connection in connections)
        assert proxy.links() == ()

    def test_a_connection_that_was_hung_up_has_ended_and_takes_nothing(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        connection = connect()
        number = ask(connection, "CLIENT", "ID")
        proxy.hang_up(link_of(proxy, connection))
        assert has_ended(connection)
        assert unread(connection) == b""
        assert f"id={number} " not in str(monitor.ask("CLIENT", "LIST"))

    def test_a_half_closed_connection_has_ended_for_the_pool_and_still_reaches_the_server(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        connection = connect()
        proxy.half_close(link_of(proxy, connection))
        assert has_ended(connection)
        connection.send_command("SET", "half-closed", "reached")
        proxy.settle()
        assert monitor.ask("GET", "half-closed") == b"reached"
        monitor.ask("DEL", "half-closed")
        with pytest.raises(redis.ConnectionError):
            connection.read_response()

    def test_a_black_hole_loses_both_directions_and_does_not_end(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        connection = connect()
        number = ask(connection, "CLIENT", "ID")
        link = link_of(proxy, connection)
        connection.send_command("BLPOP", "a reply for the black hole", 0)
        proxy.settle(answered=False)
        proxy.swallow(link)
        monitor.ask("RPUSH", "a reply for the black hole", "lost")
        connection.send_command("SET", "black hole", "reached")
        proxy.settle()
        assert monitor.ask("EXISTS", "black hole") == 0
        monitor.ask("CLIENT", "KILL", "ID", str(number))
        proxy.settle()
        assert unread(connection) == b""
        assert not has_ended(connection)
        connection.disconnect()
        proxy.await_end(link)

    def test_no_connection_at_the_server_outlives_the_pools_in_a_black_hole(
        self, proxy: Proxy, connect: Connect, monitor: ServerMonitor
    ) -> None:
        connection = connect()
        number = ask(connection, "CLIENT", "ID")
        link = link_of(proxy, connection)
        proxy.swallow(link)
        connection.disconnect()
        proxy.await_end(link)
        assert f"id={number} " not in str(monitor.ask("CLIENT", "LIST"))


class TestReplies:
    @pytest.mark.parametrize("then", ["hung up", "reset"])
    def test_a_connection_ends_in_the_middle_of_a_reply(
        self, proxy: Proxy, connect: Connect, then: str
    ) -> None:
        connection = connect()
        link = link_of(proxy, connection)
        proxy.cut_next_reply(link, after=6, then=then)  # type: ignore[arg-type]  # one of its words
        connection.send_command("ECHO", "word")
        proxy.await_end(link)
        assert link.ended == then
        with pytest.raises(redis.ConnectionError):
            connection.read_response()

    def test_what_nobody_asked_for_is_unread_at_the_pools_socket(
        self, proxy: Proxy, connect: Connect
    ) -> None:
        connection = connect()
        for _ in range(50):
            proxy.push(link_of(proxy, connection), data=b"+HELLO\r\n")
            assert unread(connection) == b"+HELLO\r\n"
            assert connection.can_read()
            assert connection.read_response() == b"HELLO"

    def test_a_pool_gets_the_reply_of_another_command_after_a_push(
        self, proxy: Proxy, connect: Connect
    ) -> None:
        connection = connect()
        proxy.push(link_of(proxy, connection), data=b"+theirs\r\n")
        assert ask(connection, "ECHO", "mine") == b"theirs"


class TestTheEnd:
    @pytest.mark.parametrize("fault", ["none", "refuse", "hang", "swallow", "half close"])
    def test_no_socket_and_no_thread_outlive_the_block(self, server: Server, fault: str) -> None:
        is_available()
        before, threads = descriptors(), threading.enumerate()
        with (  # noqa: PT012 - what is in the block is what must not outlive it
            pytest.raises(RuntimeError, match="the program failed"),
            Proxy(server.host, server.port) as proxy,
            socket.create_connection((proxy.host, proxy.port), BOUND_S) as client,
        ):
            client.sendall(b"PING\r\n")
            proxy.settle()
            link = link_from(proxy, client)
            if fault == "refuse":
                proxy.refuse_connects()
            if fault == "hang":
                proxy.let_connects_hang()
                client.close()
                proxy.await_end(link)
            if fault == "swallow":
                proxy.swallow(link)
            if fault == "half close":
                proxy.half_close(link)
            raise RuntimeError("the program failed")
        assert descriptors() == before
        assert threading.enumerate() == threads

    def test_a_pool_is_told_when_the_proxy_ends(self, server: Server) -> None:
        with Proxy(server.host, server.port) as proxy:
            client = socket.create_connection((proxy.host, proxy.port), BOUND_S)
        with client:
            assert client.recv(1) == b""

    def test_a_proxy_that_has_ended_says_so(self, server: Server) -> None:
        with Proxy(server.host, server.port) as proxy:
            pass
        proxy.close()
        with pytest.raises(ProxyError, match="closed"):
            proxy.refuse_connects()

    def test_a_forked_child_keeps_no_connection_open(self, proxy: Proxy, connect: Connect) -> None:
        connection = connect()
        reads, writes = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writes)
            os.read(reads, 1)  # until the parent has looked
            os._exit(0)
        try:
            proxy.hang_up(link_of(proxy, connection))
            assert has_ended(connection)
        finally:
            os.close(reads)
            os.close(writes)
            os.waitpid(child, 0)
