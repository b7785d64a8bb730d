"""`opensync keys`: API keys of plugins."""

from __future__ import annotations

from typing import Any

import typer

from sidecar.cli.console import clock, day, output, print_json, run, table
from sidecar.config import Settings
from sidecar.pocketbase.client import PocketBase
from sidecar.services.keys import KeyService, NewKey
from sidecar.services.users import UserService

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)

EMAIL = typer.Option(help="E-mail of the user the key belongs to.")
JSON = typer.Option(False, "--json", help="Print JSON.")
_DAY_MS = 86_400_000


@app.command()
def create(
    email: str = EMAIL,
    name: str = typer.Option(help="What the key is for, such as `laptop`."),
    days: int = typer.Option(0, min=0, help="Days until it expires; 0 for never."),
    json: bool = JSON,
) -> None:
    """Make an API key. It is shown this once.

    Example: opensync keys create --email ann@example.com --name laptop
    """

    async def main(pocketbase: PocketBase, _: Settings) -> NewKey:
        user = await UserService(pocketbase, clock()).require_by_email(email)
        expires = clock().now() + days * _DAY_MS if days else 0
        return await KeyService(pocketbase, clock()).create(user["id"], name, expires)

    made = run(main)
    if json:
        print_json({"key": made.key, **made.record})
        return
    output.print(made.key, highlight=False, soft_wrap=True)


@app.command("list")
def list_(email: str = EMAIL, json: bool = JSON) -> None:
    """List the keys of a user."""

    async def main(pocketbase: PocketBase, _: Settings) -> list[dict[str, Any]]:
        user = await UserService(pocketbase, clock()).require_by_email(email)
        return await KeyService(pocketbase, clock()).list(user["id"])

    records = run(main)
    if json:
        print_json(records)
        return
    rows = table("Id", "Name", "Prefix", "Made", "Last used", "Expires", "Revoked")
    for record in records:
        times = (record[n] for n in ("createdAt", "lastUsedAt", "expiresAt", "revokedAt"))
        rows.add_row(record["id"], record["name"], record["prefix"] + "…", *map(day, times))
    output.print(rows)


@app.command()
def revoke(
    id: str = typer.Argument(help="Id of the key, from `opensync keys list`."),
    email: str = EMAIL,
    json: bool = JSON,
) -> None:
    """Revoke a key; it is refused from the next request on."""

    async def main(pocketbase: PocketBase, _: Settings) -> dict[str, Any]:
        user = await UserService(pocketbase, clock()).require_by_email(email)
        return await KeyService(pocketbase, clock()).revoke(user["id"], id)

    record = run(main)
    if json:
        print_json(record)
        return
    output.print(f"Revoked {record['name']} ({record['prefix']}…).", highlight=False)
