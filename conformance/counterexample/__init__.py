"""A counterexample is data: what was seen of a pool, row by row, up to what breaks a clause.

`counterexample` makes it from a history and what its clause says of it. The events say their own texts;
`names` says what these call callers and connections. `sentences` has a row for each of them where
callers come one by one; `timeline` names each row's caller where calls overlap.
"""

from .counterexample import Counterexample, counterexample_of
from .rows import Row

__all__ = ["Counterexample", "Row", "counterexample_of"]
