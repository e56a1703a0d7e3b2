"""What is had of a server that was asked for, or said when none could be had."""

import pytest

from poolproof.conformance.server import ServerError, obtain

PATIENCE_S = 20.0


def refused(url: str | None = None, **how: str) -> str:
    with pytest.raises(ServerError) as refusal, obtain(url, **how):  # type: ignore[arg-type]
        pass
    return str(refusal.value)
