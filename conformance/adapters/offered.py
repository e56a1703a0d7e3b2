"""What an adapter says that its pools offer, looked at before any program runs.

A method that is missing, or cannot be called, would come up in the middle of a program, where it
looks as if the pool had failed.
"""

from collections.abc import Iterator
from inspect import iscoroutinefunction, signature

from poolproof.spec import Capability

from .adapter import (
    Adapter,
    AdapterError,
    AnyAdapter,
    AnyAsyncAdapter,
    AsyncAdapter,
    lacks_method_for,
    uses_asyncio,
)


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


def expect_methods(adapter: AnyAdapter | AnyAsyncAdapter, offers: frozenset[Capability]) -> None:
    """See that the adapter can do what it offers. Raises AdapterError."""
    name = type(adapter).__name__
    for capability in (each for each in Capability if each in offers and each.record.method_name):
        method = capability.record.method_name
        if lacks(adapter, method):
            raise lacks_method_for(adapter, capability)
        if trouble := trouble_with_arguments(adapter, name, method, capability.record.arguments):
            raise AdapterError(trouble)
        may_be_coroutine = uses_asyncio(adapter) and capability is not Capability.CONTEXT_MANAGER
        if iscoroutinefunction(getattr(adapter, method)) and not may_be_coroutine:
            raise AdapterError(f"{name} has an async method {method}, which must be a plain one")


def lacks(adapter: object, method: str) -> bool:
    """Whether there is no such method, or only the empty one of the interface."""
    empty = (getattr(Adapter, method, None), getattr(AsyncAdapter, method, None))
    is_empty = getattr(type(adapter), method, None) in empty
    return is_empty or not callable(getattr(adapter, method, None))


def arguments_of(method: str) -> int:
    """How many arguments a method of every adapter takes, without self; a command is two words."""
    parameters = signature(getattr(Adapter, method)).parameters.values()
    return sum(2 if each.kind is each.VAR_POSITIONAL else 1 for each in parameters) - 1


def trouble_with_arguments(adapter: object, name: str, method: str, arguments: int) -> str:
    """What to say of a method that cannot be called with so many arguments; nothing if it can."""
    try:
        known = signature(getattr(adapter, method))
    except (TypeError, ValueError):
        return ""  # which is what can be known of some that are written in C
    try:
        known.bind(*[None] * arguments)
    except TypeError:
        plural = "argument" if arguments == 1 else "arguments"
        return (
            f"the method {method} of {name} cannot be called with {arguments} {plural} after self; "
            f"write it as in poolproof.conformance.Adapter, or as README says"
        )
    return ""
