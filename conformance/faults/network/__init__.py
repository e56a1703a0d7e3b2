"""Faults on the way between a pool and the server.

Reading order: `proxy` (what a program can do), `link` and `side` (what becomes of one connection),
`relay` (the thread), `ends` (what has arrived at a pool's socket).
"""

from .errors import ProxyError
from .link import Link
from .proxy import Proxy

__all__ = ["Link", "Proxy", "ProxyError"]
