"""What is done to a selection of a user's sessions, apart from deleting it, which is a job."""

from __future__ import annotations

from typing import Final

from sidecar.domain.selection import Labels, Selection
from sidecar.pocketbase.client import Json, PocketBase

_ROUTE: Final = "/api/opensync/selection"


class SelectionService:
    """Every selection is one user's: the database adds that to whatever is asked for."""

    def __init__(self, pocketbase: PocketBase) -> None:
        self._pocketbase = pocketbase

    async def count(self, user: str, selection: Selection) -> Json:
        """Return how many sessions, messages, parts and bytes are selected."""
        body = {"user": user, "selection": selection.conditions()}
        return await self._pocketbase.send("POST", f"{_ROUTE}?do=count", body)

    async def label(self, user: str, selection: Selection, labels: Labels) -> int:
        """Set labels, some sessions at a time so that sync goes on; return how many there were."""
        body = {"user": user, "selection": selection.conditions(), "set": labels.changes()}
        updated, last = 0, ""
        while True:
            done = await self._pocketbase.send(
                "POST", f"{_ROUTE}?do=label", {**body, "after": last}
            )
            updated, last = updated + int(done["updated"]), str(done["last"])
            if not last:
                return updated
