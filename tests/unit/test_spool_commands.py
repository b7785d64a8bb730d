"""`opensync spool`, on the file alone."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sidecar import logconfig
from sidecar.cli import app
from sidecar.cli.doctor import _spool
from sidecar.config import load_settings
from sidecar.spool.file import NAME, SpoolFile
from tests.unit.test_writer import write


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder whose spool has one write that waits and two that were set aside."""
    monkeypatch.setenv("OPENSYNC_DATA", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "spool").mkdir()
    with closing(SpoolFile(tmp_path / "spool" / NAME)) as file:
        file.append([write(name, size=100) for name in "abc"], 1_700_000_000_000)
        file.settle([], [(1, "[bold]too odd[/]"), (2, "refused")], 1_700_000_100_000)
    return tmp_path


@pytest.fixture(autouse=True)
def logs_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line sets up logging for its whole process, which here is that of all tests."""
    monkeypatch.setattr(logconfig, "configure", lambda level, format: None)


def said(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["spool", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def shown() -> dict[str, object]:
    found: dict[str, object] = json.loads(said("status", "--json"))
    return found


def test_it_is_shown_what_waits_and_what_was_set_aside_and_why() -> None:
    text = said("status")

    assert "2023-11-14 22:13" in text
    assert "[bold]too odd[/]" in text
    found = shown()
    assert (found["waiting"], found["setAside"], found["damaged"]) == (1, 2, [])


def test_requests_wait_again_by_number_or_all() -> None:
    assert "1 wait" in said("retry", "2")
    assert (shown()["waiting"], shown()["setAside"]) == (2, 1)
    assert "1 wait" in said("retry", "--all")
    assert (shown()["waiting"], shown()["setAside"]) == (3, 0)


def test_a_request_is_deleted_when_that_was_meant(data: Path) -> None:
    said("discard", "1", code=1)
    assert shown()["setAside"] == 2
    said("discard", "1", "3", "--yes")

    # What waits is never deleted.
    assert (shown()["waiting"], shown()["setAside"]) == (1, 1)


def test_it_must_be_said_which_requests_are_meant() -> None:
    for arguments in (["retry"], ["retry", "1", "--all"], ["discard", "--yes"]):
        said(*arguments, code=2)


def test_without_a_spool_none_is_made(data: Path) -> None:
    (data / "spool" / NAME).unlink()

    assert shown()["waiting"] == 0
    assert "0 wait" in said("retry", "--all")
    assert not (data / "spool" / NAME).exists()


def test_the_doctor_names_what_was_set_aside(data: Path) -> None:
    assert _spool(load_settings()).ok is False
    said("discard", "--all", "--yes")
    assert _spool(load_settings()).ok is True
    (data / "spool" / "damaged-1.db").touch()
    finding = _spool(load_settings())
    assert (finding.ok, "damaged-1.db" in finding.detail) == (False, True)


def test_a_file_that_cannot_be_read_is_said_so(data: Path) -> None:
    (data / "spool" / NAME).write_bytes(b"nonsense" * 1000)
    result = CliRunner().invoke(app, ["spool", "status"])

    assert "cannot be read" in str(result.exception)
