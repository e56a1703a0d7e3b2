"""How calls came to their ends, where the same is written down whoever called."""

from collections.abc import Callable

from poolproof.spec.model.events import Acquired, ReleaseReturned, ReplyAwaited, Used

from ..programs.account import Held
from .program_context import ProgramContext


class Outcomes:
    """Writes down what came of the calls of one program."""

    def __init__(self, program: ProgramContext) -> None:
        self._log = program.log
        self._account = program.account
        self._library = program.library

    def acquired(
        self, pool: str, call: int, connection: object, reply: object, at_s: float
    ) -> None:
        """Somebody has a connection, and this was the reply when it was asked for its number."""
        number = reply if isinstance(reply, int) else None
        trouble = "" if number else f"CLIENT ID was answered with {shortened(reply)}"
        self._account.hand_out(call, pool, connection, number)
        self._log.add(Acquired(at_s, pool, call, number, trouble, foreign=bool(trouble)))

    def useless(self, pool: str, call: int, connection: object, trouble: str, at_s: float) -> None:
        """Somebody has a connection that does not work."""
        self._account.hand_out(call, pool, connection, None)
        self._log.add(Acquired(at_s, pool, call, None, trouble))

    def trouble(self, acquire: int, held: Held, what: str, raised: BaseException) -> None:
        """Note that a connection was put to use, and that this raised."""
        self._log.add(Used(self._log.now_s(), held.pool, acquire, self.raised(what, raised)))

    def unanswered(
        self, acquire: int, held: Held, call: int, raised: BaseException | None, *, waited: bool
    ) -> None:
        """Note that a release returned, perhaps having `waited` for the reply that was owed."""
        self._log.add(
            ReleaseReturned(
                self._log.now_s(),
                held.pool,
                call,
                acquire,
                None if raised is None else self._library.error(raised),
                reply_outstanding=True,
                waited_for_reply=waited,
            )
        )

    def awaited(
        self,
        acquire: int,
        held: Held,
        server_s: float,
        took_s: float,
        raised: BaseException | None,
        control_s: Callable[[], float],
    ) -> None:
        """Note how waiting for a reply came to its end, if that was the reply or a timeout.

        The server withheld it for `server_s` seconds, the caller was back after `took_s`, and a plain
        wait as long as `socket_timeout` took `control_s`.
        """
        at_s = self._log.now_s()
        if raised is not None and not self._library.error(raised).is_timeout_error:
            self.trouble(acquire, held, "BLPOP", raised)
            return
        self._log.add(
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

    def raised(self, what: str, raised: BaseException) -> str:
        """What was amiss if something raised."""
        return f"{what} raised {self._library.error(raised)}"


def shortened(reply: object) -> str:
    """A reply, as it is shown where it is not the right one."""
    text = reply.decode(errors="backslashreplace") if isinstance(reply, bytes) else str(reply)
    return repr(text[:80])
