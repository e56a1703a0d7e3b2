"""How calls came to their ends, written down: the same for callers of either colour."""

from collections.abc import Callable

from poolproof.spec.events import (
    Acquired,
    BlockLeft,
    Dropped,
    ReleaseReturned,
    ReplyAwaited,
    Used,
)

from .driver import Driver, Held


def number_in(reply: object) -> tuple[int | None, str]:
    """The number in the reply to CLIENT ID; or none, and what was amiss."""
    if isinstance(reply, int):
        return reply, ""
    return None, f"CLIENT ID was answered with {_shortened(reply)}"


def _shortened(reply: object) -> str:
    return repr(str(reply)[:80])


class Outcomes(Driver):
    """Writes down how calls ended."""

    def _raised(self, what: str, raised: BaseException) -> str:
        """What was amiss if something raised."""
        return f"{what} raised {self._library.error(raised)}"

    def _note_acquired(self, call: int, held: Held, trouble: str, at_s: float) -> None:
        self.holding[call] = held
        self._log(Acquired(at_s, held.pool, call, held.number, trouble))

    def _note_trouble(self, acquire: int, held: Held, what: str, raised: BaseException) -> None:
        """The connection was put to use, and that raised."""
        self._log(Used(self._now_s(), held.pool, acquire, self._raised(what, raised)))

    def _note_echo(self, acquire: int, held: Held, word: str, reply: object) -> None:
        own = reply in (word, word.encode())
        trouble = "" if own else f"ECHO {word} was answered with {_shortened(reply)}"
        self._log(Used(self._now_s(), held.pool, acquire, trouble))

    def _note_dropped(self, acquire: int, held: Held) -> None:
        self._log(Dropped(self._now_s(), held.pool, acquire))

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
