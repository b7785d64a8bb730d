"""The installer in a scratch root, and what it installed run with the commands of the units."""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sidecar.stack import binaries, ports
from tests import processes

ROOT = Path(__file__).parents[2]
INSTALLER = ROOT / "deploy" / "install.sh"
_PR_SET_MDWE = 65
UNITS = ("opensync-pocketbase", "opensync-sidecar", "opensync-traefik")


def install(
    root: Path, *options: str, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(INSTALLER), *options],
        env=os.environ | {"DESTDIR": str(root), "PYTHON": python},
        capture_output=True,
        text=True,
        timeout=600,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    [made] = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def root(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the installer has run once."""
    folder = tmp_path_factory.mktemp("root")
    done = install(folder, "--wheel", str(wheel), "--traefik", "--host", "sync.example.org")
    assert done.returncode == 0, done.stderr
    return folder


def program_line(unit: Path) -> list[str]:
    """Return the command of a unit."""
    text = unit.read_text("utf-8").replace("\\\n", " ")
    found = re.search(r"^ExecStart=(.+)$", text, re.MULTILINE)
    assert found
    return shlex.split(found[1])


@contextmanager
def running(
    root: Path, unit: str, ports_: dict[str, str], **variables: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command of an installed unit below the scratch root, on other ports."""
    folders = ("/opt/opensync/", "/var/lib/opensync")
    line = program_line(root / "etc/systemd/system" / f"{unit}.service")
    settings = (root / "etc/opensync/opensync.env").read_text() + (
        root / "etc/opensync/proxy.env"
    ).read_text()
    environment = dict(re.findall(r"^(OPENSYNC_\w+)=(.*)$", settings, re.MULTILINE)) | variables
    command = []
    for word in line:
        word = re.sub(r"\$\{(\w+)\}", lambda name: environment[name[1]], word)
        for folder in folders:
            word = word.replace(folder, f"{root}{folder}")
        for old, new in ports_.items():
            word = word.replace(old, new)
        command.append(word)
    credentials = (root / "etc/opensync/credentials").iterdir()
    with processes.running(
        command,
        root / f"{unit}.log",
        [*(file.read_text().strip() for file in credentials), environment["OPENSYNC_PROXY_SECRET"]],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=root / "var/lib/opensync",
        preexec_fn=_deny_executable_memory,
    ) as process:
        yield process


def _deny_executable_memory() -> None:
    """Do what MemoryDenyWriteExecute= does, where the kernel can (6.3 or later)."""
    ctypes.CDLL(None).prctl(_PR_SET_MDWE, 1, 0, 0, 0)


def until_healthy(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, trust_env=False).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer")


def test_what_was_installed_runs_and_tells_systemd(root: Path, tmp_path: Path) -> None:
    pocketbase_port = ports.pick(18090, set())
    sidecar_port = ports.pick(18091, {pocketbase_port})
    pocketbase = f"http://127.0.0.1:{pocketbase_port}"
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for secret in (root / "etc/opensync/credentials").iterdir():
        shutil.copy(secret, credentials / f"opensync_{secret.name}")
    variables = {
        "CREDENTIALS_DIRECTORY": str(credentials),
        "OPENSYNC_DATA": str(root / "var/lib/opensync"),
        "OPENSYNC_POCKETBASE_URL": pocketbase,
        "OPENSYNC_SIDECAR_PORT": str(sidecar_port),
        "OPENSYNC_EMBEDDER": "off",
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
    }
    env_file = (root / "etc/opensync/opensync.env").read_text()
    email = re.findall("^OPENSYNC_POCKETBASE_EMAIL=(.+)$", env_file, re.MULTILINE)[0]
    opensync = root / "opt/opensync/current/bin/opensync"

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(variables["NOTIFY_SOCKET"])
        systemd.settimeout(60)
        with running(
            root, "opensync-pocketbase", {"127.0.0.1:8090": f"127.0.0.1:{pocketbase_port}"}
        ):
            until_healthy(f"{pocketbase}/api/health")
            applied = subprocess.run(
                [str(opensync), "schema", "apply"],
                env={
                    "PATH": os.environ["PATH"],
                    "OPENSYNC_POCKETBASE_EMAIL": email,
                    **variables,
                },
                capture_output=True,
                text=True,
                timeout=120,
            )
            assert applied.returncode == 0, applied.stderr
            with running(root, "opensync-sidecar", {}, **variables):
                first = systemd.recv(100)
                state = httpx.get(f"http://127.0.0.1:{sidecar_port}/ready", trust_env=False)
            last = systemd.recv(100)

    assert first == b"READY=1"
    assert state.json()["status"] == "ready"
    assert last == b"STOPPING=1"


def test_a_second_run_changes_no_settings_and_installs_nothing(root: Path, wheel: Path) -> None:
    settings = root / "etc/opensync/opensync.env"
    settings.write_text(settings.read_text() + "# mine\n")
    kept = [settings, *(root / "etc/opensync/credentials").iterdir()]
    before = [path.read_bytes() for path in kept]

    done = install(root, "--upgrade", "--wheel", str(wheel), "--traefik")

    assert done.returncode == 0, done.stderr
    assert "is installed already" in done.stderr
    assert [path.read_bytes() for path in kept] == before


def test_an_upgrade_is_put_beside_what_it_replaces(wheel: Path, tmp_path: Path) -> None:
    """Installing takes long, so these releases hold nothing but what says that they are whole."""
    releases = tmp_path / "opt/opensync/releases"
    lock = (ROOT / "deploy/requirements.txt").read_bytes()
    wanted = (
        f"{wheel.name.split('-')[1]}-{hashlib.sha256(wheel.read_bytes() + lock).hexdigest()[:12]}"
    )
    for age, name in enumerate((wanted, "last", "oldest")):
        (releases / name / "bin").mkdir(parents=True)
        (releases / name / ".complete").touch()
        os.utime(releases / name, (1e9 - age, 1e9 - age))
    (releases.parent / "current").symlink_to("releases/last")
    (releases / wanted / "bin/pocketbase").symlink_to("/bin/true")

    done = install(tmp_path, "--upgrade", "--wheel", str(wheel))

    assert done.returncode == 0, done.stderr
    assert (releases.parent / "current").readlink() == Path("releases") / wanted
    assert {path.name for path in releases.iterdir()} == {wanted, "last"}


def test_secrets_can_be_read_by_their_owner_only(root: Path) -> None:
    for name in ("credentials", "credentials/pocketbase_password", "proxy.env"):
        mode = stat.S_IMODE((root / "etc/opensync" / name).stat().st_mode)
        assert mode & 0o077 == 0, name


def test_systemd_accepts_the_units(root: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing: apt install systemd")
    # What every unit leans on; nothing else of a machine is in the scratch root.
    targets = root / "usr/lib/systemd/system"
    targets.mkdir(parents=True, exist_ok=True)
    for name in ("sysinit", "basic", "shutdown", "network", "network-online", "multi-user"):
        (targets / f"{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")

    verified = subprocess.run(
        [
            *("systemd-analyze", "verify", f"--root={root}", "--man=no"),
            *("opensync.target", *(f"{unit}.service" for unit in UNITS)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (verified.stderr, verified.returncode) == ("", 0)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_little_exposed(unit: str) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is missing: apt install systemd")

    # The threshold is in tenths: 2.0 of 10.
    rated = subprocess.run(
        [
            *("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20"),
            str(ROOT / "deploy/systemd" / f"{unit}.service"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert rated.returncode == 0, rated.stdout[-200:]


@pytest.mark.parametrize(
    ("program", "command", "text"),
    [
        ("pocketbase", ["serve"], "systemd/opensync-pocketbase.service"),
        ("pocketbase", ["serve"], "compose/pocketbase.sh"),
        ("opensync", ["traefik"], "compose/docker-compose.yml"),
        ("opensync", ["traefik"], "install.sh"),
        ("opensync", ["serve"], "systemd/opensync-sidecar.service"),
        ("opensync", ["schema", "apply"], "compose/docker-compose.yml"),
    ],
)
def test_every_flag_of_the_files_exists(program: str, command: list[str], text: str) -> None:
    written = (ROOT / "deploy" / text).read_text("utf-8")
    path = binaries.find(program)
    known = subprocess.run(
        [str(path), *command, "--help"],
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout

    if program == "pocketbase":
        used = set(re.findall(r"--\w+(?==)", written))
    else:
        options = "into|acme-email|sidecar-url|pocketbase-url|authelia-url|sign-in-host"
        used = set(re.findall(rf"--(?:{options})\b", written)) if command == ["traefik"] else set()
    assert {flag for flag in used if flag not in known} == set()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--upgrade"], "Nothing is installed here"),
        (["--wheel", "/nowhere.whl"], "There is no wheel"),
        (["--purge"], "--purge goes with --uninstall"),
        (["--wheels"], "There is no option"),
        (["--host"], "wants a value"),
    ],
)
def test_a_mistake_is_named_before_anything_is_changed(
    tmp_path: Path, options: list[str], reason: str
) -> None:
    done = install(tmp_path / "root", *options)

    assert done.returncode == 1
    assert reason in done.stderr
    assert not (tmp_path / "root").exists()


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    wheel = tmp_path / "opensync_pocketbase-9-py3-none-any.whl"
    wheel.write_bytes(b"")

    done = install(tmp_path / "root", "--dry-run", "--wheel", str(wheel))

    assert done.returncode == 0, done.stderr
    assert "would run" in done.stderr
    assert not (tmp_path / "root").exists()


def test_removing_keeps_data_and_settings_until_they_are_named(tmp_path: Path) -> None:
    for name in ("opt/opensync/current", "etc/opensync", "var/lib/opensync", "etc/systemd/system"):
        (tmp_path / name).mkdir(parents=True)

    assert install(tmp_path, "--uninstall").returncode == 0
    assert not (tmp_path / "opt/opensync").exists()
    assert (tmp_path / "var/lib/opensync").exists()

    assert install(tmp_path, "--uninstall", "--purge").returncode == 0
    assert not (tmp_path / "var/lib/opensync").exists()
    assert not (tmp_path / "etc/opensync").exists()


def test_the_scripts_pass_shellcheck() -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is missing: apt install shellcheck")
    names = ("install.sh", "systemd/opensync", "compose/setup", "compose/pocketbase.sh")

    checked = subprocess.run(
        ["shellcheck", *(str(ROOT / "deploy" / name) for name in names)],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert checked.stdout == ""


def test_compose_setup_makes_secrets_once(tmp_path: Path) -> None:
    setup = [str(ROOT / "deploy/compose/setup"), str(tmp_path)]
    subprocess.run(setup, check=True, capture_output=True, timeout=60)
    before = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(setup, check=True, capture_output=True, timeout=60)

    assert {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()} == before
    made = [text for text in before.values() if text]
    assert len(set(made)) == len(made) == 6
    assert all(len(text) == 64 for text in made)
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert (tmp_path / ".env").exists()
    assert (tmp_path / "users.yml").exists()


def test_docker_accepts_the_compose_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("docker compose is missing: install Docker with its compose plugin")
    folder = tmp_path / "deploy" / "compose"
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy", dirs_exist_ok=True)
    subprocess.run([str(folder / "setup")], check=True, capture_output=True, timeout=60)

    read = subprocess.run(
        [docker, "compose", "--profile", "*", "config", "--quiet"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert read.returncode == 0, read.stderr
