"""API keys: how they look and how they are stored.

A key is `osk_`, 32 random Base62 characters (190 bits) and a 6-character Base62 CRC-32 of what
precedes it, so that a scanner can tell a real key from a look-alike offline. Only its SHA-256 is
stored; with that much entropy a slow hash would protect nothing (ASVS 5.0, 6.5.2).
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass

PREFIX = "osk_"
SHOWN = 8  # characters of a key that may be shown again, to tell one from another

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM = 32
# Published plugins ask for `osk_`; keys of the fork start with `os_`. Any suffix may follow.
_PRESENTED = re.compile(r"osk?_[!-~]{8,200}")


@dataclass(frozen=True)
class ApiKey:
    """A stored key, without the secret. Times are Unix ms; 0 stands for never."""

    id: str
    user: str
    key_hash: str
    expires_at: int
    revoked_at: int

    def is_live(self, now: int) -> bool:
        return self.revoked_at == 0 and (self.expires_at == 0 or now < self.expires_at)


def generate(choose: Callable[[str], str]) -> str:
    """Return a new key. `choose` picks one character from a CSPRNG (`secrets.choice`)."""
    body = PREFIX + "".join(choose(_ALPHABET) for _ in range(_RANDOM))
    return body + _checksum(body)


def has_valid_checksum(key: str) -> bool:
    """Tell whether `key` could have been made by `generate`; needs no database."""
    return len(key) == len(PREFIX) + _RANDOM + 6 and _checksum(key[:-6]) == key[-6:]


def looks_like_key(token: str) -> bool:
    return _PRESENTED.fullmatch(token) is not None


def is_key_prefixed(token: str) -> bool:
    return token.startswith(("osk_", "os_"))


def key_hash(key: str) -> str:
    """Return the hexadecimal SHA-256 under which the key is stored."""
    return hashlib.sha256(key.encode()).hexdigest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
