"""Which arguments the sound pools of both colours refuse."""

import math


class ChecksArguments:
    """Refuses what is no bound and no number of seconds."""

    def check_max_connections(self, max_connections: object) -> None:
        if type(max_connections) is not int or max_connections < 1:
            raise ValueError(f"max_connections must be an int of at least 1: {max_connections!r}")

    def check_timeout(self, timeout: object) -> None:
        if timeout is None:
            return
        if type(timeout) not in (int, float) or not isinstance(timeout, int | float):
            raise TypeError(f"timeout must be a number of seconds or None: {timeout!r}")
        if math.isnan(timeout) or timeout < 0:
            raise ValueError(f"timeout must not be negative: {timeout!r}")
