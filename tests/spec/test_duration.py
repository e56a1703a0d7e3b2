"""Durations are told in the unit a reader would choose, to the digit that tells two apart."""

import pytest

from poolproof.spec.model.duration import duration


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0.0, "0 ms"),
        (0.0497, "49.7 ms"),
        (0.1, "100 ms"),
        (0.99994, "999.9 ms"),
        (0.99996, "1 s"),
        (2.5, "2.5 s"),
        (4.994, "4.994 s"),
        (10.0, "10 s"),
        (12.38, "12.4 s"),
        (150.0, "150 s"),
    ],
)
def test_it_is_told_as_a_reader_would_say_it(seconds: float, told: str) -> None:
    assert duration(seconds) == told
