"""The request log of a user, summed up."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import orjson

from sidecar.domain.clock import Clock
from sidecar.domain.logs import CLASSES, SPANS, SpanName, summed
from sidecar.pocketbase.client import PocketBase
from sidecar.services.keys import KeyService


@dataclass(frozen=True)
class LogFilter:
    """Requests that are meant; None lets all pass, and the key "" is none."""

    key: str | None = None
    method: str | None = None
    endpoint: str | None = None
    status: int | None = None


class LogService:
    """Reads of one user's rows. Those of the last second may not be written yet."""

    def __init__(self, pocketbase: PocketBase, keys: KeyService, clock: Clock) -> None:
        self._pocketbase = pocketbase
        self._keys = keys
        self._clock = clock

    async def summary(self, user: str, name: SpanName, wanted: LogFilter) -> dict[str, Any]:
        """Return what the requests of the last hour, day, week or month come to."""
        span = SPANS[name]
        begin = span.begin(self._clock.now())
        times = {"begin": begin, "end": begin + span.steps * span.step, "step": span.step}
        response = await self._pocketbase.request(
            "POST",
            "/api/opensync/log/summary",
            json={"user": user, "classes": CLASSES, **times, **asdict(wanted)},
        )
        found = summed(orjson.loads(response.content), span.steps)
        known = {key["id"]: key for key in await self._keys.list(user)}
        for line in found["keys"]:
            key = known.get(line["id"], {"name": "", "prefix": ""})
            line |= {"name": key["name"], "prefix": key["prefix"]}
        for step, line in enumerate(found["steps"]):
            line["start"] = begin + step * span.step
        return {"from": times["begin"], "to": times["end"], "step": span.step, **found}
