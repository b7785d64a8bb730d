"""What a request log comes to: how many requests, how they ended, how long they took."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

CLASSES: Final = 20
"""Classes of times to answer to a factor of e, so what shares one differs by 5 % at most."""

_MINUTE: Final = 60_000
_HOUR: Final = 60 * _MINUTE
_PERCENTS: Final = (50, 95, 99)

SpanName = Literal["1h", "24h", "7d", "30d"]
Columns = Mapping[str, Sequence[Any]]
Line = dict[str, Any]


@dataclass(frozen=True)
class Span:
    """A length of time in steps of `step` ms."""

    steps: int
    step: int

    def begin(self, now: int) -> int:
        """Return where the span begins so that `now` is in its last step.

        Steps begin with a minute or an hour, as clocks show them.
        """
        grid = min(self.step, _HOUR)
        return (now // grid + 1) * grid - self.steps * self.step


SPANS: Final[Mapping[SpanName, Span]] = {
    "1h": Span(60, _MINUTE),
    "24h": Span(48, 30 * _MINUTE),
    "7d": Span(56, 3 * _HOUR),
    "30d": Span(60, 12 * _HOUR),
}


@dataclass
class _Tally:
    requests: int = 0
    refused: int = 0
    failed: int = 0
    times: Counter[int] = field(default_factory=Counter)

    def add(self, status: int, time: int, requests: int) -> None:
        self.requests += requests
        self.refused += requests if 400 <= status < 500 else 0
        self.failed += requests if status >= 500 else 0
        self.times[time] += requests

    def line(self) -> Line:
        times = {f"p{percent}": percentile(self.times, percent) for percent in _PERCENTS}
        counts = {"requests": self.requests, "refused": self.refused, "failed": self.failed}
        return counts | times


def percentile(times: Mapping[int, int], percent: int) -> float | None:
    """Return the time in ms within which `percent` of 100 requests were answered.

    `times` says of each class how many requests are in it. None without requests.
    """
    rank = math.ceil(sum(times.values()) * percent / 100)
    for time in sorted(times):
        rank -= times[time]
        if rank <= 0:
            return round(math.exp((time + 0.5) / CLASSES), 1)
    return None


def summed(columns: Columns, steps: int) -> dict[str, Any]:
    """Return the counted requests added up: in all, by step, key, endpoint and status."""
    total = _Tally()
    by_step = [_Tally() for _ in range(steps)]
    by_key: defaultdict[str, _Tally] = defaultdict(_Tally)
    by_endpoint: defaultdict[tuple[str, str], _Tally] = defaultdict(_Tally)
    by_status: defaultdict[int, _Tally] = defaultdict(_Tally)
    names = ("bucket", "apiKey", "method", "endpoint", "statusCode", "class", "requests")
    for step, key, method, endpoint, status, time, requests in zip(
        *(columns[name] for name in names), strict=True
    ):
        tallies = (by_step[step], by_key[key], by_endpoint[method, endpoint], by_status[status])
        for tally in (total, *tallies):
            tally.add(status, time, requests)
    return {
        "total": total.line(),
        "steps": [tally.line() for tally in by_step],
        "keys": _busiest({"id": key} | tally.line() for key, tally in by_key.items()),
        "endpoints": _busiest(
            {"method": method, "endpoint": endpoint} | tally.line()
            for (method, endpoint), tally in by_endpoint.items()
        ),
        "statuses": _busiest(
            {"status": status} | tally.line() for status, tally in by_status.items()
        ),
    }


def _busiest(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: -line["requests"])
