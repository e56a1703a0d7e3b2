"""What a program ends with: every connection is returned, and every slot is used once more."""

from collections.abc import Callable

from ..programs.account import Account
from ..programs.operations import Acquire, Drop, Elapse, Operation, Release


class Finish:
    """Ends a program, pool by pool."""

    def __init__(
        self,
        account: Account,
        run_one: Callable[[Operation], None],
        give_up: Callable[[str, int, float], None],
    ) -> None:
        """`run_one` runs an operation; `give_up` says that a call has not returned."""
        self._account = account
        self._run_one = run_one
        self._give_up = give_up

    def use_every_slot(self, pool: str) -> None:
        """Have everything released, acquire as many connections as there may be, and release them.

        A pool that was misused, and its neighbour, must also still turn a surplus caller away.
        """
        self._release_all(pool)
        self._fill(pool)
        self._release_all(pool)

    def _fill(self, pool: str) -> None:
        """Ask for every connection; after an outage, until one more has gone wrong than there are."""
        most = self._account.pools[pool].config.max_connections
        surplus = 1 if self._account.misused else 0
        may_fail = most if self._account.was_away else 0
        while (
            self._account.free(pool) + surplus > 0
            and may_fail >= 0
            and pool not in self._account.retired
        ):
            if not self._gets_one(pool):
                may_fail -= 1

    def _gets_one(self, pool: str) -> bool:
        """Ask for a connection. After an outage it may be a dead one, which is given back then."""
        account = self._account
        before = set(account.holding)
        self._run_one(Acquire(pool))
        got = account.holding.keys() - before
        dead = {call for call in got if account.was_away and account.holding[call].number is None}
        for call in dead:
            self._run_one(Drop(call))
            if pool not in self._account.retired:
                self._run_one(Release(call, pool))
        return got > dead

    def _release_all(self, pool: str) -> None:
        """Release until nobody holds a connection of the pool, nor waits for one."""
        while pool not in self._account.retired:
            holders, waiters = self._account.holders(pool), self._account.waiters(pool)
            if holders:
                self._run_one(Release(holders[0], pool))
            elif waiters:
                self._run_one(Elapse())
                if waiters == self._account.waiters(pool):
                    self._give_up(pool, waiters[0], 0.0)
            else:
                return
