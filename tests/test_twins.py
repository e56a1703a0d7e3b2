"""The tests for threads that are made from those for asyncio are as new as these."""

from pathlib import Path

import pytest
from twins import TWINS, twin_of


@pytest.mark.parametrize("source", TWINS, ids=lambda source: source.name)
def test_a_twin_is_what_would_be_made_today(source: Path) -> None:
    assert TWINS[source].read_text("utf-8") == twin_of(source), "make it anew: `make twins`"
