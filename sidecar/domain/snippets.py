"""A short piece of a text around what was looked for, and where in it the matches stand.

Secrets are masked before the text is cut; a match in one becomes a match of the whole mask.
Positions count UTF-16 units, as JavaScript does, and are never markup: texts are not trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.domain import redaction
from sidecar.domain.text import shortened

LONGEST: Final = 300  # characters
SHOWN: Final = 2_000  # characters of a text in which `around` looks; longer ones arrive cut
_BEFORE: Final = 50  # characters in front of the first match

_ELLIPSIS: Final = "\u2026"
_START, _END = "\x02", "\x03"
_MARKED: Final = re.compile(f"{_START}([^{_START}{_END}]*){_END}")


@dataclass(frozen=True)
class Snippet:
    """`matches` are [start, end) in UTF-16 units of `text`."""

    text: str
    matches: tuple[tuple[int, int], ...] = ()


def unmarked(marked: str) -> Snippet:
    """Return the snippet that SQLite wrote with U+0002 and U+0003 around each match.

    It begins and ends with an ellipsis where it was cut.
    """
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    length = position = 0
    for match in _MARKED.finditer(marked):
        before, found = _plain(marked[position : match.start()]), match.group(1)
        start = length + len(before)
        length = start + len(found)
        spans.append((start, length))
        pieces += [before, found]
        position = match.end()
    pieces.append(_plain(marked[position:]))
    text = "".join(pieces)
    head, tail = text.startswith(_ELLIPSIS), text.endswith(_ELLIPSIS)
    return _cut(*_masked(text, spans, head=head, tail=tail), LONGEST)


def around(text: str, words: Sequence[str], longest: int = LONGEST) -> Snippet:
    """Return the piece around the first of `words`, wherever in a word it stands; else the start.

    For parts of names: `Index` stands in `createIndex`, where SQLite sees one word.
    """
    text = _plain(text)
    spans: list[tuple[int, int]] = []
    if telling := [re.escape(word) for word in words if len(word) > 1]:
        longest_first = sorted(telling, key=len, reverse=True)
        found = re.finditer("|".join(longest_first), text, re.IGNORECASE)
        spans = [match.span() for match in found]
    return _cut(*_masked(text, spans, head=False, tail=len(text) >= SHOWN), longest)


def _plain(text: str) -> str:
    return text.replace(_START, " ").replace(_END, " ")


def _masked(
    text: str, spans: Sequence[tuple[int, int]], *, head: bool, tail: bool
) -> tuple[str, list[tuple[int, int]]]:
    """Return the text without secrets and the spans moved along.

    `head` and `tail` say where the text was cut off; an ellipsis may stand there.
    """
    inner = text.removeprefix(_ELLIPSIS) if head else text
    offset = len(text) - len(inner)
    inner = inner.removesuffix(_ELLIPSIS) if tail else inner
    hidden = [*redaction.secrets(inner), *redaction.remains(inner, head=head, tail=tail)]
    if not hidden:
        return text, list(spans)
    pieces: list[str] = []
    moved: list[tuple[int, int]] = []
    position = length = 0
    for secret in sorted(hidden, key=lambda secret: (secret.start, -secret.end)):
        start, end = secret.start + offset, secret.end + offset
        if end <= position:
            continue
        before = text[position : max(start, position)]
        moved += _moved(spans, position, position + len(before), length - position)
        length += len(before)
        if any(begin < end and start < stop for begin, stop in spans) and secret.mask:
            moved.append((length, length + len(secret.mask)))
        pieces += [before, secret.mask]
        length += len(secret.mask)
        position = end
    moved += _moved(spans, position, len(text), length - position)
    return "".join([*pieces, text[position:]]), moved


def _moved(
    spans: Iterable[tuple[int, int]], start: int, end: int, by: int
) -> Iterator[tuple[int, int]]:
    """Return what lies of the spans in [start, end), moved."""
    for begin, stop in spans:
        if max(begin, start) < min(stop, end):
            yield max(begin, start) + by, min(stop, end) + by


def _cut(text: str, spans: list[tuple[int, int]], longest: int) -> Snippet:
    """Return at most `longest` characters of the text, the first match among them."""
    first = spans[0][0] if spans else 0
    start = first - _BEFORE if first > longest - _BEFORE else 0
    lead = _ELLIPSIS if start else ""
    piece = shortened(lead + text[start:], longest)
    whole = len(piece) - (1 if len(lead) + len(text) - start > longest else 0)
    moved = ((begin - start + len(lead), end - start + len(lead)) for begin, end in spans)
    inside = [(begin, min(end, whole)) for begin, end in moved if 0 <= begin < whole]
    return Snippet(piece, tuple(_utf16(piece, inside)))


def _utf16(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    for begin, end in spans:
        start = begin + _wide(text[:begin])
        yield start, start + (end - begin) + _wide(text[begin:end])


def _wide(text: str) -> int:
    """Return how many characters of the text take two units."""
    return 0 if text.isascii() else sum(character > "\uffff" for character in text)
