"""What a program needs of what runs it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setup:
    """What there is between pool and server, and whose clock counts."""

    proxy: bool = False
    """Whether pools connect through a proxy, which can cut connections and turn callers away."""
    failing_connections: bool = False
    """Whether pools get connections that can be made to raise, where the kit can give them such."""
    real_time: bool = False
    """Whether the server takes its time, which no clock of the kit can speed up."""


DIRECT = Setup()
BEHIND_PROXY = Setup(proxy=True)
WITH_FAULTS = Setup(proxy=True, failing_connections=True)
WITH_FAILING_CONNECTIONS = Setup(failing_connections=True)
IN_REAL_TIME = Setup(real_time=True)
