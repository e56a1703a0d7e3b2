"""What an adapter says that its pools offer, looked at before any program runs.

A method that is missing, or cannot be called, would come up in the middle of a program, where it
looks as if the pool had failed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import iscoroutinefunction, signature

from poolproof.spec import Capability

from .adapter import Adapter, AdapterError, AsyncAdapter, uses_asyncio

EMPTY = (Adapter.block, AsyncAdapter.block)
"""What an adapter has of `block` that did not write one."""


@dataclass(frozen=True, slots=True)
class _Needed:
    """What a capability needs of an adapter."""

    method: str
    arguments: int
    """How many the method is called with."""
    offered: str
    """In words, after 'offers'."""
    is_always_plain: bool = False


NEEDED = {
    Capability.CONTEXT_MANAGER: _Needed("block", 1, "a `with` block", is_always_plain=True),
    Capability.DISCONNECT: _Needed("disconnect_pool", 1, "that pools disconnect"),
    Capability.CALL_TIMEOUT: _Needed(
        "acquire_within", 2, "that an acquire is given a timeout of its own"
    ),
    Capability.GRACEFUL_CLOSE: _Needed(
        "close_gracefully", 2, "that closing is given a grace period"
    ),
    Capability.REAUTHENTICATION: _Needed(
        "re_authenticate", 3, "that pools are told of new credentials"
    ),
}
"""The capabilities that need a method which not every adapter has."""


def capabilities(adapter: object, said: object) -> frozenset[Capability]:
    """What `offers` returned. Raises AdapterError if something of it is no capability."""
    if isinstance(said, str) or not hasattr(said, "__iter__"):
        raise AdapterError(
            f"`offers` of {type(adapter).__name__} returned {said!r}; return a frozenset of "
            f"poolproof.spec.Capability"
        )
    return frozenset(_capabilities(adapter, list(said)))


def _capabilities(adapter: object, said: list[object]) -> Iterator[Capability]:
    for each in said:
        try:
            yield Capability(each)  # type: ignore[arg-type]  # whether it is one is what is asked
        except ValueError as error:
            shown = repr(each.value if isinstance(each, Capability) else each)
            raise AdapterError(
                f"{type(adapter).__name__} offers {shown}, which is no capability; one of "
                f"{', '.join(Capability)}"
            ) from error


def expect_methods(adapter: object, offers: frozenset[Capability]) -> None:
    """See that the adapter can do what it offers. Raises AdapterError."""
    name = type(adapter).__name__
    for capability, needed in NEEDED.items():
        if capability not in offers:
            continue
        method: object = getattr(adapter, needed.method, None)
        if getattr(type(adapter), needed.method, None) in EMPTY or not callable(method):
            raise AdapterError(
                f"{name} offers {needed.offered}, and has no method {needed.method}; add one, or do "
                f"not offer it"
            )
        if not takes(method, needed.arguments):
            raise AdapterError(told_that_it_takes_too_little(name, needed.method, needed.arguments))
        may_be_coroutine = is_for_asyncio(adapter) and not needed.is_always_plain
        if iscoroutinefunction(method) and not may_be_coroutine:
            raise AdapterError(
                f"{name} has an async method {needed.method}, which must be a plain one"
            )


def is_for_asyncio(adapter: object) -> bool:
    """Whether the adapter's pools are used from an event loop."""
    return isinstance(adapter, Adapter | AsyncAdapter) and uses_asyncio(adapter)


def takes(method: object, arguments: int) -> bool:
    """Whether a method can be called with so many arguments, as far as that can be known."""
    if not callable(method):
        return False
    try:
        known = signature(method)
    except (TypeError, ValueError):
        return True
    try:
        known.bind(*[None] * arguments)
    except TypeError:
        return False
    return True


def told_that_it_takes_too_little(name: str, method: str, arguments: int) -> str:
    """What is said of a method that cannot be called as it will be."""
    plural = "argument" if arguments == 1 else "arguments"
    return (
        f"the method {method} of {name} cannot be called with {arguments} {plural} after self; write "
        f"it as in poolproof.conformance.Adapter, or as README says"
    )
