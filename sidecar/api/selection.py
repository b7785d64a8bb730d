"""What is done to many sessions at once: count, label, delete."""

from __future__ import annotations

from pydantic import BaseModel, Field
from starlette.responses import Response

from sidecar.api.http import Auth, Call, Endpoint, json_response
from sidecar.api.jobs import JobAnswer
from sidecar.domain.selection import LabelledSelection, Selection
from sidecar.services.ingest import parse


class PreviewOut(BaseModel):
    """How much is selected."""

    sessions: int
    messages: int
    parts: int
    bytes: int = Field(description="Of texts and parts, as they are stored.")


class UpdatedOut(BaseModel):
    updated: int = Field(description="Sessions that were selected.")


async def preview(call: Call) -> Response:
    selection = parse(Selection, await call.json())
    counted = await call.context.selections.count(call.principal.user, selection)
    return json_response(counted)


async def update(call: Call) -> Response:
    asked = parse(LabelledSelection, await call.json())
    updated = await call.context.selections.label(call.principal.user, asked, asked.set)
    return json_response({"updated": updated})


async def delete(call: Call) -> Response:
    selection = parse(Selection, await call.json())
    job = await call.context.jobs.create(
        call.principal.user, "deleteSessions", selection.conditions()
    )
    return json_response({"job": job}, 202)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/sessions/preview",
        preview,
        "Count what is selected",
        Auth.PERSON,
        "Sessions",
        PreviewOut,
        Selection,
        errors=(400, 401, 403, 422, 503),
    ),
    Endpoint(
        "POST",
        "/api/sessions/update",
        update,
        "Label what is selected",
        Auth.PERSON,
        "Sessions",
        UpdatedOut,
        LabelledSelection,
        errors=(400, 401, 403, 422, 503),
        description="Sets evaluation labels; `updatedAt` stays the time of the source.",
    ),
    Endpoint(
        "POST",
        "/api/sessions/delete",
        delete,
        "Delete what is selected",
        Auth.PERSON,
        "Sessions",
        JobAnswer,
        Selection,
        errors=(400, 401, 403, 422, 503),
        status=202,
        description="In the background: the sessions go to the trash with everything that belongs "
        "to them; the job says how far it has come. Sessions that arrive later are not meant.",
    ),
)
