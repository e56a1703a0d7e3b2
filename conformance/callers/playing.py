"""Playing what was written down: one operation after another, as far as the pool goes along."""

from collections.abc import Sequence

from poolproof.spec.model.events import Event

from ..programs.operations import (
    BeginOutage,
    Cancel,
    Cancelled,
    EndOutage,
    OnHeld,
    Operation,
    Release,
    ReleaseInside,
)
from .driver import Driver


def possible(driver: Driver, operation: Operation) -> bool:
    """Whether it still can be done."""
    match operation:
        case Release(acquire, again=True):
            return acquire in driver.released and "A" not in driver.retired
        case Release(acquire) | OnHeld(acquire):
            return acquire in driver.holding and "A" not in driver.retired
        case Cancel(acquire):
            return acquire in driver.waiting
        case Cancelled(inner) | ReleaseInside(inner):
            return possible(driver, inner)
        case BeginOutage() | EndOutage():
            return True
        case _:
            return "A" not in driver.retired


def run_possible(driver: Driver, operations: Sequence[Operation]) -> None:
    """Run what is possible of these."""
    for operation in operations:
        if possible(driver, operation):
            driver.run_one(operation)


def play_through(driver: Driver, operations: Sequence[Operation]) -> Sequence[Event]:
    """Run what is possible of these, close the driver, and return what was seen."""
    run_possible(driver, operations)
    driver.close()
    return driver.events
