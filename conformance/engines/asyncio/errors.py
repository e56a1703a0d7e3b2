"""What stops a run because it cannot be carried on, as opposed to what a pool does wrong."""


class CannotHost(Exception):
    """The program does something that a loop with a virtual clock cannot carry out."""


class Stalled(CannotHost):
    """An answer from outside was due, and did not come."""
