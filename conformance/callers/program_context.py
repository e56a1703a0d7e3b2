"""What all have in common who take part in one program."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from poolproof.spec.model.events import Overdue, PoolBuilt, PoolConfig

from ..adapters.client import ClientLibrary
from ..adapters.settings import PoolSettings
from ..faults.connections.replies import Replies
from ..faults.faults import FaultMeans
from ..faults.pools_seen import PoolsSeen
from ..programs.account import Account, BuiltPool
from ..programs.log import Log
from ..programs.setup import Setup
from ..programs.trace import Numbers
from ..server.monitor import Monitor


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a program is run with, whoever its callers are."""

    setup: Setup
    settings: PoolSettings
    library: ClientLibrary
    monitor: Monitor
    look_twice: bool = True
    """Whether the server is asked again when it sees more connections than there may be."""
    fault_means: FaultMeans = field(default_factory=FaultMeans)


class CannotBuild(Exception):
    """A pool could not be built, although others like it had been; the message says how it went."""


class ProgramContext:
    """One program: its surroundings, its log and its account."""

    def __init__(self, surroundings: Surroundings, now_s: Callable[[], float]) -> None:
        """`now_s` is the time as the callers know it, in seconds since the program began."""
        self.setup = surroundings.setup
        self.settings = surroundings.settings
        self.library = surroundings.library
        self.monitor = surroundings.monitor
        self.look_twice = surroundings.look_twice
        self.log = Log(now_s)
        self.account = Account()
        self.numbers = Numbers()
        """Those of its calls; keys and words at the server get theirs from here, too."""
        self.seen = PoolsSeen(self.settings, self.monitor, self.account)
        self.replies = Replies(self.monitor, self.settings.client_name, self.numbers)

    def settings_of(self, pool: str, config: PoolConfig) -> PoolSettings:
        """With which one of its pools is built."""
        return replace(
            self.settings,
            client_name=f"{self.settings.client_name}-{pool}",
            max_connections=config.max_connections,
            timeout=config.timeout_s,
            socket_timeout=config.socket_timeout_s,
            max_idle_time=config.max_idle_time_s,
            max_lifetime=config.max_lifetime_s,
            min_idle=config.min_idle,
        )

    def note_built(self, pool: str, config: PoolConfig, handle: object) -> None:
        """Write down that a pool has been built."""
        client_name = self.settings_of(pool, config).client_name
        self.account.build(pool, BuiltPool(handle, config, client_name))
        self.log.add(PoolBuilt(self.log.now_s(), pool, config))

    def cannot_build(self, settings: PoolSettings, raised: BaseException | None) -> CannotBuild:
        """What is raised when building a pool raised this, or hung."""
        how = "hung" if raised is None else f"raised {self.library.error(raised)}"
        return CannotBuild(f"it {how}, with {settings.as_text()}, though others had been built")

    @property
    def credentials(self) -> tuple[str, str]:
        """Those that connections are made with; servers without a password take any."""
        return self.settings.username or "default", self.settings.password or "anything"

    def commands_processed(self) -> int:
        """How many commands the server has processed in all; asking is one of them."""
        found = re.search(r"total_commands_processed:(\d+)", str(self.monitor.ask("INFO", "stats")))
        return int(found.group(1)) if found else 0

    def give_up(self, pool: str, call: int, waited_s: float) -> None:
        """Write down that a call has not returned, though it should have, and retire its pool."""
        self.log.add(Overdue(self.log.now_s(), pool, call, waited_s))
        self.account.have_returned(call)
        self.account.retire(pool)

    def end_connections(self) -> None:
        """Have the server close what the pools have left open."""
        names = frozenset(pool.client_name for pool in self.account.pools.values())
        self.monitor.end_connections(names)
