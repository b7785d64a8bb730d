"""What every format does: it is told of sessions and messages in order and writes as it hears."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any, Final

import orjson

from sidecar.domain.transcript import Message, Session


class Exporter(ABC):
    """Writes one file. Each method returns what comes next in it."""

    extension: str
    media_type: str
    reads_messages = True

    def begin(self) -> str:
        return ""

    def session(self, session: Session) -> str:
        """Begin a session."""
        return ""

    @abstractmethod
    def message(self, session: Session, message: Message) -> str:
        """Return what stands for one message."""

    def end_session(self, masked: int) -> str:
        """End it; `masked` is the number of secrets that were masked in it."""
        return ""

    def end(self) -> str:
        return ""


# JSON may hold them as they are; readers that go by Unicode take them for ends of lines.
_LINE_ENDS: Final = re.compile("[\x85\u2028\u2029]")


def as_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def json_line(value: Any) -> str:
    """Return a JSON value as one line, whoever counts."""
    return _LINE_ENDS.sub(lambda match: f"\\u{ord(match[0]):04x}", as_json(value)) + "\n"
