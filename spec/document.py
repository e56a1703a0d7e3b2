"""The specification as a document, for readers who have never seen a pool.

The clauses, the glossary and the readings are taken from where they are defined; what stands here
is what leads from one to the next.
"""

import re
from collections.abc import Iterable, Iterator
from inspect import cleandoc

from . import CHAPTERS, CLAUSES, Chapter
from .capabilities import Capability
from .clause import Clause
from .glossary import GLOSSARY, LEVELS, READINGS, Reading, Term
from .model import timing as waiting

GENERATED = (
    "<!-- Generated from the clauses by `python -m poolproof.spec`; write it with `make spec`. -->"
)

INTRODUCTION = """
    # What a Redis connection pool owes its callers

    An application speaks to a Redis server over connections.
    Opening one takes several trips over the network,
    often longer than the command it is opened for,
    and a server accepts only so many.
    So an application keeps a few connections open,
    and lets its threads, or the tasks of its event loop, take turns on them.
    What keeps them is a connection pool.
    A caller acquires a connection, sends its commands, reads the replies,
    and releases the connection for the next caller.

    That sounds simple, and most pools get some of it wrong.
    The mistakes do not show in a test with one caller.
    They show under load: two users are given each other's data, a server runs out of connections,
    an application stands still until somebody restarts it.

    This specification says what callers may rely on.
    Each clause is one sentence with a number, followed by its intent: the harm that it prevents.

    The words MUST, MUST NOT and SHOULD are to be read as in [RFC 2119](https://www.rfc-editor.org/rfc/rfc2119).
    What MUST be so, every conforming pool does.
    What SHOULD be so, a pool may leave out for a good reason.
"""

LIFE = """
    ## The life of a connection

    A new pool has `max_connections` empty slots.
    A connection is opened for a caller, is in use and idle in turn, and is closed at last.

    ```text
                           acquire takes the front
                   ┌─────────────────────────────────────┐
                   ▼                                     │
     opened ───► in use ──────────────────────────────► idle
                  │  ▲      release, nobody waits:
                  └──┘      appended at the back
         release, somebody waits:
         the first waiter is the next holder

     in use, idle ───► closed, and the slot is empty
    ```

    A connection is closed by its holder, by the server, by a failing network, or because the pool is.
    The slot stays: a later acquire opens another connection in it.

    What happens to a caller depends on what its acquire finds.
    Waiters form a queue, too: a connection that is released goes to the one that came first.

    ```text
     acquire ─┬─ a connection is idle ─────────► gets the one at the front ──┬─► holder ──► release
              ├─ none is, but a slot is empty ─► gets a newly opened one ────┤
              └─ the pool is exhausted ──► waiter ─┬─ its turn has come ─────┘
                                                   ├─ timeout is over ─────────► error
                                                   └─ it is cancelled ─────────► leaves with nothing
    ```
"""

VERDICTS = f"""
    ## How a clause is decided

    Nobody looks into the pool, and its own counters are not believed.
    What is judged is a history: what callers saw
    (who asked, who got which connection, who failed, who released, and when),
    and what the server saw of the pool's connections.

    A clause reads the history and speaks only where the history decides it.
    Where a conforming pool could have been seen to do the same, the clause says nothing.
    A clause that never spoke has not been passed: it was not observed.
    Every clause speaks for itself: a broken one never hides another.

    - **A connection that was passed over** counts only if the pool hands out the same one later
      ([ORD-1](#ORD-1), [ORD-2](#ORD-2), [ORD-3](#ORD-3)).
      One that the pool has quietly discarded proves nothing.
    - **That somebody waits is known only when nothing moves any more.**
      Before, a caller may have been served and be about to return.
      So the clauses about waiters compare two such moments, and what happened between them
      ([FAIR-1](#FAIR-1), [FAIR-2](#FAIR-2), [PRG-1](#PRG-1)).
    - **Misuse ends most judgements.**
      After a second release or the release of a foreign connection,
      only the clause that speaks of it goes on judging that pool
      ([RET-3](#RET-3), [RET-4](#RET-4)).
      A fault that the pool might have shown in honest use, too, is not held against it there.
    - **One mishap at a time.**
      What is lost after a caller was cancelled, or after a release in the middle of another call,
      is blamed on that only if nothing else had happened to the pool that could have cost it
      ([CAN-1](#CAN-1), [CAN-2](#CAN-2), [CAN-3](#CAN-3), [CAN-4](#CAN-4), [REE-1](#REE-1)).
      It is the same after a connection was cut or left with a reply unread,
      after a command was interrupted, and after a pool was disconnected
      ([BRK-1](#BRK-1), [BRK-2](#BRK-2), [BRK-3](#BRK-3), [BRK-6](#BRK-6), [CLS-3](#CLS-3)).
      The same history must also show that its slots can be used, and that waiters are served.
    - **Nobody is owed a connection that cannot be opened.**
      While the server cannot be reached, nothing is said of acquires that fail,
      but for what they are told ([BRK-4](#BRK-4)).
      A pool is judged by how it goes on afterwards ([BRK-4](#BRK-4), [BRK-5](#BRK-5)).
      The clauses of the other levels are silent from the first breakage on,
      except those that hold at any time, such as [RET-2](#RET-2).
    - **Too early is exact.**
      An error before `timeout` is over breaks [TMO-2](#TMO-2).
    - **Too late is relative in real time.**
      Beside each wait in vain runs a plain wait of the standard library for the same time.
      A wait is late if it ends later than it should by more than all of these together:
      {waiting.LATE_AT_LEAST_S * 1000:.0f} ms,
      and {waiting.LATE_CONTROLS} times what the plain wait was late.
      The clause is broken by {waiting.LATE_IN_A_ROW} late waits in a row, or by one that does not end.
      A busy machine delays both waits, and not every time.
      Where time is virtual, no machine delays anything,
      and one wait that is more than {waiting.LATE_AT_LEAST_S * 1000:.0f} ms late is enough.
    - **Released in time** ([TMO-1](#TMO-1)) means within the first half of `timeout`,
      so that a release that meets the deadline decides nothing.

    ### Readings

    Some sentences can be read in two ways.
    This is how they are meant; a pool that keeps to the meaning conforms.
"""

CODE = """
    ## How to read the code

    The clause is the code.
    Each one is a function: its docstring opens with the sentence and goes on with the intent,
    and this document is made from both.
    The function reads a history and yields a judgement wherever the history decides the clause:
    upheld, or broken and how.
    It has no clock and does no I/O, so the same history always gets the same answer.
    One can be written by hand:

    ```python
    from poolproof.spec import CLAUSES, History
    from poolproof.spec.model.events import AcquireCalled, Acquired, PoolBuilt, PoolConfig

    history = History(
        (
            PoolBuilt(at_s=0.0, pool="A", config=PoolConfig(max_connections=2)),
            AcquireCalled(at_s=1.0, pool="A", call=1),
            Acquired(at_s=1.1, pool="A", call=1, connection=7),
            AcquireCalled(at_s=2.0, pool="A", call=2),
            Acquired(at_s=2.1, pool="A", call=2, connection=7),
        )
    )

    [judgement] = CLAUSES["RET-2"].judge(history)

    assert judgement.event == 4
    assert judgement.broken == "connection 7 was handed out while another caller still held it"
    ```

    Read [events.py](model/events.py) first, what can be seen of a pool.
    [state.py](model/state.py) says what follows from it:
    which connections are in use and which are idle, and who waits.
    Then come the chapters in [clauses/](clauses/), in any order.
    [clause.py](clause.py) says what a clause is, [timing.py](model/timing.py) what it means to be late.
    This folder imports nothing but the standard library.
"""


def document() -> str:
    """The text of spec/README.md."""
    parts = [
        GENERATED,
        cleandoc(INTRODUCTION),
        _contents(),
        "## Glossary",
        *_glossary(GLOSSARY),
        cleandoc(LIFE),
        *_levels(),
        cleandoc(VERDICTS),
        _lines(_reading(reading) for reading in READINGS),
        "## The clauses",
        *(part for chapter in CHAPTERS for part in _chapter(chapter)),
        cleandoc(CODE),
    ]
    return "\n\n".join(parts) + "\n"


def _contents() -> str:
    return "Chapters: " + ", ".join(
        f"[{chapter.title}](#{chapter.title.lower()})" for chapter in CHAPTERS
    )


def _glossary(config: Iterable[Term]) -> Iterator[str]:
    yield "The words of the field, each with one meaning, in reading order."
    rows = ["| Word | Meaning |", "|---|---|"]
    rows += [
        f"| {_anchor(f'term-{_slug(term.name)}')}{term.name} | {term.meaning} |" for term in config
    ]
    yield _lines(rows)


def _levels() -> Iterator[str]:
    yield "## Levels and capabilities"
    yield "Clauses are grouped in levels, each of which a pool can claim to uphold as a whole."
    levels = {
        level: ", ".join(_link(clause.id) for clause in CLAUSES.values() if clause.level is level)
        for level in LEVELS
    }
    rows = [f"| {level} | {meaning} | {levels[level]} |" for level, meaning in LEVELS.items()]
    yield _lines(["| Level | What it is about | Clauses |", "|---|---|---|", *rows])
    yield (
        "Some clauses speak of something that a pool need not offer.\n"
        "For a pool that does not offer it they are skipped, by name, and not counted as passed."
    )
    needs = {
        capability: ", ".join(
            _link(clause.id) for clause in CLAUSES.values() if clause.needs is capability
        )
        for capability in Capability
    }
    rows = [
        f"| {_anchor(f'offers-{each}')}`{each}` | {each.record.sentence} | {needs[each]} |"
        for each in Capability
    ]
    yield _lines(["| Capability | What it offers | Clauses |", "|---|---|---|", *rows])


def _reading(reading: Reading) -> str:
    clauses = ", ".join(_link(name) for name in reading.clauses)
    return f"- {clauses}: {reading.meant}"


def _chapter(chapter: Chapter) -> Iterator[str]:
    file = chapter.clauses[0].file
    levels = ", ".join(dict.fromkeys(clause.level.value for clause in chapter.clauses))
    yield f"### {chapter.title}"
    yield f"{chapter.summary}\nLevel {levels}; code in [{file}](clauses/{file})."
    rows = [row for clause in chapter.clauses for row in _clause(clause)]
    yield _lines(["| Clause | | |", "|---|---|---|", *rows])


def _clause(clause: Clause) -> Iterator[str]:
    yield f"| {_anchor(clause.id)}{clause.id} | {clause.requirement} | {_inline(clause.sentence)} |"
    yield f"| | *Intent* | *{_inline(clause.intent)}* |"
    if clause.needs is not None:
        yield f"| | *Needs* | *The pool offers [`{clause.needs}`](#offers-{clause.needs}).* |"


def _inline(text: str) -> str:
    """A docstring's paragraph as the text of one cell."""
    text = text.replace("``", "`").replace("|", r"\|")
    return re.sub(r"\b([\w-]+/[\w-]+)#(\d+)", r"[\1#\2](https://github.com/\1/issues/\2)", text)


def _anchor(name: str) -> str:
    return f'<a id="{name}"></a>'


def _link(clause: str) -> str:
    return f"[{clause}](#{clause})"


def _slug(name: str) -> str:
    return re.sub(r"[^\w]+", "-", name).strip("-")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)
