"""A story is also told for machines: the same steps, each with its caller, and without columns."""

from counterexamples import found, laid_out

from poolproof.conformance.report.steps import rows_of
from poolproof.conformance.worker.messages import decode, encode
from poolproof.spec import CLAUSES
from poolproof.spec.model.events import (
    AcquireCalled,
    Acquired,
    Event,
    PoolBuilt,
    PoolConfig,
    Quiescent,
    ReleaseCalled,
    ReleaseReturned,
)


def built(most: int = 1) -> Event:
    return PoolBuilt(0.0, "A", PoolConfig(most, 5.0))


def asks(call: int) -> Event:
    return AcquireCalled(1.0, "A", call)


def gets(call: int) -> Event:
    return Acquired(1.0, "A", call, 70, "")


def releases(acquire: int, call: int = 100) -> Event:
    return ReleaseCalled(1.0, "A", call + acquire, acquire, None)


def released(acquire: int, call: int = 100) -> Event:
    return ReleaseReturned(1.0, "A", call + acquire, acquire, None)


def quiet(*open_now: int) -> Event:
    return Quiescent(1.0, {"A": frozenset(open_now)}, certain=True)


OVERTAKEN = [
    *(built(), quiet()),
    *(asks(1), gets(1), quiet(70)),
    *(asks(2), quiet(70)),
    *(releases(1), asks(3), released(1), gets(3), quiet(70)),
]


def test_where_callers_meet_each_step_names_its_caller_and_has_no_columns() -> None:
    assert rows_of(found(CLAUSES["FAIR-1"], OVERTAKEN)) == [
        {"what": "a pool is built with max_connections=1, timeout=5.0"},
        {"caller": "A", "what": "acquire: gets #1", "pool": "1 of 1 in use: A has #1"},
        {"caller": "B", "what": "acquire", "pool": "1 of 1 in use: A has #1; B waits"},
        {"caller": "A", "what": "begins to release #1"},
        {"caller": "C", "what": "acquire"},
        {"caller": "A", "what": "has released #1"},
        {"caller": "C", "what": "gets #1", "pool": "1 of 1 in use: C has #1; B still waits"},
    ]


def test_where_they_come_one_by_one_the_steps_are_those_that_people_read() -> None:
    events = [
        *(built(2), quiet()),
        *(asks(1), gets(1), quiet(70)),
        *(releases(1), released(1), quiet(70)),
        *(releases(1, call=200), released(1, call=200), quiet(70)),
        *(asks(2), gets(2), quiet(70)),
        *(asks(3), gets(3), quiet(70)),
    ]

    steps, _ = laid_out("RET-3", events)

    assert len(steps) == 6
    assert rows_of(found(CLAUSES["RET-3"], events)) == [{"what": step} for step in steps]


def test_it_reaches_the_parent_as_it_was_made() -> None:
    stuck = [
        *OVERTAKEN[:-1],
        Quiescent(1.0, {"A": frozenset({70})}, True, stack=("pool.py:7 acquire",)),
    ]

    for events in (OVERTAKEN, stuck):
        counterexample = found(CLAUSES["FAIR-1"], events)

        assert decode(encode(counterexample).encode()) == counterexample
