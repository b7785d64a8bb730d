"""Names of the agents a session may come from."""

from __future__ import annotations

DEFAULT_SOURCE = "opencode"  # the OpenCode plugin is the one that never names itself

_ALIASES = {"cursor": "cursor-sync"}


def normalised(source: str) -> str:
    """Return the one name a source goes by. Unknown sources are kept: new agents arrive by name."""
    name = source.strip().lower()
    return _ALIASES.get(name, name)
