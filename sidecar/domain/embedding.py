"""What is to be embedded of the records that wait, in which groups, and when to try again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from sidecar.domain import ids
from sidecar.domain.chunks import (
    RECIPE,
    Piece,
    Window,
    chunks,
    message_text,
    session_text,
    text_hash,
)

Kind = Literal["message", "session"]
KINDS: Final[tuple[Kind, ...]] = ("message", "session")

_LONGEST_PAUSE: Final = 300.0  # seconds


@dataclass(frozen=True)
class Work:
    """A record that waits. `pieces` is None where the text is the one embedded already."""

    kind: Kind
    id: str
    updated: str
    hash: str
    pieces: tuple[str, ...] | None

    @property
    def size(self) -> int:
        return len(self.pieces or ())

    def row_id(self, chunk: int) -> str:
        """Return the id of the record that holds the vector of one piece."""
        return ids.derive(f"{self.kind} embedding", self.id, str(chunk))


def message_work(row: dict[str, Any], window: Window) -> Work:
    """Return what is to be done for a row of the hook's pending messages."""
    text = _said(row)
    return _work("message", row, text, window)


def session_work(row: dict[str, Any], window: Window) -> Work:
    """Return what is to be done for a row of the hook's pending sessions."""
    prompts = map(_said, row["prompts"])
    text = session_text(
        row["title"], row["project"], prompts, limit=window.size, summary=row["summary"]
    )
    return _work("session", row, text, window)


def groups(work: Iterable[Work], pieces: int) -> Iterator[list[Work]]:
    """Yield the work in order, as much at a time as has at most so many pieces, one at least."""
    group: list[Work] = []
    size = 0
    for item in work:
        if group and size + item.size > pieces:
            yield group
            group, size = [], 0
        group.append(item)
        size += item.size
    if group:
        yield group


def space_name(model: str, dimensions: int, window: Window) -> str:
    """Name all that decides what a vector is; where it changes, everything is looked at again."""
    return f"{RECIPE}/{model}/{dimensions}/{window.size}/{window.overlap}"


def pause_after(failures: int, chance: float, asked: float | None = None) -> float:
    """Return the seconds to wait after so many failures in a row, at least those asked for.

    `chance` is from 0 to 1; it spreads those who failed together.
    """
    grown = min(_LONGEST_PAUSE, 2.0 ** min(failures, 16)) / 2
    return max(asked or 0.0, grown) + chance * grown


def _work(kind: Kind, row: dict[str, Any], text: str, window: Window) -> Work:
    digest = text_hash(text, window)
    if digest == row["known"]:
        return Work(kind, row["id"], row["updated"], digest, None)
    pieces = tuple(chunk.text for chunk in chunks(text, window))
    if kind == "session":
        pieces = pieces[:1]  # a session has one vector
    return Work(kind, row["id"], row["updated"], digest, pieces)


def _said(row: dict[str, Any]) -> str:
    return message_text(
        row["text"], [Piece(part["type"], part["content"]) for part in row["parts"]]
    )
