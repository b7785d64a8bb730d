"""Sums of a user's sessions by quarter of an hour, agent, model, provider and project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from sidecar.pocketbase.client import PocketBase

_HOUR_MS: Final = 3_600_000
_NAMED: Final = ("source", "model", "provider", "project")


class UsageService:
    """Reads of one user's sums."""

    def __init__(self, pocketbase: PocketBase) -> None:
        self._pocketbase = pocketbase

    async def columns(self, user: str, begin: int, end: int) -> bytes:
        """Return what sessions begun from `begin` to before `end` (Unix ms) sum up to, as JSON.

        Columns and numbered names, because a busy year has thousands of rows: the answer is a
        tenth of what a list of records would be.
        """
        response = await self._pocketbase.request(
            "GET",
            "/api/opensync/usage",
            params={"user": user, "begin": str(begin / _HOUR_MS), "end": str(end / _HOUR_MS)},
        )
        return orjson.dumps(numbered(orjson.loads(response.content)))


def numbered(columns: dict[str, list[Any]]) -> dict[str, Any]:
    """Return the columns with names replaced by their place in a list of names."""
    names: dict[str, list[str]] = {}
    for column in _NAMED:
        places = {name: place for place, name in enumerate(dict.fromkeys(columns[column]))}
        columns[column] = [places[name] for name in columns[column]]
        names[column] = list(places)
    last_active = _greatest(columns["project"], columns.pop("lastActive"), len(names["project"]))
    return {"names": names, "lastActive": last_active, "rows": columns}


def _greatest(places: Sequence[int], values: Sequence[int], count: int) -> list[int]:
    greatest = [0] * count
    for place, value in zip(places, values, strict=True):
        greatest[place] = max(greatest[place], value)
    return greatest
