"""The queueing policy alone: no Redis, no thread, no clock."""

from dataclasses import dataclass, field
from typing import Literal

import pytest

from poolproof.reference_pool.policy import Ending, Queues


@dataclass
class Place:
    connection: str | None = None


@dataclass
class Caller:
    declines: bool = False
    heard: list[Place | Ending] = field(default_factory=list)

    def offer(self, slot: Place | Literal[Ending.CLOSED], /) -> bool:
        if not self.declines:
            self.heard.append(slot)
        return not self.declines


def queues_with_idle(*names: str, spare: int = 0) -> Queues[Place]:
    """Queues in which these connections are idle, in this order, and `spare` slots are empty."""
    queues = Queues(len(names) + spare, Place)
    for name, slot in [(name, open_slot(queues)) for name in names]:
        slot.connection = name
        queues.give(slot)
    return queues


def open_slot(queues: Queues[Place]) -> Place:
    """The slot that an empty pool hands to a caller at once."""
    caller = Caller()
    queues.join(caller)
    (slot,) = caller.heard

    assert isinstance(slot, Place)
    return slot


def name_of(slot: Place | Ending | None) -> str | None:
    assert isinstance(slot, Place)
    return slot.connection


def test_the_connection_idle_longest_is_taken_first() -> None:
    queues = queues_with_idle("a", "b", "c")

    assert [name_of(queues.take()) for _ in range(3)] == ["a", "b", "c"]


def test_what_is_given_back_goes_to_the_end() -> None:
    queues = queues_with_idle("a", "b", "c")
    taken = []
    for _ in range(6):
        slot = queues.take()

        assert slot is not None
        taken.append(slot.connection)
        queues.give(slot)

    assert taken == ["a", "b", "c", "a", "b", "c"]


def test_an_idle_connection_is_used_before_another_is_opened() -> None:
    queues = queues_with_idle("a", spare=1)
    first, second = Caller(), Caller()
    queues.join(first)
    queues.join(second)

    assert [name_of(first.heard[0]), name_of(second.heard[0])] == ["a", None]


def test_an_idle_connection_is_used_before_a_failed_one_is_opened_again() -> None:
    queues = queues_with_idle("a", spare=1)
    taken = queues.take()
    failed = open_slot(queues)

    assert taken is not None
    queues.give(failed)
    queues.give(taken)
    assert open_slot(queues) is taken


def test_no_more_slots_are_handed_out_than_there_may_be_connections() -> None:
    queues = Queues(2, Place)
    callers = [Caller() for _ in range(3)]
    for caller in callers:
        queues.join(caller)

    assert [len(caller.heard) for caller in callers] == [1, 1, 0]
    assert queues.in_use == 2


def test_a_slot_that_comes_back_empty_is_opened_again() -> None:
    queues = Queues(1, Place)
    slot = open_slot(queues)
    queues.give(slot)

    assert queues.in_use == 0
    assert open_slot(queues) is slot


def test_waiters_are_served_in_the_order_in_which_they_came() -> None:
    queues = Queues(1, Place)
    slot = open_slot(queues)
    slot.connection = "a"
    first, second = Caller(), Caller()
    queues.join(first)
    queues.join(second)
    queues.give(slot)
    queues.serve()

    assert ([slot], []) == (first.heard, second.heard)


def test_a_newcomer_never_overtakes_a_waiter() -> None:
    queues = Queues(1, Place)
    slot = open_slot(queues)
    slot.connection = "a"
    waiter = Caller()
    queues.join(waiter)
    queues.give(slot)

    assert queues.take() is None
    queues.serve()
    assert [slot] == waiter.heard


def test_an_offer_that_is_declined_goes_to_the_next_waiter() -> None:
    queues = Queues(1, Place)
    slot = open_slot(queues)
    slot.connection = "a"
    expired, next_one = Caller(), Caller()
    queues.join(expired)
    queues.join(next_one)
    expired.declines = True
    queues.give(slot)
    queues.serve()

    assert [slot] == next_one.heard


@pytest.mark.parametrize("connection", ["a", None])
def test_an_offer_that_all_decline_is_kept(connection: str | None) -> None:
    queues = Queues(1, Place)
    slot = open_slot(queues)
    slot.connection = connection
    expired = Caller()
    queues.join(expired)
    expired.declines = True
    queues.give(slot)
    queues.serve()

    assert (queues.in_use, len(queues.waiters)) == (0, 0)
    assert (queues.take() or open_slot(queues)) is slot


def test_giving_says_when_somebody_may_be_due() -> None:
    queues = Queues(1, Place)
    slot = open_slot(queues)
    slot.connection = "a"

    assert not queues.give(slot)
    queues.take()
    queues.join(Caller())
    assert queues.give(slot)


def test_one_who_leaves_is_forgotten_whether_his_turn_has_come_or_not() -> None:
    queues = Queues(1, Place)
    served, waiting = Caller(), Caller()
    queues.join(served)
    queues.join(waiting)
    queues.leave(served)
    queues.leave(waiting)

    assert len(queues.waiters) == 0


def test_cleared_connections_make_room_for_new_ones() -> None:
    queues = queues_with_idle("a", "b")

    assert [slot.connection for slot in queues.clear()] == ["a", "b"]
    assert queues.in_use == 0
    assert [open_slot(queues).connection for _ in range(2)] == [None, None]


def test_clearing_while_somebody_waits_leaves_something_due() -> None:
    queues = Queues(1, Place)
    slot = open_slot(queues)
    slot.connection = "a"
    waiter = Caller()
    queues.join(waiter)
    queues.give(slot)
    queues.clear()

    assert queues.due
    queues.serve()
    assert len(waiter.heard) == 1


def test_closing_tells_every_waiter_and_whoever_comes_later() -> None:
    queues = Queues(1, Place)
    open_slot(queues)
    callers = [Caller(), Caller()]
    for caller in callers:
        queues.join(caller)
    queues.close()
    late = Caller()
    queues.join(late)

    assert [caller.heard for caller in [*callers, late]] == [[Ending.CLOSED]] * 3


def test_a_closed_pool_hands_out_nothing_that_comes_back() -> None:
    queues = Queues(1, Place)
    slot = open_slot(queues)
    slot.connection = "a"
    queues.close()

    assert queues.give(slot)
    assert queues.take() is None
    assert queues.due
    assert [slot] == queues.clear()
    assert not queues.due
