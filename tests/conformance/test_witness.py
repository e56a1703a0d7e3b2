"""The witness is heard as long as there is a server."""

from contextlib import closing

import pytest

from poolproof.conformance.server import Server
from poolproof.conformance.server.witness import ServerGone, Witness


def test_where_the_server_shows_out_the_idle_the_witness_comes_back(server: Server) -> None:
    with closing(Witness(server)) as witness, closing(Witness(server)) as other:
        first = number_of(witness)
        with witness.among_the_idle():
            assert other.cut(first)
            second = number_of(witness)
            assert other.cut(second)

        assert len({first, second, number_of(witness)}) == 3


def test_elsewhere_who_is_closed_does_not_pretend_that_nothing_has_happened(server: Server) -> None:
    with closing(Witness(server)) as witness, closing(Witness(server)) as other:
        with witness.among_the_idle():
            pass
        assert other.cut(number_of(witness))

        with pytest.raises(ServerGone, match="stopped answering during the check"):
            witness.ask("PING")


def number_of(witness: Witness) -> int:
    number = witness.ask("CLIENT", "ID")
    assert isinstance(number, int)
    return number
