"""The specification as a document, for readers who have never seen a pool.

Clauses, conditions and capabilities are taken from where they are defined. The template
``document.md.in`` has the rest: the glossary, the readings, and what leads from one to the next.
"""

import re
from collections.abc import Iterable, Iterator
from importlib.resources import files
from string import Template

from . import CHAPTERS, CLAUSES, Chapter
from .capabilities import Capability
from .clause import Clause, Level
from .model import timing
from .model.conditions import ALL, CANCELLATIONS, CUTS, GROUPS, Condition, Conditions
from .model.occurrences import Occurrence


def document() -> str:
    """The text of spec/README.md."""
    template = files(__package__).joinpath("document.md.in").read_text(encoding="utf-8")
    return Template(template).substitute(
        contents=_contents(),
        **{level.value: _links(_of_level(level)) for level in Level},
        capabilities=_capabilities(),
        late_ms=f"{timing.LATE_AT_LEAST_S * 1000:.0f}",
        late_controls=timing.LATE_CONTROLS,
        late_in_a_row=timing.LATE_IN_A_ROW,
        conditions=_conditions(),
        judged_with=_judged_with(),
        chapters="\n\n".join(part for chapter in CHAPTERS for part in _chapter(chapter)),
    )


def _contents() -> str:
    return "Chapters: " + ", ".join(
        f"[{chapter.title}](#{chapter.title.lower()})" for chapter in CHAPTERS
    )


def _of_level(level: Level) -> Iterable[Clause]:
    return (clause for clause in CLAUSES.values() if clause.level is level)


def _capabilities() -> str:
    return _table(
        ("Capability", "What it offers", "Clauses"),
        (
            (
                f"{_anchor(f'offers-{capability}')}`{capability}`",
                capability.record.sentence,
                _links(each for each in CLAUSES.values() if each.needs is capability),
            )
            for capability in Capability
        ),
    )


def _conditions() -> str:
    return _table(
        ("Group", "Condition", "What has happened"),
        (
            (group, _code(condition), condition.value)
            for group, conditions in GROUPS.items()
            for condition in Condition
            if condition in conditions
        ),
    )


def _judged_with() -> str:
    return _table(
        ("Clause", "Judged with", "Speaks of"),
        (
            (_link(clause.id), _in_words(clause.judged_with), _occurrences(clause.speaks_of))
            for clause in CLAUSES.values()
        ),
    )


def _occurrences(speaks_of: Iterable[Occurrence]) -> str:
    return ", ".join(sorted(map(_code_of, speaks_of)))


def _code_of(occurrence: Occurrence) -> str:
    match occurrence:
        case Condition():
            return _code(occurrence)
        case Capability():
            return f"`{occurrence}`"
        case _:
            return f"`{occurrence.__name__}`"


def _in_words(conditions: Conditions) -> str:
    if conditions == ALL:
        return "anything"
    if not conditions:
        return "nothing"
    return "; ".join(
        _part_of(group, name, conditions)
        for name, group in GROUPS.items()
        if not group.isdisjoint(conditions)
    )


def _part_of(group: Conditions, name: str, conditions: Conditions) -> str:
    """What of a group is among the conditions: as a list, or as all but the others, if shorter."""
    listed, others = _listed(group & conditions), _listed(group - conditions)
    if not others:
        return name
    return ", ".join(listed) if len(listed) <= len(others) else f"{name} except {', '.join(others)}"


def _listed(conditions: Conditions) -> list[str]:
    names = []
    for name, together in (("cancellations", CANCELLATIONS), ("cuts", CUTS)):
        if together <= conditions:
            names.append(name)
            conditions = conditions - together
    return [*(_code(each) for each in Condition if each in conditions), *names]


def _chapter(chapter: Chapter) -> Iterator[str]:
    file = chapter.clauses[0].file
    levels = ", ".join(dict.fromkeys(clause.level.value for clause in chapter.clauses))
    yield f"### {chapter.title}"
    yield f"{chapter.summary}\nLevel {levels}; code in [{file}](clauses/{file})."
    yield _table(
        ("Clause", "", ""), (row for clause in chapter.clauses for row in _clause_rows(clause))
    )


def _clause_rows(clause: Clause) -> Iterator[tuple[str, ...]]:
    yield f"{_anchor(clause.id)}{clause.id}", clause.requirement, _inline(clause.sentence)
    yield "", "*Intent*", f"*{_inline(clause.intent)}*"
    if clause.needs is not None:
        yield "", "*Needs*", f"*The pool offers [`{clause.needs}`](#offers-{clause.needs}).*"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_row(head), "|" + "---|" * len(head), *map(_row, rows)]
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def _inline(text: str) -> str:
    """A docstring's paragraph as the text of one cell."""
    text = text.replace("``", "`").replace("|", r"\|")
    return re.sub(r"\b([\w-]+/[\w-]+)#(\d+)", r"[\1#\2](https://github.com/\1/issues/\2)", text)


def _anchor(name: str) -> str:
    return f'<a id="{name}"></a>'


def _code(condition: Condition) -> str:
    return f"`{condition.name.lower()}`"


def _link(clause: str) -> str:
    return f"[{clause}](#{clause})"


def _links(clauses: Iterable[Clause]) -> str:
    return ", ".join(_link(clause.id) for clause in clauses)
