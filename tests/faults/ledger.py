"""What was sent and what was acknowledged, to be compared with what is stored in the end."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

Json = dict[str, Any]
Key = tuple[str, ...]  # external ids: of a session, or of a session and a message in it


def version_of(*values: Any) -> str:
    """Return what tells one state of a session or message from another."""
    return hashlib.sha256(orjson.dumps(values)).hexdigest()[:16]


def version_of_session(title: str, prompt_tokens: int) -> str:
    return version_of(title, prompt_tokens)


def version_of_message(role: str, text: str, parts: Iterable[tuple[str, Any]]) -> str:
    return version_of(role, text, [list(part) for part in parts])


@dataclass(frozen=True)
class Item:
    """One session or message in one request."""

    key: Key
    version: str
    body: Json
    word: str = ""  # that no other text holds

    @property
    def is_message(self) -> bool:
        return len(self.key) == 2


@dataclass
class Entry:
    """What may be stored of one session or message."""

    taken: str | None = None  # the version that was acknowledged last
    # Sent after it and not acknowledged: it may have been stored all the same, when only the
    # answer was lost.
    unsure: set[str] = field(default_factory=set)
    record: str = ""  # the id that was answered
    word: str = ""


class Ledger:
    """Every session and message by its external ids, and how requests ended."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}
        self.acknowledged = 0  # sessions and messages, edits too
        self.refused = 0  # the same, when the request was not answered with success
        self.reasons: Counter[str] = Counter()  # why requests were not

    def acknowledge(self, items: Iterable[Item], records: Iterable[str] = ()) -> None:
        for item in items:
            entry = self.entries.setdefault(item.key, Entry())
            entry.taken, entry.word = item.version, item.word
            entry.unsure.clear()
            self.acknowledged += 1
        for item, record in zip(items, records, strict=False):
            self.entries[item.key].record = record

    def refuse(self, items: Iterable[Item], reason: str) -> None:
        for item in items:
            self.entries.setdefault(item.key, Entry()).unsure.add(item.version)
            self.refused += 1
        self.reasons[reason] += 1

    def taken(self) -> dict[Key, Entry]:
        return {key: entry for key, entry in self.entries.items() if entry.taken}
