"""How far search by meaning has come for the user."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, Field
from starlette.responses import Response

from sidecar.api.http import Auth, Call, Endpoint, json_response

State = Literal["ok", "off", "working", "stopped"]

_STATES: Final[dict[str, State]] = {
    "idle": "ok",
    "working": "working",
    "paused": "stopped",
    "stopped": "stopped",
}


class ProgressOut(BaseModel):
    done: int
    total: int


class EmbeddingsOut(BaseModel):
    enabled: bool
    embedder: str = Field(description="A sentence that says where texts go.")
    model: str
    dimensions: int
    state: State
    reason: str = Field(description="Why nothing is done, where something should be.")
    sessions: ProgressOut
    messages: ProgressOut


async def status(call: Call) -> Response:
    return json_response(await _status(call))


async def backfill(call: Call) -> Response:
    await call.context.embedding.again(call.principal.user)
    return json_response(await _status(call), 202)


async def _status(call: Call) -> dict[str, object]:
    worker = call.context.embedding
    state, space = worker.state, worker.space
    counts = await worker.progress(call.principal.user)
    is_behind = any(count["done"] < count["total"] for count in counts.values())
    return {
        "enabled": space is not None,
        "embedder": state.embedder,
        "model": state.model,
        "dimensions": space.dimensions if space is not None else 0,
        "state": _state(state.state, is_off=space is None, is_behind=is_behind),
        "reason": state.reason,
        **counts,
    }


def _state(worker: str, *, is_off: bool, is_behind: bool) -> State:
    if is_off:
        return "off"
    # Between two looks the worker is idle, and what came since waits.
    return "working" if worker == "idle" and is_behind else _STATES[worker]


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/embeddings",
        status,
        "Tell how much of yours can be found by meaning",
        Auth.PERSON,
        "Search",
        EmbeddingsOut,
        errors=(401, 403, 503),
    ),
    Endpoint(
        "POST",
        "/api/embeddings/backfill",
        backfill,
        "Look again at what has no embeddings",
        Auth.PERSON,
        "Search",
        EmbeddingsOut,
        errors=(401, 403, 503),
        status=202,
        description="Everything is embedded by itself; this tries again what an embedder refused.",
    ),
)
