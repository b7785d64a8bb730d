"""Jobs: made and cancelled here, worked on by `workers/jobs.py`, watched through PocketBase."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from sidecar.domain.ids import is_record_id
from sidecar.errors import NotFound
from sidecar.pocketbase.client import Json, PocketBase, Record

Kind = Literal["deleteSessions", "deleteData", "deleteAccount", "restoreSessions", "emptyTrash"]

_ROUTE: Final = "/api/opensync/jobs"


class JobService:
    """Every job is its owner's. `on_new` is told when there is work.

    `keep`: deleted sessions go to the trash.
    """

    def __init__(
        self, pocketbase: PocketBase, *, on_new: Callable[[], None], keep: bool = False
    ) -> None:
        self._pocketbase = pocketbase
        self._on_new = on_new
        self._keep = keep

    async def create(
        self, user: str, kind: Kind, selection: dict[str, Any], *, reason: str = ""
    ) -> Json:
        """Make a job; return the one under way where it would be the same deletion again."""
        body = {"user": user, "kind": kind, "selection": selection, "reason": reason}
        job: Json = (await self._create(body))["job"]
        return job

    async def create_for_rule(
        self, rule: Record, selection: dict[str, Any], *, reason: str, now: int
    ) -> Json | None:
        """Note that the rule ran, and make the job for it; None where there is nothing to do."""
        body = {
            "user": rule["user"],
            "kind": "deleteSessions",
            "selection": selection,
            "reason": reason,
            "rule": {"id": rule["id"], "name": rule["name"], "at": now},
        }
        job: Json | None = (await self._create(body))["job"]
        return job

    async def _create(self, body: Json) -> Json:
        answer = await self._pocketbase.send(
            "POST", f"{_ROUTE}?do=create", {**body, "keep": self._keep}
        )
        self._on_new()
        return answer

    async def cancel(self, user: str, id: str) -> Json:
        """Stop a job of the user; one that has ended stays as it is. Raises NotFound."""
        if not is_record_id(id):
            raise NotFound("There is no such job.")
        try:
            answer = await self._pocketbase.send(
                "POST", f"{_ROUTE}?do=cancel", {"user": user, "id": id}
            )
        except NotFound as exc:
            raise NotFound("There is no such job.") from exc
        job: Json = answer["job"]
        return job
