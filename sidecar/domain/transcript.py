"""Sessions and messages as an export reads them, and what a message says.

Agents describe the same few things in many shapes; `blocks` knows them, as
`web/src/lib/transcript.ts` does for the dashboard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict

import orjson

Role = Literal["user", "assistant", "system", "tool", "unknown"]


class Session(TypedDict):
    """A session as `pb_hooks/lib/export.js` gives it. Times are Unix ms, absent texts are None."""

    id: str
    externalId: str
    title: str | None
    source: str | None
    model: str | None
    provider: str | None
    projectName: str | None
    projectPath: str | None
    gitBranch: str | None
    endReason: str | None
    promptTokens: int
    completionTokens: int
    totalTokens: int
    cacheReadTokens: int | None
    cacheWriteTokens: int | None
    reasoningTokens: int | None
    cost: float
    durationMs: int | None
    toolCallCount: int | None
    messageCount: int
    isPublic: bool
    publicSlug: str | None
    evalReady: bool
    evalStatus: str | None
    evalNotes: str | None
    expectedOutput: str | None
    summary: str | None
    evalTags: list[str]
    createdAt: int
    updatedAt: int


class Part(TypedDict):
    type: str
    content: Any


class Message(TypedDict):
    id: str
    session: str
    externalId: str
    role: Role
    textContent: str | None
    model: str | None
    promptTokens: int | None
    completionTokens: int | None
    durationMs: int | None
    createdAt: int
    seq: int
    parts: list[Part]


@dataclass(frozen=True)
class Piece:
    """Some messages of a session in order; a session with few of them is one piece."""

    session: Session
    messages: Sequence[Message]
    first: bool = True
    last: bool = True


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Thinking:
    text: str


@dataclass(frozen=True)
class ToolCall:
    """`input` is a text as it is, anything else as indented JSON; `hint` says what it is about."""

    name: str
    input: str
    is_json: bool
    hint: str = ""


@dataclass(frozen=True)
class ToolResult:
    text: str
    is_error: bool


@dataclass(frozen=True)
class Picture:
    """`src` is a `data:` address; None for a picture that is kept elsewhere or not understood."""

    src: str | None
    note: str


@dataclass(frozen=True)
class Other:
    """Something of a kind that nobody told us of, as indented JSON."""

    type: str
    json: str


Block = Text | Thinking | ToolCall | ToolResult | Picture | Other

_THINKING: Final = frozenset({"thinking", "reasoning"})
_CALLS: Final = frozenset({"tool", "toolcall", "tooluse", "functioncall", "customtoolcall"})
_RESULTS: Final = frozenset({"toolresult", "functioncalloutput", "customtoolcalloutput"})

_NAMES: Final = ("toolName", "tool_name", "name", "tool")
_INPUTS: Final = ("args", "arguments", "input", "toolArgs")
_HINTS: Final = (
    *("command", "file_path", "filePath", "path", "pattern", "query", "url", "description"),
)
_OUTPUTS: Final = ("result", "output", "content")
_TEXTS: Final = ("text", "content", "thinking", "reasoning")
_MEDIA_TYPES: Final = ("media_type", "mediaType", "mimeType", "mime_type", "mime")

_DEEPEST: Final = 100

_DATA_URL: Final = re.compile(r"data:(image/[a-z0-9.+-]{1,40});base64,", re.IGNORECASE)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})


def bounded(value: Any, depth: int = 0) -> Any:
    """Return a parsed JSON value without what is nested deeper than any writer of JSON goes."""
    if isinstance(value, dict | list) and depth == _DEEPEST:
        return "(nested too deep to show)"
    if isinstance(value, dict):
        return {name: bounded(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [bounded(item, depth + 1) for item in value]
    return value


def blocks(message: Message) -> list[Block]:
    """Return what a message says, in order. Its text often comes twice, beside and in the parts."""
    found = [block for part in message["parts"] for block in _blocks(part["type"], part["content"])]
    text = message["textContent"] or ""
    if not text.strip() or any(isinstance(block, Text) for block in found):
        return found
    return [Text(text), *found]


def text_of(message: Message) -> str:
    """Return the words of a message, without thinking, tools and pictures."""
    return "\n".join(block.text for block in blocks(message) if isinstance(block, Text))


def _blocks(type: str, content: Any) -> Iterator[Block]:
    kind = _kind(type)
    if kind == "text" or kind in _THINKING:
        yield from _words(Text if kind == "text" else Thinking, type, content)
    elif kind in _CALLS:
        yield from _call(_parsed(content))
    elif kind in _RESULTS:
        yield from _result(_parsed(content))
    else:
        value = _parsed(content)
        described = {"type": type, **(value if isinstance(value, dict) else {"url": value})}
        yield _picture(described) or Other(type, _pretty(content))


def _words(make: type[Text] | type[Thinking], type: str, content: Any) -> Iterator[Block]:
    text = _text(content)
    if text is not None:
        if text.strip():
            yield make(text)
    elif isinstance(content, list) and all(_has_type(item) for item in content):
        for item in content:
            # A list within a list is shown as it is: nothing nests without end.
            kind = _kind(item["type"])
            nested = kind == "list" or isinstance(item.get("content"), list)
            yield from [Other(kind, _pretty(item))] if nested else _blocks(item["type"], item)
    else:
        yield Other(type, _pretty(content))


def _call(content: Any) -> Iterator[Block]:
    if not isinstance(content, dict):
        yield ToolCall("Tool", _text(content) or _pretty(content), is_json=False)
        return
    # OpenCode keeps what went in and what came out in one place.
    state = content["state"] if isinstance(content.get("state"), dict) else {}
    given = _parsed(_first(content, _INPUTS, state.get("input")))
    shown = "" if given is None else given if isinstance(given, str) else _pretty(given)
    is_json = not isinstance(given, str | None)
    hint = _first_text(given, _HINTS) if isinstance(given, dict) else None
    yield ToolCall(_first_text(content, _NAMES) or "Tool", shown, is_json, hint or "")
    output = _first(content, ("result", "output"), state.get("output", state.get("error")))
    if output is not None:
        failed = content.get("isError", content.get("is_error", state.get("status") == "error"))
        yield from _result({"result": output, "isError": failed})


def _result(content: Any) -> Iterator[Block]:
    inner, is_error = content, False
    if isinstance(content, dict):
        inner = _first(content, _OUTPUTS, content)
        is_error = True in (content.get("isError"), content.get("is_error"))
        is_error = is_error or content.get("status") == "error"
    items = inner if isinstance(inner, list) else [inner]
    pictures = [picture for item in items if (picture := _picture(item))]
    rest = [item for item in items if not _picture(item)] if pictures else inner
    text = _text(rest)
    if text is None:
        text = _streams(rest) or ("" if rest == [] else _pretty(rest))
    if text.strip() or is_error or not pictures:
        yield ToolResult(text, is_error)
    yield from pictures


def _picture(content: Any) -> Picture | None:
    if not isinstance(content, dict):
        return None
    source = content["source"] if isinstance(content.get("source"), dict) else content
    says_so = isinstance(content.get("type"), str) and "image" in content["type"].lower()
    media = _first_text(source, _MEDIA_TYPES) or _first_text(content, ("mime",)) or ""
    data = _first_text(source, ("data", "base64"))
    if data and media:
        return _inline(media, data) if says_so or media.startswith("image/") else None
    image = content.get("image_url")
    address = image.get("url") if isinstance(image, dict) else image
    address = address or source.get("url") or content.get("image")
    is_one = says_so or media.startswith("image/") or image is not None
    if not isinstance(address, str) or not address or not is_one:
        return None
    if match := _DATA_URL.match(address):
        return _inline(match[1].lower(), address[match.end() :])
    return Picture(None, f"A picture kept elsewhere: {address[:200]}")


def _inline(media: str, data: str) -> Picture:
    if media not in _PICTURES or not _BASE64.fullmatch(data):
        return Picture(None, "A picture that cannot be shown")
    return Picture(f"data:{media};base64,{''.join(data.split())}", "Picture")


def _text(content: Any) -> str | None:
    """Return the text in a string, in `{text}` or `{content}`, or in a list of such blocks."""
    if isinstance(content, str):
        return content
    if isinstance(content, dict):
        return _first_text(content, _TEXTS)
    if isinstance(content, list) and content:
        texts = [_item_text(item) for item in content]
        if all(text is not None for text in texts):
            return "\n".join(text for text in texts if text is not None)
    return None


def _item_text(item: Any) -> str | None:
    if isinstance(item, list) or (_has_type(item) and not _kind(item["type"]).endswith("text")):
        return None
    return _text(item)


def _streams(content: Any) -> str:
    if not isinstance(content, dict):
        return ""
    streams = (content.get("stdout"), content.get("stderr"))
    return "\n".join(stream for stream in streams if isinstance(stream, str) and stream)


def _has_type(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("type"), str)


def _first(content: dict[str, Any], names: Iterable[str], otherwise: Any) -> Any:
    found = (content[name] for name in names if content.get(name) is not None)
    return next(found, otherwise)


def _first_text(content: dict[str, Any], names: Iterable[str]) -> str | None:
    texts = [content[name] for name in names if isinstance(content.get(name), str)]
    return next(filter(None, texts), "" if texts else None)


def _kind(type: str) -> str:
    return type.lower().replace("-", "").replace("_", "")


def _parsed(content: Any) -> Any:
    """Some plugins send JSON as a string."""
    if isinstance(content, str) and content.lstrip()[:1] in ("{", "["):
        try:
            return bounded(orjson.loads(content))
        except orjson.JSONDecodeError:
            return content
    return content


def _pretty(content: Any) -> str:
    if isinstance(content, str):
        return content
    return orjson.dumps(content, option=orjson.OPT_INDENT_2).decode()
