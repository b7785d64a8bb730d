"""`opensync spool`: what PocketBase has not taken yet, and what it refuses."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path

import typer
from rich.text import Text

from sidecar.cli.console import day, output, print_json, table
from sidecar.config import Settings, load_settings
from sidecar.errors import ConfigError
from sidecar.spool.file import NAME, Aside, Counts, SpoolFile, damaged_in

app = typer.Typer(
    help="Show sync requests that wait for PocketBase or were set aside.", no_args_is_help=True
)

IDS = typer.Argument(None, help="Numbers of requests that were set aside; `status` lists them.")
ALL = typer.Option(False, "--all", help="All that were set aside.")


@app.command()
def status(json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Show what waits, and what was set aside and why. The sidecar may run or not."""
    settings = load_settings()
    counts, aside = contents(settings)
    damaged = damaged_in(folder_of(settings))
    if json:
        requests = [asdict(one) for one in aside]
        print_json({**counts.shown(), "requests": requests, "damaged": damaged})
        return
    since = f", the oldest since {day(counts.since)} UTC" if counts.waiting else ""
    output.print(f"Waiting    {counts.waiting:,} ({_size(counts.bytes)}{since})", highlight=False)
    output.print(f"Set aside  {counts.aside:,} ({_size(counts.aside_bytes)})", highlight=False)
    for name in damaged:
        output.print(f"Damaged    {name}; docs/howto/spool.md says how to get at it.")
    if aside:
        _print(aside)
        output.print("`opensync spool retry` has them brought to PocketBase again.")


@app.command()
def retry(ids: list[int] | None = IDS, every: bool = ALL) -> None:
    """Have what was set aside brought to PocketBase again, in its old place in the order.

    A running sidecar does so within seconds, another one at its next start.

    Examples: `opensync spool retry 17 18`, `opensync spool retry --all`
    """
    chosen = _chosen(ids, every)
    with _opened(load_settings()) as file:
        number = file.retry(chosen) if file else 0
    output.print(f"{number:,} wait again.")


@app.command()
def discard(
    ids: list[int] | None = IDS,
    every: bool = ALL,
    yes: bool = typer.Option(False, "--yes", help="Do not ask."),
) -> None:
    """Delete what was set aside, for good."""
    chosen = _chosen(ids, every)
    if not yes:
        typer.confirm("What PocketBase refused is then gone. Delete it?", abort=True)
    with _opened(load_settings()) as file:
        number = file.discard(chosen) if file else 0
    output.print(f"{number:,} deleted.")


def folder_of(settings: Settings) -> Path:
    return settings.data / "spool"


def contents(settings: Settings) -> tuple[Counts, list[Aside]]:
    """Return what is in the spool of this data folder."""
    with _opened(settings) as file:
        return (file.counts(), file.aside()) if file else (Counts(), [])


@contextmanager
def _opened(settings: Settings) -> Iterator[SpoolFile | None]:
    """Open the file where there is one."""
    path = folder_of(settings) / NAME
    try:
        if not path.exists():
            yield None
            return
        with closing(SpoolFile(path)) as file:
            yield file
    except (sqlite3.Error, OSError) as exc:
        raise ConfigError(
            f"{path} cannot be read ({type(exc).__name__}). Run the command as the user of the "
            "sidecar; if the file is damaged, a start of the sidecar puts it aside."
        ) from exc


def _chosen(ids: list[int] | None, every: bool) -> list[int] | None:
    """Return the numbers, None for all."""
    if bool(ids) == every:
        raise typer.BadParameter("Name the numbers of some requests, or give --all.")
    return ids or None


def _print(aside: list[Aside]) -> None:
    rows = table("Number", "Came", "Size", "User", "Session", "Messages", "Reason")
    for one in aside:
        # What came from outside is never read as markup.
        texts = (", ".join(one.sessions), f"{len(one.messages)}", one.reason)
        rows.add_row(str(one.id), day(one.at), _size(one.size), one.user, *map(Text, texts))
    output.print(rows)


def _size(bytes: int) -> str:
    return f"{bytes / 1e6:,.1f} MB" if bytes >= 100_000 else f"{bytes:,} bytes"
