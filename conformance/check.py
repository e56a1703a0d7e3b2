"""A check: from a target to what was found out about each clause, in this process.

The worker runs it in a process of its own; see `supervisor`.
"""

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from secrets import token_hex

from poolproof.conformance.server import Server
from poolproof.spec import CLAUSES, Capability

from .adapter import AnyAdapter, PoolSettings
from .campaign import Budget, run_campaign
from .court import Conviction, Court
from .machine import themes_for
from .preparation import Prepared, library_version, prepare
from .trials import run_trials
from .witness import Witness


@dataclass(frozen=True, slots=True)
class Findings:
    """What a check found out."""

    observed: Mapping[str, int]
    convictions: Mapping[str, Conviction]
    offers: frozenset[Capability]
    takes: frozenset[str]
    programs: int
    cut_short: bool
    """Whether time was up before all programs had run."""
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a check has come."""

    doing: str
    programs: int
    convictions: Mapping[str, Conviction]


def run_check(
    adapter: AnyAdapter,
    server: Server,
    clauses: Sequence[str],
    budget: Budget,
    seed: int,
    extra: Mapping[str, object],
    say: Callable[[Progress], None],
) -> Findings:
    """Put the target through trials and programs.

    Raises TargetError if the target cannot be driven at all.
    """
    witness = Witness(server)
    say(Progress("trying the target", 0, {}))
    settings = PoolSettings(
        server.host,
        server.port,
        server.db,
        server.username,
        server.password,
        # Others may be checking pools on the same server.
        client_name=f"poolproof-{token_hex(4)}",
        extra=extra,
    )
    prepared = prepare(adapter, settings, witness)
    judged = [name for name in clauses if CLAUSES[name].needs in (None, *prepared.offers)]
    doing = "trying arguments, the client, and what is printed"

    def step() -> None:
        say(Progress(doing, court.programs, court.convictions))

    court = Court(
        adapter, prepared.settings, prepared.library, witness, judged, step, budget.limit_s
    )
    step()
    for events in run_trials(adapter, prepared, server, witness, step):
        court.judge(events, drawn=False)
        step()
    doing = "running programs"
    themes = themes_for(prepared.settings.takes, prepared.offers)
    run_campaign(court, themes, budget, seed)
    witness.close()
    return Findings(
        observed=dict(court.observed),
        convictions=dict(court.convictions),
        offers=prepared.offers,
        takes=prepared.settings.takes,
        programs=court.programs,
        cut_short=court.cut_short,
        environment=_environment(prepared),
    )


def _environment(prepared: Prepared) -> Mapping[str, str]:
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "client": library_version(prepared.library),
        "hypothesis": metadata.version("hypothesis"),
        "platform": f"{platform.system()} {platform.machine()}",
    }
