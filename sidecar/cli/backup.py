"""`opensync backup`: what the data folder holds, in one file that can be checked and put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from sidecar.backup import encryption
from sidecar.backup.failure import BackupFailed
from sidecar.backup.folder import DATABASES, BackupFolder, Report
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
) -> None:
    """Make a backup; everything may go on running meanwhile.

    Examples: `opensync backup create`, or from cron, onto another disk:
    `OPENSYNC_BACKUP_DIR=/mnt/backups opensync backup create && opensync backup prune
    --keep-daily 7 --keep-weekly 8`
    """
    settings = load_settings()
    with _progress() as report:
        made = _folder(settings).create(
            settings.data.resolve(), _now(), secrets=with_secrets, report=report
        )
    output.print(f"{made.path} ({_megabytes(made.size)})", soft_wrap=True, highlight=False)


@app.command("list")
def list_(as_json: bool = AS_JSON) -> None:
    """List the backups, newest first."""
    folder = _folder(load_settings())
    backups = folder.every()
    if as_json:
        print_json(
            [
                {
                    "name": backup.path.name,
                    "created": backup.created.isoformat(),
                    "bytes": backup.size,
                    "encrypted": backup.encrypted,
                    "verified": backup.verified and backup.verified.isoformat(),
                }
                for backup in backups
            ]
        )
        return
    rows = table("Name", "Made", "Size", "Verified")
    for backup in backups:
        rows.add_row(
            backup.path.name,
            _minute(backup.created),
            _megabytes(backup.size),
            f"{backup.verified:%Y-%m-%d}" if backup.verified else "never",
        )
    if backups:
        output.print(rows)
    else:
        output.print(f"No backups in {folder.path}. `opensync backup create` makes one.")


@app.command()
def verify(which: str = WHICH) -> None:
    """Unpack a backup, check every checksum and the whole database, and count its rows.

    Example: `opensync backup verify latest`
    """
    folder = _folder(load_settings())
    path = folder.find(which)
    manifest = folder.verify(path, _now())
    rows = sum(manifest.databases[DATABASES[0]].rows.values())
    output.print(f"{path.name} is whole: {len(manifest.files)} files, {rows} rows.", soft_wrap=True)


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
    data, folder = settings.data.expanduser().resolve(), _folder(settings)
    path = folder.find(which)
    make_folder(data)
    with exclusive(data):
        _require_stopped(settings)
        if not yes:
            typer.confirm(f"Replace what is in {data} by {path.name}?", abort=True)
        former = put_back(folder, path, data, _now())
    output.print(f"{path.name} is restored in {data}.", soft_wrap=True)
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
    """Remove old backups. The newest always stays.

    Example: `opensync backup prune --keep-daily 7 --keep-weekly 8`
    """
    keep = Keep(keep_last, keep_daily, keep_weekly)
    if keep == Keep():
        raise BackupFailed(
            "Say what to keep, such as `opensync backup prune --keep-daily 7 --keep-weekly 8`."
        )
    for backup in _folder(load_settings()).prune(keep, dry_run=dry_run):
        output.print(f"{'would remove' if dry_run else 'removed'} {backup.path.name}")


@app.command()
def key() -> None:
    """Print a new key for OPENSYNC_BACKUP_KEY. Keep it elsewhere: without it no backup opens."""
    typer.echo(encryption.new_key())


def _folder(settings: Settings) -> BackupFolder:
    path = settings.backup_dir or settings.data / "backups"
    return BackupFolder(path.expanduser().resolve(), settings.backup_key.get_secret_value())


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
