"""The culprits: pools that are broken on purpose, each in one way, and the clauses that convict them.

A fault often breaks more than one promise. The first clause named is the one whose culprit the pool is;
no clause that is not named may convict it.
"""

from importlib import import_module
from pkgutil import iter_modules

from .conviction import CULPRITS
from .sound import SoundPool
from .sound_async import SoundAsyncPool

__all__ = ["CULPRITS", "SoundAsyncPool", "SoundPool"]

for _file in iter_modules(__path__):
    if not _file.name.startswith("test_"):
        import_module(f"{__name__}.{_file.name}")
