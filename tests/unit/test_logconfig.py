"""Log lines: readable, and without secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
import structlog

from sidecar.logconfig import HIDDEN, configure, scrub

KEY = "osk_0123456789abcdefghijABCDEFGHIJ01abcdef"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6ImFiYyJ9.c2lnbmF0dXJl"

Configure = Callable[[str, Literal["text", "json"]], None]


@pytest.fixture
def configured() -> Iterator[Configure]:
    """Configures logging and puts everything back afterwards."""
    root = logging.getLogger()
    names = ("httpx", "httpcore")
    kept = root.handlers, root.level, structlog.get_config()
    levels = {name: logging.getLogger(name).level for name in names}
    yield configure
    root.handlers, level, before = kept
    root.setLevel(level)
    structlog.configure(**before)
    for name, value in levels.items():
        logging.getLogger(name).setLevel(value)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.splitlines()


@pytest.mark.parametrize(
    "name",
    [
        *("authorization", "Authorization", "cookie", "set_cookie", "password", "secret", "token"),
        *("pocketbase_password", "proxy_secret", "access_token", "api_key", "apikey", "apiKey"),
    ],
)
def test_a_value_whose_name_says_that_it_is_secret_is_hidden(name: str) -> None:
    assert scrub(None, "info", {name: "anything"}) == {name: HIDDEN}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {KEY} refused", f"key {HIDDEN} refused"),
        (f"Bearer {KEY}", f"Bearer {HIDDEN}"),
        ("os_0123456789abcdef", HIDDEN),
        (f"two: {KEY} {KEY}", f"two: {HIDDEN} {HIDDEN}"),
        (f"token={TOKEN}&x=1", f"token={HIDDEN}&x=1"),
        (f"{TOKEN}\n{KEY}", f"{HIDDEN}\n{HIDDEN}"),
        ("nothing secret: os, osk_, eyJ", "nothing secret: os, osk_, eyJ"),
        ("", ""),
    ],
)
def test_a_text_that_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert scrub(None, "info", {"event": text}) == {"event": shown}


@pytest.mark.parametrize(
    "value",
    [
        {"headers": {"authorization": "Basic dXNlcjpwYXNz"}},
        {"headers": {"x": f"Bearer {KEY}"}},
        {"list": [f"Bearer {KEY}"]},
        {"pair": ("a", [{"password": "Basic dXNlcjpwYXNz"}])},
    ],
)
def test_secrets_within_values_are_hidden_too(value: dict[str, Any]) -> None:
    shown = str(scrub(None, "info", value))

    assert KEY not in shown
    assert "dXNlcjpwYXNz" not in shown


def test_what_is_not_secret_stays_as_it_is() -> None:
    event = {"event": "Answered", "ms": 1.5, "status": 200, "none": None, "ids": ["a", "b"]}

    assert scrub(None, "info", dict(event)) == event


def test_lines_for_people_carry_a_sentence_and_its_values(
    configured: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configured("info", "text")
    structlog.get_logger("here").info("Stored a group", action="group_stored", rows=3)

    [line] = lines(capsys)
    assert "Stored a group" in line
    assert "action=group_stored" in line
    assert "rows=3" in line


def test_lines_for_collectors_are_json(
    configured: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configured("info", "json")
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        structlog.get_logger("here").warning("Stored", action="stored", key=KEY, password="x")
        logging.getLogger("a.library").warning("Sent %s to %s", KEY, "somebody")

    ours, theirs = (json.loads(line) for line in lines(capsys))
    assert ours.pop("timestamp").endswith("Z")
    assert ours == {
        "event": "Stored",
        "action": "stored",
        "key": HIDDEN,
        "password": HIDDEN,
        "request_id": "abc",
        "level": "warning",
    }
    assert theirs["event"] == f"Sent {HIDDEN} to somebody"
    assert (theirs["request_id"], theirs["level"]) == ("abc", "warning")


@pytest.mark.parametrize("format", ["text", "json"])
def test_the_text_of_an_exception_is_scrubbed_and_shows_no_local_values(
    configured: Configure,
    capsys: pytest.CaptureFixture[str],
    format: Literal["text", "json"],
) -> None:
    configured("info", format)
    local_secret = "-".join(["correct", "horse", "battery"])
    try:
        raise ValueError(f"refused {KEY}", len(local_secret))
    except ValueError:
        structlog.get_logger("here").exception("Failed")
        logging.getLogger("a.library").exception("Failed, too")

    written = "\n".join(lines(capsys))
    assert written.count("ValueError") >= 2
    assert KEY not in written
    assert "correct-horse-battery" not in written


@pytest.mark.parametrize(
    ("level", "seen"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_lines_below_the_level_are_not_written(
    configured: Configure, capsys: pytest.CaptureFixture[str], level: str, seen: list[str]
) -> None:
    configured(level, "json")
    ours, theirs = structlog.get_logger("here"), logging.getLogger("a.library")
    for severity in ("debug", "info", "warning", "error"):
        getattr(ours, severity)("ours")
        getattr(theirs, severity)("theirs")

    written = [json.loads(line) for line in lines(capsys)]
    for event in ("ours", "theirs"):
        assert [line["level"] for line in written if line["event"] == event] == seen


def test_each_request_to_pocketbase_is_not_a_line(
    configured: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configured("info", "text")
    logging.getLogger("httpx").info("HTTP Request: POST …")
    logging.getLogger("httpcore.connection").info("connect_tcp.started")

    assert lines(capsys) == []


def test_configuring_twice_writes_each_line_once(
    configured: Configure, capsys: pytest.CaptureFixture[str]
) -> None:
    configured("info", "text")
    configured("info", "json")
    logging.getLogger("a.library").warning("once")

    assert [json.loads(line)["event"] for line in lines(capsys)] == ["once"]
