"""What plugins send, as pydantic models: lenient in, exact after.

null means absent; unknown keys are kept aside (`extra`); every alias that a published plugin has
used is accepted. The OpenAPI document is made from these models.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError

LARGEST = 2**53 - 1  # beyond it JavaScript and PocketBase numbers are no longer exact
# Under these names a changed text would be the id of something else.
ID_NAMES = frozenset({"externalId", "sessionId", "sessionExternalId", "messageId"})
_FIRST_YEAR_MS = 100_000_000_000  # March 1973; a smaller time is in seconds


def _number(value: object) -> object:
    """Refuse what Python takes for a number and JSON does not."""
    if isinstance(value, bool):
        raise PydanticCustomError("number", "Input should be a number, not a yes or no")
    return value


def _count(value: object) -> object:
    """Whole number of tokens, messages or milliseconds."""
    value = _number(value)
    return round(value) if isinstance(value, float) and abs(value) <= LARGEST else value


def _measured(value: float | None) -> float | None:
    """A negative number is no measurement."""
    return None if value is None or value < 0 else value


def _time(value: object) -> object:
    """Unix ms from ms, seconds or ISO 8601. A text that is no time is taken as absent."""
    if isinstance(value, str):
        text = value.strip()
        # Longer ones would not even be parsed; none of them is a time.
        is_number = text.isascii() and text.isdigit() and len(text) <= 20
        return _count(int(text)) if is_number else _iso(text)
    return _count(value)


def _iso(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


def _in_ms(value: int | None) -> int | None:
    return value * 1000 if value is not None and 0 < value < _FIRST_YEAR_MS else value


def _model(value: object) -> object:
    """OpenCode's session events carry `{id, providerID, …}` where a name is expected."""
    if isinstance(value, dict):
        return value.get("modelID") or value.get("id")
    return value


_Whole = Annotated[int, Field(le=LARGEST)]
_Real = Annotated[float, Field(le=1e12, allow_inf_nan=False)]

Count = Annotated[_Whole | None, BeforeValidator(_count), AfterValidator(_measured)]
Amount = Annotated[_Real | None, BeforeValidator(_number), AfterValidator(_measured)]
Millis = Annotated[
    _Whole | None, BeforeValidator(_time), AfterValidator(_measured), AfterValidator(_in_ms)
]
Text = str | None
ModelName = Annotated[str | None, BeforeValidator(_model)]


def _names(*names: str) -> Any:
    return Field(default=None, validation_alias=AliasChoices(*names))


class _Wire(BaseModel):
    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, sent: Any) -> Any:
        # Before the aliases are looked at, or a null under one would hide the value of another.
        return {k: v for k, v in sent.items() if v is not None} if isinstance(sent, dict) else sent


class TokenClasses(_Wire):
    """Token counts beyond prompt and completion, where a client knows them."""

    cacheReadTokens: Count = None
    cacheWriteTokens: Count = None
    reasoningTokens: Count = None


class TokenUsage(BaseModel):
    """`tokenUsage` of claude-code-sync up to 0.1.7."""

    input: Count = None
    output: Count = None


class SessionIn(TokenClasses):
    """A session as a plugin knows it. Totals are absolute; an absent field keeps its value."""

    externalId: Text = Field(
        default=None,
        validation_alias=AliasChoices("externalId", "sessionId"),
        description="The agent's own id of the session; the key of the upsert.",
    )
    title: Text = None
    projectPath: Text = _names("projectPath", "cwd")
    projectName: Text = None
    model: ModelName = None
    provider: Text = None
    source: Text = Field(default=None, description="The agent, such as `claude-code`.")
    gitBranch: Text = None
    promptTokens: Count = _names("promptTokens", "inputTokens")
    completionTokens: Count = _names("completionTokens", "outputTokens")
    cost: Amount = Field(
        default=None,
        validation_alias=AliasChoices("cost", "costEstimate"),
        description="US dollars.",
    )
    durationMs: Count = None
    toolCallCount: Count = None
    endReason: Text = None
    createdAt: Millis = _names("createdAt", "startedAt")
    updatedAt: Millis = _names("updatedAt", "endedAt")
    tokenUsage: TokenUsage | None = Field(default=None, exclude=True)

    @model_validator(mode="after")
    def _old_token_usage(self) -> SessionIn:
        if self.tokenUsage is not None:
            self.promptTokens = self.promptTokens or self.tokenUsage.input
            self.completionTokens = self.completionTokens or self.tokenUsage.output
        return self


def _part(value: object) -> object:
    if isinstance(value, str):
        return {"type": "text", "content": value}
    if isinstance(value, dict):
        kind = value.get("type")
        if not isinstance(kind, str) or not kind:
            value = {**value, "type": "unknown"}
        if "content" not in value:
            # Some documents put `toolName` and `args` beside `type`.
            value = {
                "type": value["type"],
                "content": {k: v for k, v in value.items() if k != "type"},
            }
    return value


class PartIn(BaseModel):
    """A piece of a message: text, thinking, a tool call or its result, or anything else."""

    type: str
    content: Any = None


class MessageIn(TokenClasses):
    """A message. `parts` absent keeps the stored parts, a list replaces them."""

    sessionExternalId: Text = Field(
        default=None,
        validation_alias=AliasChoices("sessionExternalId", "sessionId"),
        description="The agent's own id of the session; made when it is not known yet.",
    )
    externalId: Text = Field(
        default=None,
        validation_alias=AliasChoices("externalId", "messageId"),
        description="The agent's own id of the message; the key of the upsert.",
    )
    role: Text = Field(default=None, description="user, assistant, system, tool or unknown.")
    source: Text = Field(default=None, description="Used when the session is made from it.")
    textContent: Text = _names("textContent", "content")
    model: ModelName = None
    provider: Text = None
    promptTokens: Count = _names("promptTokens", "inputTokens")
    completionTokens: Count = _names("completionTokens", "outputTokens")
    cost: Amount = None
    durationMs: Count = None
    createdAt: Millis = _names("createdAt", "timestamp")
    parts: list[Annotated[PartIn, BeforeValidator(_part)]] | None = None
    toolCalls: list[Any] | None = Field(default=None, description="Old clients; becomes parts.")
    toolName: Text = Field(default=None, description="Old clients; becomes a part.")
    toolArgs: Any = _names("toolArgs", "toolInput")
    toolResult: Any = _names("toolResult", "toolOutput")

    def all_parts(self) -> list[PartIn] | None:
        """Return the parts, made from the tool fields of old clients where those were sent."""
        if self.parts is not None:
            return self.parts
        parts = [PartIn(type="tool-call", content=call) for call in self.toolCalls or ()]
        if self.toolName is not None:
            call = {"toolName": self.toolName, "args": self.toolArgs}
            parts.append(PartIn(type="tool-call", content=call))
        if self.toolResult is not None:
            parts.append(PartIn(type="tool-result", content=self.toolResult))
        return parts or None


class BatchIn(BaseModel):
    """Many sessions and messages in one request; each item stands for itself."""

    model_config = ConfigDict(extra="ignore")

    sessions: list[Any] | None = None
    messages: list[Any] | None = None


def items_in(body: Any) -> int:
    """Return how many sessions, messages and parts a sync request has, before it is validated."""
    items = [*_list(body, "sessions"), *_list(body, "messages")] or [body]
    return sum(1 + len(_list(item, "parts")) + len(_list(item, "toolCalls")) for item in items)


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []
