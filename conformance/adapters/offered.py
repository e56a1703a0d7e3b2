"""What an adapter says that its pools offer, looked at before any program runs.

A method that is missing, or cannot be called, would come up in the middle of a program, where it
looks as if the pool had failed.
"""

from collections.abc import Iterator
from inspect import iscoroutinefunction, signature

from poolproof.spec import Capability

from .adapter import Adapter, AdapterError, AsyncAdapter, uses_asyncio

EMPTY = (Adapter.block, AsyncAdapter.block)
"""What an adapter has of `block` that did not write one."""


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
    for capability in Capability:
        if capability in offers and capability.record.method is not None:
            _expect_method(adapter, capability, capability.record.method)


def _expect_method(adapter: object, capability: Capability, wanted: str) -> None:
    name = type(adapter).__name__
    called, _, arguments = wanted.rstrip(")").partition("(")
    method: object = getattr(adapter, called, None)
    if getattr(type(adapter), called, None) in EMPTY or not callable(method):
        raise AdapterError(
            f"{name} offers {capability.record.offered}, and has no method {called}; add one, or do "
            f"not offer it"
        )
    how_many = len(arguments.split(", "))
    if not takes(method, how_many):
        raise AdapterError(told_that_it_takes_too_little(name, called, how_many))
    may_be_coroutine = is_for_asyncio(adapter) and capability is not Capability.CONTEXT_MANAGER
    if iscoroutinefunction(method) and not may_be_coroutine:
        raise AdapterError(f"{name} has an async method {called}, which must be a plain one")


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
