"""`opensync schema`: the collections PocketBase should have."""

from __future__ import annotations

import typer

from sidecar.cli.console import errors, output, print_json, run
from sidecar.config import Settings
from sidecar.errors import NotFound
from sidecar.pocketbase import schema
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.schema import Change
from sidecar.resources import resource

app = typer.Typer(help="Compare and apply the collections.", no_args_is_help=True)

_PREPARE = "/api/opensync/search/prepare"

JSON = typer.Option(False, "--json", help="Print JSON.")


@app.command()
def diff(json: bool = JSON) -> None:
    """Show how the live collections differ from the wanted ones; exit code 1 if they do."""

    async def main(pocketbase: PocketBase, _: Settings) -> list[Change]:
        return await schema.diff(pocketbase, schema.load(resource("pb_schema")))

    changes = run(main)
    _show(changes, json, "The live schema is as wanted.")
    if any(change.action != "report" for change in changes):
        raise typer.Exit(1)


@app.command()
def apply(json: bool = JSON) -> None:
    """Make the live collections as wanted. Safe to repeat; drops no field it does not know.

    Texts that are there already are then indexed for search.
    """

    async def main(pocketbase: PocketBase, _: Settings) -> list[Change]:
        changes = await schema.apply(pocketbase, schema.load(resource("pb_schema")))
        await _index(pocketbase)
        return changes

    _show(run(main), json, "Nothing to change: the live schema is as wanted.")


async def _index(pocketbase: PocketBase) -> None:
    """Have all texts indexed that are not; say so where that takes a while."""
    told = False
    try:
        while left := (await pocketbase.send("POST", f"{_PREPARE}?ms=2000", {}))["remaining"]:
            if not told:
                errors.print(
                    f"Indexing {left:,} records for search. Ctrl-C does no harm: the rest is "
                    "indexed by the running stack, and not found by its words until then."
                )
                told = True
    except NotFound:
        errors.print(
            "PocketBase runs without the hooks of OpenSync, so search finds nothing. "
            "Start it with --hooksDir pointing at pb_hooks."
        )


def _show(changes: list[Change], as_json: bool, nothing: str) -> None:
    if as_json:
        print_json([change.__dict__ for change in changes])
    elif not changes:
        output.print(nothing)
    for change in changes if not as_json else ():
        output.print(str(change), markup=False, highlight=False, soft_wrap=True)
