"""Pools that are told of new credentials: who stands still meanwhile, and who is lent what."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from counterexamples import laid_out
from culprits.reauthentication import AuthenticatesUnderItsLock, ReauthenticatingPool, Token
from culprits.reauthentication_async import (
    LendsWhatIsBeingAuthenticated,
    ReauthenticatingAsyncPool,
)
from culprits.sound import SoundPool
from judging import adapter_of, context_of, drivers_of

from poolproof import reference_pool
from poolproof.conformance.adapters.probe import prepare
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.callers.playing import run_possible
from poolproof.conformance.check import schedulable_threads
from poolproof.conformance.checker import Checker
from poolproof.conformance.programs.operations import Build
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.conformance.workloads.reauthentication import REAUTHENTICATION
from poolproof.reference_pool import asyncio as asyncio_reference_pool
from poolproof.spec.model.events import Event, HeldUp, PoolConfig, ReauthCalled, ReauthReturned

REAUTHENTICATED = REAUTHENTICATION.scenarios
ONE_IN_USE, ALL_IDLE = REAUTHENTICATED

Told = Callable[[type, int], tuple[list[Event], bool]]


class AuthenticatesWhatComesBack(ReauthenticatingPool):
    """Upholds every clause: has what was in use authenticated by who releases it."""

    def prepare(self) -> None:
        self.new: Token | None = None

    def re_auth_callback(self, token: Token) -> None:
        super().re_auth_callback(token)
        self.new = token

    def release(self, connection: object) -> None:
        if self.new is not None and connection in self.in_use:
            self.authenticate(next(each for each in self.in_use if each is connection), self.new)
        SoundPool.release(self, connection)  # type: ignore[arg-type]  # it may be anything


class RefusesNewCredentials(SoundPool):
    """Says that it can be told, and cannot."""

    def re_auth_callback(self, token: Token) -> None:
        raise AttributeError("there are no credentials")


@pytest.fixture
def told(server: Server, settings: PoolSettings) -> Iterator[Told]:
    """What happens when a pool is told of new credentials, and whether that breaks the clause."""
    monitor = ServerMonitor(server)

    def tell_a_pool(pool: type, number: int) -> tuple[list[Event], bool]:
        prepared = prepare(adapter_of(pool), settings, monitor)
        scenario = REAUTHENTICATED[number]
        with closing(drivers_of(prepared)) as drivers:
            checker = Checker(["OPT-6"])
            driver = context_of(checker, drivers, prepared, monitor).new_driver()
            for name in ("A", "B"):
                driver.run_one(
                    Build(name, PoolConfig(scenario.max_connections, scenario.timeout_s))
                )
            operations = scenario.operations
            run_possible(driver, operations)
            driver.finish()
            checker.judge(driver.events)
        assert checker.observed["OPT-6"]
        return driver.events, "OPT-6" in checker.violations

    with schedulable_threads():
        yield tell_a_pool
    monitor.close()


@pytest.mark.parametrize("number", range(len(REAUTHENTICATED)))
@pytest.mark.parametrize(
    "pool",
    [
        ReauthenticatingPool,
        ReauthenticatingAsyncPool,
        AuthenticatesWhatComesBack,
        reference_pool.ConnectionPool,
        asyncio_reference_pool.ConnectionPool,
    ],
)
def test_a_sound_pool_is_told_and_delays_nobody(told: Told, pool: type, number: int) -> None:
    events, is_broken = told(pool, number)

    assert not is_broken
    assert [type(each) for each in events if isinstance(each, ReauthCalled | ReauthReturned)] == [
        ReauthCalled,
        ReauthReturned,
    ]
    assert not any(isinstance(each, HeldUp) for each in events)


def test_a_release_that_waits_for_the_answer_is_seen(told: Told) -> None:
    events, is_broken = told(AuthenticatesUnderItsLock, REAUTHENTICATED.index(ONE_IN_USE))

    assert is_broken
    steps, broken = laid_out("OPT-6", events)
    assert steps[-3:] == (
        "somebody begins to tell the pool of new credentials",
        "release connection 1",
        "the release stands still, while the server's answer to AUTH is outstanding",
    )
    assert broken == "a release stood still while the server's answer to AUTH was outstanding"


def test_what_is_lent_while_it_is_being_authenticated_is_of_no_use(told: Told) -> None:
    _, is_broken = told(LendsWhatIsBeingAuthenticated, REAUTHENTICATED.index(ALL_IDLE))

    assert is_broken


def test_who_cannot_be_told_breaks_the_clause(told: Told) -> None:
    events, is_broken = told(RefusesNewCredentials, REAUTHENTICATED.index(ALL_IDLE))

    assert is_broken
    _, broken = laid_out("OPT-6", events)
    assert broken.endswith("raised AttributeError: there are no credentials")


def test_nobody_is_told_of_credentials_that_the_server_does_not_take(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = property(lambda _: ("nobody", "wrong"))
    monkeypatch.setattr(
        "poolproof.conformance.callers.program_context.ProgramContext.credentials", wrong
    )

    with pytest.raises(AssertionError):  # nothing was observed
        told(AuthenticatesUnderItsLock, 0)
