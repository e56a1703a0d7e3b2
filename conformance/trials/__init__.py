"""Trials: the programs that are not drawn, because they are few and each of them is tried."""

from collections.abc import Iterator, Sequence

from poolproof.conformance.adapter import Adapter
from poolproof.conformance.preparation import Prepared
from poolproof.conformance.server import Server
from poolproof.conformance.witness import Witness
from poolproof.spec.events import Event

from .arguments import senseless_arguments
from .credentials import printed_credentials
from .tour import tour_of_the_client

__all__ = ["run_trials"]


def run_trials(
    adapter: Adapter, prepared: Prepared, server: Server, witness: Witness
) -> Iterator[Sequence[Event]]:
    """The history of each trial."""
    yield from senseless_arguments(adapter, prepared)
    yield from tour_of_the_client(adapter, prepared)
    yield from printed_credentials(adapter, prepared, server, witness)
