"""Which modes there are, and what cannot be asked for together with them."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from poolproof.conformance import cli as command_line
from poolproof.conformance.cli.modes import modes_of
from poolproof.conformance.worker.pythons import Python

HERE = Python("python", "/python", "3.11.7")
NEWER = Python("python3.99", "/python3.99", "3.99.0")

pytestmark = pytest.mark.usefixtures("signals_stay")


class TestWhich:
    def named(
        self,
        others: Sequence[Python] = (),
        *,
        given: Sequence[str] = (),
        has_hiredis: bool = False,
    ) -> list[tuple[object, ...]]:
        modes = modes_of(HERE, others, given=given, as_here=["redis==1"], has_hiredis=has_hiredis)
        return [(each.protocol, each.hiredis, each.python, each.requirements) for each in modes]

    def test_what_is_here_needs_no_environment(self) -> None:
        assert self.named() == [
            *((each, False, HERE, None) for each in (None, "2", "3")),
            *((each, True, HERE, ("redis==1", "hiredis")) for each in (None, "2", "3")),
        ]

    def test_where_hiredis_is_installed_it_is_without_that_needs_one(self) -> None:
        assert self.named(has_hiredis=True) == [
            *((each, True, HERE, None) for each in (None, "2", "3")),
            *((each, False, HERE, ("redis==1",)) for each in (None, "2", "3")),
        ]

    @pytest.mark.parametrize("has_hiredis", [False, True])
    def test_what_is_to_be_installed_is_so_in_all_of_them(self, has_hiredis: bool) -> None:
        assert self.named([NEWER], given=["redis==2"], has_hiredis=has_hiredis) == [
            *((each, False, HERE, ("redis==2",)) for each in (None, "2", "3")),
            *((each, True, HERE, ("redis==2", "hiredis")) for each in (None, "2", "3")),
            (None, False, NEWER, ("redis==2",)),
        ]

    def test_another_python_is_a_mode_of_its_own(self) -> None:
        assert self.named([NEWER])[-1] == (None, False, NEWER, ("redis==1",))


class TestBadCombinations:
    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (
                ["--modes", "--set", "protocol=2"],
                "--modes varies the protocol itself; leave out --set protocol, or leave out --modes",
            ),
            (
                ["--modes", "--with", "redis[hiredis]==5.0"],
                (
                    "--modes is with and without hiredis itself; leave out --with "
                    "redis[hiredis]==5.0, or leave out --modes"
                ),
            ),
            (
                ["--python", "/bin/false", "--python", "/bin/false"],
                "/bin/false does not run as a Python: it said nothing; name another",
            ),
            (
                ["--python", "python3", "--python", "python3"],
                "one Python at a time; leave one --python out, or add --modes",
            ),
        ],
    )
    def test_they_are_told_in_one_sentence_and_are_2(
        self, arguments: Sequence[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        python = tmp_path / "python3"
        python.write_text("#!/bin/sh\necho CPython 3.99.0\n")
        python.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

        ran = CliRunner().invoke(command_line.main, ["check", "some:Pool", *arguments])

        assert ran.exit_code == 2
        assert ran.stderr == f"Error: {says}\n"
