"""`opensync schema`: the collections PocketBase should have, and the way there."""

from __future__ import annotations

import typer

from sidecar.cli.console import errors, output, print_json, run
from sidecar.config import Settings
from sidecar.pocketbase import schema
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.schema import Change
from sidecar.pocketbase.version import hooks_in
from sidecar.resources import resource

app = typer.Typer(help="Compare and apply the collections.", no_args_is_help=True)

_PREPARE = "/api/opensync/search/prepare"

JSON = typer.Option(False, "--json", help="Print JSON.")


@app.command()
def plan(json: bool = JSON) -> None:
    """Show what `apply` would do, and do nothing; exit code 1 if there is something to do."""

    async def main(pocketbase: PocketBase, _: Settings) -> list[Change]:
        return await schema.diff(pocketbase, schema.load(resource("pb_schema")))

    changes = run(main, any_version=True)
    _show(changes, json, "The live schema is as wanted.")
    if any(change.action != "report" for change in changes):
        raise typer.Exit(1)


@app.command()
def apply(json: bool = JSON) -> None:
    """Upgrade the database: make the live collections as wanted, and mend rows that need it.

    Safe to repeat, also after an interruption; drops no field it does not know. Texts that are
    there already are then indexed for search. Make a backup first: `opensync backup create`.
    """

    async def main(pocketbase: PocketBase, _: Settings) -> list[Change]:
        wanted, hooks = schema.load(resource("pb_schema")), hooks_in(resource("pb_hooks"))
        changes = await schema.apply(pocketbase, wanted, hooks=hooks)
        await _index(pocketbase)
        return changes

    _show(run(main, any_version=True), json, "Nothing to change: the live schema is as wanted.")


async def _index(pocketbase: PocketBase) -> None:
    """Have all texts indexed that are not; say so where that takes a while."""
    told = False
    while left := (await pocketbase.send("POST", f"{_PREPARE}?ms=2000", {}))["remaining"]:
        if not told:
            errors.print(
                f"Indexing {left:,} records for search. Ctrl-C does no harm: the rest is "
                "indexed by the running stack, and not found by its words until then."
            )
            told = True


def _show(changes: list[Change], as_json: bool, nothing: str) -> None:
    if as_json:
        print_json([change.__dict__ for change in changes])
    elif not changes:
        output.print(nothing)
    for change in changes if not as_json else ():
        output.print(str(change), markup=False, highlight=False, soft_wrap=True)
