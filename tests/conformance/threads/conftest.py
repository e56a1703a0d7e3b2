"""A scheduler for threads that run the code of these tests."""

import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from poolproof.conformance.engines.threads import Scheduler, install

HERE = str(Path(__file__).parent)


def is_test_code(code: CodeType) -> bool:
    return code.co_filename.startswith(HERE)


def has_entries(code: CodeType) -> bool:
    return is_test_code(code) or code.co_filename in (queue.__file__, threading.__file__)


@pytest.fixture
def scheduler() -> Iterator[Scheduler]:
    with install(), Scheduler(is_test_code, has_entries=has_entries) as scheduler:
        yield scheduler
