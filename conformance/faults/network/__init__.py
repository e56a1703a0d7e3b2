"""Faults on the way between a pool and the server.

Toxiproxy will not do: it cannot tell when a fault, or the last byte, has reached the pool's socket.

Reading order: `proxy` (what a program can do), `link`, `endpoint` and `replies_due` (what becomes of
one connection), `relay` (the thread), `socket_info` (what has arrived at a pool's socket).
"""

from .errors import ProxyError
from .link import Link
from .proxy import Proxy

__all__ = ["Link", "Proxy", "ProxyError"]
