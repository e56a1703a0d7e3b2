"""A place that conducted threads pass, and that can be closed to hold them there."""

from .task import Task, controlled


class Gate:
    """Open at first. Threads that no scheduler conducts always pass."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_open = True
        self._admitted: list[Task] = []

    def close(self) -> None:
        """Park from now on whoever comes."""
        self.is_open = False

    def open(self) -> None:
        """Let everybody go on, those who are parked here at the next run."""
        self.is_open = True

    def admit(self, task: Task) -> None:
        """Let this one through once, while the gate stays as it is."""
        self._admitted.append(task)

    def pass_through(self) -> None:
        """Return when the calling thread may go on."""
        task = controlled()
        if task is None:
            return

        def may_go() -> bool:
            return self.is_open or task in self._admitted

        while not may_go():
            task.scheduler.park(task, may_go, None, f"the gate {self.name!r}", gate=self)
        if not self.is_open:
            self._admitted.remove(task)
