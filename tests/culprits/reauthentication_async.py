"""The same for asyncio, and one that lends what is being authenticated."""

from redis.asyncio import Connection

from .conviction import convicted_by
from .reauthentication import Token
from .sound_async import SoundAsyncPool


class ReauthenticatingAsyncPool(SoundAsyncPool):
    """Upholds every clause: takes what is idle out, has it authenticated, and puts it back."""

    async def re_auth_callback(self, token: Token) -> None:
        taken = [*self.idle]
        self.idle.clear()
        self.in_use.update(taken)
        for connection in taken:
            try:
                await self.authenticate(connection, token)
            finally:
                await self.release(connection)

    async def authenticate(self, connection: Connection, token: Token) -> None:
        await connection.send_command("AUTH", token.try_get("oid"), token.get_value())
        await connection.read_response()


@convicted_by("OPT-6")
class LendsWhatIsBeingAuthenticated(ReauthenticatingAsyncPool):
    """Leaves it among the idle ones until the server has answered."""

    async def re_auth_callback(self, token: Token) -> None:
        for connection in [*self.idle]:
            await self.authenticate(connection, token)
