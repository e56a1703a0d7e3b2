"""What `max_connections` and `timeout` may be: refused at construction, not under load."""


def checked_max_connections(value: object) -> int:
    """The value, if it is an int of at least 1."""
    # bool is an int, and True would be a pool of one connection that nobody meant.
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"max_connections is {value!r}: pass an int of at least 1")
    if value < 1:
        raise ValueError(f"max_connections is {value!r}: pass an int of at least 1")
    return value


def checked_timeout(value: object) -> float | None:
    """The value, if it is None or a number of seconds of at least 0."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"timeout is {value!r}: pass seconds (0 or more), or None to wait for ever")
    # Put this way round because every comparison with NaN is false.
    if not value >= 0:
        raise ValueError(f"timeout is {value!r}: pass 0 or more seconds, or None to wait for ever")
    return value
