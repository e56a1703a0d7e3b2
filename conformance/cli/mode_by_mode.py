"""A check in one mode after another, where modes that need the same environment share it."""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from importlib.util import find_spec
from itertools import groupby

from ..report.modes import Judged
from ..report.outcome import Working
from ..worker.environment import Environment
from ..worker.pythons import Python, other_pythons, python_named
from ..worker.requirements import requirements_of
from .complaints import BadInput, Refused
from .explain import expect_judged, report_of
from .modes import HIREDIS, Mode, modes_of
from .options import Options
from .run import environment_of, run


def judge_mode_by_mode(
    options: Options, pythons: Sequence[Python], show: Callable[[Working], None]
) -> list[Judged]:
    """What was found out in each mode. Other Pythons are these, or all that there are.

    What keeps the first mode from being judged is raised. Another that the pool refuses, or whose
    environment cannot be had, is skipped.
    """
    modes = modes_of(
        python_named(sys.executable),
        pythons or other_pythons(),
        given=options.requirements,
        as_here=requirements_of(options.target),
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
                environment = made.enter_context(
                    environment_of(options.in_mode(together[0]), show_mode)
                )
            except Refused as refused:
                if not judged:
                    raise
                judged += [_skipped(options, mode, refused) for mode in together]
                continue
            for mode in together:
                judged.append(_judged(options, mode, environment, show_mode, is_first=not judged))
    return judged


def _judged(
    options: Options,
    mode: Mode,
    environment: Environment,
    show: Callable[[Working], None],
    *,
    is_first: bool,
) -> Judged:
    alone = options.in_mode(mode)
    outcome = run(alone, environment, show)
    try:
        expect_judged(alone, outcome)
    except Refused as refused:
        if is_first:
            raise
        return _skipped(options, mode, refused)
    except BadInput:
        # It was built and then ended the process: that is not to refuse a mode, so nothing is judged
        # in it, and the report says why.
        if is_first:
            raise
    return Judged(options.target, mode.in_words(), alone.whole_command(), report_of(alone, outcome))


def _skipped(options: Options, mode: Mode, refused: Refused) -> Judged:
    reason, _, _ = refused.message.partition("\n")
    command = options.in_mode(mode).whole_command()
    return Judged(options.target, mode.in_words(), command, None, reason)
