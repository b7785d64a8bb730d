"""Which backups are kept: the newest ones, then the newest of each day and of each week."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

ENCRYPTED: Final = ".age"
_STAMP: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"opensync-(\d{8}T\d{6}Z)\.tar\.gz(\.age)?")


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


def kept(times: Iterable[datetime], keep: Keep) -> frozenset[datetime]:
    """Return the times of the backups to keep. The newest always is."""
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
