"""A list of known deviations is read as it was meant, or refused with what to do."""

from pathlib import Path

import pytest

from poolproof.conformance.cli.deviations import DeviationsError, read_deviations


def listed(folder: Path, content: str | bytes) -> Path:
    path = folder / "known.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_each_clause_has_its_reason(tmp_path: Path) -> None:
    path = listed(tmp_path, '[known]\nORD-1 = "by design"\nBND-4 = "0 means no bound"\n')

    assert read_deviations(path) == {"ORD-1": "by design", "BND-4": "0 means no bound"}


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    assert read_deviations(listed(tmp_path, "[known]\n")) == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "must hold one table, [known], with a reason for each clause"),
        ('ORD-1 = "by design"', "must hold one table, [known]"),
        ("known = 1", "must hold one table, [known]"),
        ('[known]\nORD-1 = "by design"\n[more]\n', "must hold one table, [known]"),
        ('[[known]]\nORD-1 = "by design"\n', "must hold one table, [known]"),
        ('[known]\nORD-99 = "x"', "lists ORD-99, which is no clause; `poolproof clauses` lists"),
        ('[known]\nord-1 = "x"', "lists ord-1, which is no clause"),
        ('[known]\nORD-1 = ""', "gives no reason for ORD-1; write one, as a string"),
        ('[known]\nORD-1 = "  "', "gives no reason for ORD-1; write one, as a string"),
        ("[known]\nORD-1 = true", "gives no reason for ORD-1; write one, as a string"),
        ("[known]\nORD-1 = ['a']", "gives no reason for ORD-1; write one, as a string"),
        ("[known", "is not TOML: "),
        ('[known]\nORD-1 = "a"\nORD-1 = "b"', "is not TOML: "),
        (b"\xff\xfe", "is not TOML: "),
    ],
)
def test_what_is_no_list_is_told_in_one_line(
    tmp_path: Path, content: str | bytes, says: str
) -> None:
    path = listed(tmp_path, content)

    with pytest.raises(DeviationsError) as refusal:
        read_deviations(path)

    assert str(refusal.value).startswith(f"{path} {says}")
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeviationsError, match="No such file or directory; check the path"):
        read_deviations(tmp_path / "known.toml")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(DeviationsError, match="Is a directory; check the path"):
        read_deviations(tmp_path)
