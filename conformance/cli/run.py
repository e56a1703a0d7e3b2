"""How a check is run: in its environment, by a worker that is watched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..report.outcome import Outcome, Working
from ..report.results import Report
from ..worker.environment import OWN, Environment, EnvironmentFailed, throw_away
from ..worker.messages import Job
from ..worker.supervisor import supervise
from .complaints import Refused
from .explain import expect_judged, report_of
from .options import Options


def judged(options: Options, show: Callable[[Working], None]) -> Report:
    """Run a check in its environment. Raises a complaint if there is nothing to report."""
    with environment_of(options, show) as environment:
        outcome = run(options, environment, show)
    expect_judged(options, outcome)
    return report_of(options, outcome)


@contextmanager
def environment_of(options: Options, show: Callable[[Working], None]) -> Iterator[Environment]:
    """The environment that a check is run in. Raises Refused if it cannot be had."""
    if not options.needs_environment:
        yield OWN
        return
    program = None if options.python is None else options.python.program
    where = "" if options.python is None else f" for {options.python.name}"
    show(Working(f"installing {options.installed_in_words()}{where}", 0))
    try:
        with throw_away(options.installed(), program) as environment:
            yield environment
    except EnvironmentFailed as failure:
        raise Refused(options.redacted(str(failure))) from failure


def run(options: Options, environment: Environment, show: Callable[[Working], None]) -> Outcome:
    """Run a check in this environment, and show how far it has come."""
    job = Job(
        options.target,
        options.server,
        list(options.clauses),
        options.budget,
        options.seed,
        list(options.extra),
    )
    return supervise(job, show, environment)
