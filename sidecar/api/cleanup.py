"""Cleaning up, by hand and by rules, and the trash where it all goes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field
from starlette.responses import Response

from sidecar.api.http import Auth, Call, Endpoint, Query, json_response
from sidecar.api.jobs import JobAnswer
from sidecar.api.selection import PreviewOut
from sidecar.domain.cleanup import (
    Conditions,
    RuleChange,
    RuleConditions,
    RuleIn,
    TrashSelection,
)
from sidecar.services.ingest import parse


class FoundOut(BaseModel):
    id: str
    title: str
    source: str
    projectName: str
    messageCount: int
    cost: float
    updatedAt: int


class CleanupPreviewOut(PreviewOut):
    """How much would go. Nothing is changed."""

    first: list[FoundOut] = Field(description="The 20 that are longest untouched.")


class RuleOut(BaseModel):
    """A rule; also a record of PocketBase's collection `cleanupRules`."""

    id: str
    name: str
    enabled: bool
    conditions: dict[str, Any]
    createdAt: int
    lastRunAt: int = Field(description="0 until it has run.")
    lastCount: int = Field(description="Sessions it found then.")


class RuleAnswer(BaseModel):
    rule: RuleOut


class DeletedOut(BaseModel):
    ok: bool


class TrashOut(BaseModel):
    days: int = Field(description="That sessions are kept in the trash; 0 is not at all.")
    sessions: int
    bytes: int


async def preview(call: Call) -> Response:
    model = RuleConditions if call.query("as") == "rule" else Conditions
    conditions = parse(model, await call.json())
    return json_response(await call.context.cleanup.preview(call.principal.user, conditions))


async def run(call: Call) -> Response:
    conditions = parse(Conditions, await call.json())
    job = await call.context.cleanup.run(call.principal.user, conditions)
    return json_response({"job": job}, 202)


async def rule_add(call: Call) -> Response:
    rule = parse(RuleIn, await call.json())
    made = await call.context.cleanup.add_rule(call.principal.user, rule)
    return json_response({"rule": made}, 201)


async def rule_change(call: Call) -> Response:
    change = parse(RuleChange, await call.json())
    id = str(call.request.path_params["id"])
    changed = await call.context.cleanup.change_rule(call.principal.user, id, change)
    return json_response({"rule": changed})


async def rule_delete(call: Call) -> Response:
    id = str(call.request.path_params["id"])
    await call.context.cleanup.delete_rule(call.principal.user, id)
    return json_response({"ok": True})


async def trash(call: Call) -> Response:
    return json_response(await call.context.trash.summary(call.principal.user))


async def restore(call: Call) -> Response:
    selection = parse(TrashSelection, await call.json())
    job = await call.context.trash.restore(call.principal.user, selection)
    return json_response({"job": job}, 202)


async def empty(call: Call) -> Response:
    selection = parse(TrashSelection, await call.json())
    job = await call.context.trash.empty(call.principal.user, selection)
    return json_response({"job": job}, 202)


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/cleanup/preview",
        preview,
        "Count what a clean-up would take",
        Auth.PERSON,
        "Clean-up",
        CleanupPreviewOut,
        Conditions,
        (Query("as", "`rule`: what a rule would take.", {"type": "string", "enum": ["rule"]}),),
        errors=(400, 401, 403, 422, 503),
    ),
    Endpoint(
        "POST",
        "/api/cleanup",
        run,
        "Clean up",
        Auth.PERSON,
        "Clean-up",
        JobAnswer,
        Conditions,
        errors=(400, 401, 403, 422, 503),
        status=202,
        description="In the background: what meets the conditions goes to the trash.",
    ),
    Endpoint(
        "POST",
        "/api/cleanup/rules",
        rule_add,
        "Make a rule",
        Auth.PERSON,
        "Clean-up",
        RuleAnswer,
        RuleIn,
        errors=(400, 401, 403, 422, 503),
        status=201,
        description="An enabled rule runs at once and then once a day.",
    ),
    Endpoint(
        "PATCH",
        "/api/cleanup/rules/{id}",
        rule_change,
        "Change, enable or disable a rule",
        Auth.PERSON,
        "Clean-up",
        RuleAnswer,
        RuleChange,
        errors=(400, 401, 403, 404, 422, 503),
    ),
    Endpoint(
        "DELETE",
        "/api/cleanup/rules/{id}",
        rule_delete,
        "Delete a rule",
        Auth.PERSON,
        "Clean-up",
        DeletedOut,
        errors=(401, 403, 404, 503),
        description="What it took stays in the trash.",
    ),
    Endpoint(
        "GET",
        "/api/trash",
        trash,
        "Measure the trash",
        Auth.PERSON,
        "Clean-up",
        TrashOut,
        errors=(401, 403, 503),
        description="Its entries are records of PocketBase's collection `trash`.",
    ),
    Endpoint(
        "POST",
        "/api/trash/restore",
        restore,
        "Restore sessions",
        Auth.PERSON,
        "Clean-up",
        JobAnswer,
        TrashSelection,
        errors=(400, 401, 403, 422, 503),
        status=202,
        description="In the background. They come back private; what was synced anew meanwhile "
        "stays as it is.",
    ),
    Endpoint(
        "POST",
        "/api/trash/delete",
        empty,
        "Delete sessions in the trash for good",
        Auth.PERSON,
        "Clean-up",
        JobAnswer,
        TrashSelection,
        errors=(400, 401, 403, 422, 503),
        status=202,
    ),
)
