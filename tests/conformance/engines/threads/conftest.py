"""A scheduler for threads that run the code of these tests."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from poolproof.conformance.engines.threads import Scheduler, install

HERE = str(Path(__file__).parent)


def is_pool_code(code: CodeType) -> bool:
    name = code.co_filename
    return name.startswith(HERE) or name in (queue.__file__, threading.__file__)


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    with install(), Scheduler(is_pool_code) as scheduler:
        yield scheduler
