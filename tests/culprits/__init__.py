"""The culprits: pools that are broken on purpose, each in one way, and the clauses that convict them.

A sin often breaks more than one promise. The first clause named is the one whose culprit the pool is;
no clause that is not named may convict it.
"""

from collections.abc import Mapping
from typing import TypeAlias

from . import (
    bound,
    breakage,
    breakage_async,
    cancellation,
    cancellation_async,
    closing,
    closing_async,
    commands,
    commands_async,
    fairness,
    fairness_async,
    fork,
    observable,
    order,
    outage,
    outage_async,
    progress,
    races_async,
    reentrancy,
    release,
    timeout,
)
from .sound import SoundPool
from .sound_async import SoundAsyncPool

Culprits: TypeAlias = Mapping[type[SoundPool | SoundAsyncPool], tuple[str, ...]]

__all__ = ["ASYNC_CULPRITS", "CULPRITS", "SoundAsyncPool", "SoundPool"]

CULPRITS: Culprits = {
    order.TakesTurnsByNumber: ("ORD-1", "BND-3", "FAIR-2", "REE-1"),
    order.PutsBackAtTheFront: ("ORD-1", "ORD-2"),
    order.NeverTakesTheFront: ("ORD-2", "ORD-1"),
    order.OpensBeforeItReuses: ("ORD-3",),
    bound.OpensOneTooMany: ("BND-1", "BRK-5"),
    bound.LooksBeforeItCounts: ("BND-1",),
    bound.KeepsOneSlotBack: ("BND-2", "PRG-1"),
    bound.LosesTheSlotOfAClosedConnection: (
        *("BND-3", "CAN-3", "BRK-3", "BRK-4", "BRK-5", "CLS-3", "API-1"),
    ),
    bound.TakesAnyMaxConnections: ("BND-4",),
    timeout.SleepsThroughARelease: ("TMO-1", "FAIR-1", "FAIR-2", "PRG-1"),
    timeout.TurnsCallersAway: ("TMO-1", "TMO-2", "TMO-5"),
    timeout.GivesUpAtHalfTime: ("TMO-2",),
    timeout.WaitsTwice: ("TMO-2", "FAIR-1", "FAIR-2"),
    timeout.WaitsAnewWhenWokenInVain: ("TMO-2",),
    timeout.RaisesABareConnectionError: ("TMO-3",),
    timeout.RaisesATimeoutError: ("TMO-3",),
    timeout.WaitsForTheSocketTimeout: ("TMO-4",),
    timeout.ReadsForTheTimeout: ("TMO-4",),
    timeout.TakesNoTimeoutForZero: ("TMO-5",),
    timeout.TakesZeroForNoTimeout: ("TMO-5",),
    timeout.TakesAnyTimeout: ("TMO-5",),
    timeout.RemembersWhoLeft: ("TMO-6", "BND-3", "TMO-1", "FAIR-2", "PRG-1"),
    timeout.GoesByTheClockAlone: ("TMO-6", "BND-3", "PRG-1"),
    release.LosesWhatIsReleased: (
        *("RET-1", "BND-3", "TMO-1", "RET-6", "FAIR-2", "PRG-1", "CAN-1", "CAN-3", "REE-1"),
        *("API-1", "BRK-3", "BRK-4", "BRK-5", "CLS-3"),
    ),
    release.SharesWhenExhausted: ("RET-2", "BND-1"),
    release.LooksBeforeItTakes: ("RET-2",),
    release.TakesAConnectionBackTwice: ("RET-3",),
    release.CountsASecondRelease: ("RET-3",),
    release.AdoptsForeignConnections: ("RET-4",),
    release.ResetsOnRelease: ("RET-5", "BRK-2", "BRK-3", "BRK-5"),
    progress.ConnectsUnderTheLock: ("RET-5",),
    release.ForgetsTheBlockOnAnInterrupt: ("RET-6", "BND-3"),
    fairness.LetsNewcomersOvertake: ("FAIR-1", "FAIR-2"),
    fairness.ServesTheLastFirst: ("FAIR-1", "FAIR-2"),
    fairness.ServesTheSecondFirst: ("FAIR-1", "FAIR-2"),
    fairness.SendsTheSlowToTheBack: ("FAIR-2", "FAIR-1"),
    progress.RingsOnceForTwo: ("PRG-1", "FAIR-2"),
    progress.ForgetsTheBellBeforeItListens: ("PRG-1", "REE-1"),
    cancellation.KeepsThePlaceOfTheInterrupted: ("CAN-1", "BND-3"),
    cancellation.LosesTheSlotOfAnInterruptedConnect: ("CAN-3", "BND-3"),
    reentrancy.WaitsForItself: ("REE-1",),
    reentrancy.QueuesUpTooLate: ("REE-1",),
    breakage.LooksOnlyWhenGivenBack: ("BRK-1", "BRK-2"),
    breakage.GoesByTheEndAlone: ("BRK-2",),
    breakage.ForgetsTheSlotOfABrokenConnection: ("BRK-3", "BRK-5"),
    commands.LendsOnWhatAClientGaveUp: ("BRK-6",),
    closing.LeavesWaitersWaiting: ("CLS-1",),
    closing.OpensAgain: ("CLS-1", "CLS-2"),
    closing.LeavesIdleConnectionsOpen: ("CLS-2",),
    closing.KeepsWhatIsReleasedLater: ("CLS-2",),
    closing.RefusesToCloseTwice: ("CLS-2",),
    closing.DisconnectsForGood: ("CLS-3",),
    closing.LosesTheSlotsItDisconnects: ("CLS-3",),
    outage.TakesARefusalForExhaustion: ("BRK-4",),
    outage.LosesTheSlotOfAFailedConnect: ("BRK-4", "BRK-5"),
    outage.KeepsAFailedConnectFromTheNext: ("BRK-4", "BRK-5"),
    outage.LosesWhatCannotBeOpenedAgain: ("BRK-5",),
    outage.ForgetsTheSlotOfWhoIsTurnedAway: ("BRK-4", "BRK-5"),
    fork.GoesOnInTheChild: ("FRK-1", "FRK-3"),
    fork.EndsWhatItInherited: ("FRK-1",),
    fork.RefusesToWorkInTheChild: ("FRK-1",),
    fork.KeepsTheLockOfItsParent: ("FRK-2",),
    fork.ComplainsOfWhatItInherited: ("FRK-3",),
    fork.AdoptsWhatItInherited: ("FRK-3",),
    fork.MakesRoomForWhatItInherited: ("FRK-3",),
    observable.CannotEncode: ("API-1",),
    observable.PrintsItsPassword: ("SEC-1",),
    observable.RaisesItsPassword: ("SEC-1",),
}
"""Culprits whose callers are threads."""

ASYNC_CULPRITS: Culprits = {
    races_async.CountsWhenConnected: ("BND-1",),
    races_async.GoesByTheAlarmAlone: ("TMO-6", "BND-3", "PRG-1"),
    cancellation_async.TakesBackTwiceFromACancelledTask: ("RET-2",),
    fairness_async.LetsNewTasksOvertake: ("FAIR-1", "FAIR-2"),
    fairness_async.ServesTheLastTaskFirst: ("FAIR-1", "FAIR-2"),
    races_async.ConnectsOneAtATime: ("PRG-1",),
    cancellation_async.KeepsThePlaceOfTheCancelled: ("CAN-1", "BND-3"),
    cancellation_async.LosesWhatACancelledTaskWasHanded: ("CAN-2", "BND-3"),
    cancellation_async.KeepsTheNewsFromTheNext: ("CAN-2",),
    cancellation_async.LosesTheSlotOfACancelledConnect: ("CAN-3", "BND-3"),
    cancellation_async.ReleasesInTwoSteps: ("CAN-4", "BND-3"),
    breakage_async.LooksOnlyWhenATaskGivesBack: ("BRK-1", "BRK-2"),
    breakage_async.GoesByTheEndOfAStreamAlone: ("BRK-2",),
    breakage_async.ForgetsTheSlotOfABrokenStream: ("BRK-3", "BRK-5"),
    commands_async.LendsOnWhatItsHolderGaveUp: ("BRK-6",),
    closing_async.LeavesTasksWaiting: ("CLS-1",),
    closing_async.KeepsWhatIsReleasedToItLater: ("CLS-2",),
    closing_async.LosesTheSlotsThatItDisconnects: ("CLS-3",),
    commands_async.LosesWhatItsHolderClosed: (
        *("CAN-4", "BND-3", "CAN-3", "BRK-3", "BRK-4", "BRK-5", "API-1"),
    ),
    outage_async.LosesTheSlotOfARefusedConnect: ("BRK-4", "BRK-5"),
    outage_async.KeepsARefusedConnectFromTheNext: ("BRK-4", "BRK-5"),
    outage_async.LosesWhatCannotBeReplaced: ("BRK-5",),
    outage_async.ForgetsTheSlotOfATaskThatIsTurnedAway: ("BRK-4", "BRK-5"),
}
"""Culprits whose callers are tasks."""
