"""What an error answer of an embeddings API means for whoever asked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from openai import APIStatusError

from sidecar.embeddings.base import (
    EmbedderMisconfigured,
    EmbedderRefused,
    EmbedderUnavailable,
    EmbeddingError,
)

_LONGEST_WAIT: Final = 3_600  # seconds
_WAIT_FOR_MONEY: Final = 600  # seconds
_SETTINGS: Final = frozenset({"model", "dimensions", "encoding_format"})


def translated(exc: APIStatusError, host: str, model: str) -> EmbeddingError:
    """Return the error of this program for an answer with an error status."""
    status, service = exc.status_code, f"The embeddings service at {host}"
    if exc.code == "insufficient_quota" or status == 402:
        return EmbedderUnavailable(
            f"{service} says that the account has no credit left.", _WAIT_FOR_MONEY
        )
    if status in (408, 409, 425, 429) or status >= 500:
        busy = "is over its rate limit" if status == 429 else f"fails (HTTP {status})"
        return EmbedderUnavailable(f"{service} {busy}.", retry_after(exc.response.headers))
    if status in (401, 403):
        return EmbedderMisconfigured(
            f"{service} refuses the API key. Check OPENSYNC_EMBEDDING_API_KEY."
        )
    about_settings = str(exc.param) in _SETTINGS or exc.code == "model_not_found"
    if status in (400, 413, 422) and not about_settings:
        return EmbedderRefused(f"{service} refuses a text (HTTP {status}).")
    if 300 <= status < 400:
        return EmbedderMisconfigured(
            f"{service} redirects elsewhere, which is not followed. "
            "Set OPENSYNC_EMBEDDING_BASE_URL to the address it redirects to."
        )
    return EmbedderMisconfigured(
        f"{service} gives no embeddings of the model {model} there (HTTP {status}). Check "
        "OPENSYNC_EMBEDDING_MODEL, OPENSYNC_EMBEDDING_DIMENSIONS and OPENSYNC_EMBEDDING_BASE_URL, "
        "which usually ends in /v1."
    )


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the seconds to wait that an answer names, rounded up; None where it names none."""
    for name, unit in (("retry-after-ms", 1000), ("retry-after", 1)):
        value = headers.get(name, "")
        try:
            seconds = float(value) / unit
        except ValueError:
            continue
        if math.isfinite(seconds):
            return _bounded(seconds)
    return _until(headers.get("retry-after"), headers.get("date"))


def _until(moment: str | None, now: str | None) -> int | None:
    # Measured by the clock of the other side, where it tells the time.
    end, start = _date(moment), _date(now) or datetime.now(UTC)
    return None if end is None else _bounded((end - start).total_seconds())


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bounded(seconds: float) -> int:
    return min(max(0, math.ceil(seconds)), _LONGEST_WAIT)
