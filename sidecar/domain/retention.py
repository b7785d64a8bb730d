"""When backups are made, what they are called, and which are kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

ENCRYPTED: Final = ".age"
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"opensync-(\d{8}T\d{6}Z)\.tar\.gz(\.age)?")

_AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Keep:
    """How many of each are kept. A backup that any of the three counts is kept."""

    last: int = 0
    daily: int = 0
    weekly: int = 0


def stamp(when: datetime) -> str:
    return when.astimezone(UTC).strftime(_STAMP)


def name_of(when: datetime, *, encrypted: bool) -> str:
    return f"opensync-{stamp(when)}.tar.gz{ENCRYPTED if encrypted else ''}"


def time_of(name: str) -> datetime | None:
    """Return when the backup of this name was made, None when it is no name of a backup."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def next_time(
    every: timedelta, now: datetime, succeeded: datetime | None, failed: datetime | None
) -> datetime:
    """Return when the next backup is due: after a failure soon again, but not at once.

    A time that is yet to come was noted before the clock was set back, and says nothing.
    """
    due = now
    if succeeded is not None and succeeded <= now:
        due = succeeded + every
    if failed is not None and failed <= now:
        due = max(due, failed + min(every, _AGAIN))
    return due


def kept(times: Iterable[datetime], keep: Keep) -> frozenset[datetime]:
    """Return the times to keep: the newest, then the newest of each day and of each week."""
    newest_first = sorted(set(times), reverse=True)
    return frozenset(
        newest_first[: max(keep.last, 1)]
        + _newest_of_each(newest_first, datetime.date, keep.daily)
        + _newest_of_each(newest_first, lambda when: _week(when.date()), keep.weekly)
    )


def _newest_of_each(
    newest_first: list[datetime], period: Callable[[datetime], Hashable], count: int
) -> list[datetime]:
    found: dict[Hashable, datetime] = {}
    for when in newest_first:
        found.setdefault(period(when), when)
    return list(found.values())[:count]


def _week(day: date) -> tuple[int, int]:
    year, week, _ = day.isocalendar()
    return year, week
