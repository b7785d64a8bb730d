"""The installer and the units on a machine of their own, under a systemd that booted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.machine import booted
from tests.machine.booted import Machine
from tests.processes import eventually

ROOT: Final = Path(__file__).parents[2]
HOST: Final = "sync.example.org"
# Of the distribution: services cannot see one in a home folder.
PYTHON: Final = "/usr/bin/python3"
UNITS: Final = ("opensync-pocketbase", "opensync-sidecar", "opensync-traefik")

_SEND: Final = f"""
import httpx, sys
answer = httpx.post(
    "https://127.0.0.1/sync/message",
    json={{"sessionExternalId": "s", "externalId": sys.argv[2], "role": "user"}},
    headers={{"Host": "{HOST}", "Authorization": "Bearer " + sys.argv[1]}},
    verify=False,
    timeout=60,
)
print(answer.text)
"""


def lacking() -> str:
    able = [PYTHON, "-c", "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))"]
    if not Path(PYTHON).exists() or subprocess.run(able, capture_output=True).returncode:
        return f"{PYTHON} is not 3.11 with venv: apt install python3-venv"
    return booted.missing()


def ask(machine: Machine, unit: str, name: str) -> str:
    return machine.run("systemctl", "show", unit, "--property", name, "--value").stdout.strip()


def send(machine: Machine, key: str, message: str) -> None:
    """Send a message as a plugin does, through Traefik."""
    python = "/opt/opensync/current/bin/python"

    def stored() -> bool:
        answer = machine.run(python, "-c", _SEND, key, message).stdout
        return answer.startswith("{") and json.loads(answer).get("ok") is True

    # Traefik answers 404 until it has read its routers.
    eventually(stored, "The message is stored", 60)


def install(machine: Machine) -> None:
    machine.prepare("mkdir", "/src")
    machine.give(ROOT / "deploy", "/src/deploy")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(machine.folder), "."],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=300,
    )
    [wheel] = machine.folder.glob("*.whl")
    machine.give(wheel, f"/src/{wheel.name}")
    command = ("/src/deploy/install.sh", "--wheel", f"/src/{wheel.name}", "--host", HOST)
    # There is a network only before it boots.
    done = machine.prepare(*command, "--traefik", "--no-start", PYTHON=PYTHON)
    assert done.returncode == 0, done.stderr
    machine.boot()
    done = machine.run("env", f"PYTHON={PYTHON}", *command, "--traefik")
    assert done.returncode == 0, done.stderr + machine.run("journalctl", "--no-pager").stdout


def starts_anew(machine: Machine, unit: str, signal: str) -> None:
    before = int(ask(machine, unit, "NRestarts"))
    machine.run("kill", f"-{signal}", ask(machine, unit, "MainPID"))
    eventually(lambda: int(ask(machine, unit, "NRestarts")) > before, f"{unit} starts anew", 120)


def test_what_is_installed_lives_under_systemd_and_can_be_removed(tmp_path: Path) -> None:
    if reason := lacking():
        pytest.skip(reason)
    with booted.machine(tmp_path) as machine:
        install(machine)

        assert [ask(machine, unit, "ActiveState") for unit in UNITS] == ["active"] * 3
        assert machine.run("systemctl", "is-enabled", "opensync.target").stdout == "enabled\n"
        machine.run("opensync", "users", "add", "ada@example.org")
        created = machine.run("opensync", "keys", "create", "--email=ada@example.org", "--name=a")
        key = created.stdout.strip()
        send(machine, key, "first")

        # What only root may read stays so; what the service writes is its own.
        secret = "/etc/opensync/credentials/pocketbase_password"
        assert machine.run("runuser", "-u", "opensync", "--", "cat", secret).returncode
        owner = machine.run("stat", "-c", "%U %a", "/var/lib/opensync").stdout
        assert owner == "opensync 700\n"

        for unit in UNITS:
            starts_anew(machine, unit, "KILL")
        send(machine, key, "second")

        # One that stands still is ended by the watchdog.
        unit = "opensync-sidecar"
        machine.run("mkdir", "-p", f"/run/systemd/system/{unit}.service.d")
        soon = f"echo '[Service]\nWatchdogSec=5' >/run/systemd/system/{unit}.service.d/soon.conf"
        machine.run("sh", "-c", soon)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", unit)
        starts_anew(machine, unit, "STOP")
        send(machine, key, "third")

        removed = machine.run("/src/deploy/install.sh", "--uninstall", "--purge")
        assert removed.returncode == 0, removed.stderr
        assert machine.run("systemctl", "list-units", "opensync*", "--plain", "-q").stdout == ""
        for gone in ("/opt/opensync", "/var/lib/opensync", "/etc/opensync"):
            assert machine.run("test", "-e", gone).returncode == 1, gone
        assert machine.run("getent", "passwd", "opensync").returncode == 2
