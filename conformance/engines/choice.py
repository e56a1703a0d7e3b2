"""Which driver runs a program: it depends on who the callers are and on what the program is about."""

from dataclasses import replace

from ..adapters.adapter import uses_asyncio, uses_threads
from ..adapters.probe import Prepared
from ..adapters.settings import PoolSettings
from ..callers.driver import Driver
from ..callers.program_context import Surroundings
from ..faults.connections.failing import FailureSwitch, failing_class
from ..faults.faults import FaultMeans
from ..faults.network import Proxy
from ..faults.server.admission import Admission
from ..programs.setup import Setup
from ..server.monitor import Monitor
from ..server.restartable_monitor import RestartableMonitor
from .asyncio.task_gate import TaskGate
from .asyncio.tasks import Tasks
from .threads.gate import Gate
from .threads.real_threads import RealThreads
from .threads.scheduled_threads import ScheduledThreads
from .threads.threads_of_others import SharedThreads


class Drivers:
    """Makes the drivers of one check."""

    def __init__(
        self, prepared: Prepared, threads_before: frozenset[int], admission: Admission | None = None
    ) -> None:
        self._adapter = prepared.adapter
        self._library = prepared.library
        self._is_pool_code = prepared.is_pool_code
        self._threads_before = threads_before
        """The threads that ran before the target was touched."""
        self._shared_threads = SharedThreads(threads_before)
        self._connection_class = prepared.connection_class if prepared.stand_ins else None
        """That of the pool, if it hands out others when it is given another class; else None."""
        self.offers = prepared.offers
        """What the pool offers."""
        self._proxy: Proxy | None = None
        self._admission = admission
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
        return self._admission is not None

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
        proxy = self._proxy_before(settings) if setup.proxy else None
        switch = self._failure_switch() if setup.failing_connections else None
        means = FaultMeans(proxy, self._admission, restartable_monitor, switch)
        settings = self._settings_with(settings, means)
        surroundings = Surroundings(setup, settings, self._library, monitor, look_twice, means)
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
        if self._admission is not None:
            self._admission.admit()

    def close(self) -> None:
        """End what is shared by all programs, and leave the server open."""
        self.open_the_server()
        if self._proxy is not None:
            self._proxy.close()

    def _failure_switch(self) -> FailureSwitch | None:
        """What has connections fail that do no harm until they are told to, if the pool takes them."""
        if self._connection_class is None:
            return None
        return FailureSwitch(
            self._library, TaskGate() if self.asyncio else Gate("closing a connection")
        )

    def _proxy_before(self, settings: PoolSettings) -> Proxy:
        """A proxy before the server, which does no harm until it is told to."""
        self._proxy = self._proxy or Proxy(settings.host, settings.port)
        self._proxy.admit_connects()
        self.open_the_server()
        return self._proxy

    def _settings_with(self, settings: PoolSettings, means: FaultMeans) -> PoolSettings:
        """The settings with which pools connect where things can be made to go wrong."""
        if means.proxy is not None:
            settings = replace(settings, host=means.proxy.host, port=means.proxy.port)
        if means.switch is not None and self._connection_class is not None:
            given = {"connection_class": failing_class(self._connection_class, means.switch)}
            settings = replace(settings, extra={**settings.extra, **given})
        return settings
