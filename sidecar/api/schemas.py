"""What the API answers, for the reference and for those who read the code."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class ErrorOut(BaseModel):
    """Every error has this shape."""

    error: str = Field(description="A sentence that says what is wrong and what to do.")


class HealthOut(BaseModel):
    status: Literal["ok"]
    timestamp: int = Field(description="Unix ms.")


class SessionSynced(BaseModel):
    ok: Literal[True]
    success: Literal[True]
    sessionId: str


class MessageSynced(BaseModel):
    ok: Literal[True]
    success: Literal[True]
    messageId: str


class BatchSynced(BaseModel):
    ok: Literal[True]
    success: Literal[True]
    sessions: int = Field(description="Sessions stored.")
    messages: int = Field(description="Messages stored.")
    errors: list[str] = Field(description="A sentence for each item that was not stored.")


class SessionIds(BaseModel):
    sessionIds: list[str] = Field(description="The agents' own ids.")


class SessionOut(BaseModel):
    """A session. Times are Unix ms, cost is US dollars."""

    id: str
    externalId: str
    title: str | None
    projectPath: str | None
    projectName: str | None
    model: str | None
    provider: str | None
    source: str | None
    promptTokens: int
    completionTokens: int
    totalTokens: int
    cost: float
    durationMs: int | None
    isPublic: bool
    messageCount: int
    createdAt: int
    updatedAt: int


class SessionsOut(BaseModel):
    sessions: list[SessionOut]
    cursor: str | None = Field(description="Send it as `cursor` to get the next page.")


class PartOut(BaseModel):
    type: str
    content: Any


class MessageOut(BaseModel):
    id: str
    externalId: str
    role: Literal["user", "assistant", "system", "tool", "unknown"]
    textContent: str | None
    model: str | None
    promptTokens: int | None
    completionTokens: int | None
    durationMs: int | None
    createdAt: int
    parts: list[PartOut]


class TranscriptOut(BaseModel):
    """A session with all its messages in order."""

    session: SessionOut
    messages: list[MessageOut]


class SearchResultOut(BaseModel):
    """A session that was found, or a session with the message in it that was found."""

    id: str = Field(description="The session's id, as `_id` and `sessionId`.")
    sessionId: str
    messageId: str | None = Field(description="The message that was found.")
    externalId: str
    title: str | None
    source: str | None
    model: str | None
    projectName: str | None
    projectPath: str | None
    totalTokens: int
    cost: float
    messageCount: int
    createdAt: int
    updatedAt: int
    score: float = Field(description="From 0 to 1, by the places in the rankings.")
    snippet: str = Field(description="A piece of the text, not HTML.")
    matches: list[list[int]] = Field(
        description="[start, end) of each match in the snippet, in UTF-16 units."
    )
    matchedIn: list[Literal["title", "project", "text", "tools", "meaning"]]


class SearchOut(BaseModel):
    results: list[SearchResultOut]
    requestedMode: Literal["fulltext", "semantic", "hybrid"]
    realisedMode: Literal["fulltext", "semantic", "hybrid"]
    reason: str | None = Field(
        description="Why the mode is not the one asked for, or what meaning does not know yet."
    )
    total: int = Field(description="Exact up to 1,000.")
    totalIsLowerBound: bool = Field(description="There may be more than `total`.")
    cursor: str | None = Field(description="Send it as `cursor` to get the next page.")


class FilteredIn(BaseModel):
    """What is searched, beside what for."""

    source: str | None = None
    model: str | None = None
    project: str | None = None
    session: str | None = None
    role: Literal["user", "assistant", "system", "tool", "unknown"] | None = None
    from_: int | str | None = Field(default=None, alias="from")
    to: int | str | None = None


class SearchIn(FilteredIn):
    """A search. Every value may also be a text."""

    q: str
    type: Literal["fulltext", "semantic", "hybrid"] = "hybrid"
    scope: Literal["sessions", "messages"] = "sessions"
    limit: int = Field(default=20, ge=1, le=100)
    cursor: str | None = None


class AskIn(FilteredIn):
    """A question. Every value may also be a text."""

    q: str
    limit: int = Field(default=6, ge=1, le=12, description="Messages the answer may rest on.")


class ContextOut(BaseModel):
    """One of `text`, `messages` and `context`, as `format` says."""

    text: str | None = None
    messages: list[dict[str, Any]] | None = None
    context: list[dict[str, Any]] | None = None
    notice: str = Field(description="What a model should know of these texts.")
    sessionCount: int
    redactions: int = Field(description="Secrets that were masked.")
    requestedMode: Literal["hybrid"]
    realisedMode: Literal["fulltext", "semantic", "hybrid"]
    reason: str | None


class ModelUsage(BaseModel):
    tokens: int
    cost: float
    sessions: int


class StatsOut(BaseModel):
    sessionCount: int
    messageCount: int
    totalTokens: int
    totalCost: float
    totalDurationMs: int
    modelUsage: dict[str, ModelUsage]


class UsageNames(BaseModel):
    source: list[str]
    model: list[str]
    provider: list[str]
    project: list[str] = Field(description="The project's name; its path where it has none.")


class UsageColumns(BaseModel):
    """Columns of equal length. Names are places in the lists of `names`; "" is not known."""

    hour: list[float] = Field(
        description="When the sessions began: hours since 1970 in UTC, in quarters, "
        "because some time zones are off by 30 or 45 minutes."
    )
    source: list[int]
    model: list[int]
    provider: list[int]
    project: list[int]
    sessions: list[int]
    messages: list[int]
    promptTokens: list[int]
    completionTokens: list[int]
    totalTokens: list[int]
    cacheReadTokens: list[int]
    cacheWriteTokens: list[int]
    cost: list[float]
    durationMs: list[int]


class UsageOut(BaseModel):
    """Sums of sessions that began in the same quarter of an hour and have all names in common."""

    names: UsageNames
    lastActive: list[int] = Field(description="The last `updatedAt` of each project.")
    rows: UsageColumns


class UserOut(BaseModel):
    id: str
    autheliaId: str
    email: str | None
    name: str | None
    avatarUrl: str | None
    enabledAgents: list[str] | None
    createdAt: int


class MeOut(BaseModel):
    """The signed-in user and, for a browser, a short-lived PocketBase token."""

    user: UserOut
    token: str | None
    tokenExpiresAt: int | None = Field(description="Unix ms.")
    record: dict[str, Any] | None = Field(description="For the PocketBase SDK's auth store.")
    isAdmin: bool
    signOutUrl: str | None
    version: str


class KeyOut(BaseModel):
    id: str
    name: str
    prefix: str
    createdAt: int
    lastUsedAt: int | None
    expiresAt: int | None
    revokedAt: int | None


class KeysOut(BaseModel):
    keys: list[KeyOut]


class KeyIn(BaseModel):
    """A new key."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(default="", description="To tell it from others, such as `laptop`.")
    expiresAt: int | None = Field(default=None, ge=0, le=2**53, description="Unix ms.")


class NewKeyOut(BaseModel):
    key: str = Field(description="Shown this once; only its hash is stored.")
    record: KeyOut
