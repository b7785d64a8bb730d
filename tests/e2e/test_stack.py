"""`opensync up` as a person runs it: start, stop, crash, start again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.stack import Stack
from tests.pocketbase import program
from tests.processes import children, eventually, is_alive

PROGRAMS = {"pocketbase", "sidecar", "traefik"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose programs these tests may kill."""
    stack = Stack(tmp_path_factory.mktemp("own") / "data")
    start(stack)
    yield stack
    stack.stop()


@pytest.fixture
def brief(tmp_path: Path) -> Iterator[Stack]:
    """A stack that is not running yet; what the test leaves running is stopped."""
    stack = Stack(tmp_path / "data")
    yield stack
    if stack.process is not None:
        stack.stop()


def start(stack: Stack) -> None:
    """Start the stack and return when it has said that it is ready."""
    stack.start()
    eventually(lambda: "Ready in" in stack.log, "the announcement")


def pid(stack: Stack) -> int:
    assert stack.process is not None
    return stack.process.pid


def programs(stack: Stack) -> dict[str, int]:
    found = children(pid(stack))
    assert found.keys() == PROGRAMS
    return found


def refused(stack: Stack, **variables: str) -> str:
    """Run `up`, which must give up at once, and return the one sentence it says."""
    ended = subprocess.run(
        [*stack.program, "up", "--no-web"],
        env={**stack.environment, **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert ended.stdout == ""
    return ended.stderr.strip()


def posted(stack: Stack, external_id: str) -> int:
    body = {"externalId": external_id, "source": "claude-code"}
    answer = httpx.post(f"{stack.url}/sync/session", json=body, headers=stack.authorization)
    return answer.status_code


def session_ids(stack: Stack) -> set[str]:
    answer = httpx.get(f"{stack.url}/sync/sessions/list", headers=stack.authorization)
    return set(answer.json()["sessionIds"])


def test_the_first_start_says_where_everything_is(own: Stack) -> None:
    log, facts = own.log, own.facts

    for wanted in (
        own.url,
        f"{own.url}/_/",
        facts["pocketbase_email"],
        facts["pocketbase_password"],
        f"export CLAUDE_SYNC_CONVEX_URL={own.url} CLAUDE_SYNC_API_KEY={own.key}\n",
        f"{own.url}/.convex.site",
    ):
        assert wanted in log
    assert log.count(facts["pocketbase_password"]) == 1
    assert facts["proxy_secret"] not in log


def test_data_and_secrets_are_their_owners_only(own: Stack) -> None:
    def mode(name: str) -> int:
        return (own.folder / name).stat().st_mode & 0o777

    assert mode("stack.json") == 0o600
    assert mode("pb_data") == 0o700
    assert mode("pb_data/data.db") == 0o600
    for file in (own.folder / "traefik").iterdir():
        assert own.facts["proxy_secret"] not in file.read_text()


def test_the_superuser_can_sign_in_through_the_public_address(own: Stack) -> None:
    credentials = {
        "identity": own.facts["pocketbase_email"],
        "password": own.facts["pocketbase_password"],
    }

    page = httpx.get(f"{own.url}/_/")
    answer = httpx.post(
        f"{own.url}/api/collections/_superusers/auth-with-password", json=credentials
    )

    assert "PocketBase" in page.text
    assert answer.json()["record"]["email"] == credentials["identity"]


def test_a_browser_is_the_local_user(own: Stack) -> None:
    me = httpx.get(f"{own.url}/api/me", headers={"Remote-User": "mallory"}).json()

    assert me["user"]["email"] == "local@opensync.local"
    assert me["isAdmin"] is True


def test_a_page_is_there_without_the_dashboard(own: Stack) -> None:
    assert "OpenSync is running" in httpx.get(f"{own.url}/").text


def test_other_commands_find_the_stack(own: Stack) -> None:
    listed = own.command("keys", "list", "--email", "local@opensync.local", "--json")

    assert '"name": "local stack"' in listed.stdout, listed.stderr


def test_nothing_listens_beyond_this_machine(own: Stack) -> None:
    table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    sockets = [line.split() for line in table.splitlines() if line.split()[3] == "0A"]
    ports = {own.port, own.facts["sidecar_port"], httpx.URL(own.facts["pocketbase_url"]).port}

    found = [address for _, address, *_ in sockets if int(address.rpartition(":")[2], 16) in ports]

    assert {address.partition(":")[0] for address in found} == {"0100007F"}
    assert len(found) == 3


def test_a_second_start_on_the_same_folder_is_refused(own: Stack) -> None:
    said = refused(own, OPENSYNC_PORT=str(own.port + 1))

    assert f"A stack is running on {own.folder} already (process {pid(own)})." in said
    assert "OPENSYNC_DATA" in said


def test_a_busy_port_is_one_sentence_with_the_next_step(own: Stack, brief: Stack) -> None:
    said = refused(brief, OPENSYNC_PORT=str(own.port))

    assert said.startswith(f"Port {own.port} is in use by another program. Stop it, or choose")
    assert "OPENSYNC_PORT=" in said


def test_a_folder_that_cannot_be_made_is_one_sentence(brief: Stack) -> None:
    said = refused(brief, OPENSYNC_DATA="/proc/nowhere/data")

    assert said.startswith("The folder /proc/nowhere/data cannot be made")


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_that_dies_is_started_again(own: Stack, name: str) -> None:
    before = programs(own)[name]

    os.kill(before, signal.SIGKILL)

    eventually(lambda: children(pid(own)).get(name, before) != before, f"a new {name}")
    own.wait_until_ready()
    eventually(lambda: posted(own, f"after-{name}") == 200, "a session is taken")
    assert f"{name:<10} ended (SIGKILL); it is started again in 0.5 s" in own.log
    assert f"after-{name}" in session_ids(own)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_everything(brief: Stack, number: signal.Signals) -> None:
    start(brief)
    assert brief.process is not None
    running = programs(brief)

    brief.process.send_signal(number)

    assert brief.process.wait(60) == 0
    assert not any(map(is_alive, running.values()))
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{brief.url}/health")


def test_a_signal_during_the_start_ends_everything(brief: Stack) -> None:
    brief.folder.mkdir()
    with (brief.folder / "up.log").open("w") as log:
        brief.process = subprocess.Popen(
            [*brief.program, "up", "--no-web"],
            env=brief.environment,
            stdout=log,
            stderr=log,
            text=True,
        )
    eventually(lambda: "pocketbase" in children(pid(brief)), "PocketBase")
    running = children(pid(brief))

    brief.process.send_signal(signal.SIGINT)

    assert brief.process.wait(60) == 0
    assert not any(map(is_alive, running.values()))
    assert "Traceback" not in brief.log


def test_an_open_realtime_stream_does_not_hold_up_the_end(brief: Stack) -> None:
    start(brief)
    with httpx.stream("GET", f"{brief.url}/api/realtime", timeout=60) as stream:
        next(stream.iter_bytes())
        # It would be killed, and exit with another code, if it waited for the stream.
        assert brief.stop() == 0


def test_no_program_outlives_a_killed_supervisor(brief: Stack) -> None:
    start(brief)
    assert brief.process is not None
    running = programs(brief)

    brief.process.kill()
    brief.process.wait()
    brief.process = None

    eventually(lambda: not any(map(is_alive, running.values())), "the end of every program")
    start(brief)


def test_a_second_start_keeps_everything(brief: Stack) -> None:
    start(brief)
    key, password = brief.key, brief.facts["pocketbase_password"]
    assert posted(brief, "kept") == 200
    assert brief.stop() == 0

    start(brief)

    assert brief.key == key
    assert brief.facts["pocketbase_password"] == password
    assert session_ids(brief) == {"kept"}
    assert password not in brief.log
    assert f"kept in {brief.folder / 'stack.json'}" in brief.log


def test_a_start_mends_a_revoked_key_and_a_changed_password(brief: Stack) -> None:
    start(brief)
    key, facts = brief.key, brief.facts
    [listed] = httpx.get(f"{brief.url}/api/keys").json()["keys"]
    revoked = httpx.delete(
        f"{brief.url}/api/keys/{listed['id']}", headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert revoked.is_success
    assert brief.stop() == 0
    data = str(brief.folder / "pb_data")
    upsert = ["superuser", "upsert", facts["pocketbase_email"], "another-password", "--dir", data]
    subprocess.run([program("pocketbase"), *upsert], check=True, capture_output=True)

    start(brief)

    assert brief.key != key
    assert posted(brief, "again") == 200
    assert brief.facts["pocketbase_password"] == facts["pocketbase_password"]
    assert "was set to the one in stack.json" in brief.log


def test_inner_ports_give_way_to_other_programs(brief: Stack) -> None:
    """Whoever holds 8090 and 8091, a stack starts; here it is this test, unless others do."""
    holders = []
    for port in (8090, 8091):
        holder = socket.socket()
        try:
            holder.bind(("127.0.0.1", port))
            holder.listen()
        except OSError:
            pass
        holders.append(holder)
    try:
        start(brief)
    finally:
        for holder in holders:
            holder.close()

    taken = {brief.facts["sidecar_port"], httpx.URL(brief.facts["pocketbase_url"]).port}
    assert not taken & {8090, 8091}
    assert posted(brief, "a") == 200
