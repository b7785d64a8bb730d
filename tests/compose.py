"""The Compose file as Compose reads it; its services, run by their own commands without Docker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from sidecar.resources import resource
from tests import secrecy
from tests.pocketbase import free_port
from tests.processes import eventually

FOLDER: Final = Path(__file__).parents[1] / "deploy" / "compose"
SECRETS: Final = "/run/secrets"

# What the images run that are not ours, where the file names no entry point of its own.
ENTRY_POINTS: Final = {"litestream": ["litestream"]}

Service = dict[str, Any]

_VARIABLE: Final = re.compile(r"\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})")


def load(variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the file with its variables filled in. Raises KeyError for one that must be set."""

    def filled(found: re.Match[str]) -> str:
        name, kind, text = found.groups()
        if name is None:
            return "$"
        value = variables.get(name, "")
        if kind == "?" and not value:
            raise KeyError(f"{name}: {text}")
        return value or (text if kind == "-" else "")

    def walked(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walked(item) for key, item in value.items()}
        if isinstance(value, list):
            return [walked(item) for item in value]
        return _VARIABLE.sub(filled, value) if isinstance(value, str) else value

    # After parsing, as Compose does: a value such as `off` stays a text.
    text = (FOLDER / "docker-compose.yml").read_text("utf-8")
    loaded: dict[str, Any] = walked(yaml.safe_load(text))
    return loaded


def example() -> dict[str, str]:
    """Return the variables of `.env.example`."""
    text = (FOLDER / ".env.example").read_text("utf-8")
    return dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE))


@dataclass
class Composed:
    """The services below a folder, on free ports of this machine.

    Commands, variables, secrets, health checks and their order are the file's own. What a
    container would have for itself is put in their place: paths, names of machines, ports.
    """

    root: Path
    authelia_url: str
    variables: Mapping[str, str]
    pocketbase_port: int = field(default_factory=free_port)
    sidecar_port: int = field(default_factory=free_port)
    secure_port: int = field(default_factory=free_port)
    plain_port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.services: dict[str, Service] = load(self.variables)["services"]
        subprocess.run([FOLDER / "setup", self.root], check=True, capture_output=True, timeout=60)
        for path in ("var/lib/opensync", "var/lib/traefik", "etc/traefik", "opt/opensync", "bin"):
            (self.root / path).mkdir(parents=True)
        # What the image holds.
        (self.root / "opt/opensync/pb_hooks").symlink_to(resource("pb_hooks"))
        (self.root / "opt/opensync/web").mkdir()
        (self.root / "opt/opensync/web/index.html").write_text("the dashboard")
        litestream = (FOLDER / "litestream.yml").read_text("utf-8")
        (self.root / "etc/litestream.yml").write_text(self.here("litestream", litestream))
        script = (FOLDER / "pocketbase.sh").read_text("utf-8")
        program = self.root / "bin" / "opensync-pocketbase"
        program.write_text(self.here("pocketbase", script))
        program.chmod(0o755)

    def here(self, service: str, text: str) -> str:
        """Return `text` with what a container has for itself replaced."""
        pocketbase = f"127.0.0.1:{self.pocketbase_port}"
        sidecar = f"127.0.0.1:{self.sidecar_port}"
        for old, new in (
            (SECRETS, f"{self.root}/{service}/secrets"),
            ("/var/lib/", f"{self.root}/var/lib/"),
            ("/etc/traefik", f"{self.root}/etc/traefik"),
            ("/etc/litestream", f"{self.root}/etc/litestream"),
            ("/opt/opensync", f"{self.root}/opt/opensync"),
            ("pocketbase:8090", pocketbase),
            ("127.0.0.1:8090", pocketbase),
            ("0.0.0.0:8090", pocketbase),
            ("sidecar:8091", sidecar),
            ("127.0.0.1:8091", sidecar),
            ("http://authelia:9091", self.authelia_url),
            ("'127.0.0.1', 443", f"'127.0.0.1', {self.secure_port}"),
            ("172.31.91.2", "127.0.0.1"),
            ("0.0.0.0", "127.0.0.1"),
        ):
            text = text.replace(old, new)
        return text

    def environment(self, name: str) -> dict[str, str]:
        """Return the variables of a service: the file's own, and a port of its own."""
        given = self.services[name].get("environment", {})
        programs = (self.root / "bin", Path(sys.executable).parent, "/usr/bin", "/bin")
        return {
            **{key: self.here(name, str(value)) for key, value in given.items()},
            "PATH": os.pathsep.join(map(str, programs)),
            "OPENSYNC_SIDECAR_PORT": str(self.sidecar_port),
            # What is written can be read at once, however busy the machine.
            "OPENSYNC_SPOOL_AFTER_SECONDS": "60",
        }

    def start(self, name: str) -> subprocess.Popen[bytes]:
        """Run the command of a service with the secrets that it is given and no others."""
        service = self.services[name]
        secrets = self.root / name / "secrets"
        secrets.mkdir(parents=True)
        for secret in service.get("secrets", ()):
            shutil.copy(self.root / "secrets" / secret, secrets)
        with (self.root / name / "log").open("wb") as log:
            return subprocess.Popen(
                [
                    self.here(name, word)
                    for word in [*ENTRY_POINTS.get(name, ()), *service["command"]]
                ],
                env=self.environment(name),
                cwd=self.root / "var/lib/opensync",
                stdout=log,
                stderr=log,
            )

    def execute(self, name: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Do what `docker compose exec` does."""
        return subprocess.run(
            [self.here(name, word) for word in command],
            env=self.environment(name),
            cwd=self.root / "var/lib/opensync",
            capture_output=True,
            text=True,
            timeout=60,
        )

    def is_healthy(self, name: str) -> bool:
        """Run the health check of a service."""
        kind, *command = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        return self.execute(name, *command).returncode == 0

    def log(self, name: str) -> str:
        return (self.root / name / "log").read_text(errors="replace")

    def bring_up(self, name: str) -> None:
        """Start a service after those that it depends on, and wait until it is as they want."""
        if name in self.processes:
            return
        for other, wanted in self.services[name].get("depends_on", {}).items():
            self.bring_up(other)
            process = self.processes[other]
            if wanted["condition"] == "service_completed_successfully":
                assert process.wait(60) == 0, self.log(other)
                if other == "configure":
                    self._move_ports()
            else:
                assert wanted["condition"] == "service_healthy"
                self.wait_until_healthy(other)
        self.processes[name] = self.start(name)

    def wait_until_healthy(self, name: str) -> None:
        def healthy() -> bool:
            assert self.processes[name].poll() is None, self.log(name)
            return self.is_healthy(name)

        eventually(healthy, f"{name} is healthy")

    def _move_ports(self) -> None:
        """Have Traefik listen where everybody may."""
        file = self.root / "etc/traefik/traefik.yml"
        settings = yaml.safe_load(self.here("traefik", file.read_text("utf-8")))
        for entry_point, port in (("websecure", self.secure_port), ("web", self.plain_port)):
            settings["entryPoints"][entry_point]["address"] = f"127.0.0.1:{port}"
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def stop(self) -> None:
        """Stop the services in reverse, each with the time that the file gives it."""
        with ExitStack() as stack:
            for name, process in self.processes.items():
                seconds = int(self.services[name].get("stop_grace_period", "10s").removesuffix("s"))
                stack.callback(_end, process, seconds)
        secrets = [file.read_text() for file in (self.root / "secrets").iterdir()]
        for name in self.processes:
            secrecy.check(self.log(name), secrets)


@contextmanager
def composed(root: Path, authelia_url: str, variables: Mapping[str, str]) -> Iterator[Composed]:
    """Run everything that Traefik depends on, and Traefik."""
    services = Composed(root, authelia_url, variables)
    try:
        services.bring_up("traefik")
        services.wait_until_healthy("traefik")
        yield services
    finally:
        services.stop()


def _end(process: subprocess.Popen[bytes], seconds: int) -> None:
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
