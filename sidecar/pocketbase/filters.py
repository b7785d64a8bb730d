"""The only way to build a PocketBase filter: named placeholders, bound values."""

from __future__ import annotations

import json
import re

Value = str | int | float | bool | None

_PLACEHOLDER = re.compile(r"\{:(\w+)\}")


def quote(value: Value) -> str:
    """Return `value` as a filter literal that cannot break out of its quotes."""
    if not isinstance(value, str):
        return json.dumps(value)
    # PocketBase knows few escapes, so every other character stands for itself. NUL it refuses; in
    # stored text U+FFFD is in its place.
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\ufffd")
    return f'"{escaped}"'


def bind(expression: str, /, **values: Value) -> str:
    """Fill the `{:name}` placeholders of a filter.

        bind("user = {:user} && externalId = {:id}", user=user_id, id=external_id)

    Raises ValueError when names and values do not match one to one.
    """
    names = set(_PLACEHOLDER.findall(expression))
    if names != values.keys():
        raise ValueError(f"Filter {expression!r} takes {sorted(names)}, got {sorted(values)}")
    return _PLACEHOLDER.sub(lambda match: quote(values[match[1]]), expression)
