"""Durations in words."""


def duration(seconds: float) -> str:
    """Seconds as a reader compares them: `49.7 ms`, `2.5 s`, and no digit that says nothing."""
    if round(seconds * 1000, 1) < 1000:
        return f"{_plain(seconds * 1000, 1)} ms"
    return f"{_plain(seconds, 3 if seconds < 10 else 1)} s"


def _plain(number: float, digits: int) -> str:
    text = f"{number:.{digits}f}"
    return text.rstrip("0").rstrip(".")
