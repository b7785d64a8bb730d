"""Sharing: publishing a session, and what anybody with its address sees."""

from __future__ import annotations

import re
from html import escape
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from starlette.responses import HTMLResponse, Response

from sidecar.api.http import Auth, Call, Endpoint, Query, json_response
from sidecar.domain.sharing import Include
from sidecar.errors import NotFound
from sidecar.services.ingest import parse

# Made private again, it must be gone at once.
_HEADERS: Final = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}

# Control characters, and marks that reorder the text around them, in what another site shows.
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


class IncludeIn(BaseModel):
    """What is shown beyond the messages."""

    model_config = ConfigDict(extra="forbid")

    paths: StrictBool = Field(default=False, description="Project, and folders in texts.")
    cost: StrictBool = False
    notes: StrictBool = Field(default=False, description="The notes of the evaluation.")


class PublishIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    include: IncludeIn = IncludeIn()


class PublishedOut(BaseModel):
    slug: str
    url: str


class OkOut(BaseModel):
    ok: Literal[True]


class SharedSession(BaseModel):
    title: str | None
    source: str | None
    model: str | None
    provider: str | None
    projectName: str | None = None
    projectPath: str | None = None
    cost: float | None = None
    notes: str | None = None
    totalTokens: int
    promptTokens: int
    completionTokens: int
    messageCount: int
    durationMs: int | None
    createdAt: int
    updatedAt: int


class SharedPart(BaseModel):
    type: str
    content: Any
    order: int


class SharedMessage(BaseModel):
    id: str
    role: Literal["user", "assistant", "system", "tool", "unknown"]
    textContent: str | None
    model: str | None
    createdAt: int
    promptTokens: int | None
    completionTokens: int | None
    parts: list[SharedPart]


class SharedOut(BaseModel):
    """A published session and some of its messages. What its owner did not agree to is absent."""

    session: SharedSession
    messages: list[SharedMessage]
    cursor: str | None = Field(description="Send it as `cursor` to get the next page.")
    redactions: int = Field(description="Secrets that were masked in this answer.")


async def publish(call: Call) -> Response:
    wanted = parse(PublishIn, await call.json()).include
    include = Include(paths=wanted.paths, cost=wanted.cost, notes=wanted.notes)
    id = str(call.request.path_params["id"])
    return json_response(await call.context.publishing.publish(call.principal.user, id, include))


async def unpublish(call: Call) -> Response:
    id = str(call.request.path_params["id"])
    await call.context.publishing.unpublish(call.principal.user, id)
    return json_response({"ok": True})


async def shared(call: Call) -> Response:
    slug = str(call.request.path_params["slug"])
    page = await call.context.publishing.page(slug, call.query("cursor"))
    return json_response(page, headers=_HEADERS)


async def page(call: Call) -> Response:
    """Return the dashboard, with what a preview of the link shows in its head."""
    publishing = call.context.publishing
    slug = str(call.request.path_params["slug"])
    # PocketBase serves the dashboard, so it has the page that fits its files.
    shell = await call.context.pocketbase.request("GET", "/")
    try:
        session = await publishing.session(slug)
    except NotFound:
        # The dashboard says so; programs see the status.
        return HTMLResponse(_with_head(shell.text, "OpenSync", {}), 404, _HEADERS)
    title = _UNSEEN.sub("", session["title"] or "") or "A shared session"
    number = session["messageCount"]
    messages = "1 message" if number == 1 else f"{number:,} messages"
    facts = [session["source"], session["model"], messages]
    properties = {
        "og:site_name": "OpenSync",
        "og:type": "article",
        "og:title": title,
        "og:description": " · ".join(filter(None, facts)),
        "og:url": publishing.url(slug),
    }
    return HTMLResponse(_with_head(shell.text, f"{title} · OpenSync", properties), 200, _HEADERS)


def _with_head(shell: str, title: str, properties: dict[str, str]) -> str:
    """Put a title and properties in place of the title of `shell`."""
    before, opening, rest = shell.partition("<title>")
    _, closing, after = rest.partition("</title>")
    metas = "".join(
        f'\n    <meta property="{escape(name)}" content="{escape(value)}">'
        for name, value in properties.items()
    )
    head = f"<title>{escape(title)}</title>{metas}"
    return before + head + after if opening and closing else shell


ENDPOINTS = (
    Endpoint(
        "POST",
        "/api/sessions/{id}/publish",
        publish,
        "Publish a session",
        Auth.PERSON,
        "Sharing",
        PublishedOut,
        PublishIn,
        errors=(400, 401, 403, 404, 422, 503),
        description="Whoever has the address sees messages, tool calls with their output, "
        "pictures, model, tokens and dates. Secrets are masked, thinking is left out. Published "
        "again, it keeps its address and shows what is agreed to now.",
    ),
    Endpoint(
        "POST",
        "/api/sessions/{id}/unpublish",
        unpublish,
        "Make a session private",
        Auth.PERSON,
        "Sharing",
        OkOut,
        errors=(401, 403, 404, 503),
        description="Its address is gone for good.",
    ),
    Endpoint(
        "GET",
        "/api/public/{slug}",
        shared,
        "Read a published session",
        Auth.NONE,
        "Sharing",
        SharedOut,
        query=(Query("cursor", "Where the page before ended.", {"type": "string"}),),
        errors=(400, 404, 503),
    ),
    Endpoint("GET", "/s/{slug}", page, "A shared session", Auth.NONE, "Sharing", public=False),
)
