"""No secret in any log line of a test run: what the programs that tests start wrote is read.

`judge` reads what the sidecar logs in the tests' own process, `check` the log of a process that has
ended.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

_SHAPES: Final = re.compile(
    r"""
    \bosk?_[0-9A-Za-z]{12,}                                        # an API key
    |\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}                          # a token
    |(?i:\b(?:Bearer|Basic)[ ])(?!\[hidden\])[\w+/=.-]{12,}
    |(?i:authorization|x-opensync-proxy|cookie)["'`]?\s?[:=]\s?["'`]?(?!\[hidden\])[\w+/=.-]{12,}
    """,
    re.VERBOSE,
)
# What `opensync up` shows the person who started it, on standard output and once.
_SHOWN: Final = re.compile(r"^ +(?:Password|API key|Claude Code|OpenCode) .*$", re.MULTILINE)


def secrets_in(text: str, known: Iterable[str] = ()) -> list[str]:
    """Return the lines that have a secret in them, by its look or among those `known`."""
    values = [value for value in known if value]
    return [
        line.strip()[:500]
        for line in _SHOWN.sub("", text).splitlines()
        if _SHAPES.search(line) or any(value in line for value in values)
    ]


def check(text: str, known: Iterable[str] = ()) -> None:
    """Fail where the log of a process has a secret in it."""
    found = secrets_in(text, known)
    assert not found, "A secret was logged:\n" + "\n".join(found[:5])


def check_request_log(database: Path, known: Iterable[str] = ()) -> None:
    """Fail where the log that PocketBase keeps in a database of its own has a secret in it."""
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT message || ' ' || data FROM _logs").fetchall()
    check("\n".join(row[0] for row in rows), known)


def judge(report: pytest.TestReport, known: Iterable[str] = ()) -> None:
    """Fail the test that logged a secret."""
    logged = "\n".join(text for name, text in report.sections if "stdout" not in name)
    found = secrets_in(logged, known)
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = "A secret was logged:\n" + "\n".join(found[:5])
