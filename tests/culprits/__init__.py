"""The culprits: pools that are broken on purpose, each in one way, and the clauses that convict them.

A sin often breaks more than one promise. The first clause named is the one whose culprit the pool is;
no clause that is not named may convict it.
"""

from collections.abc import Mapping

from . import bound, observable, order, release, timeout
from .sound import SoundPool

__all__ = ["CULPRITS", "SoundPool"]

CULPRITS: Mapping[type[SoundPool], tuple[str, ...]] = {
    order.TakesTurnsByNumber: ("ORD-1",),
    order.PutsBackAtTheFront: ("ORD-1", "ORD-2"),
    order.NeverTakesTheFront: ("ORD-2", "ORD-1"),
    order.OpensBeforeItReuses: ("ORD-3",),
    bound.OpensOneTooMany: ("BND-1",),
    bound.KeepsOneSlotBack: ("BND-2",),
    bound.LosesTheSlotOfAClosedConnection: ("BND-3", "API-1"),
    bound.TakesAnyMaxConnections: ("BND-4",),
    timeout.SleepsThroughARelease: ("TMO-1",),
    timeout.TurnsCallersAway: ("TMO-1", "TMO-2", "TMO-5"),
    timeout.GivesUpAtHalfTime: ("TMO-2",),
    timeout.WaitsTwice: ("TMO-2",),
    timeout.RaisesABareConnectionError: ("TMO-3",),
    timeout.RaisesATimeoutError: ("TMO-3",),
    timeout.WaitsForTheSocketTimeout: ("TMO-4",),
    timeout.ReadsForTheTimeout: ("TMO-4",),
    timeout.TakesNoTimeoutForZero: ("TMO-5",),
    timeout.TakesZeroForNoTimeout: ("TMO-5",),
    timeout.TakesAnyTimeout: ("TMO-5",),
    timeout.RemembersWhoLeft: ("TMO-6", "BND-3"),
    release.LosesWhatIsReleased: ("RET-1", "BND-3", "TMO-1", "RET-6", "API-1"),
    release.SharesWhenExhausted: ("RET-2",),
    release.TakesAConnectionBackTwice: ("RET-3",),
    release.CountsASecondRelease: ("RET-3",),
    release.AdoptsForeignConnections: ("RET-4",),
    release.ResetsOnRelease: ("RET-5",),
    release.ForgetsTheBlockOnAnInterrupt: ("RET-6", "BND-3"),
    observable.CannotEncode: ("API-1",),
    observable.PrintsItsPassword: ("SEC-1",),
    observable.RaisesItsPassword: ("SEC-1",),
}
