"""Where commands print: results to standard output, everything else to standard error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from sidecar.config import Settings, load_settings
from sidecar.domain.clock import Clock
from sidecar.errors import ConfigError, SchemaMisfit, SuperuserRefused
from sidecar.pocketbase import client, schema, version
from sidecar.pocketbase.client import PocketBase
from sidecar.resources import resource

T = TypeVar("T")

output = Console()
errors = Console(stderr=True)


def print_json(value: Any) -> None:
    output.print_json(json.dumps(value, ensure_ascii=False))


def run(main: Callable[[PocketBase, Settings], Awaitable[T]], *, any_version: bool = False) -> T:
    """Run `main` with a PocketBase that is known to answer and to accept the superuser.

    Its database is of this program's version, unless `main` takes `any_version`.
    """

    async def connected() -> T:
        settings = load_settings()
        async with pocketbase_of(settings) as pocketbase:
            try:
                if not any_version:
                    await _require_fit(pocketbase)
                return await main(pocketbase, settings)
            except SchemaMisfit as exc:
                raise ConfigError(exc.cure) from exc

    return asyncio.run(connected())


async def _require_fit(pocketbase: PocketBase) -> None:
    there = await version.found(pocketbase)
    if reason := version.misfit(there.version, schema.load(resource("pb_schema")).version):
        raise SchemaMisfit(reason)


@asynccontextmanager
async def pocketbase_of(settings: Settings) -> AsyncIterator[PocketBase]:
    if not settings.pocketbase_email:
        raise ConfigError(
            f"No stack was found in {settings.data}. Start one with `opensync up`, point "
            "OPENSYNC_DATA at its folder, or set OPENSYNC_POCKETBASE_URL, _EMAIL and _PASSWORD."
        )
    async with client.connect(
        settings.pocketbase_url,
        settings.pocketbase_email,
        settings.pocketbase_password.get_secret_value(),
    ) as pocketbase:
        if not await pocketbase.healthy():
            raise ConfigError(
                f"PocketBase does not answer at {settings.pocketbase_url}. "
                "Start the stack with `opensync up`."
            )
        try:
            await pocketbase.sign_in()
        except SuperuserRefused as exc:
            raise ConfigError(exc.cure) from exc
        yield pocketbase


def table(key: str, *columns: str) -> Table:
    """Return a table whose first column, which people copy from, is never cut."""
    rows = Table(box=SIMPLE)
    rows.add_column(key, no_wrap=True, min_width=15)
    for column in columns:
        rows.add_column(column, overflow="fold")
    return rows


def clock() -> Clock:
    return Clock()


def day(milliseconds: int | None) -> str:
    """Return a time for a table, empty for none."""
    if not milliseconds:
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M")
