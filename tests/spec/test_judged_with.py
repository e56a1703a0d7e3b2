"""A clause is silent from the first condition on that is not among those with which it is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import pytest
from histories import (
    EXHAUSTED,
    OUTAGE,
    OVER,
    POOL,
    Events,
    acquires,
    asks,
    built,
    bytes_arrive,
    closes,
    cut,
    disconnects,
    fails,
    fills_and_empties,
    gets,
    is_interrupted,
    joined,
    leaves_unread,
    releases,
    still,
)

from poolproof.spec import CLAUSES, History
from poolproof.spec.model.conditions import ALL, GROUPS, Condition
from poolproof.spec.model.events import (
    AcquireCalled,
    AcquireCancelled,
    AcquireFailed,
    BlockLeft,
    CancelCalled,
    CloseCalled,
    CloseReturned,
    PoolBuilt,
    PoolConfig,
    Quiescent,
    ReauthCalled,
    ReauthReturned,
    ReleaseCalled,
    ReleaseCancelled,
    ReleaseReturned,
)
from poolproof.spec.model.state import Moment

ONE = built(1)
TWO = built(2)
EXPIRES = (asks(2), fails(2, EXHAUSTED, after_s=1.0))
WAITS = (acquires(1, 7), asks(2), still(7))
IS_CANCELLED: Events = (CancelCalled(0.0, POOL, 2, "cancel"), AcquireCancelled(0.0, POOL, 2))


def _built_with(config: PoolConfig) -> Events:
    return (PoolBuilt(0.0, POOL, config),)


def _acquires_later(connection: int) -> Events:
    return (AcquireCalled(10.0, POOL, 2), *gets(2, connection))


def _releases_anew(acquire: int) -> Events:
    return (ReleaseCalled(0.0, POOL, 201, acquire), ReleaseReturned(0.0, POOL, 201, acquire))


TOUCHES_BOTH = (TWO, fills_and_empties(7, 8), acquires(1, 7), releases(1), acquires(2, 8))
SERVED_AGAIN = (ONE, acquires(1, 7), releases(1), acquires(2, 7))
YOUNGER_WAITS = (ONE, *WAITS, asks(3), still(7), releases(1), gets(2, 7))

SPEAKS: Mapping[str, tuple[Events, ...]] = {
    "ORD-1": TOUCHES_BOTH,
    "ORD-2": TOUCHES_BOTH,
    "ORD-3": TOUCHES_BOTH,
    "BND-1": (ONE, acquires(1, 7)),
    "BND-2": (ONE, acquires(1, 7)),
    "BND-3": SERVED_AGAIN,
    "TMO-1": (ONE, *WAITS, releases(1), gets(2, 7)),
    "TMO-2": (ONE, acquires(1, 7), *EXPIRES),
    "TMO-3": (ONE, acquires(1, 7), *EXPIRES),
    "TMO-4": (
        _built_with(PoolConfig(1, 1.0, socket_timeout_s=5.0)),
        acquires(1, 7),
        *EXPIRES,
    ),
    "TMO-5": (built(1, 0.0), acquires(1, 7), asks(2), fails(2, EXHAUSTED)),
    "TMO-6": (ONE, acquires(1, 7), *EXPIRES, releases(1), acquires(3, 7)),
    "RET-1": SERVED_AGAIN,
    "RET-2": (TWO, acquires(1, 7), acquires(2, 8)),
    "RET-3": (ONE, acquires(1, 7), releases(1), _releases_anew(1), acquires(2, 7)),
    "RET-4": (ONE, _releases_anew(50), acquires(1, 7)),
    "RET-5": (
        (
            ONE,
            acquires(1, 7),
            (ReleaseCalled(0.0, POOL, 101, 1),),
            (ReleaseReturned(0.0, POOL, 101, 1, reply_outstanding=True),),
        )
    ),
    "RET-6": (ONE, acquires(1, 7), (BlockLeft(0.0, POOL, 1, "return"),), acquires(2, 7)),
    "FAIR-1": YOUNGER_WAITS,
    "FAIR-2": YOUNGER_WAITS,
    "PRG-1": (ONE, *WAITS),
    "CAN-1": (ONE, *WAITS, IS_CANCELLED),
    "CAN-2": (ONE, *WAITS, releases(1), IS_CANCELLED),
    "CAN-3": (ONE, fills_and_empties(7), asks(2), IS_CANCELLED),
    "CAN-4": (
        ONE,
        acquires(1, 7),
        (ReleaseCalled(0.0, POOL, 101, 1), CancelCalled(0.0, POOL, 101, "cancel")),
        (ReleaseCancelled(0.0, POOL, 101, 1),),
    ),
    "REE-1": (
        ONE,
        acquires(1, 7),
        (ReleaseCalled(0.0, POOL, 101, 1, inside=2), ReleaseReturned(0.0, POOL, 101, 1)),
    ),
    "BRK-1": (ONE, fills_and_empties(7), cut(7), acquires(1, 8)),
    "BRK-2": (
        (ONE, acquires(1, 7), leaves_unread(1), bytes_arrive(7), releases(1), acquires(2, 7))
    ),
    "BRK-3": (ONE, acquires(1, 7), cut(7), releases(1), acquires(2, 8)),
    "BRK-4": (ONE, fills_and_empties(7), OUTAGE, OVER, acquires(1, 7)),
    "BRK-5": (ONE, fills_and_empties(7), cut(7), OUTAGE, OVER, acquires(1, 8)),
    "BRK-6": (ONE, is_interrupted(50), acquires(1, 7)),
    "CLS-1": (ONE, closes(), asks(1), fails(1)),
    "CLS-2": (ONE, fills_and_empties(7), closes(), still()),
    "CLS-3": (ONE, fills_and_empties(7), disconnects(), acquires(1, 8)),
    "OPT-1": (
        _built_with(PoolConfig(1, max_idle_time_s=1.0)),
        fills_and_empties(7),
        _acquires_later(8),
    ),
    "OPT-2": (
        _built_with(PoolConfig(1, max_lifetime_s=1.0)),
        fills_and_empties(7),
        _acquires_later(8),
    ),
    "OPT-3": (
        ONE,
        acquires(1, 7),
        (AcquireCalled(0.0, POOL, 2, timeout_s=3.0),),
        (AcquireFailed(3.0, POOL, 2, EXHAUSTED, exact=True),),
    ),
    "OPT-4": (
        ONE,
        acquires(1, 7),
        (CloseCalled(0.0, POOL, 70, grace_s=1.0),),
        releases(1),
        (CloseReturned(0.0, POOL, 70),),
    ),
    "OPT-5": (
        _built_with(PoolConfig(1, min_idle=1)),
        fills_and_empties(7),
        (Quiescent(100.0, {POOL: frozenset({7})}, certain=True),),
    ),
    "OPT-6": (ONE, (ReauthCalled(0.0, POOL, 80), ReauthReturned(0.0, POOL, 80))),
}
"""For each clause, something of which it speaks."""


@dataclass(frozen=True)
class WithCondition(History):
    """A history in which a condition holds from one event on, whatever brought it about."""

    condition: Condition = Condition.RELEASED
    since: int = 0

    @cached_property
    def moments(self) -> Mapping[str, tuple[Moment, ...]]:
        return {
            pool: tuple(map(self._with_condition, moments))
            for pool, moments in History(self.events).moments.items()
        }

    def _with_condition(self, moment: Moment) -> Moment:
        if moment.index < self.since:
            return moment
        conditions = moment.before.conditions | {self.condition}
        return replace(moment, before=replace(moment.before, conditions=conditions))


@pytest.mark.parametrize("name", SPEAKS)
def test_a_clause_is_silent_from_the_first_condition_on_with_which_it_is_not_judged(
    name: str,
) -> None:
    clause, events = CLAUSES[name], joined(SPEAKS[name])
    spoken = [judgement.event for judgement in clause.judge(History(events))]
    assert spoken

    for condition in ALL - clause.judged_with:
        for since in spoken:
            silenced = WithCondition(events, condition=condition, since=since)
            still_spoken = [judgement.event for judgement in clause.judge(silenced)]
            assert all(event < since for event in still_spoken), condition


def test_every_clause_that_a_condition_silences_is_tried() -> None:
    assert SPEAKS.keys() == {name for name, clause in CLAUSES.items() if clause.judged_with != ALL}


def test_every_condition_is_in_one_group() -> None:
    assert sorted(
        (condition for conditions in GROUPS.values() for condition in conditions),
        key=lambda condition: condition.name,
    ) == sorted(Condition, key=lambda condition: condition.name)
