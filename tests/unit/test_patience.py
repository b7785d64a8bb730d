"""A search waits for what has answered lately, and for nothing that is in doubt."""

from __future__ import annotations

import pytest

from sidecar.domain.patience import LEAST, MOST, Patience

LATE = "It takes too long."


class Time:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("answers", "seconds"),
    [
        ([], MOST),
        ([0.01], LEAST),
        ([0.1, 0.2, 0.1], 0.3),
        ([0.9, 0.9], MOST),
        ([0.1, MOST + 1], 0.0),
        ([MOST + 1, 0.2], 0.6),
    ],
)
def test_it_waits_some_times_as_long_as_is_usual(answers: list[float], seconds: float) -> None:
    patience = Patience(Time())
    for answer in answers:
        patience.answered(answer, LATE)
    assert patience.seconds == pytest.approx(seconds)


def test_nobody_waits_for_what_was_late_until_it_answers() -> None:
    patience = Patience(Time())
    patience.doubted(LATE)
    assert (patience.seconds, patience.doubt, patience.is_resting) == (0.0, LATE, False)
    patience.answered(0.5, LATE)
    assert patience.seconds > 0 and not patience.doubt


def test_what_failed_rests_and_is_in_doubt_after_it() -> None:
    now = Time()
    patience = Patience(now)
    patience.doubted("It is away.", 15)
    assert patience.is_resting
    now.seconds += 60
    assert (patience.seconds, patience.doubt, patience.is_resting) == (0.0, "It is away.", False)
