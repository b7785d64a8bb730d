"""`opensync index`: the vector index, a copy of what the database holds."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from sidecar.cli.console import output, run
from sidecar.config import Settings
from sidecar.pocketbase.client import PocketBase
from sidecar.workers.embedding_rows import EmbeddingRows

app = typer.Typer(help="Rebuild the vector index.", no_args_is_help=True)


@app.command()
def rebuild() -> None:
    """Have the sidecar fill its vector index anew from the database; nothing is embedded again."""

    async def main(pocketbase: PocketBase, _: Settings) -> None:
        await EmbeddingRows(pocketbase).ask_for_rebuild(datetime.now(UTC).isoformat())

    run(main)
    output.print(
        "A running sidecar builds the index anew within seconds, another one at its next start. "
        "Until then, full text answers alone."
    )
