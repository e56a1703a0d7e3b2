"""Which code is a pool's own: where the scheduler may let another thread go on.

It is what stands beside the pool's class and beside the classes that its attributes are of, and the
queues and conditions of the standard library; but not what connections do. A connection has one
holder, so nothing is learnt from interrupting it, and it executes far more code than the pool.
"""

import queue
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import PurePath
from types import CodeType, FunctionType

STANDARD = frozenset({queue.__file__, threading.__file__})


def code_of_pool(pool: object, connection: object) -> Callable[[CodeType], bool]:
    """Decides whether code belongs to a pool, one of whose connections is given."""
    parts = [pool, *getattr(pool, "__dict__", {}).values()]
    top = type(pool).__module__.partition(".")[0]
    folders = {
        str(PurePath(file).parent)
        for part in parts
        for file in _files(type(part))
        if part is pool or type(part).__module__.partition(".")[0] == top
    }
    own = frozenset(_codes(type(connection)))

    def is_pool_code(code: CodeType) -> bool:
        if code in own:
            return False
        file = code.co_filename
        return file in STANDARD or str(PurePath(file).parent) in folders

    return is_pool_code


def _files(kind: type) -> Iterator[str]:
    for base in kind.__mro__:
        file = getattr(sys.modules.get(base.__module__), "__file__", None)
        if file is not None and base.__module__ not in sys.stdlib_module_names:
            yield file


def _codes(kind: type) -> Iterator[CodeType]:
    for base in kind.__mro__:
        for member in vars(base).values():
            function = getattr(member, "__func__", getattr(member, "fget", member))
            function = getattr(function, "__wrapped__", function)
            if isinstance(function, FunctionType):
                yield function.__code__
