"""How calls came to their ends, written down: the same for callers of either colour."""

import gc
import warnings
from collections.abc import Callable
from contextlib import suppress
from weakref import ref

from poolproof.spec.model.events import (
    Acquired,
    BlockLeft,
    CommandReturned,
    Dropped,
    Forgotten,
    ReleaseReturned,
    ReplyAwaited,
    Used,
)

from .driver import KEEP_S, Driver, Held, Surroundings


def _shortened(reply: object) -> str:
    text = reply.decode(errors="backslashreplace") if isinstance(reply, bytes) else str(reply)
    return repr(text[:80])


class Outcomes(Driver):
    """Writes down how calls ended."""

    def __init__(self, surroundings: Surroundings) -> None:
        super().__init__(surroundings)
        self._forgotten: list[ref[object]] = []
        """What was not released, and is referred to by its pool, or by nobody."""

    def _raised(self, what: str, raised: BaseException) -> str:
        """What was amiss if something raised."""
        return f"{what} raised {self._library.error(raised)}"

    def _note_acquired(
        self, pool: str, call: int, connection: object, reply: object, at_s: float
    ) -> None:
        """Somebody has a connection, and this was the reply when it was asked for its number."""
        number = reply if isinstance(reply, int) else None
        trouble = "" if number else f"CLIENT ID was answered with {_shortened(reply)}"
        self.holding[call] = Held(pool, connection, number)
        self._log(Acquired(at_s, pool, call, number, trouble, foreign=bool(trouble)))

    def _note_useless(
        self, pool: str, call: int, connection: object, trouble: str, at_s: float
    ) -> None:
        """Somebody has a connection that does not work."""
        self.holding[call] = Held(pool, connection, None)
        self._log(Acquired(at_s, pool, call, None, trouble))

    def _note_trouble(self, acquire: int, held: Held, what: str, raised: BaseException) -> None:
        """The connection was put to use, and that raised."""
        self._log(Used(self._now_s(), held.pool, acquire, self._raised(what, raised)))

    def _note_echo(self, acquire: int, held: Held, word: str, reply: object) -> None:
        own = reply in (word, word.encode())
        trouble = "" if own else f"ECHO {word} was answered with {_shortened(reply)}"
        self._log(Used(self._now_s(), held.pool, acquire, trouble))

    def _something_to_write(self) -> tuple[str, ...]:
        """A command that a replica refuses."""
        key = f"{self._settings.client_name}-{next(self._calls)}"
        return "SET", key, "written", "EX", str(KEEP_S)

    def _note_written(self, acquire: int, held: Held, raised: Exception) -> None:
        """The server's own answer to who writes may be that it does not let them."""
        error = self._library.error(raised)
        if error.is_connection_error or error.is_timeout_error:
            self._note_trouble(acquire, held, "SET", raised)
            return
        refusal = f"SET is answered with {error}"
        self._log(Used(self._now_s(), held.pool, acquire, refusal=refusal))

    def _note_reply(self, pool: str, call: int, key: str, reply: object) -> None:
        said = f"what is under {key}"
        own = reply in (said, said.encode())
        foreign = "" if own else f"GET {key} was answered with {_shortened(reply)}"
        self._log(CommandReturned(self._now_s(), pool, call, foreign))

    def _note_popped(self, pool: str, call: int, key: str, reply: object) -> None:
        named = reply[0] if isinstance(reply, list | tuple) and reply else None
        own = named in (key, key.encode())
        foreign = "" if own else f"BLPOP {key} was answered with {_shortened(reply)}"
        self._log(CommandReturned(self._now_s(), pool, call, foreign))

    def _note_dropped(self, acquire: int, held: Held) -> None:
        self._log(Dropped(self._now_s(), held.pool, acquire))

    def _let_collect(self, acquire: int) -> None:
        """Forget a connection that is in use, and collect whatever nobody refers to any more."""
        self._log(Forgotten(self._now_s(), self.holding[acquire].pool, acquire))
        with warnings.catch_warnings():
            # That it is left open is what is tried here, and not the pool's doing.
            warnings.simplefilter("ignore", ResourceWarning)
            with suppress(TypeError):  # not every class lets itself be referred to weakly
                self._forgotten.append(ref(self.holding[acquire].connection))
            del self.holding[acquire]
            gc.collect()

    def _left_behind(self) -> list[object]:
        """The connections that nobody has released, as far as there are any left."""
        forgotten = [connection() for connection in self._forgotten]
        held = [held.connection for held in self.holding.values()]
        return [*held, *(connection for connection in forgotten if connection is not None)]

    def _note_block_left(self, pool: str, call: int, leave_by: type[BaseException] | None) -> None:
        self.released[call] = self.holding.pop(call)
        by = "return" if leave_by is None else leave_by.__name__
        self._log(BlockLeft(self._now_s(), pool, call, by))

    def _note_unanswered(
        self, acquire: int, held: Held, call: int, raised: BaseException | None, *, waited: bool
    ) -> None:
        """A release returned whose connection was owed a reply, perhaps having `waited` for it."""
        self._log(
            ReleaseReturned(
                self._now_s(),
                held.pool,
                call,
                acquire,
                None if raised is None else self._library.error(raised),
                reply_outstanding=True,
                waited_for_reply=waited,
            )
        )

    def _note_awaited(
        self,
        acquire: int,
        held: Held,
        server_s: float,
        took_s: float,
        raised: BaseException | None,
        control_s: Callable[[], float],
    ) -> None:
        """Waiting for a reply came to its end, which is judged if it was the reply or a timeout."""
        at_s = self._now_s()
        if raised is not None and not self._library.error(raised).is_timeout_error:
            self._note_trouble(acquire, held, "BLPOP", raised)
            return
        self._log(
            ReplyAwaited(
                at_s,
                held.pool,
                acquire,
                server_s,
                took_s,
                timed_out=raised is not None,
                control_s=control_s(),
            )
        )
