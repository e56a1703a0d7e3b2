"""The one way in which obtaining a server fails."""


class ServerError(Exception):
    """No server could be obtained, or the one named cannot be used; the message is for the user."""
