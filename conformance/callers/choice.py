"""Which driver runs a program: it depends on who the callers are and on what the program is about."""

from collections.abc import Callable
from dataclasses import replace
from types import CodeType

from poolproof.spec import Capability

from ..adapters.adapter import AnyAdapter, AnyAsyncAdapter, uses_asyncio, uses_threads
from ..adapters.client import ClientLibrary
from ..adapters.settings import PoolSettings
from ..engines.asyncio.tasks import Tasks
from ..engines.threads.real_threads import RealThreads
from ..engines.threads.scheduled_threads import ScheduledThreads
from ..engines.threads.threads_of_others import SharedThreads
from ..faults.failing import Failing, failing_class
from ..faults.network import Proxy
from ..faults.server.door import Door
from ..programs.setup import Setup
from ..server.monitor import Monitor
from ..server.restartable_monitor import RestartableMonitor
from .driver import Driver, Surroundings


class Drivers:
    """Makes the drivers of one check."""

    def __init__(
        self,
        adapter: AnyAdapter | AnyAsyncAdapter,
        library: ClientLibrary,
        is_pool_code: Callable[[CodeType], bool],
        threads_before: frozenset[int],
        door: Door | None = None,
        *,
        connection_class: type | None = None,
        offers: frozenset[Capability] = frozenset(),
    ) -> None:
        self._adapter = adapter
        self._library = library
        self._is_pool_code = is_pool_code
        self._threads_before = threads_before
        """The threads that ran before the target was touched."""
        self._shared_threads = SharedThreads(threads_before)
        self._connection_class = connection_class
        """That of the pool, if it hands out others when it is given another class; else None."""
        self.offers = offers
        """What the pool offers."""
        self._proxy: Proxy | None = None
        self._door = door
        """That of the server; None if the server is not to be disturbed."""
        self._real_threads_only = False
        """Whether the pool has turned out to be one that no scheduler can host."""

    @property
    def asyncio(self) -> bool:
        """Whether callers are tasks."""
        return uses_asyncio(self._adapter)

    @property
    def server_can_fail(self) -> bool:
        """Whether the server is one that may be disturbed."""
        return self._door is not None

    @property
    def connections_can_fail(self) -> bool:
        """Whether the pool's connections can be made to raise."""
        return self._connection_class is not None

    def new(
        self,
        setup: Setup,
        settings: PoolSettings,
        monitor: Monitor,
        *,
        look_twice: bool,
        restartable_monitor: RestartableMonitor | None = None,
    ) -> Driver:
        """A driver for one program."""
        adapter = self._adapter
        surroundings = Surroundings(
            setup,
            settings,
            self._library,
            monitor,
            look_twice,
            None,
            self._door,
            restartable_monitor,
        )
        if setup.proxy:
            surroundings = self._behind_proxy(surroundings)
        if setup.failing_connections:
            surroundings = self._with_failing_connections(surroundings)
        if uses_asyncio(adapter):
            return Tasks(adapter, surroundings, self._threads_before)
        if not uses_threads(adapter):
            raise AssertionError("an adapter is for threads or for asyncio")
        if self._real_threads_only or setup.real_time:
            return RealThreads(adapter, surroundings)
        return ScheduledThreads(adapter, surroundings, self._is_pool_code, self._shared_threads)

    def use_real_threads_only(self) -> None:
        """From now on, run programs for threads without a scheduler."""
        self._real_threads_only = True

    def open_the_server(self) -> None:
        """Undo what a program that broke off has done to the server."""
        if self._door is not None:
            self._door.open()

    def close(self) -> None:
        """End what is shared by all programs, and leave the server open."""
        self.open_the_server()
        if self._proxy is not None:
            self._proxy.close()

    def _with_failing_connections(self, surroundings: Surroundings) -> Surroundings:
        """The same with connections that do no harm until they are told to."""
        if self._connection_class is None:
            return surroundings
        failing = Failing(self._library)
        given = {"connection_class": failing_class(self._connection_class, failing)}
        settings = surroundings.settings
        settings = replace(settings, extra={**settings.extra, **given})
        return replace(surroundings, settings=settings, failing=failing)

    def _behind_proxy(self, surroundings: Surroundings) -> Surroundings:
        """The same with a proxy before the server, which does no harm until it is told to."""
        settings = surroundings.settings
        self._proxy = self._proxy or Proxy(settings.host, settings.port)
        self._proxy.admit_connects()
        self.open_the_server()
        settings = replace(settings, host=self._proxy.host, port=self._proxy.port)
        return replace(surroundings, settings=settings, proxy=self._proxy)
