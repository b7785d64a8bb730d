"""Backups that the sidecar makes by itself, and what it says of them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvloop
from prometheus_client.parser import text_string_to_metric_families

from sidecar.app import create_app
from sidecar.backup import record
from sidecar.backup.backups import in_settings
from sidecar.backup.record import Success
from sidecar.domain.clock import Clock, system_now
from sidecar.workers.backups import BackupWorker
from tests.backups import make_data
from tests.conftest import make_tenant, settings_for
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.processes import is_alive
from tests.serving import serving

HOUR = 3_600_000
DAY = 24 * HOUR
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    try:
        async with asyncio.timeout(120):
            while not await holds():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{what}: not within two minutes") from None


@asynccontextmanager
async def working(worker: BackupWorker) -> AsyncIterator[asyncio.Event]:
    """Run the worker; the event lets it finish."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await task


def program(text: str) -> tuple[str, ...]:
    return sys.executable, "-c", text


@pytest.fixture
def folder(pocketbase_process: RealPocketBase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of PocketBase, with variables as on a server."""
    for name, value in {
        "OPENSYNC_DATA": str(pocketbase_process.folder),
        "OPENSYNC_POCKETBASE_EMAIL": EMAIL,
        "OPENSYNC_POCKETBASE_PASSWORD": PASSWORD,
        "OPENSYNC_BACKUP_KEEP_DAILY": "1",
    }.items():
        monkeypatch.setenv(name, value)
    yield pocketbase_process.folder
    (pocketbase_process.folder / "backup.json").unlink(missing_ok=True)


async def test_a_backup_that_is_due_is_made_and_shown_everywhere(
    pocketbase_process: RealPocketBase, folder: Path, tmp_path: Path
) -> None:
    values: dict[str, Any] = {"backup_every_hours": 24, "backup_dir": tmp_path / "backups"}
    settings = settings_for(pocketbase_process.url, folder, **values)
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("OPENSYNC_BACKUP_DIR", str(tmp_path / "backups"))
        async with serving(create_app(settings), settings) as service, service.client() as http:

            async def ready() -> dict[str, Any]:
                state: dict[str, Any] = (await http.get("/ready")).json()["backup"]
                return state

            async def is_made() -> bool:
                state = await ready()
                assert not state["reason"], state
                return state["succeeded"] is not None and not state["running"]

            async def is_told() -> bool:
                families = text_string_to_metric_families((await http.get("/metrics")).text)
                metrics.update(
                    (sample.name, sample.value) for f in families for sample in f.samples
                )
                # Another sidecar of this process may have set it last, to its own.
                return metrics["opensync_backup_interval_seconds"] == 86_400

            metrics: dict[str, float] = {}
            await until(is_made, "a backup")
            await until(is_told, "the interval between backups")
            state = await ready()
            tenant = await make_tenant(service)
            async with tenant.browser as browser:
                answer = await browser.get("/api/storage", headers={"Remote-Groups": "admins"})

    assert state["next"] == state["succeeded"] + DAY
    (made,) = in_settings(settings).every()
    manifest = in_settings(settings).verify(in_settings(settings).find("latest"), made.created)
    assert manifest.databases["pb_data/data.db"].rows["sessions"] >= 0
    assert metrics["opensync_backup_size_bytes"] == made.size
    assert metrics["opensync_backup_last_failure_timestamp_seconds"] == 0
    server = answer.json()["server"]
    newest = round(made.created.timestamp() * 1000)
    assert server["backups"] == {"count": 1, "bytes": made.size, "newest": newest}
    assert server["backupRuns"] == state


async def test_a_failure_is_told_with_its_reason_and_tried_again_within_the_hour(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("OPENSYNC_BACKUP_DIR", str(tmp_path / "file" / "backups"))
    clock = Clock()
    worker = BackupWorker(folder, clock, every_hours=24)

    async def has_failed() -> bool:
        return worker.state.failed is not None and not worker.state.running

    async with working(worker):
        await until(has_failed, "a failure")

    state = worker.state
    assert state.failed is not None
    assert state.next == state.failed + HOUR
    assert state.reason.startswith("The backup was not made in")


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_command_that_dies_is_a_failure_too(
    tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    data = make_data(tmp_path / "data")
    worker = BackupWorker(data, Clock(), every_hours=1, command=program("raise SystemExit(7)"))

    async def has_failed() -> bool:
        return worker.state.failed is not None and not worker.state.running

    async def work() -> None:
        async with working(worker):
            await until(has_failed, "a failure")

    # The server's own loop does not know all that asyncio's does.
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(work())

    assert "code 7" in worker.state.reason
    found = record.read(data).failure
    assert found is not None
    assert "code 7" in found.reason


async def test_a_record_that_cannot_be_written_does_not_make_it_try_again_and_again(
    tmp_path: Path,
) -> None:
    data, ran, looks = make_data(tmp_path / "data"), tmp_path / "ran", 0
    (data / "backup.json.new").mkdir()
    text = f"open({json.dumps(str(ran))}, 'a').write('x')\nraise SystemExit(1)"

    def look() -> int:
        nonlocal looks
        looks += 1
        return system_now()

    worker = BackupWorker(
        data, Clock(look), every_hours=24, command=program(text), look_every=0.001
    )

    async def has_looked_often() -> bool:
        return looks > 200

    async with working(worker):
        await until(has_looked_often, "many looks")

    assert ran.read_text() == "x"
    assert "code 1" in worker.state.reason


async def test_what_was_made_before_a_restart_or_by_hand_counts(tmp_path: Path) -> None:
    data, now = make_data(tmp_path / "data"), Clock().now()
    began = datetime.fromtimestamp((now - HOUR) / 1000, UTC)
    record.succeeded(data, Success(at=began, seconds=1, bytes=1, name="by hand"))
    ran = tmp_path / "ran"
    command = program(f"open({json.dumps(str(ran))}, 'w')")
    worker = BackupWorker(data, Clock(), every_hours=24, command=command, look_every=0.01)

    async def has_looked() -> bool:
        return worker.state.succeeded is not None

    async with working(worker):
        await until(has_looked, "a look")
        assert worker.state.next == now - HOUR + DAY
        assert not ran.exists()
        # A day later it is due.
        record.succeeded(data, Success(at=LONG_AGO, seconds=1, bytes=1, name="old"))

        async def has_run() -> bool:
            return ran.exists()

        await until(has_run, "a backup")


async def test_a_stop_ends_the_backup_that_is_being_made(tmp_path: Path) -> None:
    data, started = make_data(tmp_path / "data"), tmp_path / "started"
    text = (
        "import os, pathlib, time\n"
        f"path = pathlib.Path({json.dumps(str(started))})\n"
        "path.with_suffix('.new').write_text(str(os.getpid()))\n"
        "path.with_suffix('.new').rename(path)\n"
        "time.sleep(600)"
    )
    worker = BackupWorker(data, Clock(), every_hours=1, command=program(text))

    async def is_running() -> bool:
        return started.exists()

    async with working(worker) as stop:
        await until(is_running, "a start")
        assert worker.state.running
        stop.set()

    assert not is_alive(int(started.read_text()))
    assert not worker.state.running
    assert record.read(data).failure is None
