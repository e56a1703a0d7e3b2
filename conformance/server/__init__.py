"""A real Redis server for the checks, whatever the machine offers: see `obtain`."""

from .discovery import Server, Source, obtain
from .errors import ServerError

__all__ = ["Server", "ServerError", "Source", "obtain"]
