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


def clean_json(value: Any) -> Any:
    """Return a parsed JSON value with every text and key in it cleaned."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [clean_json(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean_json(item) for key, item in value.items()}
    return value


def shortened(text: str, limit: int) -> str:
    """Return `text` cut to `limit` characters, the last one an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "\u2026"
