"""`opensync up`: the whole stack on this machine."""

from __future__ import annotations

import asyncio

import typer

from sidecar import logconfig
from sidecar.cli.console import output
from sidecar.config import load_settings
from sidecar.stack import local


def up(
    web: bool = typer.Option(True, "--web/--no-web", help="Serve the dashboard as well."),
) -> None:
    """Run PocketBase, the sidecar and Traefik on this machine, signed in as a local user.

    The data, and the secrets that are made on the first start, are kept in OPENSYNC_DATA.
    """
    settings = load_settings()
    logconfig.configure(settings.log_level, settings.log_format)
    raise typer.Exit(asyncio.run(local.run(settings, web=web, console=output)))
