"""What became of the last attempts at a backup, whoever made them: `backup.json` in the data."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from sidecar.backup.failure import disk_errors_as
from sidecar.domain import retention

_FILE: Final = "backup.json"


class Success(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: datetime
    seconds: float
    bytes: int
    name: str


class Failure(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: datetime
    reason: str


class Record(BaseModel):
    """The last success, and the last failure where it came after that."""

    model_config = ConfigDict(frozen=True)

    success: Success | None = None
    failure: Failure | None = None

    def next(self, every_hours: float, now: datetime) -> datetime | None:
        """Return when the next backup is due, None where none is made by itself."""
        if not every_hours:
            return None
        succeeded = self.success.at if self.success else None
        failed = self.failure.at if self.failure else None
        return retention.next_time(timedelta(hours=every_hours), now, succeeded, failed)


def read(data: Path) -> Record:
    """Return the record; an empty one where there is none that can be read."""
    try:
        return Record.model_validate_json((data / _FILE).read_bytes())
    except (OSError, ValidationError):
        return Record()


def succeeded(data: Path, success: Success) -> Record:
    return _write(data, Record(success=success))


def failed(data: Path, failure: Failure) -> Record:
    return _write(data, Record(success=read(data).success, failure=failure))


def _write(data: Path, record: Record) -> Record:
    draft = data / f"{_FILE}.new"
    with disk_errors_as(f"{draft} cannot be written"):
        draft.write_text(record.model_dump_json(indent=1), encoding="utf-8")
        draft.replace(data / _FILE)
    return record
