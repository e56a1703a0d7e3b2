"""What keeps a fault from being injected, as opposed to what a pool makes of it."""


class ProxyError(Exception):
    """The proxy cannot do, or did not do in time, what it was told to."""
