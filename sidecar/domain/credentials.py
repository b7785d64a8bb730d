"""Secrets that only what stands before them gives away: `PASSWORD=…`, `Bearer …`, `Cookie: …`.

How sure one can be depends on the place. In `PASSWORD=…` of an environment file almost anything is
a secret; in `password = …` of a program most is not: variables, calls, types, placeholders.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final

Found = tuple[int, int, str]  # a secret at [start, end) of the text, and its kind

PASSWORD: Final = "password"  # noqa: S105
_LONGEST_OTHER: Final = 64  # characters of what only stands for a value
_BLANK: Final = r"[ \t]{0,4}"

# Kinds of keys that are secret.
_KEYS: Final = (
    *("access", "account", "api", "auth", "encryption", "master", "private", "shared", "signing"),
)

# Names, in lower case; those in no group are secrets. `PWD=` alone is the folder a shell is in.
# Each begins with a letter, outside of any group: `re` skips what begins with no such letter.
_NAMES: Final = re.compile(
    r"p(?P<password>assw(?:or)?d|assphrase|wd(?<=[_;-]pwd)"
    r"|ass(?<=_pass)(?=\\{0,3}[\"']?[ \t]?[=:]))"
    rf"|secret(?:[_ -]?(?:access[_ -]?)?key)?|token|{'|'.join(f'{key}[_ -]?key' for key in _KEYS)}"
    r"|b(?P<scheme>earer|asic)(?=[ \t])|c(?P<cookie>ookie)"
    r"|a(?P<aws>[ks]ia[a-z0-9]{16})(?![a-z0-9])"
)

# From the end of a name: a closing quote or bracket, a type, `=` or `:`, a value.
_VALUE: Final = re.compile(
    rf"""\\{{0,3}}["']?\]?(?:[ ]\[[^\]\n]{{0,40}}\])?
    (?P<before>{_BLANK})
    (?P<sign>(?::[ ]?[A-Za-z][\w.|\[\]? ]{{0,40}}?{_BLANK})?=(?![=>~])|:=|=>|:(?!:))
    (?P<after>{_BLANK})
    (?:(?P<quote>\\{{0,3}}["'])(?P<quoted>(?:(?!(?P=quote))[^\n])+)(?:(?P=quote)|\Z)
      |(?P<bare>[^\s"'`,;&|<>(){{}}\[\]\\]++)(?![\w"'`(\[{{]))""",
    re.VERBOSE,
)
_SCHEME: Final = re.compile(r"[ \t]{1,4}([A-Za-z0-9._~+/-]{6,}+={0,2})")
_COOKIE: Final = re.compile(
    rf"\\{{0,3}}[\"']?{_BLANK}:{_BLANK}\\{{0,3}}[\"']?([\w!#$%&*.^`|~+-]{{1,100}}=[^\r\n\"'\\]+)"
)
_AFTER_ID: Final = re.compile(r"[^A-Za-z0-9/+]{1,20}([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])")

_RANDOM: Final = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[\w+/=.~-]{16,}|[0-9a-f]{32,}")
_REFERENCE: Final = re.compile(r"[A-Za-z_]\w*(?:(?:\.|::|->)[A-Za-z_]\w*)+|(?:~|\.{1,2})?/.*")
_PLACEHOLDER: Final = re.compile(
    r"[$<{%@].*|.*(?:your|example|change.?me|placeholder|redacted|removed|masked|hidden|dummy"
    r"|replace|insert|x{3,}|\*{2,}|\.{3}|\u2026|\$\{|\{\{).*"
    r"|none|null|nil|undefined|true|false|(?:string|str|text|bytes|any)\??|required|optional|prompt"
    r"|(?:my|the|a|new|old)?[_ -]?"
    r"(?:passw(?:or)?d|passphrase|pass|pwd|secret(?:[_-]?key)?|token|(?:api)?[_ -]?key)",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W\d_]+")
_TYPE: Final = re.compile(r"[A-Z][A-Za-z]*\d{0,3}[A-Za-z]*")


def credentials(text: str) -> Iterator[Found]:
    """Find such secrets in `text`, in order; they do not overlap."""
    position = 0
    for name in _NAMES.finditer(_lowered(text)):
        if name.start() < position:
            continue
        found = _FINDERS.get(name.lastgroup or "", _assigned)(text, name)
        if found is not None:
            position = found[1]
            if found[2]:
                yield found


def tells(text: str) -> bool:
    """Tell whether there is a name of secrets in `text`."""
    return _NAMES.search(_lowered(text)) is not None


def kind_of(name: str, value: str) -> str:
    """Return the kind of secret that a text of this name in JSON is; empty if it is none."""
    if not tells(name):
        return ""
    before = f'"{name}": "'
    found = next(credentials(f'{before}{value}"'), None)
    return found[2] if found is not None and found[0] == len(before) else ""


def _lowered(text: str) -> str:
    """Return the text in lower case, letter for letter: a few become two."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _assigned(text: str, name: re.Match[str]) -> Found | None:
    """Find a value that is assigned to the name. A long one that is no secret has the kind ""."""
    kind = name.lastgroup or "secret"
    value = _VALUE.match(text, name.end())
    if value is None:
        return None
    sign, is_spaced = value["sign"], bool(value["before"] + value["after"])
    # An environment file or a shell: capitals, and no blank around the sign.
    is_setting = sign == "=" and not is_spaced and text[slice(*name.span())].isupper()
    if value["quoted"] is not None:
        is_secret = _is_quoted_secret(value["quoted"], kind, is_setting=is_setting)
        return (*value.span("quoted"), kind) if is_secret else None
    start = value.start("bare")
    bare = value["bare"].rstrip(".:")
    if is_setting or (sign == "=" and _is_flag(text, name.start())):
        is_secret = len(bare) >= (3 if kind == PASSWORD else 6) and not _is_other(bare)
    elif sign == ":" or (sign == "=" and not is_spaced):
        is_secret = _is_bare_secret(bare, kind)
    else:
        # In a program: a variable, unless it looks like nothing else.
        is_secret = (
            sign.endswith("=") and bool(_RANDOM.fullmatch(bare)) and not _REFERENCE.fullmatch(bare)
        )
    if is_secret:
        return start, start + len(bare), kind
    return (start, start + len(bare), "") if len(bare) > _LONGEST_OTHER else None


def _is_flag(text: str, position: int) -> bool:
    """Tell whether the name is one of a command, such as `--db-password`."""
    before = text[max(0, position - 40) : position]
    return re.search(r"(?:^|\s)--[\w-]*\Z", before) is not None


def _is_quoted_secret(value: str, kind: str, *, is_setting: bool) -> bool:
    if _is_other(value) or (" " in value and not is_setting):
        return False
    if kind == PASSWORD or is_setting:
        # A single capitalised word is the label of a field, in whatever language.
        return len(value) >= 3 and not (_WORD.fullmatch(value) and value.istitle())
    return _is_mixed(value, 8)


def _is_bare_secret(value: str, kind: str) -> bool:
    if _is_other(value) or (len(value) <= _LONGEST_OTHER and _TYPE.fullmatch(value)):
        return False
    if kind == PASSWORD:
        is_number = value.isdigit() and len(value) >= 4
        return is_number or (
            len(value) >= 5 and not value.isdigit() and any(map(str.isdigit, value))
        )
    return _is_mixed(value, 8)


def _is_mixed(value: str, least: int) -> bool:
    digits = sum(map(str.isdigit, value))
    is_mixed = len(value) >= least and 2 <= digits < len(value)
    return is_mixed or _RANDOM.fullmatch(value) is not None


def _is_other(value: str) -> bool:
    """Tell whether it stands for a value: a placeholder, a variable, a path."""
    if len(value) > _LONGEST_OTHER or _RANDOM.fullmatch(value):
        return False
    is_reference = _REFERENCE.fullmatch(value) is not None and (
        value[0] in "/.~" or not any(map(str.isdigit, value))
    )
    return is_reference or _PLACEHOLDER.fullmatch(value) is not None


def _in_header(text: str, name: re.Match[str]) -> Found | None:
    """Find what follows `Bearer` or `Basic`, words that also occur in sentences."""
    value = _SCHEME.match(text, name.end())
    if value is None:
        return None
    if name[0] == "basic":
        return (*value.span(1), "basic credentials") if _is_basic(value[1]) else None
    is_secret = _is_mixed(value[1], 8) and not _is_other(value[1])
    return (*value.span(1), "bearer token") if is_secret else None


def _is_basic(value: str) -> bool:
    try:
        decoded = base64.b64decode(value, validate=True)
    except binascii.Error:
        return False
    return b":" in decoded[1:] and decoded.isascii() and decoded.decode("ascii").isprintable()


def _in_cookie(text: str, name: re.Match[str]) -> Found | None:
    value = _COOKIE.match(text, name.end())
    return None if value is None else (*value.span(1), "cookie")


def _after_key_id(text: str, name: re.Match[str]) -> Found | None:
    """Find the secret access key of AWS beside the id of the key."""
    value = _AFTER_ID.match(text, name.end())
    if value is None or not text[name.start() : name.end()].isupper():
        return None
    return (*value.span(1), "AWS secret key") if _RANDOM.fullmatch(value[1]) else None


_FINDERS: Final[dict[str, Callable[[str, re.Match[str]], Found | None]]] = {
    "scheme": _in_header,
    "cookie": _in_cookie,
    "aws": _after_key_id,
}
