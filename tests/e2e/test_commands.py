"""Commands run beside a local stack, which they find through OPENSYNC_DATA."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from pathlib import Path

import httpx

from tests.e2e.stack import Stack


def test_the_doctor_finds_nothing_wrong_with_a_running_stack(stack: Stack) -> None:
    finished = stack.command("doctor", "--json")

    findings = json.loads(finished.stdout)
    assert [f for f in findings if not f["ok"]] == []
    assert finished.returncode == 0
    checks = [finding["check"] for finding in findings]
    assert "header stripping" in checks and "disk" in checks


def test_the_doctor_says_how_to_mend_a_stack_that_is_down(tmp_path: Path) -> None:
    stack = Stack(tmp_path)
    finished = stack.command("doctor", "--json")

    findings = {finding["check"]: finding for finding in json.loads(finished.stdout)}
    assert finished.returncode == 1
    assert "opensync up" in findings["PocketBase, superuser and schema"]["mend"]


def test_a_key_made_by_the_command_works_until_it_is_revoked(stack: Stack) -> None:
    email = f"{uuid.uuid4().hex[:10]}@example.test"
    added = stack.command("users", "add", email, "--name", "Ada", "--json")
    made = stack.command("keys", "create", "--email", email, "--name", "laptop", "--json")
    key = json.loads(made.stdout)

    def answer() -> int:
        headers = {"Authorization": f"Bearer {key['key']}"}
        return httpx.get(f"{stack.url}/api/stats", headers=headers).status_code

    before = answer()
    listed = json.loads(stack.command("keys", "list", "--email", email, "--json").stdout)
    stack.command("keys", "revoke", key["id"], "--email", email)

    assert json.loads(added.stdout)["email"] == email
    assert [(k["id"], k["name"], k["revokedAt"]) for k in listed] == [(key["id"], "laptop", None)]
    assert key["key"] not in json.dumps(listed)
    assert (before, answer()) == (200, 401)
    users = json.loads(stack.command("users", "list", "--json").stdout)
    assert email in [user["email"] for user in users]


def test_the_schema_of_a_new_stack_is_as_wanted(stack: Stack) -> None:
    finished = stack.command("schema", "plan", "--json")

    assert (finished.returncode, json.loads(finished.stdout)) == (0, [])


def test_settings_are_shown_without_secrets(stack: Stack) -> None:
    shown = stack.command("config", "--json").stdout

    assert json.loads(shown)["pocketbase_password"] == "********"
    assert stack.facts["pocketbase_password"] not in shown
    assert stack.facts["proxy_secret"] not in shown


def test_a_misspelt_variable_is_pointed_out(stack: Stack) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "sidecar", "config"],
        env={**stack.environment, "OPENSYNC_PORTT": "1"},
        capture_output=True,
        text=True,
    )

    assert "OPENSYNC_PORTT" in finished.stderr
    assert "OPENSYNC_PORT?" in finished.stderr


def test_an_error_is_a_sentence_with_the_next_step(tmp_path: Path) -> None:
    finished = Stack(tmp_path).command("users", "list")

    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert "opensync up" in finished.stderr


def test_everything_is_as_wanted_through_the_public_address(stack: Stack) -> None:
    with httpx.Client(base_url=stack.url) as browser:
        me = browser.get("/api/me").json()
        records = browser.get(
            "/api/collections/sessions/records", headers={"Authorization": me["token"]}
        )
        admin = browser.get("/_/")
        hooks = browser.post("/api/opensync/ingest")
        metrics = browser.get("/metrics")

    assert me["isAdmin"] is True
    assert records.status_code == 200
    assert admin.status_code == 200 and "html" in admin.headers["content-type"]
    assert (hooks.status_code, metrics.status_code) == (404, 404)
