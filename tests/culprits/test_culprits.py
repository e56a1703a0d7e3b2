"""Every culprit is convicted by its clause, and by no clause that is not named for it.

The sound pool that they are made from is convicted by none, so it is the sin that convicts.
"""

import pytest

from culprits import CULPRITS, SoundPool
from poolproof.conformance.adapter import RedisInterface
from poolproof.conformance.campaign import Budget
from poolproof.conformance.check import Findings, run_check
from poolproof.conformance.server import Server
from poolproof.spec import CLAUSES

BUDGET = Budget(programs=12, steps=8, shorten_s=0.1, run_s=4, limit_s=30)


def check(pool: type[SoundPool], server: Server) -> Findings:
    return run_check(
        RedisInterface(pool), server, list(CLAUSES), BUDGET, 0, {}, say=lambda progress: None
    )


@pytest.mark.parametrize("culprit", CULPRITS, ids=lambda culprit: culprit.__name__)
def test_a_culprit_is_convicted_by_its_clause_and_by_named_ones_only(
    culprit: type[SoundPool], server: Server
) -> None:
    named = CULPRITS[culprit]

    convicted = set(check(culprit, server).convictions)

    assert named[0] in convicted
    assert convicted <= set(named)


def test_the_sound_pool_breaks_nothing_and_leaves_no_clause_unobserved(server: Server) -> None:
    findings = check(SoundPool, server)

    assert findings.convictions == {}
    assert set(findings.observed) == set(CLAUSES)


def test_every_clause_has_a_culprit() -> None:
    assert {named[0] for named in CULPRITS.values()} == set(CLAUSES)


def test_every_culprit_is_named_by_its_sin() -> None:
    assert all(culprit.__doc__ for culprit in CULPRITS)
