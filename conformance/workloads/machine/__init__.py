"""The state machine from which Hypothesis draws programs.

One rule per operation. A rule draws what to do and hands it to the driver, which runs it until
nothing moves; when the program is over, the history goes to the checker. There is no clause here: a
rule asks nothing of the pool, and any outcome of an operation is a history like any other.

Reading order: `program_under_way` (what every rule stands on), `sequential_rules`, `crowded_rules`,
`breakage_rules`, `outage_rules`, `closing_rules`, `option_rules`, and `pool_machine` (how a program
begins and ends).
"""

from .pool_machine import PoolMachine

__all__ = ["PoolMachine"]
