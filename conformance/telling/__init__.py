"""How a history is told: as steps one after another, or in lanes where callers meet.

`steps` tells of callers who come one by one. `rows` says who did what when several act at once, and
`lanes` lays that out, a column for each caller.
"""

from .lanes import in_lanes
from .meeting import callers_meet
from .rows import in_rows, rows_of
from .steps import acting_pools, in_steps, introduction

__all__ = [
    "acting_pools",
    "callers_meet",
    "in_lanes",
    "in_rows",
    "in_steps",
    "introduction",
    "rows_of",
]
