"""Masks secrets in text that leaves the archive. What is stored stays whole.

Only shapes that are hardly ever anything else are masked: a mask in the wrong place spoils code.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sidecar.domain.credentials import credentials, kind_of, tells

# In this order: a longer shape comes before one that is its start. Each begins with a letter.
_TOKENS: Final = (
    ("OpenSync key", r"os(?:k_[A-Za-z0-9_-]{16,}|_[A-Za-z0-9]{20,})"),
    ("Anthropic key", r"sk-ant-[A-Za-z0-9_-]{16,}"),
    ("OpenAI key", r"sk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{16,}|[A-Za-z0-9]{32,})"),
    ("GitHub token", r"g(?:h[pousr]_[A-Za-z0-9]{20,}|ithub_pat_[A-Za-z0-9_]{20,})"),
    ("GitLab token", r"glpat-[A-Za-z0-9_.-]{16,}"),
    ("Slack token", r"xox[abeprs]-[A-Za-z0-9-]{10,}"),
    ("AWS key", r"A(?:KIA|SIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("Google key", r"AIza[A-Za-z0-9_-]{35}"),
    ("npm token", r"npm_[A-Za-z0-9]{30,}"),
    ("PyPI token", r"pypi-[A-Za-z0-9_-]{32,}"),
    ("Hugging Face token", r"hf_[A-Za-z0-9]{30,}"),
    ("Stripe key", r"sk_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("Stripe key", r"rk_(?:live|test)_[A-Za-z0-9]{16,}"),
    # A head ends where another may begin: a text of many beginnings is not read anew for each.
    ("JWT", r"eyJ(?:(?![_-]eyJ)[A-Za-z0-9_-]){8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
)
_AT: Final = "(?<![A-Za-z0-9])"  # tokens stand by themselves: `task-...` holds no `sk-...`
# A user that is a token is found as one.
_ADDRESS: Final = (
    rf"://(?!{'|'.join(shape for _, shape in _TOKENS)})"
    r"(?P<user>[^\s/:@'\"<>]{0,200}):[^\s/@'\"<>]{1,500}(?=@)"
)
_PRIVATE_KEY: Final = (
    r"-----BEGIN (?P<key>[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?)-----"
    r"(?s:.*?-----END (?P=key)-----|.*\Z)"
)


def _token(number: int, shape: str) -> str:
    """Return the shape as a group behind its first letter.

    `re` skips what begins with none of these letters, unless groups or conditions come before them:
    so a text is read five times as fast.
    """
    first, rest = shape[0], shape[1:]
    return f"{first}(?P<kind{number}>(?<![A-Za-z0-9]{first}){rest})"


_KINDS: Final = {
    **{f"kind{number}": kind for number, (kind, _) in enumerate(_TOKENS)},
    "user": "password in an address",
    "key": "private key",
}
_SECRET: Final = re.compile(
    "|".join([*(_token(n, shape) for n, (_, shape) in enumerate(_TOKENS)), _ADDRESS, _PRIVATE_KEY])
)

# Every secret, or its name, holds one of these words, in lower case: a rule needs its word here.
_WORDS: Final = (
    *("osk_", "os_", "sk-", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox"),
    *("aiza", "npm_", "pypi-", "hf_", "k_live_", "k_test_", "eyj", "://", "-----begin "),
    *("passw", "passphrase", "pwd", "_pass", "secret", "token", "key", "bearer", "basic", "cookie"),
    *("akia", "asia"),
)
_RAREST: Final = "zjxqkw_:/vbypgfcdmuhlnrsoiate- "  # letters, by how seldom they are met


def _at_rarest(word: str) -> str:
    """Return the word as a pattern that begins with its rarest letter: `re` skips what has none."""
    at = min(range(len(word)), key=lambda place: _RAREST.index(word[place]))
    return f"{re.escape(word[at])}(?<={re.escape(word[: at + 1])}){re.escape(word[at + 1 :])}"


_TELLING: Final = re.compile("|".join(map(_at_rarest, _WORDS)))

# What a piece of a text may hold where it was cut: the rest of a secret, without what tells it.
_RANDOM: Final = r"(?=[\w+=.-]*[a-z])(?=[\w+=.-]*[A-Z])(?=[\w+=.-]*[0-9])[A-Za-z0-9_+=.-]{16,}"
_LONGEST_REST: Final = 1_000  # characters
_CUT_HEAD: Final = re.compile(
    r"(?s:(?:(?!-----BEGIN ).)*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)"
    rf"|[^\s/@'\"<>]{{1,500}}(?=@)|{_RANDOM}"
)
_CUT_TAIL: Final = re.compile(
    rf"(?<=://)[^\s/:@'\"<>]{{0,200}}:(?!\d{{1,5}}\Z)[^\s/@'\"<>]{{1,500}}\Z|{_AT}{_RANDOM}\Z"
)

_NUMBERS: Final = (bool, int, float)

# Names in JSON that are remembered, and their characters: a thousand are more than agents use.
_MOST_NAMES: Final = 1_000
_LONGEST_NAME: Final = 100


@dataclass(frozen=True)
class Redacted:
    """A text without its secrets, and how many of each kind were masked."""

    text: str
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Secret:
    """A secret at [start, end) of a text, and what is shown in its place."""

    start: int
    end: int
    mask: str
    kind: str = ""


def secrets(text: str) -> Iterator[Secret]:
    """Find the secrets in `text`, in order; they do not overlap."""
    told = (Secret(start, end, f"[{kind} removed]", kind) for start, end, kind in credentials(text))
    following = next(told, None)
    for secret in _shaped(text):
        # A shape says more about a secret than the name in front of it.
        while following and following.start < secret.end:
            if following.end <= secret.start:
                yield following
            following = next(told, None)
        yield secret
    if following:
        yield following
    yield from told


def _shaped(text: str) -> Iterator[Secret]:
    """Find the secrets that their own shape gives away."""
    for match in _SECRET.finditer(text):
        kind = _KINDS[match.lastgroup or ""]
        if (user := match["user"]) is None:
            yield Secret(*match.span(), f"[{kind} removed]", kind)
        else:
            # Whose account it was is no secret and tells what the address is for.
            yield Secret(match.start("user"), match.end(), f"{user}:[{kind} removed]", kind)


def remains(text: str, *, head: bool, tail: bool) -> Iterator[Secret]:
    """Find what may be left of secrets where `text` was cut off, at its head or its tail."""
    if head and (match := _CUT_HEAD.match(text)):
        yield Secret(match.start(), match.end(), "")
    if tail and (match := _CUT_TAIL.search(text, max(0, len(text) - _LONGEST_REST))):
        yield Secret(match.start(), match.end(), "")


def is_plain(text: str) -> bool:
    """Tell whether nothing in `text` needs a closer look: most texts are told so."""
    return _TELLING.search(text.lower()) is None


def redacted(text: str) -> Redacted:
    """Return `text` with each secret replaced by its kind, such as `[JWT removed]`."""
    if is_plain(text):
        return Redacted(text)
    pieces: list[str] = []
    counts: Counter[str] = Counter()
    position = 0
    for secret in secrets(text):
        pieces += [text[position : secret.start], secret.mask]
        counts[secret.kind] += 1
        position = secret.end
    return Redacted("".join([*pieces, text[position:]]), dict(counts))


def redacted_as(name: str, text: str) -> Redacted:
    """Return `text` without secrets, where it is the value of this name in JSON."""
    found = redacted(text)
    if found.counts or not (kind := kind_of(name, text)):
        return found
    return Redacted(f"[{kind} removed]", {kind: 1})


class Redactor:
    """Masks one thing after the other; `counts` has how many secrets of each kind it met."""

    def __init__(self) -> None:
        self.counts = Counter[str]()
        # Names that were met and hold no secret, and whether their values may be one.
        self._names = {"": False}

    def text(self, text: str, name: str = "") -> str:
        """Return the text without secrets; `name` is the one it has in JSON."""
        if is_plain(text) and self._names.get(name) is False:
            return text
        found = redacted_as(name, text) if name else redacted(text)
        self.counts.update(found.counts)
        return found.text

    def value(self, value: Any, name: str = "") -> Any:
        """Return a parsed JSON value with every text and name in it masked.

        Anything that is not JSON raises TypeError: what cannot be looked at does not get out.
        """
        if isinstance(value, str):
            return self.text(value, name)
        if isinstance(value, list):
            return [self.value(item, name) for item in value]
        if isinstance(value, dict):
            return {self._name(name): self.value(item, name) for name, item in value.items()}
        if value is None or isinstance(value, _NUMBERS):
            return value
        raise TypeError(f"{type(value).__name__} is not JSON")

    def _name(self, name: str) -> str:
        """Return a name without secrets. The same few come again and again."""
        if name in self._names:
            return name
        found = redacted(name)
        self.counts.update(found.counts)
        if not found.counts and len(name) <= _LONGEST_NAME and len(self._names) < _MOST_NAMES:
            self._names[name] = tells(name)
        return found.text
