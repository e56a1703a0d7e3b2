"""What has arrived at a socket is known to the byte, and waited for without looking again and again."""

import socket
import struct
import threading
from collections.abc import Iterator, Mapping

import pytest

from poolproof.conformance.faults.network.socket_info import (
    CLOSED,
    ESTABLISHED,
    Arrival,
    SocketAddress,
    SocketInfo,
    is_available,
    pool_sockets,
)

BOUND_S = 20.0
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Somebody's socket, and the one at the address it is connected to."""
    assert is_available()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), BOUND_S) as theirs,
    ):
        ours, _ = listener.accept()
        with ours:
            yield theirs, ours


def peer_of(pair: Pair) -> SocketAddress:
    # Of the one that stays open.
    address: SocketAddress = pair[0].getpeername()
    return address


def waited_for(
    pair: Pair, arrival: Arrival, bound_s: float = BOUND_S, peer: SocketAddress | None = None
) -> bool:
    """Whether it has arrived in time."""
    with pool_sockets(peer or peer_of(pair)) as sockets:
        return sockets.await_arrival({pair[0].getsockname(): arrival}, bound_s) == ()


def test_what_was_written_and_what_has_arrived_is_counted_read_or_not(pair: Pair) -> None:
    theirs, ours = pair
    theirs.sendall(b"written")
    ours.sendall(b"to be read, and not")
    assert waited_for(pair, Arrival(19))
    assert theirs.recv(10) == b"to be read"
    with pool_sockets(peer_of(pair)) as sockets:
        assert sockets.seen() == {theirs.getsockname(): SocketInfo(ESTABLISHED, 7, 19)}


def test_only_sockets_connected_to_the_address_are_seen(pair: Pair) -> None:
    with pool_sockets(("127.0.0.1", 1)) as sockets:
        assert sockets.seen() == {}


def test_what_does_not_arrive_is_given_up_after_a_bound(pair: Pair) -> None:
    _, ours = pair
    ours.sendall(b"six...")
    for missing in (Arrival(7), Arrival(hangs_up=True), Arrival(is_reset=True)):
        assert not waited_for(pair, missing, 0.05)


@pytest.mark.parametrize("what", ["more bytes", "an end", "a reset"])
def test_who_waits_is_told_also_when_something_is_unread_already(pair: Pair, what: str) -> None:
    _, ours = pair
    peer = peer_of(pair)  # not known any more after a reset
    ours.sendall(b"unread")
    assert waited_for(pair, Arrival(6))
    expected = {
        "more bytes": Arrival(10),
        "an end": Arrival(6, hangs_up=True),
        "a reset": Arrival(6, is_reset=True),
    }[what]
    arrived: list[bool] = []
    waiting = threading.Thread(target=lambda: arrived.append(waited_for(pair, expected, peer=peer)))
    waiting.start()
    if what == "more bytes":
        ours.sendall(b"more")
    if what == "a reset":
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if what != "more bytes":
        ours.close()
    waiting.join(BOUND_S)
    assert arrived == [True]


def test_a_socket_that_is_closed_or_elsewhere_is_not_waited_for(pair: Pair) -> None:
    theirs, _ = pair
    address, peer = theirs.getsockname(), peer_of(pair)
    theirs.close()
    with pool_sockets(peer) as sockets:
        assert sockets.await_arrival({address: Arrival(1)}, BOUND_S) == ()


def test_a_reset_is_an_arrival_of_everything() -> None:
    assert Arrival(100, hangs_up=True).is_seen(SocketInfo(CLOSED, 0, 0))
    assert not Arrival(100, hangs_up=True).is_seen(SocketInfo(ESTABLISHED, 0, 100))
    assert Arrival(100).is_seen(SocketInfo(ESTABLISHED, 0, 100))
    assert not Arrival(100).is_seen(SocketInfo(ESTABLISHED, 0, 99))


def test_who_waits_for_anything_to_end_is_told_of_it(pair: Pair) -> None:
    theirs, ours = pair

    def has_ended(seen: Mapping[SocketAddress, SocketInfo]) -> bool:
        return seen[theirs.getsockname()].state != ESTABLISHED

    with pool_sockets(peer_of(pair)) as sockets:
        assert not sockets.await_that(has_ended, 0.05)
        closing = threading.Thread(target=ours.close)
        closing.start()
        assert sockets.await_that(has_ended, BOUND_S)
        closing.join(BOUND_S)


@pytest.mark.skipif(not socket.has_ipv6, reason="there is no IPv6")
def test_sockets_of_either_family_are_seen() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("there is no IPv6 address")
    with listener:
        address: SocketAddress = listener.getsockname()[:2]
        with socket.create_connection(address, BOUND_S) as theirs:
            ours, _ = listener.accept()
            with ours, pool_sockets(("127.0.0.1", address[1]), address) as sockets:
                ours.sendall(b"here")
                own: SocketAddress = theirs.getsockname()[:2]

                assert sockets.await_that(lambda seen: seen[own].arrived == len(b"here"), BOUND_S)
