"""Interface: that the client can use the pool."""

from collections.abc import Iterator

from ..capabilities import Capability
from ..clause import MUST, OBSERVABLE, clause
from ..model.events import FeatureTried
from ..model.history import History
from ..model.judgement import Judgement


@clause("API-1", MUST, OBSERVABLE, needs=Capability.CLIENT, speaks_of={FeatureTried})
def the_client_works_on_the_pool(history: History) -> Iterator[Judgement]:
    """
    With ``redis.Redis(connection_pool=pool)`` commands, pipelines, transactions, pub/sub, locks and
    scripts MUST work as they do on the client's own pool, and give every connection back.

    Hardly anybody calls a pool directly. A pool is of no use to an application if the client cannot
    use it, or can use it only until the first subscription.
    """
    for index, event in enumerate(history.events):
        if isinstance(event, FeatureTried):
            broken = f"{event.feature}: {event.trouble}" if event.trouble else None
            yield Judgement(index, broken)
