"""A short piece of a text around what was looked for, and where in it the matches stand.

Positions count UTF-16 units, as JavaScript does, and are never markup: texts are not trusted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.domain.text import shortened

LONGEST: Final = 300  # characters
_BEFORE: Final = 50  # characters in front of the first match

_START, _END = "\x02", "\x03"
_MARKED: Final = re.compile(f"{_START}([^{_START}{_END}]*){_END}")


@dataclass(frozen=True)
class Snippet:
    """`matches` are [start, end) in UTF-16 units of `text`."""

    text: str
    matches: tuple[tuple[int, int], ...] = ()


def unmarked(marked: str) -> Snippet:
    """Return the snippet that SQLite wrote with U+0002 and U+0003 around each match."""
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
    return _cut("".join(pieces), spans)


def around(text: str, words: Sequence[str]) -> Snippet:
    """Return the piece around the first of `words`, wherever in a word it stands; else the start.

    For parts of names: `Index` stands in `createIndex`, where SQLite sees one word.
    """
    text = _plain(text)
    telling = [re.escape(word) for word in words if len(word) > 1]
    if not telling:
        return _cut(text, [])
    longest_first = sorted(telling, key=len, reverse=True)
    found = re.finditer("|".join(longest_first), text, re.IGNORECASE)
    return _cut(text, [match.span() for match in found])


def _plain(text: str) -> str:
    return text.replace(_START, " ").replace(_END, " ")


def _cut(text: str, spans: list[tuple[int, int]]) -> Snippet:
    """Return at most LONGEST characters of the text, the first match among them."""
    first = spans[0][0] if spans else 0
    start = first - _BEFORE if first > LONGEST - _BEFORE else 0
    lead = "\u2026" if start else ""
    piece = shortened(lead + text[start:], LONGEST)
    whole = len(piece) - (1 if len(lead) + len(text) - start > LONGEST else 0)
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
