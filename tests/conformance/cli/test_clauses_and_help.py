"""What the command tells of itself and of the clauses, without a pool."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from poolproof.spec import CHAPTERS, CLAUSES

from .running import complaint, poolproof


class TestClauses:
    def test_without_a_name_all_of_them_are_printed(self) -> None:
        run = poolproof("clauses")
        told = " ".join(run.stdout.split())

        assert run.returncode == 0
        for chapter in CHAPTERS:
            assert f"{chapter.title} {chapter.summary}" in told
            for clause in chapter.clauses:
                assert f"{clause.id} {clause.sentence}" in told

    @pytest.mark.parametrize("name", ["ORD-1", "ord-1", "Ord-1"])
    def test_one_is_printed_in_full(self, name: str) -> None:
        run = poolproof("clauses", name)
        told = " ".join(run.stdout.split())

        assert run.returncode == 0
        assert told == (
            f"ORD-1 MUST level core {CLAUSES['ORD-1'].sentence} "
            f"{' '.join(CLAUSES['ORD-1'].intent.split())}"
        )

    def test_one_that_needs_a_capability_says_so(self) -> None:
        run = poolproof("clauses", "RET-6")

        assert run.returncode == 0
        assert run.stdout.endswith("Skipped for a pool that does not offer context_manager.\n")

    def test_several_are_printed_in_full_and_a_family_too(self) -> None:
        run = poolproof("clauses", "bnd-1", "RET", "RET-3")
        named = [line.split()[0] for line in run.stdout.splitlines() if " level " in line]

        assert run.returncode == 0
        assert named == ["BND-1", *(name for name in CLAUSES if name.startswith("RET-"))]

    @pytest.mark.parametrize("name", ["ORD-99", "order", ""])
    def test_one_that_does_not_exist_is_told(self, name: str) -> None:
        run = poolproof("clauses", name)

        assert run.returncode == 2
        assert complaint(run.stderr) == (
            f"there is no clause {name}; `poolproof clauses` lists them all"
        )


class TestHelp:
    def test_no_command_is_described_by_half_a_sentence(self) -> None:
        _, _, commands = poolproof("--help").stdout.partition("Commands:\n")

        assert len(commands.splitlines()) == 3
        assert "..." not in commands

    @pytest.mark.parametrize("arguments", [["--help"], ["check", "-h"], ["clauses", "--help"]])
    def test_it_is_there(self, arguments: Sequence[str]) -> None:
        run = poolproof(*arguments)

        assert run.returncode == 0
        assert run.stdout.startswith("Usage: poolproof")

    def test_the_exit_statuses_are_told(self) -> None:
        told = " ".join(poolproof("check", "--help").stdout.split())

        assert (
            "Exit status: 0 all required clauses pass; 1 a MUST is broken; 2 bad input; 3 a required "
            "clause could not be judged; 4 poolproof failed." in told
        )

    def test_it_does_not_wait_for_what_only_judging_needs(self) -> None:
        asked = "import sys, poolproof.conformance.cli; print(*sys.modules)"
        told = subprocess.run(
            [sys.executable, "-c", asked], capture_output=True, text=True, timeout=60, check=True
        )

        assert {"hypothesis", "redis", "testcontainers"}.isdisjoint(told.stdout.split())
