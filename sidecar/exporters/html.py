"""A page that needs nothing else: its style is in it, it runs nothing and fetches nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from sidecar.domain.text import shortened
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

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

_LINK: Final = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_LONGEST: Final = 20_000  # characters that are read as Markdown; a longer text is shown as it is
_FOLDED: Final = 1_000  # characters of a tool's output that are shown before it is folded
_HINT: Final = 100
_STYLE: Final = files(__package__).joinpath("page.css").read_text("utf-8")


class _Renderer(RendererHTML):
    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Return the words of a picture: to fetch it would tell its host who reads the page."""
        token = tokens[idx]
        return f"[{escape(token.content or str(token.attrGet('src') or ''))}]"


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer)
    reader.enable(["table", "strikethrough"])
    reader.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    return reader


class Html(Exporter):
    """One session a file."""

    extension = "html"
    media_type = "text/html; charset=utf-8"

    def __init__(self) -> None:
        self._reader = _reader()

    def session(self, session: Session) -> str:
        title = escape(title_of(session))
        rows = "".join(
            f"<div><dt>{name}</dt><dd>{escape(value)}</dd></div>"
            for name, value in facts_of(session)
        )
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="color-scheme" content="light dark">\n'
            f"<title>{title}</title>\n<style>\n{_STYLE}</style>\n</head>\n<body>\n"
            f"<header><h1>{title}</h1><dl>{rows}</dl></header>\n<main>\n"
        )

    def message(self, session: Session, message: Message) -> str:
        body = "".join(self._shown(block) for block in blocks(message))
        return (
            f'<article id="{message["id"]}" class="{message["role"]}"><h2>{speaker_of(message)}'
            f"<small>{escape(details_of(message))}</small></h2>{body}</article>\n"
        )

    def end_session(self, masked: int) -> str:
        note = masked_note(masked)
        footer = f"<footer>{note}</footer>\n" if note else ""
        return f"</main>\n{footer}</body>\n</html>\n"

    def _shown(self, block: Block) -> str:
        match block:
            case Text(text):
                return self._prose(text)
            case Thinking(text):
                return _folded("Thinking", text, is_open=False)
            case ToolCall(name, given, _, hint):
                return _folded(f"Tool: {name}", given, is_open=False, hint=hint)
            case ToolResult(text, is_error):
                return _folded("Error" if is_error else "Result", text, is_open=is_error)
            case Picture(None, note):
                return f"<p><em>{escape(note)}</em></p>"
            case Picture(src, note):
                return f'<p><img src="{escape(src or "")}" alt="{escape(note)}"></p>'
            case Other(type, json):
                return _folded(type, json, is_open=False)

    def _prose(self, text: str) -> str:
        if len(text) > _LONGEST:
            return f"<pre>{escape(text)}</pre>"
        return f'<div class="prose">{self._reader.render(text)}</div>'


def _folded(name: str, text: str, *, is_open: bool, hint: str = "") -> str:
    if not text:
        return f'<p class="tool">{escape(name)}</p>'
    shown = " open" if is_open and len(text) <= _FOLDED else ""
    about = shortened(" ".join(hint.split()), _HINT)
    code = f" <code>{escape(about)}</code>" if about else ""
    return (
        f"<details{shown}><summary>{escape(name)}{code}</summary>"
        f"<pre>{escape(text)}</pre></details>"
    )
