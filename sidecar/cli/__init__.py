"""The `opensync` command: one group a noun, `-h` everywhere."""

from __future__ import annotations

import os
import sys

import typer
from rich.text import Text

from sidecar import __version__, logconfig
from sidecar.cli import (
    backup,
    configuration,
    doctor,
    embed,
    index,
    keys,
    schema,
    serve,
    spool,
    up,
    users,
)
from sidecar.cli.console import errors
from sidecar.config import misspelt_variables
from sidecar.errors import OpenSyncError
from sidecar.stack import traefik

app = typer.Typer(
    name="opensync",
    help="A self-hosted home for AI coding sessions.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(up.up)
app.command()(serve.serve)
app.command()(doctor.doctor)
app.command("traefik")(traefik.write)
app.command("config")(configuration.config)
app.add_typer(schema.app, name="schema")
app.add_typer(users.app, name="users")
app.add_typer(keys.app, name="keys")
app.add_typer(embed.app, name="embed")
app.add_typer(index.app, name="index")
app.add_typer(backup.app, name="backup")
app.add_typer(spool.app, name="spool")


def _version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    # Commands that serve set the level they were given; for the others a log line is noise.
    logconfig.configure("error", "text")
    for sentence in misspelt_variables(dict(os.environ)):
        errors.print(f"[yellow]{sentence}[/]")


def main() -> None:
    """Run the command; an error that was meant is one sentence and exit code 1."""
    try:
        app()
    except OpenSyncError as exc:
        errors.print(Text(exc.message, style="red"), soft_wrap=True)
        sys.exit(1)
