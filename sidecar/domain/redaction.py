"""Masks secrets in text that leaves the archive. What is stored stays whole.

Only shapes that are hardly ever anything else are masked: a mask in the wrong place spoils code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

_PRIVATE_KEY: Final = (
    r"-----BEGIN (?P<key>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----"
    r"(?:.*?-----END (?P=key)-----|.*\Z)"
)
_AT: Final = r"(?<![A-Za-z0-9])"  # tokens stand by themselves: `task-...` holds no `sk-...`

# In this order: a longer shape comes before one that is its start.
_SHAPES: Final[Mapping[str, re.Pattern[str]]] = {
    "private key": re.compile(_PRIVATE_KEY, re.DOTALL),
    "OpenSync key": re.compile(_AT + r"(?:osk_[A-Za-z0-9_-]{16,}|os_[A-Za-z0-9]{20,})"),
    "Anthropic key": re.compile(_AT + r"sk-ant-[A-Za-z0-9_-]{16,}"),
    "OpenAI key": re.compile(
        _AT + r"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{32,})"
    ),
    "GitHub token": re.compile(
        _AT + r"(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"
    ),
    "GitLab token": re.compile(_AT + r"glpat-[A-Za-z0-9_.-]{16,}"),
    "Slack token": re.compile(_AT + r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
    "AWS key": re.compile(_AT + r"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    "Google key": re.compile(_AT + r"AIza[A-Za-z0-9_-]{35}"),
    "npm token": re.compile(_AT + r"npm_[A-Za-z0-9]{30,}"),
    "JWT": re.compile(_AT + r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    "password in an address": re.compile(
        r"(?<=://)(?P<user>[^\s/:@'\"<>]{0,200}):[^\s/@'\"<>]{1,500}(?=@)"
    ),
}


@dataclass(frozen=True)
class Redacted:
    """A text without its secrets, and how many of each kind were masked."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def redacted(text: str) -> Redacted:
    """Return `text` with each secret replaced by its kind, such as `[JWT removed]`."""
    counts: dict[str, int] = {}
    for kind, shape in _SHAPES.items():
        # Whose account it was is no secret and tells what the address is for.
        mask = rf"\g<user>:[{kind} removed]" if "user" in shape.groupindex else f"[{kind} removed]"
        text, found = shape.subn(mask, text)
        if found:
            counts[kind] = found
    return Redacted(text, counts)
