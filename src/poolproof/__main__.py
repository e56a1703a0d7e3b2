"""Where the command begins: `poolproof`, or `python -m poolproof`.

To import the rest takes a moment. Whoever presses Ctrl-C in it wants to leave, and sees no traceback:
this module needs nothing but what Python has imported already.
"""

import os


def main() -> None:
    """Run the command, and leave quietly when it is told to end, however early or late that is."""
    try:
        import signal

        def leave(number: int, _frame: object) -> None:
            # Nothing has been started yet, or all of it has ended; and what is being imported might
            # take an exception for a fault of its own.
            os._exit(128 + number)

        def leave_when_told() -> None:
            for stop in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(stop) is not signal.SIG_IGN:
                    signal.signal(stop, leave)

        leave_when_told()
        from poolproof.conformance.cli import main as command

        try:
            command()
        finally:
            leave_when_told()
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
