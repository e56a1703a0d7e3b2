from collections.abc import Iterator

import pytest

from poolproof.conformance.server.resp import Message, NotRedis, Scanner

REPLIES = {
    "a status": b"+OK\r\n",
    "an error": b"-ERR no such thing\r\n",
    "a number": b":-12\r\n",
    "a double": b",3.14\r\n",
    "infinity": b",-inf\r\n",
    "a truth": b"#t\r\n",
    "a big number": b"(3492890328409238509324850943850943825024385\r\n",
    "null": b"_\r\n",
    "a null string": b"$-1\r\n",
    "a null array": b"*-1\r\n",
    "an empty string": b"$0\r\n\r\n",
    "a string with line ends in it": b"$8\r\n+OK\r\n*3\n\r\n",
    "a verbatim string": b"=15\r\ntxt:Some string\r\n",
    "a long error": b"!21\r\nSYNTAX invalid syntax\r\n",
    "an empty array": b"*0\r\n",
    "an array": b"*2\r\n$1\r\na\r\n:1\r\n",
    "nested arrays": b"*2\r\n*2\r\n*0\r\n*1\r\n:1\r\n$-1\r\n",
    "a map": b"%2\r\n+a\r\n*1\r\n:1\r\n+b\r\n%0\r\n",
    "a set": b"~2\r\n+a\r\n+b\r\n",
    "what has an attribute": b"|1\r\n+ttl\r\n:3600\r\n$1\r\nx\r\n",
    "an array with an attribute in it": b"*2\r\n:1\r\n|1\r\n+ttl\r\n*1\r\n:5\r\n:2\r\n",
    "what has an empty attribute": b"|0\r\n+OK\r\n",
    "a big string": b"$100000\r\n" + b"\r\n" * 50_000 + b"\r\n",
}


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_each_of_these_is_one_reply(reply: bytes) -> None:
    assert len(Scanner().feed(reply)) == 1
    assert len(Scanner().feed(reply * 3)) == 3


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES)
def test_no_part_of_a_reply_is_one(reply: bytes) -> None:
    assert Scanner().feed(reply[:-1]) == []


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_replies_may_come_in_any_pieces(size: int) -> None:
    replies = [reply for reply in REPLIES.values() if len(reply) < 1000]
    scanner = Scanner()
    complete = [
        message for piece in pieces(b"".join(replies), size) for message in scanner.feed(piece)
    ]
    assert len(complete) == len(replies)


def test_a_reply_is_complete_with_its_last_byte() -> None:
    scanner = Scanner()
    reply = REPLIES["nested arrays"]
    counts = [len(scanner.feed(reply[at : at + 1])) for at in range(len(reply))]
    assert counts == [0] * (len(reply) - 1) + [1]


def test_a_push_is_told_from_a_reply() -> None:
    stream = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n+OK\r\n"
    assert [message.kind for message in Scanner().feed(stream)] == [b">", b"+"]


def test_a_command_is_named_however_it_comes() -> None:
    command = b"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n$1\r\nb\r\n"
    scanner = Scanner(plain_lines=True)
    complete = [message for piece in pieces(command, 1) for message in scanner.feed(piece)]
    assert complete == [Message(b"*", b"SUBSCRIBE")]


def test_a_line_of_words_is_a_command_and_no_reply() -> None:
    assert Scanner(plain_lines=True).feed(b"ping\r\n\r\n") == [Message(b"", b"PING")]
    with pytest.raises(NotRedis):
        Scanner().feed(b"HTTP/1.1 200\r\n")


@pytest.mark.parametrize("stream", [b"$x\r\n", b"*\r\n", b"$?\r\n", b"\r\n"])
def test_what_is_no_reply_is_refused(stream: bytes) -> None:
    with pytest.raises(NotRedis):
        Scanner().feed(stream)


def pieces(stream: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(stream), size):
        yield stream[at : at + size]
