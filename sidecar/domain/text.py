"""Cleaning of text that is to be stored."""

from __future__ import annotations

from typing import Any

_REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """Return `text` without what a database of UTF-8 text cannot hold.

    Plugins cut titles by UTF-16 units, which splits emoji, and tool output may hold NUL: both
    become U+FFFD, so the rest of the text is kept.
    """
    if "\0" in text:
        text = text.replace("\0", _REPLACEMENT)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def clean_json(value: Any, *, but: frozenset[str] = frozenset()) -> Any:
    """Return a parsed JSON value with every text and key in it cleaned.

    Texts under the keys `but` are not mended: what would have to be replaced becomes NUL.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_json(item, but=but) for item in value]
    if isinstance(value, dict):
        return {
            clean(key): clean(item).replace(_REPLACEMENT, "\0")
            if key in but and isinstance(item, str) and clean(item) != item
            else clean_json(item, but=but)
            for key, item in value.items()
        }
    if isinstance(value, int) and value.bit_length() > 63:
        # As the fast parser does: JSON has no whole numbers beyond 64 bits that all can read.
        return float(value) if value.bit_length() < 1000 else str(value)
    return value


def shortened(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters, the last one an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"
