"""Opens the index that the settings ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sidecar.domain.space import Space
from sidecar.index.base import VectorIndex
from sidecar.index.exact import open_exact


@asynccontextmanager
async def open_index(
    space: Space, *, folder: Path, qdrant_url: str = "", qdrant_api_key: str = ""
) -> AsyncIterator[VectorIndex]:
    """Open the index of `space`: in Qdrant where a URL is given, else in `folder`.

    Raises ConfigError where the folder is in use or qdrant-client is not installed, and
    IndexUnavailable where Qdrant does not answer.
    """
    if not qdrant_url:
        async with open_exact(folder, space) as exact:
            yield exact
        return
    # Imported here: the package belongs to an extra.
    from sidecar.index.qdrant import open_qdrant

    async with open_qdrant(qdrant_url, space, api_key=qdrant_api_key or None) as remote:
        yield remote
