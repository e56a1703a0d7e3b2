"""What a pool has a name for and does not offer: it says so by what it raises.

A constructor refuses an argument by a TypeError or a ValueError. Later the pool does so by one that
names the argument, or if it can do with a value of another type. A method refuses by
NotImplementedError. Whatever else goes wrong with an option is the pool's behaviour, and is judged.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from poolproof.spec import Capability

from .adapter import AnyAdapter
from .facade import performed
from .settings import PoolSettings

OLD_S = 60.0
"""Seconds that an option for old connections is given, to see whether it takes any."""

GRACE_S = 0.0
"""The grace period with which a pool is closed that nobody uses."""

PATIENCE_S = 1.0
"""The timeout of a single acquire, of a pool in which everything is free."""

Use = Callable[[AnyAdapter, object], object]

Attempt = Callable[[PoolSettings, Use], BaseException | None]
"""Opens a pool with these settings and uses it. Returns what was raised; None if nothing was."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """What came of trying what a pool offers beyond acquire and release."""

    not_offered: frozenset[Capability]
    cannot_build: Mapping[Capability, BaseException]
    """What building a pool with an option raised that is no refusal of the argument."""


def refusals(settings: PoolSettings, offers: frozenset[Capability], attempt: Attempt) -> Refusals:
    """Try each by itself."""
    missing = {each for each in offers if _is_not_implemented(each, settings, attempt)}
    cannot_build: dict[Capability, BaseException] = {}
    for option in sorted(offers & VALUES.keys()):
        raised, was_open = _tried(_with(settings, option, VALUES[option]), attempt)
        if raised is None:
            continue
        if _refuses(raised, option, was_open=was_open) or _takes_another_type(
            raised, option, settings, attempt
        ):
            missing.add(option)
        elif not was_open:
            cannot_build[option] = raised
    return Refusals(frozenset(missing), cannot_build)


VALUES: Mapping[Capability, float | int] = {
    Capability.MAX_IDLE_TIME: OLD_S,
    Capability.MAX_LIFETIME: OLD_S,
    Capability.MIN_IDLE: 1,
}


def _with(settings: PoolSettings, option: Capability, value: float) -> PoolSettings:
    match option:
        case Capability.MAX_IDLE_TIME:
            return replace(settings, max_idle_time=value)
        case Capability.MAX_LIFETIME:
            return replace(settings, max_lifetime=value)
        case _:
            return replace(settings, min_idle=int(value))


def _tried(settings: PoolSettings, attempt: Attempt) -> tuple[BaseException | None, bool]:
    """What was raised, and whether the pool had been opened by then."""
    opened: list[object] = []

    def use_twice(adapter: AnyAdapter, pool: object) -> None:
        opened.append(pool)
        for _ in range(2):
            adapter.release(pool, adapter.acquire(pool))

    return attempt(settings, use_twice), bool(opened)


def _refuses(raised: BaseException, option: Capability, *, was_open: bool) -> bool:
    if isinstance(raised, NotImplementedError):
        return True
    names_it = str(option.record.setting) in str(raised)
    return isinstance(raised, TypeError | ValueError) and (names_it or not was_open)


def _takes_another_type(
    raised: BaseException, option: Capability, settings: PoolSettings, attempt: Attempt
) -> bool:
    """Whether a pool that cannot compute with seconds can do so with a length of time."""
    if not isinstance(raised, TypeError) or option is Capability.MIN_IDLE:
        return False
    given = {str(option.record.setting): timedelta(seconds=OLD_S)}
    with_another = replace(settings, extra={**settings.extra, **given})
    return _tried(with_another, attempt)[0] is None


def _is_not_implemented(capability: Capability, settings: PoolSettings, attempt: Attempt) -> bool:
    """Whether the method for it raises NotImplementedError; how else it goes is not judged here."""

    def use(adapter: AnyAdapter, pool: object) -> None:
        if capability is Capability.CALL_TIMEOUT:
            adapter.release(pool, performed(adapter, capability, pool, PATIENCE_S))
            return
        if capability is Capability.REAUTHENTICATION:
            user, password = settings.username or "default", settings.password or "anything"
            performed(adapter, capability, pool, user, password)
        elif capability is Capability.GRACEFUL_CLOSE:
            performed(adapter, capability, pool, GRACE_S)
        elif capability is Capability.DISCONNECT:
            performed(adapter, capability, pool)

    return isinstance(attempt(settings, use), NotImplementedError)
