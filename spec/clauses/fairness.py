"""Fairness: in which order those are served who wait.

Only when nothing moves any more is it known that a caller waits: before, it may have been served and be
about to return. So both clauses compare two such moments, and what happened between them.
"""

from collections.abc import Iterator

from ..clause import CONCURRENT, MUST, clause
from ..model.conditions import CANCELLATIONS, ORDINARY
from ..model.events import Acquired, Quiescent
from ..model.history import History
from ..model.judgement import Judgement
from ..model.state import Moment, Request


@clause("FAIR-1", MUST, CONCURRENT, judged_with=ORDINARY - CANCELLATIONS)
def waiters_are_served_in_the_order_in_which_they_came(history: History) -> Iterator[Judgement]:
    """
    Waiters MUST be served in the order in which they came: nobody who comes later is served while
    they still wait.

    Otherwise a caller that comes at the right instant takes the connection from one that has waited
    for it. Under load the newcomers are always the same, the busy threads. The others wait until
    their timeout, while the pool looks healthy.
    """
    for moment in _judgeable(history):
        state, event = moment.before, moment.event
        if isinstance(event, Acquired):
            request = state.requests[event.call]
            if request.blocked_since is not None and _has_younger(moment, request):
                yield Judgement(moment.index)
        elif isinstance(event, Quiescent) and event.certain:
            for request in _waiting(moment, event):
                if request.overtaken_by is not None:
                    yield Judgement(
                        moment.index,
                        "a caller that came later was served, and one that had been waiting before "
                        "it came still waits",
                        moment.pool,
                    )


@clause("FAIR-2", MUST, CONCURRENT, judged_with=ORDINARY - CANCELLATIONS)
def nobody_starves(history: History) -> Iterator[Judgement]:
    """
    Once some callers wait, all of them MUST have been served by the time that as many connections
    have been released, whoever comes meanwhile.

    The clause bounds a wait by what operators know: how many callers wait, and how long a
    connection is held. Without it there is no bound, and one caller may wait as long as others keep
    coming.
    """
    for moment in _judgeable(history):
        state, event = moment.before, moment.event
        if isinstance(event, Acquired):
            if state.requests[event.call].blocked_since is not None:
                yield Judgement(moment.index)
        elif isinstance(event, Quiescent) and event.certain:
            for request in _waiting(moment, event):
                if request.due_by_release is not None and state.releases >= request.due_by_release:
                    yield Judgement(
                        moment.index,
                        "as many connections have been released as callers had been waiting, and "
                        "one of these callers still waits",
                        moment.pool,
                    )


def _judgeable(history: History) -> Iterator[Moment]:
    """The moments at which a clause is judged, as long as the server keeps nobody waiting: a caller may
    be behind one who is connecting.
    """
    for moments in history.judged_pools:
        for moment in moments:
            if isinstance(moment.event, Quiescent) and moment.event.connects_held:
                break
            yield moment


def _waiting(moment: Moment, event: Quiescent) -> list[Request]:
    return [
        request
        for call, request in moment.before.requests.items()
        if call not in event.connecting and request.blocked_since is not None
    ]


def _has_younger(moment: Moment, request: Request) -> bool:
    blocked_since = request.blocked_since or 0
    return any(
        other.quiescences_before > blocked_since for other in moment.before.requests.values()
    )
