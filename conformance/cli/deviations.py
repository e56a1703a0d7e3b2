"""Known deviations: clauses that a pool is known to break, each with the reason.

They stand in a TOML file of the pool's own repository::

    [known]
    ORD-1 = "last in, first out by design, see docs/pool.md"
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path

from poolproof.spec import CLAUSES


class DeviationsError(Exception):
    """The file cannot be used; the message says what to do instead."""


def read_deviations(path: Path) -> Mapping[str, str]:
    """The reason for each clause that is listed. Raises DeviationsError for anything unexpected."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DeviationsError(f"{path} cannot be read: {error.strerror}; check the path") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DeviationsError(f"{path} is not TOML: {error}") from error
    known = content.get("known")
    if not isinstance(known, dict) or set(content) != {"known"}:
        raise DeviationsError(f"{path} must hold one table, [known], with a reason for each clause")
    for clause, reason in known.items():
        if clause not in CLAUSES:
            raise DeviationsError(
                f"{path} lists {clause}, which is no clause; `poolproof clauses` lists them all"
            )
        if not isinstance(reason, str) or not reason.strip():
            raise DeviationsError(f"{path} gives no reason for {clause}; write one, as a string")
    return known
