"""Where it is written down how things stand when nothing moves: the event `Quiescent`.

It is recorded by the driver, on its own thread, between two bursts. There the adapter must not be
called: a lock that a waiting caller keeps would hold up the driver, for good. An adapter is called
by callers only, in a thread or a task that the engine runs. What a moment is to record of a pool's
own saying has to be asked for by a call of that kind, before.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from poolproof.spec.model.events import Quiescent

from ..server.monitor import Allowed
from .program_context import ProgramContext


@dataclass(frozen=True, slots=True)
class Standstill:
    """What an engine knows of the calls that have not returned when nothing moves."""

    connecting: frozenset[int] = frozenset()
    """Those that the server keeps waiting."""
    connects_held: bool = False
    """Whether it keeps everybody waiting who opens a connection."""
    closing: frozenset[int] = frozenset()
    """Those that are closing a connection, which takes long."""
    stack: tuple[str, ...] = ()
    """Where a release is in the code that has not returned."""
    still_ending: frozenset[str] = frozenset()
    """The pools that are being closed or disconnected, and are not yet."""


class QuiescenceRecorder:
    """Asks the server what the pools have left open, and writes it down."""

    def __init__(self, program: ProgramContext) -> None:
        self._program = program
        self._account = program.account

    def record(self, standstill: Standstill, *, certain: bool) -> None:
        """Write down what there is, now that nothing moves; `certain` is whether that is known."""
        seen = self._program.seen.open_connections(self._allowed())
        self._account.forget_disconnected(standstill.still_ending)
        self._program.log.add(
            Quiescent(
                self._program.log.now_s(),
                seen,
                certain=certain,
                connecting=standstill.connecting,
                connects_held=standstill.connects_held,
                closing=standstill.closing,
                stack=standstill.stack,
            )
        )

    def _allowed(self) -> Mapping[str, Allowed]:
        """What the pools should have left; the server is asked again where it sees others."""
        account = self._account
        allowed: dict[str, Allowed] = {
            name: pool.config.max_connections
            for name, pool in account.pools.items()
            if self._program.look_twice and name not in account.misused
        }
        return allowed | {
            name: account.numbers_in_use(name)
            for name in account.pools
            if name in account.closed or name in account.disconnected
        }
