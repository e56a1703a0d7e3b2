"""A sound pool that is told of new credentials, and one that delays everybody meanwhile."""

from typing import Protocol

import redis

from .conviction import convicted_by
from .sound import SoundPool


class Token(Protocol):
    """New credentials."""

    def try_get(self, name: str) -> str: ...
    def get_value(self) -> str: ...


class ReauthenticatingPool(SoundPool):
    """Upholds every clause: takes what is idle out, has it authenticated, and puts it back."""

    def re_auth_callback(self, token: Token) -> None:
        with self.lock:
            taken = [*self.idle]
            self.idle.clear()
            self.in_use.update(taken)
        for connection in taken:
            try:
                self.authenticate(connection, token)
            finally:
                self.release(connection)

    def authenticate(self, connection: redis.Connection, token: Token) -> None:
        connection.send_command("AUTH", token.try_get("oid"), token.get_value())
        connection.read_response()


@convicted_by("OPT-6")
class AuthenticatesUnderItsLock(ReauthenticatingPool):
    """Holds its lock until the server has answered."""

    def re_auth_callback(self, token: Token) -> None:
        with self.lock:
            for connection in self.idle:
                self.authenticate(connection, token)
