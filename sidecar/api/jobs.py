"""Work that takes longer than a request."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field
from starlette.responses import Response

from sidecar.api.http import Auth, Call, Endpoint, json_response


class JobOut(BaseModel):
    """A job; also a record of PocketBase's collection `jobs`, with realtime events."""

    id: str
    user: str
    kind: Literal["deleteSessions", "deleteData", "deleteAccount", "restoreSessions", "emptyTrash"]
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    total: int = Field(description="Sessions there were at the start.")
    done: int = Field(description="Sessions that are deleted, or restored.")
    counts: dict[str, int] = Field(description="The same by collection, in rows.")
    reason: str = Field(description="What a clean-up looked for.")
    rule: str = Field(description="Name of the rule that cleans up.")
    error: str
    createdAt: int
    startedAt: int
    finishedAt: int = Field(description="0 until it has ended.")


class JobAnswer(BaseModel):
    job: JobOut


async def cancel(call: Call) -> Response:
    id = str(call.request.path_params["id"])
    return json_response({"job": await call.context.jobs.cancel(call.principal.user, id)})


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/jobs/{id}/cancel",
        cancel,
        "Stop a job",
        Auth.PERSON,
        "Jobs",
        JobAnswer,
        errors=(401, 403, 404, 503),
        description="What is done so far stays as it is. One that has ended stays as it is.",
    ),
)
