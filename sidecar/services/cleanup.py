"""Cleaning up: by hand, and by rules that do it every day. What goes is in the trash at first."""

from __future__ import annotations

from typing import Any, Final

import structlog
from pydantic import ValidationError

from sidecar.domain import cleanup
from sidecar.domain.cleanup import Conditions, RuleChange, RuleConditions, RuleIn
from sidecar.domain.clock import Clock
from sidecar.domain.ids import is_record_id
from sidecar.errors import InvalidRequest, NotFound
from sidecar.pocketbase.client import Json, PocketBase, Record
from sidecar.pocketbase.filters import bind
from sidecar.services.jobs import JobService

logger = structlog.get_logger(__name__)

_SHOWN: Final = 20  # sessions of a preview
_FIELDS: Final = (
    *("id", "name", "enabled", "conditions"),
    *("createdAt", "lastRunAt", "lastCount"),
)


class CleanupService:
    """Rules are their owner's, in the collection `cleanupRules`."""

    def __init__(self, pocketbase: PocketBase, jobs: JobService, clock: Clock) -> None:
        self._pocketbase = pocketbase
        self._jobs = jobs
        self._clock = clock

    async def preview(self, user: str, conditions: Conditions) -> Json:
        """Return how much would go, and the sessions that are longest untouched."""
        chosen = conditions.selection(self._clock.now())
        body = {"user": user, "selection": chosen, "most": _SHOWN}
        return await self._pocketbase.send("POST", "/api/opensync/selection?do=preview", body)

    async def run(self, user: str, conditions: Conditions) -> Json:
        """Clean up in the background; return the job."""
        return await self._jobs.create(
            user,
            "deleteSessions",
            conditions.selection(self._clock.now()),
            reason=conditions.reason(),
        )

    async def add_rule(self, user: str, rule: RuleIn) -> Record:
        """Make a rule; run it if it is enabled. Raises InvalidRequest if there are too many."""
        mine = bind("user = {:user}", user=user)
        most = cleanup.MOST_RULES
        if len(await self._pocketbase.page("cleanupRules", mine, sort="id", limit=most)) == most:
            raise InvalidRequest(f"There are {most} rules already. Delete one that is not needed.")
        values = _stored(rule) | {"user": user, "createdAt": self._clock.now()}
        made = await self._pocketbase.create("cleanupRules", values)
        return await self._run_if_due(made)

    async def change_rule(self, user: str, id: str, change: RuleChange) -> Record:
        """Change a rule of the user and run it when it is due. Raises NotFound for any other."""
        await self._rule(user, id)
        changed = await self._pocketbase.update("cleanupRules", id, _stored(change))
        return await self._run_if_due(changed)

    async def delete_rule(self, user: str, id: str) -> None:
        """Delete a rule of the user. Raises NotFound for any other."""
        await self._rule(user, id)
        await self._pocketbase.delete("cleanupRules", id)

    async def run_due(self) -> None:
        """Start the job of every rule that has not run for a day."""
        before = self._clock.now() - cleanup.DAY_MS
        due = bind("enabled = true && lastRunAt <= {:before}", before=before)
        async for rule in self._pocketbase.every("cleanupRules", due):
            await self._run_rule(rule)

    async def _run_if_due(self, rule: Record) -> Record:
        if rule["enabled"] and cleanup.is_due(rule["lastRunAt"], self._clock.now()):
            await self._run_rule(rule)
            rule = await self._rule(rule["user"], rule["id"])
        return _shown(rule)

    async def _run_rule(self, rule: Record) -> None:
        now = self._clock.now()
        try:
            conditions = RuleConditions.model_validate(rule["conditions"])
        except ValidationError:
            # Only somebody who writes into the database makes such a rule; nobody waits for it.
            logger.error("A rule is not understood", action="rule_refused", rule=rule["id"])
            return
        job = await self._jobs.create_for_rule(
            rule, conditions.selection(now), reason=conditions.reason(), now=now
        )
        if job is not None:
            logger.info("A rule cleans up", action="rule_runs", rule=rule["id"], job=job["id"])

    async def _rule(self, user: str, id: str) -> Record:
        wanted = bind("id = {:id} && user = {:user}", id=id, user=user)
        found = await self._pocketbase.first("cleanupRules", wanted) if is_record_id(id) else None
        if found is None:
            raise NotFound("There is no such rule.")
        return found


def _shown(rule: Record) -> Record:
    """Return what the API shows of a rule."""
    return {name: rule[name] for name in _FIELDS}


def _stored(rule: RuleIn | RuleChange) -> dict[str, Any]:
    return rule.model_dump(by_alias=True, exclude_none=True)
