"""The same made-up sessions for every path that is measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MESSAGES = 50
PARTS = 2
ROWS = MESSAGES * (1 + PARTS)  # written by one batch request, the session's own row apart

_TEXT = "Please look at the failing test in tests/test_api.py and mend what is wrong there. " * 6


def message(session: str, index: int, parts: int = PARTS) -> dict[str, Any]:
    """Return a message of about 500 characters with tool calls of about 300 each."""
    sent: dict[str, Any] = {
        "sessionExternalId": session,
        "externalId": f"{session}-m{index}",
        "role": "user" if index % 2 == 0 else "assistant",
        "source": "claude-code",
        "model": "claude-sonnet-4-20250514",
        "textContent": f"{index}: {_TEXT}",
    }
    if parts:
        sent["parts"] = [
            {
                "type": "tool-call",
                "content": {
                    "toolName": "Read",
                    "args": {"file_path": f"/home/dev/project/module_{index}_{part}.py"},
                    "note": "x" * 220,
                },
            }
            for part in range(parts)
        ]
    return sent


def batches(prefix: str, count: int) -> Iterator[dict[str, Any]]:
    """Yield `count` batch bodies, each a session of its own."""
    for number in range(count):
        session = f"{prefix}-{number}"
        yield {
            "sessions": [{"externalId": session, "title": f"Session {session}"}],
            "messages": [message(session, index) for index in range(MESSAGES)],
        }
