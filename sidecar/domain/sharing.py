"""What of a session strangers see: what its owner agreed to, without secrets and names of folders.

Kinds of parts that are not known are left out, and so is thinking: the owner agreed to messages,
tool calls, their output and pictures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sidecar.domain.redaction import redacted, redacted_as
from sidecar.domain.text import shortened

LONGEST: Final = 100_000  # characters of one text
_MARGIN: Final = 1_000  # looked at beyond it, so that no secret is cut in half and missed

_SHOWN: Final = frozenset(
    {
        *("text", "inputtext", "outputtext", "image", "inputimage", "imageurl", "file"),
        *("tool", "toolcall", "tooluse", "toolinvocation", "functioncall", "customtoolcall"),
        *("toolresult", "functioncalloutput", "customtoolcalloutput"),
    }
)
_THINKING: Final = frozenset({"thinking", "reasoning", "redactedthinking"})

# Base64 is no text: a mask in it would only damage the picture.
_PICTURE: Final = re.compile(
    r"data:image/[a-z0-9.+-]{1,40};base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE
)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/=\s]*")

# Separators may be doubled, as in JSON within JSON. Compilers glue folders to their options. On
# Windows a name may hold blanks, and case does not matter; elsewhere `/users/…` is a route.
_NAME: Final = r"[^\s\\/\"'`<>|:;,()\[\]{}]+"
_HOME: Final = re.compile(
    rf"""(?:(?<![\w.~-])|(?<=-[ILF]))(?:
      [A-Za-z]:[\\/]{{1,4}}(?i:users)[\\/]{{1,4}}(?:{_NAME}(?:[ ]{_NAME}){{0,2}}(?=[\\/])|{_NAME})
      |(?:[A-Za-z]:|(?:/mnt|/cygdrive)?/[a-z]|/var|/export
        |[\\/]{{2,4}}wsl(?:\.localhost|\$)[\\/]{{1,4}}[\w.-]+)?
       [\\/]{{1,4}}(?:home|Users)[\\/]{{1,4}}{_NAME})""",
    re.VERBOSE,
)
_DEEPEST: Final = 64  # names of a project's path that are looked for: more would take too long


@dataclass(frozen=True)
class Include:
    """What the owner agreed to beyond the messages."""

    paths: bool = False
    cost: bool = False
    notes: bool = False

    @classmethod
    def of(cls, stored: Any) -> Include:
        """Read what is stored; only what is plainly agreed to counts."""
        given = stored if isinstance(stored, dict) else {}
        return cls(**{name: given.get(name) is True for name in ("paths", "cost", "notes")})


class PathMask:
    """Replaces the session's folder by `[project]` and home folders by `~`."""

    def __init__(self, project_path: str) -> None:
        self._masks: list[tuple[re.Pattern[str], str]] = []
        # A short one, such as `/app`, is hardly private and is found in too many words.
        if len(_names(project_path)) > 1:
            self._add(project_path, "[project]", dashed_end=r"(?![\w-])")
        if home := _HOME.match(project_path):
            self._add(home[0], "~", dashed_end=r"(?!\w)")  # what is in it follows
        self._masks.append((_HOME, "~"))

    def _add(self, path: str, mask: str, *, dashed_end: str) -> None:
        """Mask a known folder, also where something else precedes it, as in `-I/home/…`."""
        folder = r"[\\/]{1,4}".join(map(re.escape, _names(path)[:_DEEPEST]))
        folder = (r"[\\/]{1,4}" if path[0] in "\\/" else r"(?<!\w)") + folder
        # Claude Code names folders after paths so.
        dashed = re.escape(re.sub(r"[^A-Za-z0-9]", "-", path.rstrip("\\/")))
        shape = rf"{folder}(?![\w-])|(?<![\w.-]){dashed}{dashed_end}"
        self._masks.append((re.compile(shape), mask))

    def __call__(self, text: str) -> str:
        for shape, mask in self._masks:
            text = shape.sub(mask, text)
        return text


class Scrubber:
    """Makes texts of one session fit to be shown; `redactions` counts the masked secrets."""

    def __init__(self, include: Include, project_path: str) -> None:
        self._mask = None if include.paths else PathMask(project_path)
        self.redactions = 0

    def text(self, text: str, name: str = "") -> str:
        """Return the text as it is shown; `name` is the one it has in JSON."""
        cut = text[: LONGEST + _MARGIN]
        found = redacted_as(name, cut) if name else redacted(cut)
        self.redactions += found.total
        shown = found.text if self._mask is None else self._mask(found.text)
        return shortened(shown, LONGEST)

    def value(self, value: Any, name: str = "") -> Any:
        """Return a parsed JSON value with every text in it made fit; thinking is left out."""
        if isinstance(value, str):
            return value if _PICTURE.fullmatch(value) else self.text(value, name)
        if isinstance(value, list):
            return [self.value(item, name) for item in value if not _is_thinking(item)]
        if isinstance(value, dict):
            picture = _is_picture(value)
            return {
                self.text(key): item
                if picture and key in ("data", "base64") and _is_base64(item)
                else self.value(item, key)
                for key, item in value.items()
                if not _is_thinking(item)
            }
        return value


def _names(path: str) -> list[str]:
    return [name for name in re.split(r"[\\/]+", path) if name]


def session_shown(stored: dict[str, Any], include: Include, scrubber: Scrubber) -> dict[str, Any]:
    """Return what is shown of a published session: None for what is not known, and nothing at all
    for what was not agreed to."""

    def text(name: str) -> str | None:
        return scrubber.text(stored[name]) or None

    shown: dict[str, Any] = {
        "title": text("title"),
        "source": text("source"),
        "model": text("model"),
        "provider": text("provider"),
        **{
            name: stored[name]
            for name in (
                *("totalTokens", "promptTokens", "completionTokens"),
                *("messageCount", "createdAt", "updatedAt"),
            )
        },
        "durationMs": stored["durationMs"] or None,
    }
    if include.paths:
        shown |= {name: text(name) for name in ("projectName", "projectPath")}
    if include.cost:
        shown["cost"] = stored["cost"]
    if include.notes:
        shown["notes"] = text("evalNotes")
    return shown


def message_shown(stored: dict[str, Any], scrubber: Scrubber) -> dict[str, Any]:
    """Return what is shown of a message of a published session."""
    return {
        "id": stored["id"],
        "role": stored["role"],
        "textContent": scrubber.text(stored["textContent"]) or None,
        "model": scrubber.text(stored["model"]) or None,
        "createdAt": stored["createdAt"],
        "promptTokens": stored["promptTokens"] or None,
        "completionTokens": stored["completionTokens"] or None,
        "parts": [
            {
                "type": part["type"],
                "content": scrubber.value(part["content"]),
                "order": part["order"],
            }
            for part in stored["parts"]
            if _kind(part["type"]) in _SHOWN
        ],
    }


def _kind(name: str) -> str:
    return re.sub("[-_]", "", name).lower()


def _is_thinking(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and _kind(kind) in _THINKING


def _is_picture(value: dict[str, Any]) -> bool:
    kinds = (
        value.get(name) for name in ("media_type", "mediaType", "mimeType", "mime_type", "mime")
    )
    return any(isinstance(kind, str) and kind.startswith("image/") for kind in kinds)


def _is_base64(value: Any) -> bool:
    return isinstance(value, str) and _BASE64.fullmatch(value) is not None
