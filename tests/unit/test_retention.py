"""Names of backups, and which ones are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sidecar.domain.retention import Keep, kept, name_of, time_of

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
