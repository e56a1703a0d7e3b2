"""The history of a program while it is being written."""

from collections.abc import Callable

from poolproof.spec.model.events import Event


class Log:
    """The events of one program, in the order in which they happened."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.events: list[Event] = []
        self.now_s = now_s
        """The time as the callers know it, in seconds since the program began."""
        self._ended = False

    def add(self, event: Event) -> None:
        """Write an event down, unless the program is over."""
        if not self._ended:
            self.events.append(event)

    def end(self) -> None:
        """Write nothing down from now on: the program is over, and its callers are sent home."""
        self._ended = True
