"""Record ids are derived from what a record stands for, so no write has to look one up first.

An id is the first 15 characters of the lower-case base32 text of SHA-256 over the kind and the
names that make the record unique, joined by NUL (75 bits; PocketBase ids are 15 characters of
`[a-z0-9]`). The owner is always among the names: one user's request cannot name another's row.
"""

from __future__ import annotations

import base64
import hashlib
import re

LENGTH = 15

_RECORD_ID = re.compile(rf"[a-z0-9]{{{LENGTH}}}")


def derive(kind: str, *names: str) -> str:
    """Return the id of the record of `kind` that `names` make unique."""
    digest = hashlib.sha256("\0".join((kind, *names)).encode()).digest()
    return base64.b32encode(digest[:10])[:LENGTH].decode().lower()


def is_record_id(text: str) -> bool:
    """Tell whether `text` could be the id of a record; asking for any other finds nothing."""
    return _RECORD_ID.fullmatch(text) is not None


def session_id(user: str, external_id: str) -> str:
    return derive("session", user, external_id)


def message_id(session: str, external_id: str) -> str:
    return derive("message", session, external_id)


def part_id(message: str, order: int) -> str:
    return derive("part", message, str(order))
