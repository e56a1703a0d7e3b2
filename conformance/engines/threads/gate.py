"""A place that conducted threads pass, and that can be closed to hold them there."""

from .task import controlled


class Gate:
    """Open at first. Threads that no scheduler conducts always pass."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_open = True

    def close(self) -> None:
        """Park every conducted thread that comes from now on."""
        self.is_open = False

    def open(self) -> None:
        """Let every thread pass; those that are parked here go on at the next run."""
        self.is_open = True

    def pass_through(self) -> None:
        """Return when the calling thread may go on."""
        task = controlled()
        if task is None:
            return

        while not self.is_open:
            task.scheduler.park(
                task, lambda: self.is_open, None, f"the gate {self.name!r}", gate=self
            )
