"""What a workload is: one record says what its programs are about and what its pools are built with.

A workload allows some operations and gives others their chance to matter: timeouts that run out, or
that never do. So what goes wrong under it can be blamed on what it is about.
"""

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis.stateful import RuleBasedStateMachine

from poolproof.spec import Capability
from poolproof.spec.model.events import PoolConfig
from poolproof.spec.model.occurrences import Occurrence

from ..programs.setup import DIRECT, Setup
from .drawn_run import DrawnRun
from .durations import BRIEFEST_S
from .scenario import Scenario


def _nothing_more(config: PoolConfig) -> PoolConfig:
    return config


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What programs are about, and what they and their pools are made of."""

    about: str
    program: Callable[[DrawnRun, "Workload"], RuleBasedStateMachine] | None = None
    """Makes a program of which Hypothesis draws the steps; None if nothing is drawn."""
    takes: frozenset[str] = frozenset()
    """The arguments that a pool must take for it."""
    needs: frozenset[Capability] = frozenset()
    """What a pool must offer for it."""
    brings: frozenset[Occurrence] = frozenset()
    """What may occur in its programs, besides its `needs`, of which some clauses speak alone."""
    timeout_s: float | None = BRIEFEST_S
    """That of the pools, if they take one; None for ever."""
    socket_timeout_s: float | None = None
    """That of their connections; None leaves the client's default alone."""
    options: Callable[[PoolConfig], PoolConfig] = _nothing_more
    """Adds to a configuration what else the pools are told."""
    surplus_callers: int = 0
    """How many callers of a program may ask when all connections are in use, since most must wait."""
    share: int = 1
    """It gets one in so many of the programs, since they spend most of their time waiting."""
    setup: Setup = DIRECT
    """What its programs need of what runs them."""
    quiescent_only: bool = False
    """Whether it needs callers who do nothing unless they are let."""
    by_pools_clock: bool = False
    """Whether it is about what a pool does in time, by its own clock."""
    scenarios: tuple[Scenario, ...] = ()
    """Programs that are not drawn, but always run."""

    def suits(self, takes: frozenset[str], offers: frozenset[Capability]) -> bool:
        """Whether it makes sense for a pool that takes these arguments and offers this."""
        return self.takes <= takes and self.needs <= offers

    @property
    def occurrences(self) -> frozenset[Occurrence]:
        """Of what may occur in its programs, that of which some clauses speak alone."""
        return self.brings | self.needs

    def config(self, max_connections: int, *, takes_timeout: bool) -> PoolConfig:
        """What the pools of a program are built with."""
        return self.options(
            PoolConfig(
                max_connections,
                self.timeout_s if takes_timeout else None,
                takes_timeout=takes_timeout,
                socket_timeout_s=self.socket_timeout_s,
            )
        )
