"""Whoever asks whatever of a running sidecar: no failure, and only answers that are documented.

Schemathesis makes the requests out of `/openapi.json`: for every parameter and field values at and
beyond the edges (as one role), and random ones, fitting and not. They are the same at every run.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.e2e.stack import Stack, temporary_stack

# What is asked does not depend on who asks, so values at the edges come from one role only.
# By role: the phases, and how many random requests to each route.
ROLES: Final = {
    "nobody": ("fuzzing", 5),
    "key": ("fuzzing", 5),
    "token": ("coverage,fuzzing", 1),
    "member": ("fuzzing", 4),
    "administrator": ("fuzzing", 4),
}
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
# No chat model is set: documented, and it says what to do.
CONFIGURATION: Final = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "501"]
"""
# What ends the account ends the role; the table in test_tenancy.py has it.
ENDING: Final = ("delete_api_me", "delete_api_me_data")


@dataclass(frozen=True)
class Target:
    """A running stack in which there is something of everything; how each role shows itself."""

    stack: Stack
    sidecar: str
    headers: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    # The rates have tests of their own; here they would hide what is behind them.
    rates = {f"OPENSYNC_RATE_{name}": "0" for name in ("SYNC", "READ", "WRONG_KEYS")}
    with temporary_stack(settings=rates) as stack:
        yield furnished(stack)


def furnished(stack: Stack) -> Target:
    sidecar = f"http://127.0.0.1:{stack.facts['sidecar_port']}"
    member = {
        "Remote-User": "local",
        "Remote-Email": stack.facts["local_user"],
        "X-OpenSync-Proxy": stack.facts["proxy_secret"],
        "Sec-Fetch-Site": "same-origin",
    }
    message = {"sessionExternalId": "s", "externalId": "m", "role": "user", "textContent": "text"}
    with httpx.Client(base_url=sidecar, headers=member) as http:
        synced = http.post("/sync/message", json=message, headers=stack.authorization)
        assert synced.status_code == 200
        session = http.get("/api/sessions").json()["sessions"][0]["id"]
        assert http.post(f"/api/sessions/{session}/publish", json={}).status_code == 200
        # A role of its own: what finds this key in a list may revoke it.
        made = http.post("/api/keys", json={"name": "fuzzed"})
        token = http.get("/api/me").json()["token"]
    headers = {
        "nobody": {},
        "key": {"Authorization": f"Bearer {made.json()['key']}"},
        "token": {"Authorization": token},
        "member": member,
        "administrator": {**member, "Remote-Groups": "admins"},
    }
    return Target(stack, sidecar, headers)


@pytest.mark.parametrize("role", ROLES)
def test_every_answer_is_documented_and_none_is_a_failure(
    role: str, target: Target, tmp_path: Path
) -> None:
    phases, examples = ROLES[role]
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    headers = target.headers[role]
    before = len(target.stack.log)

    ran = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration)),
            *("run", f"{target.sidecar}/openapi.json", "--no-color", "--no-shrink"),
            *("--phases", phases, "--checks", ",".join(CHECKS)),
            *("--max-examples", str(examples), "--generation-deterministic"),
            "--continue-on-failure",
            *("--warnings", "off"),
            # Of who has proved to be somebody, no header that says otherwise.
            *("--generation-with-security-parameters", str(not headers)),
            *(f"--header={name}:{value}" for name, value in headers.items()),
            *(f"--exclude-operation-id={id}" for id in (ENDING if headers else ())),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )

    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr
    tested = re.search(r"Tested: (\d+)", ran.stdout)
    assert tested and int(tested[1]) > 40, ran.stdout[-2_000:]
    assert "Traceback" not in target.stack.log[before:]
