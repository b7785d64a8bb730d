"""What pages for people say of a session and a message before they show it."""

from __future__ import annotations

from typing import Final

from sidecar.domain.clock import iso
from sidecar.domain.transcript import Message, Session

_ROLES: Final = {"user": "User", "assistant": "Assistant", "system": "System", "tool": "Tool"}


def title_of(session: Session) -> str:
    return " ".join((session["title"] or "").split()) or "Untitled session"


def facts_of(session: Session) -> list[tuple[str, str]]:
    """Return names and values, without those that are not known."""
    facts = (
        ("Project", session["projectPath"] or session["projectName"]),
        ("Agent", session["source"]),
        ("Model", session["model"]),
        ("Tokens", f"{session['totalTokens']:,}"),
        ("Cost", f"${session['cost']:.4f}"),
        ("Messages", f"{session['messageCount']:,}"),
        ("Begun", _when(session["createdAt"])),
        ("Last message", _when(session["updatedAt"])),
        ("Session", session["externalId"]),
        ("Verdict", session["evalStatus"]),
        ("Tags", ", ".join(map(str, session["evalTags"]))),
        ("Notes", session["evalNotes"]),
    )
    return [(name, " ".join(value.split())) for name, value in facts if value]


def speaker_of(message: Message) -> str:
    return _ROLES.get(message["role"], "Unknown")


def details_of(message: Message) -> str:
    """Return model and time of a message in a line."""
    return " · ".join(filter(None, (message["model"], _when(message["createdAt"]))))


def _when(milliseconds: int) -> str:
    return iso(milliseconds).replace("T", " ").replace("Z", " UTC")


def masked_note(masked: int) -> str:
    """Return a sentence on masked secrets, '' where there were none."""
    if not masked:
        return ""
    return "1 secret was masked." if masked == 1 else f"{masked:,} secrets were masked."
