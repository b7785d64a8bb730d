"""Reading a session's messages page by page, and later only what changed."""

from __future__ import annotations

from pydantic import BaseModel, Field
from starlette.responses import Response

from sidecar.api.http import Auth, Call, Endpoint, Query, json_response
from sidecar.api.schemas import MessageOut


class OrderedMessageOut(MessageOut):
    seq: int = Field(description="Messages are ordered by `createdAt`, `seq`, `id`.")


class SessionTextsOut(BaseModel):
    """What a session is called, without secrets."""

    externalId: str
    title: str
    projectName: str
    projectPath: str
    gitBranch: str
    source: str
    model: str
    provider: str


class TranscriptPageOut(BaseModel):
    """Some messages of a session, in order."""

    session: SessionTextsOut | None = Field(default=None, description="Comes with `masked` only.")
    messages: list[OrderedMessageOut]
    cursor: str | None = Field(description="Send it as `after` to get the next page.")
    watermark: str = Field(
        description="Send that of the first page as `since` later, to get only what changed."
        " Messages written during the last second may come again."
    )


async def page(call: Call) -> Response:
    sessions = call.context.sessions
    masked = call.flag("masked")
    read = sessions.masked_transcript_page if masked else sessions.transcript_page
    return json_response(
        await read(
            call.principal.user,
            call.request.path_params["id"],
            after=call.query("after"),
            since=call.query("since"),
            limit=call.limit(200, 1000),
        )
    )


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/sessions/{id}/transcript",
        page,
        "List a session's messages with their parts, in order",
        Auth.PERSON,
        "Sessions",
        TranscriptPageOut,
        query=(
            Query(
                "limit",
                "Messages a page; more than 1,000 are taken as 1,000.",
                {"type": "integer", "minimum": 1, "maximum": 1000, "default": 200},
            ),
            Query("after", "Where the page before ended.", {"type": "string"}),
            Query("since", "Only messages that changed after this watermark.", {"type": "string"}),
            Query(
                "masked",
                "Without secrets, as in an export, and with what the session is called.",
                {"type": "boolean", "default": False},
            ),
        ),
        errors=(400, 401, 403, 404, 503),
    ),
)
