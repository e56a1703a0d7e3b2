"""No class of the specification or of the kit shares its name with one that means something else."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent

TWINS: Mapping[str, str] = {
    "CannotHost": "what an engine raises that cannot host a pool: one for threads, one for asyncio",
    "Points": "the points of a call: one by sys.monitoring, one by settrace, for older Pythons",
}
"""Names that two classes share because they are the same thing in two places, and what it is."""


def places_of_classes() -> dict[str, list[str]]:
    """For the name of each class, the files in which it is defined."""
    places = defaultdict(list)
    for folder in ("spec", "conformance"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(str(path.relative_to(ROOT)))
    return places


def test_a_class_has_a_name_of_its_own() -> None:
    shared = {name: files for name, files in places_of_classes().items() if len(files) > 1}

    assert shared.keys() == TWINS.keys(), shared
