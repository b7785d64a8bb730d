"""What of messages and sessions is embedded, cut into pieces that an embedder reads as a whole.

Of a message: what was said, and a line for each tool call. Not embedded are thinking and the
output of tools; full-text search finds those. Sizes are in bytes of UTF-8, because these follow
the number of tokens in every script, where characters do not: a token is three or four letters,
but a Chinese character (three bytes) is a token or two.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sidecar.domain.text import shortened

# To be counted up when what follows makes another text or other pieces of the same record. The
# hashes change with it, and everything is embedded anew.
RECIPE: Final = 1

TEXT_LIMIT: Final = 100_000  # characters of a message; more (a pasted log) adds nothing but cost

_VALUE, _CALL, _CALLS = 160, 400, 2_000  # characters of an argument, of a call, of all calls
_PROMPT = 600  # characters of one prompt in the text of a session

_CALL_TYPES: Final = frozenset({"toolcall", "tooluse", "tool", "toolinvocation", "functioncall"})
_NAMES: Final = ("toolName", "name", "tool", "tool_name")
_ARGUMENTS: Final = ("args", "arguments", "input", "toolArgs", "toolInput")
_DATA_URI: Final = re.compile(r"(data:[\w.+-]{1,80}/[\w.+-]{1,80});base64,[A-Za-z0-9+/=_-]{64,}")


@dataclass(frozen=True)
class Window:
    """How long a piece may be, and how much of the one before it may repeat. In bytes."""

    size: int
    overlap: int

    def __post_init__(self) -> None:
        if self.size < 16 or not 0 <= self.overlap <= self.size // 4:
            raise ValueError(f"Texts cannot be cut by {self}")

    @classmethod
    def of(cls, size: int) -> Window:
        """Return the window for an embedder's `window_bytes`: an eighth is repeated."""
        return cls(size, size // 8)


@dataclass(frozen=True)
class Chunk:
    """A piece of a text, and the position of its first character there."""

    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True)
class Piece:
    """A part of a message: its type, and its content as parsed JSON."""

    type: str
    content: Any


def message_text(text_content: str, parts: Iterable[Piece]) -> str:
    """Return what is embedded of a message, empty when there is nothing to embed."""
    parts = list(parts)
    said = text_content.strip() or "\n\n".join(filter(None, map(_spoken, parts))).strip()
    said = _DATA_URI.sub(r"\1", said)[:TEXT_LIMIT].rstrip()
    calls = shortened("\n".join(filter(None, map(_call, parts))), _CALLS)
    return "\n\n".join(filter(None, (said, calls)))


def session_text(
    title: str, project: str, prompts: Iterable[str], *, limit: int, summary: str = ""
) -> str:
    """Return what is embedded of a session: at most `limit` bytes, so one piece.

    `prompts` are what the user said, first to last. Once the first few fill the text it stays as
    it is while the session grows, so a running session is not embedded again and again.
    """
    lines = [title.strip(), f"Project: {project.strip()}" if project.strip() else ""]
    lines += [summary.strip()]
    text = "\n".join(filter(None, lines))
    for prompt in prompts:
        if _size(text) >= limit:
            break
        said = shortened(_DATA_URI.sub(r"\1", prompt).strip(), _PROMPT)
        text = "\n\n".join(filter(None, (text, said)))
    return text[: _reach(text, 0, limit)].rstrip()


def chunks(text: str, window: Window) -> list[Chunk]:
    """Cut `text` into pieces that follow each other, every character in at least one.

    A piece ends, where its second half has one, at the end of a paragraph, or else of a line, a
    sentence or a word. The next one starts a little before that, at a line or a word.
    """
    return list(_cut(text, window))


def text_hash(text: str, window: Window) -> str:
    """Return the hexadecimal SHA-256 of `text` and of all else that decides what is embedded."""
    recipe = f"{RECIPE}\0{window.size}\0{window.overlap}\0{text}"
    return hashlib.sha256(recipe.encode(errors="surrogatepass")).hexdigest()


def _cut(text: str, window: Window) -> Iterator[Chunk]:
    start = 0
    while (furthest := _reach(text, start, window.size)) < len(text):
        end = _good_end(text, _reach(text, start, window.size // 2), furthest)
        yield Chunk(start, text[start:end])
        # More than half a window on and at most a quarter back: every turn comes nearer the end.
        start = _good_start(text, _back(text, end, window.overlap), end)
    if text:
        yield Chunk(start, text[start:])


def _good_end(text: str, earliest: int, latest: int) -> int:
    for mark in ("\n\n", "\n", ". ", " "):
        found = text.rfind(mark, earliest, latest)
        if found >= 0:
            return found + len(mark)
    return latest


def _good_start(text: str, earliest: int, end: int) -> int:
    for mark in ("\n", " "):
        found = text.find(mark, earliest, end - 1)
        if found >= 0:
            return found + 1
    return earliest


def _reach(text: str, start: int, size: int) -> int:
    """Return where the characters from `start` on end that fit into `size` bytes."""
    some = text[start : start + size]
    if some.isascii():
        return start + len(some)
    return start + len(some.encode(errors="replace")[:size].decode(errors="ignore"))


def _back(text: str, end: int, size: int) -> int:
    """Return where the characters before `end` start that fit into `size` bytes."""
    some = text[max(0, end - size) : end]
    surplus = _size(some) - size
    if surplus <= 0:
        return end - len(some)
    return end - len(some.encode(errors="replace")[surplus:].decode(errors="ignore"))


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _spoken(part: Piece) -> str:
    """Return the text of a text part."""
    content = part.content
    if part.type != "text":
        return ""
    if isinstance(content, dict):
        content = content.get("text", content.get("content"))
    return content if isinstance(content, str) else ""


def _call(part: Piece) -> str:
    """Return a line for a tool call, such as `Tool Read: file_path=/home/ann/notes.md`."""
    if re.sub("[-_]", "", part.type).lower() not in _CALL_TYPES:
        return ""
    name, arguments = _named(_parsed(part.content))
    said = (f"Tool {_brief(name)}".strip() if name or arguments else "", _arguments(arguments))
    return shortened(": ".join(filter(None, said)), _CALL)


def _named(content: Any) -> tuple[Any, Any]:
    """Return name and arguments of a tool call, each empty where it does not say."""
    if not isinstance(content, dict):
        return "", content
    if isinstance(content.get("function"), dict):
        content = content["function"]
    state = content.get("state")
    inside = content | state if isinstance(state, dict) else content
    return _first(content, _NAMES), _parsed(_first(inside, _ARGUMENTS))


def _arguments(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={_brief(item)}" for key, item in value.items())
    return _brief(value)


def _first(content: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((content[name] for name in names if content.get(name)), "")


def _parsed(value: Any) -> Any:
    """Return the value of a JSON object in a text, which some clients send in its place."""
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _brief(value: Any) -> str:
    if not isinstance(value, str):
        value = "" if value is None else json.dumps(value, ensure_ascii=False)
    # Cut first: an argument may be a file of a megabyte.
    return shortened(" ".join(value[: 4 * _VALUE].split()), _VALUE)
