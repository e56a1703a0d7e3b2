"""What a check comes to: a report, or a sentence that says why there is none; without credentials."""

import poolproof

from ..report.outcome import Outcome
from ..report.redaction import redacted_report
from ..report.results import Report, conclude
from .complaints import PLEASE_REPORT, BadInput, CannotJudge, KitFailed, Refused
from .options import Options

OUTPUT_SHOWN = 2000
"""How many characters of what the target printed last are shown to explain a failure."""


def expect_judged(options: Options, outcome: Outcome) -> None:
    """Stop here if there is nothing to report.

    Raises Refused if the target cannot be used, another complaint if it ended the process at once, the
    server went away, or the kit failed.
    """
    said = _printed_last(options, outcome)
    failed = outcome.failed
    if failed is not None and failed.blame == "server":
        raise CannotJudge(options.redacted(failed.message))
    if failed is not None and failed.blame == "target":
        where = ""
        if options.needs_environment:
            where = f" (in an environment that has only {options.installed_in_words()})"
        raise Refused(options.redacted(failed.message) + where + said)
    if failed is not None:
        begins = "the adapter failed: " if failed.blame == "adapter" else f"{PLEASE_REPORT}\n"
        blamed = KitFailed(f"{begins}{options.redacted(failed.message)}{said}")
        if not outcome.counterexamples:
            raise blamed
        blamed.show()
    if outcome.died and outcome.last.programs == 0 and not outcome.counterexamples:
        raise BadInput(
            f"{outcome.died}, before anything could be judged; use it by hand to see why{said}"
        )


def report_of(options: Options, outcome: Outcome) -> Report:
    """The conclusions that follow from the outcome."""
    server = options.server
    command = options.command()
    environment = {
        "poolproof": poolproof.__version__,
        "server": f"{server.product} {server.version}, {server.obtained}, {server.address()}",
        "budget": f"{options.budget}, seed {options.seed}",
    }
    if options.needs_environment:
        environment["environment"] = f"of its own, with {options.installed_in_words()}"
    report = conclude(
        options.target,
        options.clauses,
        outcome,
        options.known,
        environment,
        reproduce={name: f"{command} --only {name}" for name in options.clauses},
    )
    return redacted_report(report, options.secrets())


def _printed_last(options: Options, outcome: Outcome) -> str:
    # Cut after redaction, and the beginning with it: it may be the end of a secret.
    longest = max(map(len, options.secrets()), default=0)
    partial = longest if len(outcome.output) > OUTPUT_SHOWN else 0
    printed = options.redacted(outcome.output[partial:])[-OUTPUT_SHOWN:].strip()
    return f"\nThe target printed last:\n{printed}" if printed else ""
