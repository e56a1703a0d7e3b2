"""The options of a check: what the command line asks for, and the command that asks for it again."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from poolproof.spec import CLAUSES, Level

from ..adapters.load import split_extra
from ..report.redaction import is_secret, redacted, secrets_of
from ..server import Server
from ..worker.pythons import Python
from ..worker.requirements import requirements_of
from .modes import Mode


@dataclass(frozen=True, slots=True)
class Options:
    """What a check is asked for."""

    target: str
    server: Server
    clauses: Sequence[str]
    budget: str
    seed: int
    extra: Sequence[str]
    """Constructor arguments, each as ``NAME=VALUE``."""
    requirements: Sequence[str]
    """What is installed in an environment of its own; none if the kit's own will do."""
    python: Python | None
    """Whose environment it is, if it is not the Python of the kit."""
    known: Mapping[str, str]
    """The reasons for the known deviations, by clause."""
    redis_url: str | None
    redis_image: str | None

    def in_mode(self, mode: Mode) -> "Options":
        """The options of a check in this mode alone."""
        extra = self.extra
        if mode.protocol is not None:
            extra = (*extra, f"protocol={mode.protocol}")
        return replace(
            self,
            extra=extra,
            requirements=mode.requirements or (),
            python=None if mode.python.has_version_of_kit else mode.python,
        )

    @property
    def needs_environment(self) -> bool:
        """Whether the check is done in an environment of its own."""
        return bool(self.requirements) or self.python is not None

    def installed(self) -> Sequence[str]:
        """What that environment has. Another Python has nothing of what the target needs yet."""
        return self.requirements or requirements_of(self.target)

    def installed_in_words(self) -> str:
        """What that environment has, as a list without credentials."""
        return self.redacted(", ".join(self.installed()))

    def command(self) -> str:
        """The command line of this check, without credentials, seed and clauses."""
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
        """The command line of this check with its seed and its clauses, without credentials."""
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
        return redacted(text, self.secrets())

    def secrets(self) -> list[str]:
        """The credentials that were given, in every form in which they may turn up, longest first."""
        pairs = dict(split_extra(self.extra))
        # A requirement may be an address with credentials.
        pairs |= {f"--with {number}": text for number, text in enumerate(self.requirements)}
        return secrets_of(self.server.username, self.server.password, pairs)
