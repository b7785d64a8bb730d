"""Logs: a sentence, an `action`, ids; text for people or JSON for collectors; no secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal

import structlog
from prometheus_client import Counter

LINES = Counter("opensync_log_lines_total", "Warnings and errors that were logged.", ["level"])
for _level in ("warning", "error", "critical"):
    LINES.labels(_level)  # there from the start, as 0

_SECRET_NAMES = re.compile(r"authorization|cookie|password|secret|token|api_?key$", re.IGNORECASE)
_SECRET_TEXT = re.compile(
    r"\bosk?_[!-~]{8,}|\beyJ[\w-]+\.[\w-]+\.[\w-]+|(?<=\bBasic )[\w+/=-]{6,}", re.IGNORECASE
)
HIDDEN = "[hidden]"

Event = MutableMapping[str, Any]


def scrub(_: object, __: str, event: Event) -> Event:
    """Hide values whose name or look says that they are secret, however deep they are."""
    for name, value in event.items():
        event[name] = _scrubbed(name, value)
    return event


def _scrubbed(name: str, value: Any) -> Any:
    if _SECRET_NAMES.search(name):
        return HIDDEN
    if isinstance(value, str):
        return _SECRET_TEXT.sub(HIDDEN, value)
    if isinstance(value, Mapping):
        return {key: _scrubbed(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed("", item) for item in value]
    return value


class _Counted(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        LINES.labels(record.levelname.lower()).inc()


def configure(level: str, format: Literal["text", "json"]) -> None:
    """Send all log lines, those of libraries too, to standard error in one format."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), sort_keys=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                scrub,
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler, _Counted(logging.WARNING)]
    root.setLevel(level.upper())
    # One line a request to PocketBase would drown everything else.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)
