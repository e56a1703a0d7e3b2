"""A real Redis server for the checks, whatever the machine offers: see `obtain`."""

from poolproof.conformance.server.discovery import Server, Source, obtain
from poolproof.conformance.server.errors import ServerError

__all__ = ["Server", "ServerError", "Source", "obtain"]
