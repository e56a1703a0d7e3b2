"""How thorough a check is: what may be asked for by name, and what that means."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Depth:
    """How far the exhaustive search goes."""

    preemptions: int
    limit_s: float
    """How many seconds each kind of search may take."""
    in_real_time: bool = True
    """Whether programs are run that take the server seconds."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How thorough a check is."""

    programs: int
    """How many programs a run draws, for each workload."""
    steps: int
    """How many operations a program draws at most."""
    shorten_s: float
    """How many seconds the counterexample of one clause may be worked on."""
    run_s: float
    """How many seconds a run may take, however many programs it has drawn: each may wait for a call
    that never returns."""
    limit_s: float
    """How many seconds all runs together may take."""
    depth: Depth
    """How far the exhaustive search goes."""


BUDGETS = {
    "quick": Budget(15, 8, 0.5, run_s=3, limit_s=45, depth=Depth(preemptions=1, limit_s=2)),
    "standard": Budget(48, 12, 1.5, run_s=10, limit_s=90, depth=Depth(preemptions=2, limit_s=12)),
    "thorough": Budget(
        500, 24, 10.0, run_s=150, limit_s=1800, depth=Depth(preemptions=2, limit_s=600)
    ),
}
