"""What counted requests come to."""

from __future__ import annotations

import math
from typing import Any

import pytest

from sidecar.domain.logs import CLASSES, SPANS, percentile, summed

MINUTE = 60_000
HOUR = 60 * MINUTE
NAMES = ("bucket", "apiKey", "method", "endpoint", "statusCode", "class", "requests")


def columns(*rows: tuple[int, str, str, str, int, int, int]) -> dict[str, list[Any]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(NAMES)}


def time_class(ms: float) -> int:
    return int(math.log(ms) * CLASSES)


@pytest.mark.parametrize("name", SPANS)
def test_now_is_in_the_last_step_of_every_span(name: Any) -> None:
    span = SPANS[name]
    for now in (1_000 * HOUR, 1_000 * HOUR + 1, 1_001 * HOUR - 1):
        begin = span.begin(now)
        assert (now - begin) // span.step == span.steps - 1
        assert begin % min(span.step, HOUR) == 0


def test_a_percentile_is_the_time_of_the_request_of_that_rank() -> None:
    spread = {time_class(10): 94, time_class(300): 4, time_class(9_000): 2}

    assert percentile(spread, 50) == pytest.approx(10, rel=0.06)
    assert percentile(spread, 95) == pytest.approx(300, rel=0.06)
    assert percentile(spread, 99) == pytest.approx(9_000, rel=0.06)
    assert percentile({}, 50) is None


def test_requests_are_added_up_by_step_key_endpoint_and_status() -> None:
    found = summed(
        columns(
            (0, "k1", "POST", "/sync/batch", 200, time_class(20), 7),
            (2, "k1", "POST", "/sync/batch", 503, time_class(900), 1),
            (2, "", "GET", "/api/me", 200, time_class(5), 2),
            (2, "k2", "GET", "/sync/batch", 401, time_class(5), 3),
        ),
        steps=3,
    )

    assert found["total"]["requests"] == 13
    assert (found["total"]["refused"], found["total"]["failed"]) == (3, 1)
    assert [step["requests"] for step in found["steps"]] == [7, 0, 6]
    assert found["steps"][1]["p50"] is None
    assert [(line["id"], line["requests"]) for line in found["keys"]] == [
        ("k1", 8),
        ("k2", 3),
        ("", 2),
    ]
    busiest = found["endpoints"][0]
    assert (busiest["method"], busiest["endpoint"]) == ("POST", "/sync/batch")
    assert busiest["p99"] == pytest.approx(900, rel=0.06)
    assert {line["status"]: line["requests"] for line in found["statuses"]} == {
        200: 9,
        401: 3,
        503: 1,
    }


def test_without_requests_every_step_is_there_and_empty() -> None:
    found = summed(columns(), steps=4)

    assert [step["requests"] for step in found["steps"]] == [0, 0, 0, 0]
    assert found["keys"] == found["endpoints"] == found["statuses"] == []
