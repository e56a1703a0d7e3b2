"""Refusals: why a target could not be built and used, in one sentence with what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import isclass

from ..isolation.call_with_timeout import NeverReturned
from .adapter import AdapterError
from .load import TargetError
from .redis_interface import AsyncRedisInterface, RedisInterface, lacking
from .settings import PoolSettings

WRITE_AN_ADAPTER = "write an adapter for it, as README says under `Judge your own pool`"


class StepFailed(Exception):
    """A method of an adapter raised `error`."""

    def __init__(self, method: str, error: BaseException) -> None:
        super().__init__(method)
        self.method = method
        self.error = error


@contextmanager
def step(method: str) -> Iterator[None]:
    """Remember by which method of the adapter something was raised."""
    try:
        yield
    except (AdapterError, TargetError, NeverReturned):
        raise
    except BaseException as error:
        raise StepFailed(method, error) from error


def unknown_argument(error: BaseException, settings: PoolSettings) -> str | None:
    """The argument that a TypeError says the constructor does not take."""
    if not isinstance(error, TypeError) or _wants_more(error):
        return None
    names = sorted({*settings.takes, *settings.arguments()})
    return next((name for name in names if f"'{name}'" in str(error)), None)


def why_refused(adapter: object, failed: StepFailed, settings: PoolSettings) -> str:
    """Why the target cannot be driven, and what to do about it."""
    error = failed.error
    # On one line, whatever the message is like.
    raised = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(": ")
    if isinstance(adapter, RedisInterface | AsyncRedisInterface):
        remedy = _remedy(adapter.build, failed, settings)
        return f"the pool could not be built and used: {raised}; {remedy}"
    unknown = unknown_argument(error, settings)
    remedy = "mend that method, or use the pool by hand to see why"
    if unknown in settings.extra:
        remedy = f"leave out --set {unknown}, which it does not take"
    elif settings.extra:
        remedy = f"mend that method, or {_look_at(settings)}"
    return f"the method {failed.method} of {type(adapter).__name__} raised {raised}; {remedy}"


def _remedy(build: object, failed: StepFailed, settings: PoolSettings) -> str:
    unknown = unknown_argument(failed.error, settings)
    if unknown in settings.extra:
        return f"leave out --set {unknown}, which it does not take"
    is_opening = failed.method == "open"
    if isclass(build) and is_opening and (misses := lacking(build)):
        return f"{build.__name__} has no {misses}: {WRITE_AN_ADAPTER}"
    if unknown is not None:
        return (
            f"name a pool that takes {unknown}, a function that builds one from redis-py's arguments, "
            f"or an adapter class"
        )
    if is_opening and _wants_more(failed.error):
        return "pass what its constructor needs with --set name=value"
    if is_opening and isinstance(failed.error, TypeError):
        return (
            "name a pool class, a function that builds a pool from redis-py's arguments, or an "
            "adapter class"
        )
    if settings.extra:
        return _look_at(settings)
    return "use it by hand to see why"


def _look_at(settings: PoolSettings) -> str:
    """Without the values, which may be secret."""
    return f"see whether what --set gave it is right: {', '.join(settings.extra)}"


def _wants_more(error: BaseException) -> bool:
    """Whether this is what Python raises when arguments are missing."""
    return isinstance(error, TypeError) and " missing " in str(error) and "required" in str(error)
