"""Names of backups, when the next is due, and which ones are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sidecar.domain.retention import Keep, kept, name_of, next_time, time_of

# A Wednesday.
NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)


def ago(*, days: int = 0, hours: int = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


HOURLY = [ago(hours=hours) for hours in range(24 * 30)]


@pytest.mark.parametrize(
    ("times", "keep", "wanted"),
    [
        ([], Keep(last=3), []),
        (HOURLY, Keep(last=2), [NOW, ago(hours=1)]),
        (HOURLY, Keep(daily=2), [NOW, ago(hours=13)]),
        (HOURLY, Keep(weekly=2), [NOW, ago(days=2, hours=13)]),
        (HOURLY, Keep(last=1, daily=2, weekly=2), [NOW, ago(hours=13), ago(days=2, hours=13)]),
        # Days without a backup do not count.
        ([NOW, ago(days=9), ago(days=20)], Keep(daily=2), [NOW, ago(days=9)]),
        # The newest stays, whatever the rules say.
        ([NOW, ago(days=9)], Keep(), [NOW]),
        # Early January belongs to the last week of the year before.
        (
            [datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)],
            Keep(weekly=5),
            [datetime(2027, 1, 1, tzinfo=UTC)],
        ),
    ],
)
def test_the_rules_keep(times: list[datetime], keep: Keep, wanted: list[datetime]) -> None:
    assert kept(times, keep) == set(wanted)


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_name_tells_when_the_backup_was_made(encrypted: bool) -> None:
    assert time_of(name_of(NOW, encrypted=encrypted)) == NOW


@pytest.mark.parametrize(
    "name",
    [
        "opensync-20260715T120000Z.tar.gz.verified",
        "opensync-20261315T120000Z.tar.gz",
        "opensync-20260715T120000Z.zip",
        "notes.txt",
    ],
)
def test_other_files_are_no_backups(name: str) -> None:
    assert time_of(name) is None


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("succeeded", "failed", "due"),
    [
        (None, None, NOW),
        (ago(hours=1), None, ago(hours=-23)),
        (ago(days=9), None, ago(days=8)),
        # What failed is tried again after an hour, not at once and not only tomorrow.
        (None, NOW, ago(hours=-1)),
        (ago(days=2), ago(hours=0), ago(hours=-1)),
        # Removing old ones failed: the backup itself was made.
        (ago(hours=2), ago(hours=2), ago(hours=-22)),
        # The clock was set back since.
        (ago(days=-400), None, NOW),
        (ago(hours=1), ago(days=-400), ago(hours=-23)),
    ],
)
def test_the_next_backup_is_due(
    succeeded: datetime | None, failed: datetime | None, due: datetime
) -> None:
    assert next_time(DAY, NOW, succeeded, failed) == due


def test_what_failed_waits_no_longer_than_the_schedule() -> None:
    minutes = timedelta(minutes=10)
    assert next_time(minutes, NOW, None, NOW) == NOW + minutes
