"""What a person types into the search box, as expressions of SQLite's full-text search.

Words are all wanted, `"several words"` only side by side, `begin*` at the start of a word.
Everything else is text: each word is quoted, so what would be an operator is none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MOST_WORDS: Final = 32  # of a query; a pasted stack trace says enough with its first words
LONGEST_WORD: Final = 200
_LONGEST_SUFFIX: Final = 5  # of a suffix that the index has cut off; longer ones are rare

_ITEM: Final = re.compile(r'"([^"]*)"?|([^\s"]+)')
_SIGNED: Final = re.compile(r"([a-z]+)(\+\+|#)|\.(net)", re.IGNORECASE)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SIGNS: Final = {"++": "plusplus", "#": "sharp"}
_SUFFIXES: Final = tuple(
    sorted(
        {
            suffix[:length]
            for suffix in (
                *("ing", "ings", "ion", "ions", "ation", "ment", "ness", "able", "ible"),
                *("ance", "ence", "ed", "er", "es", "ive", "ize", "ful", "ity", "ous"),
            )
            for length in range(1, min(len(suffix), _LONGEST_SUFFIX) + 1)
        },
        key=len,
    )
)

# Words that say nothing of what is looked for. They are left out while others remain: they slow a
# search down and push aside messages that leave them out.
_STOP_WORDS: Final = """
a about an and any are as at be been but by can could did do does for from had has have how i in
into is it its me my of on or our so some than that the their them then there these they this to was
we were what when where which who why will with would you your
"""
_STOPS: Final = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True)
class TextQuery:
    """MATCH expressions, the narrowest first, those of single words where there are several, and
    the words to look for in a text by oneself."""

    matches: tuple[str, ...]
    words: tuple[str, ...]
    alternatives: tuple[str, ...] = ()

    @property
    def widest(self) -> str:
        """The expression that matches whatever any other matches; empty when there is none."""
        return self.matches[-1] if self.matches else ""


def text_query(q: str) -> TextQuery:
    """Return what to match for `q`: all of its words, and where nothing has all, any of them."""
    items = _items(q)
    telling = {match: word for match, word in items.items() if word.lower() not in _STOPS}
    items = telling or items
    if not items:
        return TextQuery((), ())
    every, some = " AND ".join(items), " OR ".join(items)
    words = tuple(word.strip('"*') for word in items.values())
    if len(items) == 1:
        return TextQuery((every,), words)
    return TextQuery((every, some), words, tuple(items))


def _items(q: str) -> dict[str, str]:
    """Return the wanted words and phrases by their MATCH expressions, each once."""
    found: dict[str, str] = {}
    for item in _ITEM.finditer(q.replace("\0", " ")):
        phrase, word = item.groups()
        text = (word if phrase is None else phrase)[:LONGEST_WORD]
        if not any(character.isalnum() for character in text):
            continue
        found.setdefault(_quoted(text) if phrase is not None else _word(text), text)
        if len(found) == MOST_WORDS:
            break
    return found


def _word(word: str) -> str:
    signed = _SIGNED.fullmatch(word)
    if signed is not None:
        name, sign, net = signed.groups()
        return _quoted(f"dot{net}" if net else f"{name}{_SIGNS[sign]}")
    begun = word.rstrip("*")
    if begun != word and begun[-1].isalnum():
        return _prefix(begun)
    # `IndexWriter` also stands in `createIndexWriter`, whose parts the index holds one by one.
    parts = _CAMEL.sub(" ", word)
    return _quoted(word) if parts == word else f"({_quoted(word)} OR {_quoted(parts)})"


def _prefix(begun: str) -> str:
    """Match words that begin so. The index holds "connect" for "connection": `connectio*` too."""
    stems = [
        begun[: -len(suffix)]
        for suffix in _SUFFIXES
        if begun.lower().endswith(suffix) and len(begun) - len(suffix) >= 4
    ]
    if not stems:
        return f"{_quoted(begun)}*"
    return f"({_quoted(begun)}* OR {_quoted(min(stems, key=len))})"


def _quoted(text: str) -> str:
    # Within quotes the only character with a meaning is the quote.
    return '"' + text.replace('"', '""') + '"'
