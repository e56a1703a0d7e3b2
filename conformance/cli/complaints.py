"""What the command says when there is no verdict: each kind of complaint has its exit status."""

import click

from ..report.results import Status

PLEASE_REPORT = "poolproof failed; please report this:"


class BadInput(click.ClickException):
    """One sentence about what is wrong and what to do instead."""

    exit_code = Status.BAD_INPUT


class Refused(BadInput):
    """The target cannot be loaded or built, or not as it was asked for."""


class CannotJudge(click.ClickException):
    """Neither the pool nor the input is to blame, and yet nothing can be said."""

    exit_code = Status.UNKNOWN


class KitFailed(click.ClickException):
    """The kit is to blame."""

    exit_code = Status.KIT_FAILED
