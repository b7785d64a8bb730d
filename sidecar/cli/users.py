"""`opensync users`: who has sessions here."""

from __future__ import annotations

import typer

from sidecar.cli.console import clock, day, output, print_json, run, table
from sidecar.config import Settings
from sidecar.pocketbase.client import PocketBase, Record
from sidecar.services.users import UserService, shown

app = typer.Typer(help="Add and list users.", no_args_is_help=True)

JSON = typer.Option(False, "--json", help="Print JSON.")


@app.command()
def add(
    email: str = typer.Argument(help="The user's e-mail, such as ann@example.com."),
    name: str = typer.Option("", help="Display name."),
    user: str = typer.Option("", help="Single sign-on name; linked on the first visit if empty."),
    json: bool = JSON,
) -> None:
    """Add a user before their first visit, for example to make an API key for them."""

    async def main(pocketbase: PocketBase, _: Settings) -> Record:
        users = UserService(pocketbase, clock())
        return shown(await users.add(email, name=name, authelia_id=user))

    record = run(main)
    if json:
        print_json(record)
        return
    output.print(
        f"Added {record['email']}. `opensync keys create --email {record['email']} "
        "--name laptop` makes an API key.",
        highlight=False,
    )


@app.command("list")
def list_(json: bool = JSON) -> None:
    """List all users."""

    async def main(pocketbase: PocketBase, _: Settings) -> list[Record]:
        return [shown(r) async for r in UserService(pocketbase, clock()).all()]

    records = run(main)
    if json:
        print_json(records)
        return
    rows = table("Id", "E-mail", "Name", "Single sign-on name", "Since")
    for record in records:
        rows.add_row(
            record["id"],
            record["email"],
            record["name"],
            record["autheliaId"],
            day(record["createdAt"]),
        )
    output.print(rows)
