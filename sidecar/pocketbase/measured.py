"""How PocketBase answers, for Prometheus."""

from __future__ import annotations

import re
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter(
    "opensync_pocketbase_requests_total",
    "Requests to PocketBase; the status is 'unreachable' where no answer came.",
    ["operation", "status"],
)
SECONDS = Histogram(
    "opensync_pocketbase_request_seconds", "Time in which PocketBase answered.", ["operation"]
)
UP = Gauge("opensync_pocketbase_up", "Whether PocketBase answered when it was last asked.")

UNREACHABLE: Final = "unreachable"

# The first that matches names the operation. No name may come from an id: each is a time series.
_OPERATIONS: Final = (
    (re.compile(r"/api/opensync/([a-z-]+)"), None),
    (re.compile(r"/api/collections/_superusers/"), "sign-in"),
    (re.compile(r"/api/collections/[^/]+/records"), "records"),
    (re.compile(r"/api/collections/users/"), "tokens"),
    (re.compile(r"/api/health"), "health"),
)


def operation(path: str) -> str:
    """Return what a request to `path` is for: a route of the hooks, or a kind of PocketBase's."""
    for pattern, name in _OPERATIONS:
        if found := pattern.match(path):
            return name or found[1]
    return "administration"


def note(path: str, status: int | None, seconds: float) -> None:
    """Count a request that was answered after `seconds`, or never."""
    asked = operation(path)
    REQUESTS.labels(asked, UNREACHABLE if status is None else status).inc()
    UP.set(status is not None)
    if status is not None:
        SECONDS.labels(asked).observe(seconds)
