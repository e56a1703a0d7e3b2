"""What is known about released pools, each fault of which was confirmed by hand without the kit.

The verdicts are those on redis-py 8.1, valkey-py 6.2, coredis 6.9, SQLAlchemy 2.1 and DBUtils 3.2. A
newer release that mends a fault makes a test fail here: then change the table, not the clause.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest
from judging import judge, leaving_open_what_they_will

from poolproof.conformance.adapters.load import load_target, read_extra
from poolproof.conformance.search.budget import Budget, Depth
from poolproof.conformance.server import Server


def ids(text: str) -> frozenset[str]:
    return frozenset(text.split())


LOST_NEWS = ids("CAN-2") if sys.version_info < (3, 13) else ids("")
"""What a pool breaks that relies on `asyncio.Condition`; see python/cpython#112202."""

HEARD_NEWS = ids("PRG-1") if sys.version_info >= (3, 13) else ids("")
"""What it upholds otherwise, and breaks if a wait ends at the moment of a release."""

BUDGET = Budget(8, 10, 0.1, run_s=60, limit_s=600, depth=Depth(preemptions=0, limit_s=60))

BRIEF = replace(BUDGET, programs=5, depth=Depth(preemptions=0, limit_s=1))


@dataclass(frozen=True)
class Known:
    """Clauses that a pool breaks, and clauses that it upholds. Others are left open."""

    breaks: frozenset[str]
    upholds: frozenset[str]


RELEASED: Mapping[str, Known] = {
    "redis:BlockingConnectionPool": Known(
        breaks=ids(
            "ORD-1 ORD-2 RET-3 RET-4 BND-4 TMO-3 TMO-5 FAIR-1 FAIR-2 REE-1 BRK-2 BRK-4 BRK-5 CLS-1 "
            "CLS-2 FRK-3 OPT-6"
        ),
        upholds=ids(
            "ORD-3 BND-1 BND-2 BND-3 TMO-1 TMO-2 TMO-4 TMO-6 RET-1 RET-2 RET-5 PRG-1 CAN-1 CAN-3 "
            "BRK-1 BRK-3 BRK-6 CLS-3 FRK-1 API-1 SEC-1"
        ),
    ),
    "redis.asyncio:BlockingConnectionPool": Known(
        breaks=ids(
            "ORD-1 ORD-2 BND-4 TMO-3 TMO-5 FAIR-1 FAIR-2 RET-5 CAN-4 BRK-1 BRK-2 BRK-3 BRK-5 CLS-1 "
            "CLS-2 OPT-6"
        )
        | LOST_NEWS,
        upholds=ids(
            "ORD-3 BND-1 BND-2 BND-3 TMO-1 TMO-2 TMO-4 TMO-6 RET-1 RET-2 RET-3 RET-4 "
            "CAN-1 CAN-3 BRK-6 CLS-3 API-1 SEC-1"
        )
        | HEARD_NEWS,
    ),
    "redis.asyncio:ConnectionPool": Known(
        breaks=ids("ORD-1 ORD-2 TMO-1 BND-4 RET-5 CAN-4 BRK-1 BRK-2 BRK-3 CLS-1 CLS-2 OPT-6"),
        upholds=ids("ORD-3 BND-1 BND-2 BND-3 RET-1 RET-2 BRK-6 CLS-3 API-1 SEC-1"),
    ),
    "valkey.asyncio:BlockingConnectionPool": Known(
        breaks=ids("ORD-1 ORD-2 BND-4 TMO-3 TMO-5 FAIR-1 FAIR-2 BRK-2 CLS-1 CLS-2") | LOST_NEWS,
        upholds=ids("BND-1 BND-2 BND-3 TMO-1 TMO-2 RET-1 RET-2 BRK-6 API-1 SEC-1") | HEARD_NEWS,
    ),
    "redis:BlockingConnectionPool queue_class=queue:Queue": Known(
        breaks=ids("ORD-3 RET-3 RET-4 BND-4 TMO-3 TMO-5"),
        upholds=ids("ORD-1 ORD-2 BND-1 BND-2 BND-3 TMO-1 TMO-2 TMO-4 RET-1 RET-2 API-1 SEC-1"),
    ),
    "redis:ConnectionPool": Known(
        breaks=ids("ORD-1 ORD-2 TMO-1 BND-4 RET-5 BRK-2 BRK-4 BRK-5 CLS-1 CLS-2 FRK-2 OPT-6"),
        upholds=ids("ORD-3 BND-1 BND-2 BND-3 RET-1 RET-2 RET-3 RET-4 REE-1 BRK-6 API-1 SEC-1"),
    ),
    "behind_sentinel:sentinel_pool": Known(
        breaks=ids("CAN-3 BRK-6"), upholds=ids("BND-1 BND-2 BND-3 RET-1 RET-2 RET-3 RET-4 SEC-1")
    ),
    "behind_sentinel:async_sentinel_pool": Known(
        breaks=ids("ORD-1 ORD-2"), upholds=ids("BND-1 BND-2 BND-3 RET-1 RET-2 BRK-6 SEC-1")
    ),
    "valkey:BlockingConnectionPool": Known(
        breaks=ids(
            "ORD-1 ORD-2 RET-3 RET-4 BND-4 TMO-3 TMO-5 FAIR-1 FAIR-2 REE-1 BRK-1 BRK-4 CLS-1 CLS-2 "
            "FRK-3"
        ),
        upholds=ids("BRK-6 BND-1 BND-2 BND-3 TMO-1 TMO-2 RET-1 RET-2 PRG-1 API-1 SEC-1"),
    ),
    "valkey:ConnectionPool": Known(
        breaks=ids("ORD-1 ORD-2 RET-3 RET-4 TMO-1 BND-4 REE-1 BRK-1 BRK-4 CLS-1 CLS-2 FRK-3"),
        upholds=ids("BND-1 BND-2 BND-3 RET-1 RET-2 API-1 SEC-1"),
    ),
    "coredis": Known(
        breaks=ids(
            "ORD-1 ORD-2 BND-3 BND-4 TMO-1 TMO-3 TMO-5 FAIR-2 PRG-1 CAN-1 CAN-3 BRK-3 BRK-5"
        ),
        upholds=ids("ORD-3 BND-1 TMO-2 TMO-4 RET-1 RET-2 RET-4 RET-5 RET-6 CAN-4 BRK-1 SEC-1"),
    ),
    "sqlalchemy": Known(
        breaks=ids("BND-4 TMO-5 FAIR-1 FAIR-2 REE-1 BRK-2 BRK-4 FRK-1"),
        upholds=ids("ORD-1 ORD-2 BND-1 BND-2 BND-3 TMO-1 TMO-2 RET-1 RET-2"),
    ),
    "dbutils": Known(
        breaks=ids("BND-4 FAIR-1 FAIR-2 RET-5 PRG-1 FRK-1"),
        upholds=ids("BND-1 BND-2 BND-3 RET-1 RET-2"),
    ),
}


@pytest.mark.parametrize("named", RELEASED)
def test_a_released_pool_gets_the_verdicts_that_were_confirmed_by_hand(
    named: str, server: Server
) -> None:
    target, *extra = named.split()
    known = RELEASED[named]

    with leaving_open_what_they_will():
        findings = judge(load_target(target), server, BUDGET, extra=read_extra(extra))

    convicted = set(findings.violations)
    assert known.breaks <= convicted
    assert not known.upholds & convicted
    assert known.upholds <= set(findings.observed)


@pytest.mark.parametrize("target", ["redis:ConnectionPool", "redis:BlockingConnectionPool"])
@pytest.mark.parametrize(("protocol", "is_broken"), [("2", False), ("3", True)])
def test_what_nobody_has_read_reaches_the_next_caller_in_one_protocol_only(
    target: str, protocol: str, is_broken: bool, server: Server
) -> None:
    extra = read_extra([f"protocol={protocol}"])

    with leaving_open_what_they_will():
        findings = judge(load_target(target), server, BRIEF, extra=extra, clauses=["BRK-2"])

    assert findings.observed["BRK-2"] > 0
    assert ("BRK-2" in findings.violations) is is_broken
