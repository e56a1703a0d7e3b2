"""The command line: what is asked for, how it is answered, and what is said when it cannot be."""

from .commands import main

__all__ = ["main"]
