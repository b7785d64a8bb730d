"""Who asks too often waits, and who waits too long is sent away."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sidecar.config import load_settings
from sidecar.domain.keys import ApiKey
from sidecar.domain.pace import Pace
from sidecar.domain.principal import Principal, Via
from sidecar.errors import TooMany
from sidecar.services import limits as limits_module
from sidecar.services.limits import BURST_SECONDS, LIMITED, Limits


class Time:
    """A clock that moves when somebody sleeps by it."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def paced(time: Time, rate: float = 2, burst: float = 3) -> Pace:
    return Pace(time, rate=rate, burst=burst)


def test_a_burst_is_let_through_and_then_one_at_a_time() -> None:
    pace = paced(Time())

    assert [pace.turn("ada", 10) for _ in range(6)] == pytest.approx([0, 0, 0, 0.5, 1.0, 1.5])


def test_a_turn_that_is_too_late_is_not_taken() -> None:
    time = Time()
    pace = paced(time)
    for _ in range(4):
        pace.turn("ada", 0.5)

    assert [pace.turn("ada", 0.5) for _ in range(3)] == pytest.approx([1.0, 1.0, 1.0])
    time.seconds = 0.5
    assert pace.turn("ada", 0.5) == pytest.approx(0.5)


def test_nobody_pays_for_another() -> None:
    pace = paced(Time())
    for _ in range(10):
        pace.turn("ada", 10)

    assert pace.turn("bob", 10) == 0


def test_who_rests_has_a_burst_again() -> None:
    time = Time()
    pace = paced(time)
    for _ in range(3):
        pace.turn("ada", 0)
    time.seconds = 1.5

    assert [pace.turn("ada", 10) for _ in range(4)] == pytest.approx([0, 0, 0, 0.5])


@settings(deadline=None)
@given(
    gaps=st.lists(st.floats(0, 3), max_size=40),
    rate=st.floats(0.1, 50),
    burst=st.floats(1, 20),
    patience=st.floats(0, 5),
)
def test_never_more_turns_than_a_burst_and_the_rate(
    gaps: list[float], rate: float, burst: float, patience: float
) -> None:
    time = Time()
    pace = paced(time, rate, burst)
    taken = []
    for gap in gaps:
        time.seconds += gap
        wait = pace.turn("ada", patience)
        if wait <= patience:
            taken.append(time.seconds + wait)

    assert taken == sorted(taken)
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            turns = last - first + 1
            assert turns <= burst + rate * (taken[last] - start) + 1e-6 * (turns + 1)


def test_however_many_names_there_are_few_are_remembered() -> None:
    time = Time()
    pace = paced(time)
    for number in range(30_000):
        pace.turn(f"192.0.2.{number}", 1)

    assert len(pace._over) <= 10_000
    time.seconds = 60
    pace.turn("ada", 1)
    assert list(pace._over) == ["ada"]


KEY = ApiKey("key", "ada", "hash", 0, 0)
BY_KEY = Principal("ada", Via.KEY, KEY)
BY_OTHER_KEY = Principal("ada", Via.KEY, ApiKey("other", "ada", "hash", 0, 0))


@pytest.fixture
def time() -> Time:
    return Time()


def limits(time: Time, tmp_path: Path, **values: Any) -> Limits:
    wanted = {"data": tmp_path, "rate_sync": 1, "rate_delay_seconds": 2}
    return Limits(load_settings(**(wanted | values)), now=time, sleep=time.sleep)


async def test_a_request_beyond_the_rate_waits_for_its_turn(time: Time, tmp_path: Path) -> None:
    limited = limits(time, tmp_path)
    for _ in range(BURST_SECONDS):
        await limited.sync(BY_KEY)
    assert time.seconds == 0

    await limited.sync(BY_KEY)

    assert time.seconds == pytest.approx(1)
    await limited.sync(BY_OTHER_KEY)
    assert time.seconds == pytest.approx(1)


async def test_a_request_that_would_wait_too_long_is_told_when_to_come_again(
    tmp_path: Path,
) -> None:
    time = Time()

    async def never(_: float) -> None:
        await asyncio.Event().wait()

    wanted = load_settings(data=tmp_path, rate_sync=1, rate_delay_seconds=2)
    limited = Limits(wanted, now=time, sleep=never)
    before = LIMITED.labels("sync", "refused")._value.get()
    waiting = [asyncio.create_task(limited.sync(BY_KEY)) for _ in range(BURST_SECONDS + 2)]
    await asyncio.sleep(0)

    with pytest.raises(TooMany) as refused:
        await limited.sync(BY_KEY)

    assert refused.value.retry_after == 1
    assert LIMITED.labels("sync", "refused")._value.get() == before + 1
    assert [task.done() for task in waiting] == [True] * BURST_SECONDS + [False] * 2
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_when_very_many_wait_the_next_is_refused_at_once(
    time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "MOST_WAITING", 0)
    limited = limits(time, tmp_path)
    for _ in range(BURST_SECONDS):
        await limited.sync(BY_KEY)

    with pytest.raises(TooMany):
        await limited.sync(BY_KEY)
    await limited.sync(BY_OTHER_KEY)


async def test_without_a_rate_there_is_no_limit(time: Time, tmp_path: Path) -> None:
    limited = limits(time, tmp_path, rate_sync=0)
    for _ in range(1_000):
        await limited.sync(BY_KEY)

    assert time.seconds == 0


async def test_reading_is_counted_by_user_and_apart_from_writing(
    time: Time, tmp_path: Path
) -> None:
    limited = limits(time, tmp_path, rate_read=1)
    for _ in range(BURST_SECONDS):
        await limited.read(BY_KEY)
        await limited.sync(BY_KEY)
    assert time.seconds == 0

    await limited.read(BY_OTHER_KEY)

    assert time.seconds == pytest.approx(1)
