"""Callers who release what is not theirs to release: once more, or to another pool."""

from hypothesis.stateful import precondition, rule

from poolproof.spec.model.conditions import Condition

from ..programs.operations import Acquire, Release
from .program import ANY, Program, pick
from .scenario import ASK, Scenario, give, staged
from .workload import Workload


class Misusing(Program):
    """Pools that may first show that they keep their bound and use connections again, so that what they
    do afterwards can be told from what they do anyway.
    """

    def _begin(self) -> None:
        if self._prepares:
            self.exhaust("A")
            self.acquire("A")
            self.release(0)
            self.acquire("A")


class ReleasingTwice(Misusing):
    """Holders who release once more what they have released."""

    @precondition(lambda self: self._held())
    @rule(which=ANY)
    def release_twice(self, which: int) -> None:
        """Release a connection twice in a row, as an error path and a ``finally`` do together."""
        if not self._held():
            return
        acquire = pick(self._held(), which)
        pool = self._driving.holding[acquire].pool
        self._run(Release(acquire, pool))
        if acquire in self._released_and_idle():
            self._run(Release(acquire, pool))

    @precondition(lambda self: self._released_and_idle())
    @rule(which=ANY)
    def release_again(self, which: int) -> None:
        """Release a connection that has been released and that nobody holds."""
        acquire = pick(self._released_and_idle(), which)
        self._run(Release(acquire, self._driving.released[acquire].pool))

    def _come_to_the_point(self) -> None:
        self.exhaust("A")
        self.release_twice(0)

    def _released_and_idle(self) -> list[int]:
        """The acquires whose connections have been released and not been handed out again."""
        if self._driver is None:
            return []
        in_use = {held.number for held in self._driver.holding.values()}
        # The same object may have another socket by now.
        objects = {id(held.connection) for held in self._driver.holding.values()}
        return [
            call
            for call, held in self._driver.released.items()
            if held.number not in in_use
            and id(held.connection) not in objects
            and held.pool not in self._driver.retired
            and held.pool not in self._driver.waiting.values()
        ]


class ReleasingElsewhere(Misusing):
    """Holders who mistake one pool for the other: some programs begin with it."""

    def _begin(self) -> None:
        super()._begin()
        if not self._prepares:
            self.release_to_another_pool(0)
            self.exhaust("A")

    @rule(which=ANY)
    def release_to_another_pool(self, which: int) -> None:
        """Release a connection of one pool to the other."""
        if not self._held("B"):
            self.acquire("B")
        if self._held("B"):
            self._run(Release(pick(self._held("B"), which), "A"))

    def _come_to_the_point(self) -> None:
        self.exhaust("A")
        self.release_to_another_pool(0)


SECOND_RELEASE = Workload(
    about="connections released twice",
    program=ReleasingTwice,
    brings=frozenset({Condition.SECOND_RELEASE}),
    surplus_callers=1,
    scenarios=(
        staged(
            "released twice",
            2,
            (give(1),),
            holding=2,
            after=(Release(1, "A", again=True), give(2)),
        ),
        staged(
            "released twice, while all others are in use",
            1,
            (give(1),),
            holding=1,
            after=(Release(1, "A", again=True),),
        ),
    ),
)
FOREIGN_RELEASE = Workload(
    about="connections released to another pool",
    program=ReleasingElsewhere,
    brings=frozenset({Condition.FOREIGN_RELEASE}),
    surplus_callers=1,
    scenarios=(
        Scenario(
            "released to another pool",
            1,
            (Acquire("B"), ASK, give(2), ASK),
            frozenset({1, 4}),
            frozenset(),
            (),
            (Release(1, "A"),),
            (give(4),),
        ),
    ),
)
