"""The rows of a sync request, encoded for the ingest hook, and which of them may go together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import orjson

from sidecar.domain.rows import MessageRows, Row

GROUP_BYTES: Final = 8 * 1024 * 1024  # a group is closed when it is this large


@dataclass(frozen=True, eq=False)
class Write:
    """The rows of one request, already encoded, and on whose authority they are written."""

    user: str
    key: str | None
    sessions: bytes
    messages: bytes
    parts: bytes
    # Messages whose parts this write replaces; two such writes never share a group, because
    # their parts would mix.
    replaces: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        return len(self.sessions) + len(self.messages) + len(self.parts)


def encode(
    user: str, key: str | None, sessions: Iterable[Row], messages: Iterable[MessageRows]
) -> Write:
    """Return the rows of one request as a write, items in the order given.

    A session that several messages name is written once, unless the later row says more. Of a
    message that occurs twice, only the last list of parts counts.
    """
    rows: list[Row] = list(sessions)
    stubs: dict[str, None] = {}
    latest: dict[str, list[Row]] = {}
    messages = list(messages)
    for item in messages:
        stubs[orjson.dumps(item.session).decode()] = None
        if item.parts is not None:
            latest[item.message["id"]] = item.parts
    encoded_messages: list[Row] = []
    for item in messages:
        message = item.message
        if item.parts is not None and item.parts is not latest[message["id"]]:
            message = {k: v for k, v in message.items() if k not in ("partCount", "partsHash")}
        encoded_messages.append(message)
    return Write(
        user=user,
        key=key,
        sessions=b",".join(filter(None, (_joined(rows), ",".join(stubs).encode()))),
        messages=_joined(encoded_messages),
        parts=_joined(part for parts in latest.values() for part in parts),
        replaces=frozenset(latest),
    )


def _joined(rows: Iterable[Row]) -> bytes:
    # Not kept side by side: what orjson returns took kilobytes at first, and they stay lost
    # between many small ones.
    joined = bytearray()
    for row in rows:
        joined += orjson.dumps(row)
        joined += b","
    return bytes(joined[:-1])


def group_length(writes: Iterable[Write], most: int = GROUP_BYTES) -> int:
    """Return how many writes, from the first on, may be written in one transaction."""
    length = size = 0
    replaced: set[str] = set()
    for write in writes:
        if length and (size + write.size > most or replaced & write.replaces):
            break
        replaced |= write.replaces
        size += write.size
        length += 1
    return length
