"""Markdown for people: a table of facts, then each message under a heading.

Nothing in a message may swallow the next one: an open block of code or a comment in raw HTML would
run to the end of the file.
"""

from __future__ import annotations

import re
from typing import Final

from sidecar.domain.transcript import (
    Block,
    Message,
    Other,
    Picture,
    Session,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    blocks,
)
from sidecar.exporters.base import Exporter
from sidecar.exporters.facts import details_of, facts_of, masked_note, speaker_of, title_of

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~&$])")
_TICKS: Final = re.compile(r"`+")
_FENCE: Final = re.compile(r"( *)(`{3,}(?!.*`)|~{3,})")
_ANY_FENCE: Final = re.compile(r"`{3}|~{3}")
_SPAN: Final = re.compile(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)")
_HTML: Final = re.compile(r"<(?!https?://)[A-Za-z/!?]")
# Readers give up on what is nested without end, and lose their place.
_DEEP: Final = re.compile(r"^(?:[ \t>]|[-*+](?=\s)|\d{1,9}[.)](?=\s)){16}", re.MULTILINE)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")  # the others of Unicode end no line of Markdown


class Markdown(Exporter):
    """One session a file."""

    extension = "md"
    media_type = "text/markdown; charset=utf-8"

    def session(self, session: Session) -> str:
        rows = "".join(f"| {name} | {_escaped(value)} |\n" for name, value in facts_of(session))
        return f"# {_escaped(title_of(session))}\n\n| Property | Value |\n|---|---|\n{rows}\n---\n"

    def message(self, session: Session, message: Message) -> str:
        details = details_of(message)
        lines = [f"<!-- message {message['id']} -->", f"## {speaker_of(message)}"]
        if details:
            lines.append(f"*{_escaped(details)}*")
        lines += [_shown(block) for block in blocks(message)]
        return "\n" + "\n\n".join(lines) + "\n"

    def end_session(self, masked: int) -> str:
        note = masked_note(masked)
        return f"\n---\n\n*{note}*\n" if note else ""


def _shown(block: Block) -> str:
    match block:
        case Text(text):
            return text.strip("\n") if _is_contained(text) else fenced(text)
        case Thinking(text):
            return f"**Thinking:**\n\n{fenced(text)}"
        case ToolCall(name, given, is_json, _):
            head = f"**Tool: {_escaped(name)}**"
            return f"{head}\n\n{fenced(given, 'json' if is_json else '')}" if given else head
        case ToolResult(text, is_error):
            return f"**{'Error' if is_error else 'Result'}:**\n\n{fenced(text)}"
        case Picture(None, note):
            return f"*{_escaped(note)}*"
        case Picture(src, note):
            return f"![{_escaped(note)}]({src})"
        case Other(type, json):
            return f"**{_escaped(type)}:**\n\n{fenced(json, 'json')}"


def fenced(text: str, language: str = "") -> str:
    """Return the text as a block of code that nothing in the text can end."""
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _is_contained(text: str) -> bool:
    """Tell whether Markdown that stands in `text` surely ends with it.

    Every block of code must begin and end at the same indentation, with no line further left: so it
    cannot have ended before, with the list it is in. Raw HTML may not be there at all: a reader
    would hide it, or what follows it.
    """
    if "<" not in text and not _ANY_FENCE.search(text) and not _DEEP.search(text):
        return True
    opened: tuple[int, str] | None = None
    prose: list[str] = []
    for line in _LINE_END.split(text):
        stripped = line.lstrip(" ")
        indent = len(line) - len(stripped)
        if opened is None:
            if fence := _FENCE.match(line):
                opened = (indent, fence[2])
            elif _ANY_FENCE.search(line):
                return False
            else:
                prose.append(line)
        elif stripped and indent < opened[0]:
            return False
        elif indent == opened[0] and _closes(stripped.rstrip(), opened[1]):
            opened = None
        elif indent != opened[0] and _closes(stripped.rstrip(), opened[1]):
            return False  # some readers end it here
    said = "\n".join(prose)
    return opened is None and not _DEEP.search(said) and not _HTML.search(_SPAN.sub("", said))


def _closes(line: str, fence: str) -> bool:
    return len(line) >= len(fence) and set(line) == {fence[0]}
