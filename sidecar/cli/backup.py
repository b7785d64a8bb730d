"""`opensync backup`: what the data folder holds, in one file that can be checked and put back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from sidecar.backup import encryption, record
from sidecar.backup.backups import Backups, in_settings
from sidecar.backup.contents import DATABASES, Report
from sidecar.backup.failure import BackupFailed
from sidecar.backup.record import Failure, Record, Success
from sidecar.backup.restore import restore as put_back
from sidecar.cli.console import errors, output, print_json, table
from sidecar.config import Settings, load_settings
from sidecar.domain.retention import Keep
from sidecar.stack.state import exclusive, make_folder

app = typer.Typer(help="Back the data up, and put it back.", no_args_is_help=True)

WHICH = typer.Argument("latest", help="Name in the folder of backups, a path, or `latest`.")
AS_JSON = typer.Option(False, "--json", help="Print JSON.")


@app.command()
def create(
    with_secrets: bool = typer.Option(
        False, "--with-secrets", help="With stack.json, although the backup is not encrypted."
    ),
    prune_too: bool = typer.Option(
        False, "--prune", help="Then remove the old ones that the settings do not keep."
    ),
) -> None:
    """Make a backup; everything may go on running meanwhile.

    Examples: `opensync backup create`, or onto another disk:
    `OPENSYNC_BACKUP_DIR=/mnt/backups opensync backup create --prune`

    The sidecar makes backups by itself with OPENSYNC_BACKUP_EVERY_HOURS.
    """
    settings = load_settings()
    data, began, now = _data(settings), time.monotonic(), _now()
    try:
        backups = in_settings(settings)
        with _progress() as report:
            made = backups.create(data, now, secrets=with_secrets, report=report)
        address = backups.shelf.address(made.name)
        output.print(f"{address} ({_megabytes(made.size)})", soft_wrap=True, highlight=False)
        seconds = time.monotonic() - began
        try:
            if prune_too and (keep := _keep(settings)) != Keep():
                _remove_old(backups, keep, dry_run=False)
        finally:
            record.succeeded(
                data, Success(at=now, seconds=seconds, bytes=made.size, name=made.name)
            )
    except BackupFailed as exc:
        # Where not even that can be written, the error itself says more.
        with suppress(BackupFailed):
            record.failed(data, Failure(at=_now(), reason=exc.message))
        raise


@app.command("list")
def list_(as_json: bool = AS_JSON) -> None:
    """List the backups, newest first, and say how the last attempt went."""
    settings = load_settings()
    backups, last = in_settings(settings), record.read(_data(settings))
    every, due = backups.every(), last.next(settings.backup_every_hours, _now())
    if as_json:
        print_json(
            {
                "backups": [
                    {
                        "name": backup.name,
                        "created": backup.created.isoformat(),
                        "bytes": backup.size,
                        "encrypted": backup.encrypted,
                        "verified": backup.verified and backup.verified.isoformat(),
                    }
                    for backup in every
                ],
                "last": last.model_dump(mode="json"),
                "next": due and due.isoformat(),
            }
        )
        return
    rows = table("Name", "Made", "Size", "Verified")
    for backup in every:
        rows.add_row(
            backup.name,
            _minute(backup.created),
            _megabytes(backup.size),
            f"{backup.verified:%Y-%m-%d}" if backup.verified else "never",
        )
    if every:
        output.print(rows)
    else:
        place = backups.shelf.address("").rstrip("/")
        output.print(f"No backups in {place}. `opensync backup create` makes one.", soft_wrap=True)
    for line in _outlook(last, due):
        output.print(line, soft_wrap=True, highlight=False, markup=False)


@app.command()
def verify(which: str = WHICH) -> None:
    """Unpack a backup, check every checksum and the whole database, and count its rows.

    Example: `opensync backup verify latest`
    """
    backups = in_settings(load_settings())
    found = backups.find(which)
    manifest = backups.verify(found, _now())
    rows = sum(manifest.databases[DATABASES[0]].rows.values())
    output.print(
        f"{found.name} is whole: {len(manifest.files)} files, {rows} rows.", soft_wrap=True
    )


@app.command()
def restore(
    which: str = WHICH,
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
) -> None:
    """Put a backup back, after verifying it. What is there now is kept beside it.

    PocketBase and the sidecar must be stopped. Example, into another folder:
    `OPENSYNC_DATA=/srv/other opensync backup restore /mnt/backups/opensync-….tar.gz`
    """
    settings = load_settings()
    data, backups = _data(settings), in_settings(settings)
    found = backups.find(which)
    make_folder(data)
    with exclusive(data):
        _require_stopped(settings)
        if not yes:
            typer.confirm(f"Replace what is in {data} by {found.name}?", abort=True)
        former = put_back(backups, found, data, _now())
    output.print(f"{found.name} is restored in {data}.", soft_wrap=True)
    for kept in former:
        output.print(f"The former {kept.name.partition('.before-')[0]} is {kept}.", soft_wrap=True)
    output.print("Start the stack again; when all is well, delete what was kept.")


@app.command()
def prune(
    keep_last: int = typer.Option(0, min=0, help="Keep this many newest backups."),
    keep_daily: int = typer.Option(0, min=0, help="Keep the newest of this many days."),
    keep_weekly: int = typer.Option(0, min=0, help="Keep the newest of this many weeks."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Show only what would be removed."),
) -> None:
    """Remove old backups: what the settings do not keep, or with options, what these do not.

    The newest always stays. Example: `opensync backup prune --keep-daily 7 --keep-weekly 8`
    """
    settings, keep = load_settings(), Keep(keep_last, keep_daily, keep_weekly)
    keep = _keep(settings) if keep == Keep() else keep
    if keep == Keep():
        raise BackupFailed(
            "Say what to keep, such as `opensync backup prune --keep-daily 7 --keep-weekly 8`."
        )
    _remove_old(in_settings(settings), keep, dry_run=dry_run)


@app.command()
def key() -> None:
    """Print a new key for OPENSYNC_BACKUP_KEY. Keep it elsewhere: without it no backup opens."""
    typer.echo(encryption.new_key())


def _data(settings: Settings) -> Path:
    return settings.data.expanduser().resolve()


def _keep(settings: Settings) -> Keep:
    return Keep(settings.backup_keep_last, settings.backup_keep_daily, settings.backup_keep_weekly)


def _remove_old(backups: Backups, keep: Keep, *, dry_run: bool) -> None:
    for backup in backups.prune(keep, dry_run=dry_run):
        output.print(f"{'would remove' if dry_run else 'removed'} {backup.name}", highlight=False)


def _outlook(last: Record, due: datetime | None) -> Iterator[str]:
    if last.failure is not None:
        yield f"The last attempt, {_minute(last.failure.at)}, failed: {last.failure.reason}"
    if due is None:
        yield "None is made by itself: OPENSYNC_BACKUP_EVERY_HOURS is not set."
    else:
        yield f"The sidecar makes the next one: {_minute(due)}"


def _require_stopped(settings: Settings) -> None:
    """Connections of an idle PocketBase to its database end after minutes, its port stays."""
    if not (settings.data / DATABASES[0]).exists():
        return
    sidecar = f"http://127.0.0.1:{settings.sidecar_port}"
    for name, url in (("PocketBase", settings.pocketbase_url), ("The sidecar", sidecar)):
        try:
            httpx.get(url, timeout=3, trust_env=False)
        except httpx.TimeoutException:
            pass  # Something is there.
        except httpx.HTTPError:
            continue
        raise BackupFailed(
            f"{name} runs at {url}. Stop PocketBase and the sidecar before a restore."
        )


@contextmanager
def _progress() -> Iterator[Report]:
    """Show a bar on a terminal, nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    bar = Progress(
        *columns,
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=1)
        yield lambda step, part: bar.update(task, description=step, completed=part)


def _now() -> datetime:
    return datetime.now(UTC)


def _minute(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
