"""What an adapter does wrong is told before any program runs, and is never held against the pool."""

from dataclasses import fields
from inspect import signature

import pytest

from poolproof import conformance
from poolproof.conformance.adapters.adapter import AdapterError
from poolproof.conformance.adapters.client import UNKNOWN
from poolproof.conformance.adapters.load import TargetError, load_target
from poolproof.conformance.adapters.probe import Prepared, prepare
from poolproof.conformance.adapters.redis_interface import AsyncRedisInterface, RedisInterface
from poolproof.conformance.adapters.settings import PoolSettings
from poolproof.conformance.isolation.call_with_timeout import error_of
from poolproof.conformance.isolation.run_in_fork import run_in_fork
from poolproof.conformance.server import Server
from poolproof.conformance.server.monitor import ServerMonitor
from poolproof.spec import Capability

pytestmark = pytest.mark.usefixtures("importable")


def look(target: str, server: Server, monitor: ServerMonitor, **extra: object) -> Prepared:
    settings = PoolSettings(
        server.host, server.port, server.db, client_name="poolproof-mistaken", extra=extra
    )
    return prepare(load_target(f"mistaken:{target}"), settings, monitor)


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (
            "OffersBlock",
            "OffersBlock offers a `with pool.connection()` block, and has no method block",
        ),
        (
            "OffersDisconnect",
            "OffersDisconnect offers a way to close its connections and go on, and has no method dis",
        ),
        (
            "OffersTimeout",
            "OffersTimeout offers a timeout for a single acquire, and has no method acquire_w",
        ),
        (
            "OffersGrace",
            "OffersGrace offers a grace period for closing, and has no method close_grac",
        ),
        (
            "TakesNoTimeout",
            "the method acquire_within of TakesNoTimeout cannot be called with 2 arg",
        ),
        (
            "WaitsAsACoroutine",
            "WaitsAsACoroutine has an async method acquire_within, which must be",
        ),
        ("BlockIsNone", "the method block of BlockIsNone returns no context manager; write it as"),
        (
            "OffersTheUnknown",
            "OffersTheUnknown offers 'closing', which is no capability; one of con",
        ),
        (
            "OffersAWord",
            "`offers` of OffersAWord returned 'close'; return a frozenset of poolproof",
        ),
        (
            "Misspelt",
            "the method receive of Misspelt raised AttributeError: 'Connection' object has",
        ),
        ("NoBase", "the adapter mistaken:NoBase has no base class; derive it from poolproof.conf"),
        (
            "AcquiresFromNowhere",
            "the method acquire of mistaken:AcquiresFromNowhere cannot be called",
        ),
    ],
)
def test_an_adapter_that_makes_a_mistake_is_refused_in_one_sentence(
    target: str, told: str, server: Server, monitor: ServerMonitor
) -> None:
    with pytest.raises(TargetError) as refusal:
        look(target, server, monitor)

    assert str(refusal.value).startswith(told)
    assert "\n" not in str(refusal.value)
    assert "--set" not in str(refusal.value)


def test_what_is_offered_may_be_told_by_its_value(server: Server, monitor: ServerMonitor) -> None:
    assert Capability.CLOSE in look("OffersByValue", server, monitor).offers


def test_a_method_that_happens_to_be_called_connection_offers_no_block(
    server: Server, monitor: ServerMonitor
) -> None:
    offers = look("ConnectionIsNoBlock", server, monitor).offers

    assert Capability.CONTEXT_MANAGER not in offers
    assert Capability.CLIENT in offers


def test_what_an_adapter_does_not_pass_on_cannot_be_set(
    server: Server, monitor: ServerMonitor
) -> None:
    with pytest.raises(TargetError) as refusal:
        look("Deaf", server, monitor, protocol=2)

    assert str(refusal.value) == (
        "--set protocol has no effect, because Deaf does not look at it; let its `open` pass on "
        "`settings.extra`"
    )
    assert look("Faultless", server, monitor, protocol=2).settings.extra == {"protocol": 2}


def test_what_an_adapter_says_of_itself_is_no_error_of_the_pool() -> None:
    mistake = AdapterError("I am tired")

    def make_it() -> dict[str, object]:
        raise mistake

    with pytest.raises(AdapterError):
        UNKNOWN.error(mistake)
    with pytest.raises(AdapterError):
        error_of(make_it)
    with pytest.raises(AdapterError, match="I am tired"):
        run_in_fork(make_it)


@pytest.mark.parametrize("capability", Capability)
def test_what_a_record_says_of_adapters_is_so(capability: Capability) -> None:
    record = capability.record
    for adapter in (RedisInterface, AsyncRedisInterface):
        if record.method is not None:
            _, *arguments = signature(getattr(adapter, record.method_name)).parameters
            assert record.method == f"{record.method_name}({', '.join(arguments)})"
    if record.setting is not None:
        assert record.setting in {field.name for field in fields(PoolSettings)}
    if record.base is not None:
        assert record.base in conformance.__all__
