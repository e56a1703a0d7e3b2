"""A check as it was asked for: it has it done, explains its failure, and knows the command for it."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import poolproof
from poolproof.spec import CLAUSES, Level

from ..adapters.load import split_extra
from ..report.modes import Mode
from ..report.outcome import Outcome, Working
from ..report.redaction import is_secret, redacted, redacted_report, secrets_of
from ..report.results import Report, conclude
from ..server import Server
from ..worker.environment import OWN, Environment, EnvironmentFailed, throw_away
from ..worker.messages import Job
from ..worker.pythons import Python
from ..worker.requirements import requirements_of
from ..worker.supervisor import supervise
from .complaints import PLEASE_REPORT, BadInput, CannotJudge, KitFailed, Refused

OUTPUT_TOLD = 2000
"""How many characters of what the target printed last are told to explain a failure."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    target: str
    server: Server
    clauses: Sequence[str]
    budget: str
    seed: int
    extra: tuple[str, ...]
    requirements: tuple[str, ...]
    """What is installed in an environment of its own; none if the kit's own will do."""
    python: Python | None
    """Whose environment it is, if it is not the Python of the kit."""
    known: Mapping[str, str]
    redis_url: str | None
    redis_image: str | None

    def in_mode(self, mode: Mode) -> "Asked":
        """The same in this mode."""
        extra = self.extra
        if mode.protocol is not None:
            extra = (*extra, f"protocol={mode.protocol}")
        return replace(
            self,
            extra=extra,
            requirements=mode.requirements or (),
            python=mode.python if mode.is_elsewhere else None,
        )

    def judged(self, show: Callable[[Working], None]) -> Report:
        """Have it done, in its environment. Raises a complaint if there is nothing to report."""
        with self.environment(show) as environment:
            outcome = self.outcome(environment, show)
        self.expect_judged(outcome)
        return self.report(outcome)

    @contextmanager
    def environment(self, show: Callable[[Working], None]) -> Iterator[Environment]:
        """The environment that it is to be done in. Raises Refused if it cannot be had."""
        if not self._is_apart:
            yield OWN
            return
        program = None if self.python is None else self.python.program
        where = "" if self.python is None else f" for {self.python.name}"
        show(Working(f"installing {self._told_installed()}{where}", 0))
        try:
            with throw_away(self._installed(), program) as environment:
                yield environment
        except EnvironmentFailed as failure:
            raise Refused(self.redacted(str(failure))) from failure

    def outcome(self, environment: Environment, show: Callable[[Working], None]) -> Outcome:
        """Have it done."""
        job = Job(
            self.target, self.server, list(self.clauses), self.budget, self.seed, list(self.extra)
        )
        return supervise(job, show, environment)

    def expect_judged(self, outcome: Outcome) -> None:
        """Stop here if there is nothing to report.

        Raises Refused if the target cannot be used, another complaint if it ended the process at
        once, the server went away, or the kit failed.
        """
        said = self._printed(outcome)
        failed = outcome.failed
        if failed is not None and failed.blame == "server":
            raise CannotJudge(self.redacted(failed.message))
        if failed is not None and failed.blame == "target":
            raise Refused(self.redacted(failed.message) + self._where() + said)
        if failed is not None:
            begins = "the adapter failed: " if failed.blame == "adapter" else f"{PLEASE_REPORT}\n"
            blamed = KitFailed(f"{begins}{self.redacted(failed.message)}{said}")
            if not outcome.counterexamples:
                raise blamed
            blamed.show()
        if outcome.died and outcome.last.programs == 0 and not outcome.counterexamples:
            raise BadInput(
                f"{outcome.died}, before anything could be judged; use it by hand to see why{said}"
            )

    def report(self, outcome: Outcome) -> Report:
        """The conclusions, without credentials."""
        server = self.server
        command = self.command()
        environment = {
            "poolproof": poolproof.__version__,
            "server": f"{server.product} {server.version}, {server.obtained}, {server.address()}",
            "budget": f"{self.budget}, seed {self.seed}",
        }
        if self._is_apart:
            environment["environment"] = f"of its own, with {self._told_installed()}"
        report = conclude(
            self.target,
            self.clauses,
            outcome,
            self.known,
            environment,
            reproduce={name: f"{command} --only {name}" for name in self.clauses},
        )
        return redacted_report(report, self._secrets())

    def command(self) -> str:
        """The command line of this check, without credentials."""
        words = ["poolproof", "check", self.target]
        for name, text in split_extra(self.extra).items():
            words += ["--set", f"{name}={'***' if is_secret(name) else self.redacted(text)}"]
        for requirement in self.requirements:
            words += ["--with", self.redacted(requirement)]
        if self.python is not None:
            words += ["--python", self.python.name]
        if self.redis_url is not None:
            guarded = self.server.username or self.server.password
            address = self.server.address()
            words += ["--redis-url", address.replace("://", "://***@") if guarded else address]
        if self.redis_image is not None:
            words += ["--redis-image", self.redis_image]
        return shlex.join([*words, "--budget", self.budget])

    def whole_command(self) -> str:
        """The same with the seed, and the clauses that were asked for."""
        words = ["--seed", str(self.seed)] if self.seed else []
        levels = {CLAUSES[name].level for name in self.clauses}
        if len(self.clauses) < len(CLAUSES):
            if len(self.clauses) == sum(each.level in levels for each in CLAUSES.values()):
                words += [word for level in Level if level in levels for word in ("--level", level)]
            else:
                words += ["--only", ",".join(self.clauses)]
        return " ".join([self.command(), *words])

    def redacted(self, text: str) -> str:
        """The text without credentials."""
        return redacted(text, self._secrets())

    @property
    def _is_apart(self) -> bool:
        return bool(self.requirements) or self.python is not None

    def _installed(self) -> Sequence[str]:
        """What is installed: another Python has nothing of what the target needs yet."""
        return self.requirements or requirements_of(self.target)

    def _told_installed(self) -> str:
        return self.redacted(", ".join(self._installed()))

    def _secrets(self) -> list[str]:
        pairs = dict(split_extra(self.extra))
        # A requirement may be an address with credentials.
        pairs |= {f"--with {number}": text for number, text in enumerate(self.requirements)}
        return secrets_of(self.server.username, self.server.password, pairs)

    def _where(self) -> str:
        if not self._is_apart:
            return ""
        return f" (in an environment that has only {self._told_installed()})"

    def _printed(self, outcome: Outcome) -> str:
        # Cut after redaction, and the beginning with it: it may be the end of a secret.
        longest = max(map(len, self._secrets()), default=0)
        partial = longest if len(outcome.output) > OUTPUT_TOLD else 0
        printed = self.redacted(outcome.output[partial:])[-OUTPUT_TOLD:].strip()
        return f"\nThe target printed last:\n{printed}" if printed else ""
