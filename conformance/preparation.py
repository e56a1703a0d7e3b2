"""Preparation: a first look at the target, before anything is judged.

It finds out which optional arguments the pool takes, what it offers and which client it belongs to,
and it tells a target that cannot be driven at all from a pool that breaks a clause.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata

from poolproof.spec import Capability

from .adapter import AdapterError, AnyAdapter, PoolSettings
from .bounded import OVERDUE_S, NeverReturned, bounded
from .client import ClientLibrary, library_of
from .target import TargetError
from .witness import Witness


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the first look found out."""

    settings: PoolSettings
    library: ClientLibrary
    offers: frozenset[Capability]


def prepare(adapter: AnyAdapter, settings: PoolSettings, witness: Witness) -> Prepared:
    """Build a pool and use one connection of it.

    Raises TargetError if that does not work, and says what to do about it.
    """
    while True:
        look_s = 4 * OVERDUE_S
        probed = replace(settings, max_connections=1, timeout=1.0, socket_timeout=5.0)
        try:
            library, offers = bounded(partial(_look, adapter, probed, witness), look_s)
        except (AdapterError, TargetError) as error:
            raise TargetError(str(error)) from error
        except NeverReturned as error:
            raise TargetError(
                f"the pool could not be built and used within {look_s:.0f} s; use it by hand to see "
                f"where it hangs"
            ) from error
        except BaseException as error:
            unknown = _unknown_argument(error, settings)
            if unknown not in settings.takes:
                raise TargetError(
                    f"the pool could not be built and used: {type(error).__name__}: {error}; "
                    f"{_remedy(unknown, settings)}"
                ) from error
            settings = replace(settings, takes=settings.takes - {unknown})
        else:
            return Prepared(settings, library, offers)


def _unknown_argument(error: BaseException, settings: PoolSettings) -> str | None:
    """The argument that a TypeError says the constructor does not take."""
    if not isinstance(error, TypeError):
        return None
    names = sorted({*settings.takes, *settings.arguments()})
    return next((name for name in names if f"'{name}'" in str(error)), None)


def _remedy(unknown: str | None, settings: PoolSettings) -> str:
    if unknown is None:
        return "pass what its constructor needs with --set name=value"
    if unknown in settings.extra:
        return f"leave out --set {unknown}, which it does not take"
    return (
        f"name a pool that takes {unknown}, a function that builds one from redis-py's arguments, or "
        f"an adapter class"
    )


def _look(
    adapter: AnyAdapter, settings: PoolSettings, witness: Witness
) -> tuple[ClientLibrary, frozenset[Capability]]:
    pool = adapter.open(settings)
    connection = adapter.acquire(pool)
    adapter.send(connection, "CLIENT", "ID")
    number = adapter.receive(connection)
    if not isinstance(number, int):
        raise TargetError(
            f"the first connection answered CLIENT ID with {str(number)[:80]!r}; the adapter's "
            f"`receive` must return the reply to the command sent last"
        )
    seen = witness.open_connections({"pool": settings.client_name})
    if number not in seen["pool"]:
        raise TargetError(
            "the server does not see the pool's connections under the client name that the pool was "
            "given; pass `client_name` on to the connections"
        )
    library, offers = library_of(connection), adapter.offers(pool)
    if library.client is None:
        offers -= {Capability.CLIENT}

    def give_back() -> None:
        adapter.release(pool, connection)
        adapter.close(pool)

    with suppress(Exception):  # which is for a clause to judge
        bounded(give_back)
    return library, offers


def library_version(library: ClientLibrary) -> str:
    """The distribution that the pool's connections come from, and its version."""
    module = library.connection_errors[0].__module__.partition(".")[0]
    try:
        return f"{module} {metadata.version(module)}"
    except metadata.PackageNotFoundError:
        return module
