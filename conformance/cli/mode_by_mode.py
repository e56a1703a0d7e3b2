"""A check in one mode after another, where modes that need the same environment share it."""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import groupby

from ..report.modes import HIREDIS, Judged, Mode, modes_of
from ..report.outcome import Working
from ..worker.environment import Environment
from ..worker.pythons import Python, other_pythons, python_named
from ..worker.requirements import requirements_of
from .asked import Asked
from .complaints import BadInput, Refused


def judge_mode_by_mode(
    asked: Asked, pythons: Sequence[Python], show: Callable[[Working], None]
) -> list[Judged]:
    """What was found out in each mode. Those of other Pythons are of these, or of all there are.

    What keeps the first mode from being judged is raised. Another that the pool refuses, or whose
    environment cannot be had, is skipped.
    """
    modes = modes_of(
        python_named(sys.executable),
        pythons or other_pythons(),
        given=asked.requirements,
        as_here=requirements_of(asked.target),
        has_hiredis=find_spec(HIREDIS) is not None,
    )
    judged: list[Judged] = []

    def show_mode(working: Working) -> None:
        doing = f"mode {len(judged) + 1} of {len(modes)}, {working.doing}"
        show(Working(doing, working.programs))

    for _, group in groupby(modes, lambda mode: (mode.python, mode.requirements)):
        together = list(group)
        with ExitStack() as made:
            try:
                environment = made.enter_context(asked.in_mode(together[0]).environment(show_mode))
            except Refused as refused:
                if not judged:
                    raise
                judged += [_skipped(asked, mode, refused) for mode in together]
                continue
            for mode in together:
                judged.append(_judged(asked, mode, environment, show_mode, is_first=not judged))
    return judged


def _judged(
    asked: Asked,
    mode: Mode,
    environment: Environment,
    show: Callable[[Working], None],
    *,
    is_first: bool,
) -> Judged:
    alone = asked.in_mode(mode)
    outcome = alone.outcome(environment, show)
    try:
        alone.expect_judged(outcome)
    except Refused as refused:
        if is_first:
            raise
        return _skipped(asked, mode, refused)
    except BadInput:
        # It was built and then ended the process: that is not to refuse a mode, so nothing is judged
        # in it, and the report says why.
        if is_first:
            raise
    return Judged(asked.target, mode, alone.whole_command(), alone.report(outcome))


def _skipped(asked: Asked, mode: Mode, refused: Refused) -> Judged:
    reason, _, _ = refused.message.partition("\n")
    return Judged(asked.target, mode, asked.in_mode(mode).whole_command(), None, reason)
