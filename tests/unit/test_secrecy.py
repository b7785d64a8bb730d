"""The check that no test logs a secret: it would be worth nothing if it could not fail."""

from __future__ import annotations

import secrets
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sidecar.domain import keys
from tests import secrecy
from tests.pocketbase import PASSWORD

KEY = keys.generate(secrets.choice)
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6ImFiYzEyMyJ9.c2lnbmF0dXJlLW9m"


@pytest.mark.parametrize(
    "line",
    [
        f"Refused {KEY}",
        f"url=/api/x?key={KEY}&y",
        f'{{"token": "{TOKEN}"}}',
        "Authorization: Bearer abcdefghijklmnop",
        "headers={'authorization': 'c2VjcmV0LW9mLXNvbWU='}",
        "Basic dXNlcjpwYXNzd29yZA==",
        "X-OpenSync-Proxy: 0123456789abcdef",
        f"superuser upsert admin {PASSWORD}",
    ],
)
def test_a_secret_in_a_log_is_found(line: str) -> None:
    assert secrecy.secrets_in(f"before\n{line}\nafter", [PASSWORD]) == [line]
    with pytest.raises(AssertionError):
        secrecy.check(line, [PASSWORD])


@pytest.mark.parametrize(
    "line",
    [
        "Refused [hidden]",
        "Authorization: [hidden]",
        "Bearer [hidden]",
        "Programs send an API key as `Authorization: Bearer osk_...`.",
        "Missing Authorization header",
        f"  API key      {KEY}",
        f"    Password   {PASSWORD} (shown this once)",
        f"  Claude Code  export CLAUDE_SYNC_API_KEY={KEY}",
        "",
    ],
)
def test_what_is_hidden_or_meant_for_the_person_at_the_terminal_is_none(line: str) -> None:
    assert secrecy.secrets_in(line, [PASSWORD, ""]) == []


def test_the_log_that_pocketbase_keeps_is_read(tmp_path: Path) -> None:
    database = tmp_path / "auxiliary.db"
    secrecy.check_request_log(database)  # there is none
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("CREATE TABLE _logs (message TEXT, data TEXT)")
        connection.execute("INSERT INTO _logs VALUES ('GET /', ?)", (f'{{"url": "/?k={KEY}"}}',))

    with pytest.raises(AssertionError):
        secrecy.check_request_log(database)


@pytest.mark.parametrize(("logged", "fails"), [(f"Refused {KEY}", True), ("Refused a key", False)])
def test_a_test_that_logs_a_secret_fails(logged: str, fails: bool, tmp_path: Path) -> None:
    test = tmp_path / "test_of_mine.py"
    test.write_text(f"import sys\ndef test_it():\n    print({logged!r}, file=sys.stderr)\n")
    root = Path(__file__).parents[2]

    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest"),
            *("-c", "pyproject.toml", "--rootdir", str(root), str(test)),
        ],
        cwd=root,
        capture_output=True,
        text=True,
    )

    assert ran.returncode == int(fails), ran.stdout + ran.stderr
    assert ("A secret was logged" in ran.stdout) is fails
