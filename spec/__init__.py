"""The specification: what a Redis connection pool owes its callers.

Start with `glossary` and `events`, what can be seen of a pool; `state` says what follows from it;
each chapter is a file of clauses. This package imports nothing but the standard library, and
nothing in it can wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from .capabilities import Capability
from .clause import Clause, Judgement, Level, Requirement
from .clauses import (
    bound,
    breakage,
    cancellation,
    closing,
    fairness,
    fork,
    interface,
    options,
    order,
    progress,
    reentrancy,
    release,
    secrecy,
    timeout,
)
from .model.history import History

__all__ = [
    "CHAPTERS",
    "CLAUSES",
    "Capability",
    "Chapter",
    "Clause",
    "History",
    "Judgement",
    "Level",
    "Requirement",
]


@dataclass(frozen=True, slots=True)
class Chapter:
    """Clauses on one subject."""

    title: str
    summary: str
    clauses: tuple[Clause, ...]


CHAPTERS = (
    Chapter(
        "Order",
        "Idle connections form a queue: acquire takes the front, release appends at the back.",
        (
            order.acquire_takes_the_longest_idle,
            order.release_appends_at_the_back,
            order.idle_connections_are_used_before_new_ones_are_opened,
        ),
    ),
    Chapter(
        "Bound",
        "There are never more than `max_connections`, and every one of them can be used.",
        (
            bound.never_more_than_max_connections,
            bound.every_slot_can_be_used,
            bound.capacity_is_conserved,
            bound.senseless_max_connections_is_refused,
        ),
    ),
    Chapter(
        "Timeout",
        "A caller that finds all connections in use waits, up to `timeout` seconds.",
        (
            timeout.a_caller_waits_and_is_served,
            timeout.a_wait_in_vain_ends_at_timeout,
            timeout.the_error_says_that_the_pool_was_exhausted,
            timeout.timeout_and_socket_timeout_are_independent,
            timeout.each_timeout_means_what_it_says,
            timeout.a_wait_in_vain_leaves_no_trace,
        ),
    ),
    Chapter(
        "Release",
        "What is given back serves the next caller, once, and only if it was the pool's.",
        (
            release.a_released_connection_serves_the_next_caller,
            release.a_connection_has_one_holder,
            release.a_second_release_changes_nothing,
            release.a_foreign_connection_never_enters_the_pool,
            release.release_waits_for_nobody,
            release.leaving_the_block_releases,
        ),
    ),
    Chapter(
        "Fairness",
        "Those who wait are served in the order in which they came.",
        (
            fairness.waiters_are_served_in_the_order_in_which_they_came,
            fairness.nobody_starves,
        ),
    ),
    Chapter(
        "Progress",
        "Nobody waits without need.",
        (progress.nobody_waits_while_something_is_free,),
    ),
    Chapter(
        "Cancellation",
        "A caller that gives up costs nobody else anything.",
        (
            cancellation.a_cancelled_waiter_leaves_nothing_behind,
            cancellation.a_connection_meant_for_a_cancelled_waiter_goes_to_the_next,
            cancellation.a_cancelled_connect_gives_the_slot_back,
            cancellation.a_cancelled_release_is_completed,
        ),
    ),
    Chapter(
        "Re-entrancy",
        "A call may begin in the middle of another.",
        (reentrancy.a_release_inside_another_call_returns,),
    ),
    Chapter(
        "Breakage",
        "A connection that breaks, or carries what is not meant for its next holder, costs nobody else "
        "anything.",
        (
            breakage.a_connection_closed_while_idle_is_not_handed_out,
            breakage.what_nobody_has_read_reaches_no_other_caller,
            breakage.a_connection_that_breaks_in_use_costs_no_slot,
            breakage.a_failed_connect_is_told_and_costs_no_slot,
            breakage.a_pool_outlives_an_outage,
            breakage.an_interrupted_command_leaves_no_reply_behind,
        ),
    ),
    Chapter(
        "Closing",
        "A pool that is closed stays closed; one that disconnects goes on.",
        (
            closing.closing_ends_every_wait,
            closing.a_closed_pool_leaves_nothing_open,
            closing.a_pool_that_disconnects_goes_on,
        ),
    ),
    Chapter(
        "Fork",
        "A process that forks and its child have nothing to do with each other's connections.",
        (
            fork.a_child_starts_with_an_empty_pool,
            fork.a_fork_in_the_middle_of_a_call_locks_nobody_out,
            fork.a_child_may_release_what_it_inherited,
        ),
    ),
    Chapter(
        "Options",
        "What a pool may offer or not; what it offers, it does.",
        (
            options.what_was_idle_for_too_long_is_not_handed_out,
            options.what_was_open_for_too_long_is_not_handed_out,
            options.a_callers_own_timeout_bounds_its_wait,
            options.closing_waits_for_holders_as_long_as_it_was_told,
            options.a_pool_that_rests_has_connections_ready,
            options.new_credentials_delay_nobody,
        ),
    ),
    Chapter(
        "Interface",
        "The client can use the pool.",
        (interface.the_client_works_on_the_pool,),
    ),
    Chapter(
        "Secrecy",
        "What a pool was told in confidence it keeps to itself.",
        (secrecy.credentials_are_never_shown,),
    ),
)

CLAUSES: Mapping[str, Clause] = {
    clause.id: clause for chapter in CHAPTERS for clause in chapter.clauses
}
