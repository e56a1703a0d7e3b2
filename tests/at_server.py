"""What tests do at the server beside the pool: reach it, look who is connected, end a connection."""

from typing import TypedDict

import redis

from poolproof.conformance.server import Server


class Where(TypedDict):
    """Where a server is, as redis-py's pools and clients are told it."""

    host: str
    port: int
    db: int
    username: str | None
    password: str | None


def where(server: Server) -> Where:
    return {
        "host": server.host,
        "port": server.port,
        "db": server.db,
        "username": server.username,
        "password": server.password,
    }


def connections_named(server: Server, name: str) -> set[int]:
    """The numbers of the connections that the server sees under a client name."""
    with redis.Redis(**where(server)) as client:
        return {int(seen["id"]) for seen in client.client_list() if seen["name"] == name}


def end_connection(server: Server, number: object) -> None:
    """Let the server close the connection that it knows by this number."""
    with redis.Redis(**where(server)) as client:
        client.client_kill_filter(_id=str(number))
