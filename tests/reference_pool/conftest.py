"""Threads for callers; and tests that are coroutine functions run in an event loop of their own, and
not for ever.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction

import pytest

from . import PATIENCE_S


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    asyncio.run(asyncio.wait_for(pyfuncitem.obj(**arguments), PATIENCE_S))
    return True


@pytest.fixture
def threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=64)
