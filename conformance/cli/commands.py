"""The command line: ``poolproof check``, ``poolproof clauses`` and ``poolproof pools``."""

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

import click

import poolproof
from poolproof.spec import CLAUSES, Level

from ..adapters.load import TargetError, split_extra
from ..report.modes import Judged, worst_of
from ..report.report_json import as_json, modes_as_json
from ..report.report_modes import print_modes
from ..report.results import Report
from ..report.terminal import print_report
from ..search.budget import BUDGETS
from ..server import ServerError, obtain
from ..worker.pythons import NoSuchPython, python_named
from .complaints import PLEASE_REPORT, BadInput, KitFailed
from .deviations import DeviationsError, read_deviations
from .listing import print_clauses, print_pools, print_specification
from .mode_by_mode import judge_mode_by_mode
from .modes import ModesError, expect_free
from .options import Options
from .output import console_for, prepare_json, print_out, progress, write_json
from .run import judged

COMPLAINTS = (TargetError, DeviationsError, ServerError, ModesError, NoSuchPython)
"""Errors that are about what was asked for; each is one sentence already."""


class _Group(click.Group):
    """Lets no failure of ours pass for a verdict: an uncaught error would end with 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:
            # Whoever was reading has seen enough, as `head` does.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return None
        except Exception as error:
            raise KitFailed(f"{PLEASE_REPORT}\n{traceback.format_exc()}") from error


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(poolproof.__version__, prog_name="poolproof")
def main() -> None:
    """Hold a Redis connection pool to the specification of what it owes its callers."""
    # So that workers, servers and containers are ended in order, and the status says what happened.
    for stop in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(stop) is not signal.SIG_IGN:
            signal.signal(stop, lambda number, _: sys.exit(128 + number))
    if isinstance(sys.stdout, TextIOWrapper):
        # A pool may say what this terminal cannot show.
        sys.stdout.reconfigure(errors="backslashreplace")


@main.command()
@click.argument("target")
@click.option("--only", multiple=True, metavar="IDS", help="Judge these clauses: ORD-1,RET-3.")
@click.option(
    "--level",
    "levels",
    multiple=True,
    # By value: of an enumeration click 8.2 would take the names.
    type=click.Choice([level.value for level in Level]),
    help="Judge this level.",
)
@click.option(
    "--set",
    "extra",
    multiple=True,
    metavar="NAME=VALUE",
    help="A constructor argument: protocol=2, queue_class=queue:Queue.",
)
@click.option(
    "--with",
    "requirements",
    multiple=True,
    metavar="REQUIREMENT",
    help="Judge in a throw-away environment that has this: redis==4.5.1.",
)
@click.option(
    "--python",
    "python_names",
    multiple=True,
    metavar="PYTHON",
    help="Judge in a throw-away environment of this Python: python3.13.",
)
@click.option(
    "--modes",
    is_flag=True,
    help="Judge in each mode: protocol 2, 3 and default, with and without hiredis, other Pythons.",
)
@click.option("--redis-url", metavar="URL", help="Use this server instead of starting one.")
@click.option("--redis-image", metavar="IMAGE", help="Start a container of this image.")
@click.option(
    "--budget",
    type=click.Choice(list(BUDGETS)),
    default="standard",
    show_default=True,
    help="How thorough to be.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Draw other programs."
)
@click.option(
    "--known",
    "known_path",
    type=click.Path(path_type=Path),
    help="A TOML file of known deviations, each with a reason.",
)
@click.option(
    "--json",
    "json_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the report to this file, too.",
)
def check(
    target: str,
    only: Sequence[str],
    levels: Sequence[str],
    extra: Sequence[str],
    requirements: Sequence[str],
    python_names: Sequence[str],
    modes: bool,
    redis_url: str | None,
    redis_image: str | None,
    budget: str,
    seed: int,
    known_path: Path | None,
    json_path: Path | None,
) -> None:
    """Judge TARGET, a pool named as module:Name, clause by clause.

    TARGET is a pool class, a function that builds a pool, or an adapter class; or a short name that
    `poolproof pools` lists:

    \b
        poolproof check redis:BlockingConnectionPool
        poolproof check mypackage.pools:make_pool --set protocol=2
        poolproof check redis.asyncio:ConnectionPool --with redis==4.5.1
        poolproof check sqlalchemy --modes

    Exit status: 0 all required clauses pass; 1 a MUST is broken; 2 bad input; 3 a required clause
    could not be judged; 4 poolproof failed. With --modes it is that of the worst mode.
    """  # noqa: D301 - click reads the backspace
    prepare_json(json_path)
    clauses = _chosen(only, levels)
    with _bad_input_is_one_sentence():
        pythons = [python_named(name) for name in python_names]
        if modes:
            expect_free(list(split_extra(extra)), requirements)
        elif len(pythons) > 1:
            raise BadInput("one Python at a time; leave one --python out, or add --modes")
        known = {} if known_path is None else read_deviations(known_path)
        with obtain(redis_url, redis_image) as server, progress() as show:
            options = Options(
                target,
                server,
                clauses,
                budget,
                seed,
                extra,
                requirements,
                pythons[0] if pythons and not modes else None,
                known,
                redis_url,
                redis_image,
            )
            found = judge_mode_by_mode(options, pythons, show) if modes else judged(options, show)
    _report(found, json_path)


def _report(found: Report | Sequence[Judged], json_path: Path | None) -> NoReturn:
    """Print what was found and leave with its exit status."""
    if isinstance(found, Report):
        report = found
        print_out(lambda console: print_report(report, console))
        write_json(as_json(report), json_path)
        sys.exit(report.status)
    in_modes = found
    print_out(lambda console: print_modes(in_modes, console))
    write_json(modes_as_json(in_modes), json_path)
    sys.exit(worst_of(in_modes).status)


@main.command(short_help="Print the specification, or some of its clauses in full.")
@click.argument("names", metavar="[ID]...", nargs=-1)
def clauses(names: Sequence[str]) -> None:
    """Print the specification, or clauses in full: RET-3, or RET for all that begin so."""
    console = console_for(sys.stdout.isatty())
    if names:
        print_clauses(names, console)
    else:
        print_specification(console)


@main.command(short_help="List the pools that need no code, and what is installed of them.")
def pools() -> None:
    """List the pools that can be named without writing code, and what is installed of them."""
    print_pools()


def _chosen(only: Sequence[str], levels: Sequence[str]) -> list[str]:
    """The clauses to judge, in the order of the specification."""
    wanted = [name.strip().upper() for names in only for name in names.split(",") if name.strip()]
    if only and not wanted:
        raise BadInput("--only names no clause; write it as --only ORD-1,RET-3")
    for name in wanted:
        if name not in CLAUSES:
            raise BadInput(f"there is no clause {name}; `poolproof clauses` lists them all")
    chosen = [
        clause.id
        for clause in CLAUSES.values()
        if (not wanted or clause.id in wanted) and (not levels or clause.level in levels)
    ]
    if not chosen:
        raise BadInput("no clause is both named by --only and of the level asked for; drop one")
    return chosen


@contextmanager
def _bad_input_is_one_sentence() -> Iterator[None]:
    try:
        yield
    except COMPLAINTS as error:
        raise BadInput(str(error)) from error
