"""The local stack: what it runs where, its first start, and what it tells the person."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from rich.console import Console
from rich.text import Text

from sidecar.config import PREFIX, Settings
from sidecar.domain.clock import Clock
from sidecar.domain.proxy import ProxyIdentity
from sidecar.errors import OpenSyncError, SuperuserRefused
from sidecar.pocketbase import client, schema
from sidecar.pocketbase.client import PocketBase
from sidecar.resources import resource
from sidecar.services.keys import KeyService
from sidecar.services.users import UserService
from sidecar.stack import binaries, ports, traefik
from sidecar.stack.state import StackFile, exclusive, make_folder, new_secret
from sidecar.stack.supervisor import Program, StartFailed, Supervisor

_POCKETBASE_PORT: Final = 8090
_SIDECAR_PORT: Final = 8091
_LOOPBACK_NAMES: Final = ("127.0.0.1", "localhost", "::1")
_EVERY_ADDRESS: Final = ("0.0.0.0", "::", "")  # noqa: S104
_ADMIN_EMAIL: Final = "admin@opensync.local"
_USER_EMAIL: Final = "local@opensync.local"
_KEY_NAME: Final = "local stack"
_PLACEHOLDER: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>OpenSync</title>
<h1>OpenSync is running</h1>
<p>The dashboard is not part of this start: <code>./scripts/start</code> in a checkout builds it.
Plugins can sync, and the <a href="/docs">API</a> answers.</p>
</html>
"""


@dataclass(frozen=True)
class Stack:
    """One start: which programs, on which ports, with which secrets, on which data."""

    data: Path
    host: str
    port: int
    pocketbase_port: int
    sidecar_port: int
    public_url: str
    password: str
    proxy_secret: str
    user: ProxyIdentity
    allowed_origins: tuple[str, ...]
    public_dir: Path
    has_web: bool
    pocketbase: Path
    traefik: Path

    @property
    def pocketbase_url(self) -> str:
        return f"http://127.0.0.1:{self.pocketbase_port}"

    @property
    def sidecar_url(self) -> str:
        return f"http://127.0.0.1:{self.sidecar_port}"

    @property
    def settings(self) -> dict[str, Any]:
        """What other commands need to find this stack, by the names of the settings."""
        return {
            "pocketbase_url": self.pocketbase_url,
            "pocketbase_email": _ADMIN_EMAIL,
            "pocketbase_password": self.password,
            "sidecar_port": self.sidecar_port,
            "proxy_secret": self.proxy_secret,
            "trusted_proxies": "127.0.0.1/32",
            "public_url": self.public_url,
        }


async def run(settings: Settings, *, web: bool, console: Console) -> int:
    """Run the stack until Ctrl-C or SIGTERM and return the exit code.

    The first signal ends the programs one after the other, a second one at once.
    """
    hurry = asyncio.Event()
    work = asyncio.create_task(_up(settings, web=web, console=console, hurry=hurry))
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if interrupted:
            hurry.set()
            return
        interrupted = True
        console.print("Stopping.", style="dim")
        work.cancel()

    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, interrupt)
    try:
        await work
    except asyncio.CancelledError:
        if not interrupted:
            raise
    except OpenSyncError as exc:
        Console(stderr=True).print(Text(exc.message, style="red"), soft_wrap=True)
        return 1
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
    return 0


async def _up(settings: Settings, *, web: bool, console: Console, hurry: asyncio.Event) -> None:
    started = time.monotonic()
    data = settings.data.expanduser().resolve()
    make_folder(data)
    with exclusive(data):
        file = StackFile(data)
        is_first_start = not file.text("pocketbase_password")
        stack = plan(settings, file, web=web)
        # Kept before anything is made with them: a start that fails half-way can be repeated.
        file.keep(stack.settings)
        async with Supervisor(console, data, hurry) as supervisor:
            with _step(console, "Starting PocketBase"):
                if is_first_start:
                    await _make_superuser(stack)
                await supervisor.start(pocketbase_program(stack))
            with _step(console, "Preparing the database"):
                api_key = await _prepare_database(stack, file.text("api_key"), console)
                file.keep({"api_key": api_key, "local_user": _USER_EMAIL})
            with _step(console, "Starting the sidecar and Traefik"):
                write_traefik_files(stack)
                await supervisor.start(sidecar_program(stack))
                await supervisor.start(traefik_program(stack))
            for line in announcement(stack, api_key, show_password=is_first_start):
                console.print(line, soft_wrap=True)
            console.print(
                f"\nReady in {time.monotonic() - started:.1f} s. Ctrl-C stops everything.\n"
            )
            supervisor.show_logs()
            await asyncio.Event().wait()


def plan(settings: Settings, file: StackFile, *, web: bool) -> Stack:
    """Decide about one start. Raises ConfigError when a program or the port is not to be had."""
    pocketbase, proxy = binaries.find("pocketbase"), binaries.find("traefik")
    ports.require_free(settings.host, settings.port)
    pocketbase_port = ports.pick(_POCKETBASE_PORT, {settings.port})
    wanted = settings.sidecar_port if _is_given("sidecar_port") else _SIDECAR_PORT
    sidecar_port = ports.pick(wanted, {settings.port, pocketbase_port})
    public_url = _public_url(settings)
    built = resource("web/dist")
    has_web = web and (built / "index.html").is_file()
    return Stack(
        data=file.path.parent,
        host=settings.host,
        port=settings.port,
        pocketbase_port=pocketbase_port,
        sidecar_port=sidecar_port,
        public_url=public_url,
        password=file.text("pocketbase_password") or new_secret(),
        proxy_secret=file.text("proxy_secret") or new_secret(),
        user=local_user(settings.admin_group),
        allowed_origins=_origins(settings),
        public_dir=built if has_web else _placeholder(file.path.parent),
        has_web=has_web,
        pocketbase=pocketbase,
        traefik=proxy,
    )


def local_user(admin_group: str) -> ProxyIdentity:
    """Return who everybody is who reaches a local stack."""
    return ProxyIdentity("local", _USER_EMAIL, "Local user", (admin_group,))


def pocketbase_program(stack: Stack) -> Program:
    return Program(
        name="pocketbase",
        command=(
            *(str(stack.pocketbase), "serve", f"--http=127.0.0.1:{stack.pocketbase_port}"),
            *_pocketbase_folders(stack),
            "--hooksWatch=false",
            "--automigrate=false",
            f"--publicDir={stack.public_dir}",
            f"--origins={','.join(stack.allowed_origins)}",
        ),
        ready_url=f"{stack.pocketbase_url}/api/health",
        colour="magenta",
    )


def sidecar_program(stack: Stack) -> Program:
    return Program(
        name="sidecar",
        command=(sys.executable, "-m", "sidecar", "serve"),
        # What stack.json says counts: every other command reads it there too.
        unset=frozenset(f"{PREFIX}{name.upper()}" for name in stack.settings),
        environment={
            f"{PREFIX}DATA": str(stack.data),
            f"{PREFIX}HOST": "127.0.0.1",
            f"{PREFIX}ALLOWED_ORIGINS": ",".join(stack.allowed_origins),
        },
        ready_url=f"{stack.sidecar_url}/health",
        colour="cyan",
        # It lets requests in flight finish, and writes what it has accepted.
        grace=30,
    )


def traefik_program(stack: Stack) -> Program:
    return Program(
        name="traefik",
        command=(str(stack.traefik), f"--configFile={_traefik_folder(stack) / traefik.STATIC}"),
        environment={f"{PREFIX}PROXY_SECRET": stack.proxy_secret},
        ready_url=f"http://{_url_host(stack.host)}:{stack.port}/health",
        colour="green",
    )


def write_traefik_files(stack: Stack) -> None:
    folder = _traefik_folder(stack)
    folder.mkdir(exist_ok=True)
    files = traefik.render(
        mode="local",
        host_names=_host_names(stack),
        entry_points={"local": f"{_bracketed(stack.host)}:{stack.port}"},
        sidecar_url=stack.sidecar_url,
        pocketbase_url=stack.pocketbase_url,
        dynamic_file=str(folder / traefik.DYNAMIC),
        user=stack.user,
        # An open dashboard has a stream open, for which a stop need not wait.
        grace="1s",
    )
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


def announcement(stack: Stack, api_key: str, *, show_password: bool) -> list[Text]:
    """Return what the person needs to know once everything answers."""
    url, kept = stack.public_url, stack.data / "stack.json"
    password = f"{stack.password} (shown this once; kept in {kept})"
    lines = [
        ("Dashboard", url if stack.has_web else f"{url} (without the dashboard)"),
        ("Admin", f"{url}/_/"),
        ("  E-mail", _ADMIN_EMAIL),
        ("  Password", password if show_password else f"kept in {kept}"),
        ("API key", api_key),
    ]
    plugins = [
        ("Claude Code", f"export CLAUDE_SYNC_CONVEX_URL={url} CLAUDE_SYNC_API_KEY={api_key}"),
        ("OpenCode", f"opencode-sync login   # URL {url}/.convex.site, key {api_key}"),
    ]
    return [
        Text("\nOpenSync is running.\n", style="bold green"),
        *(_labelled(label, text) for label, text in lines),
        Text("\nConnect a plugin:\n", style="bold"),
        *(_labelled(label, text) for label, text in plugins),
        *_warnings(stack),
    ]


@contextmanager
def _step(console: Console, what: str) -> Iterator[None]:
    """Show what is being done: with a spinner on a terminal, with a line elsewhere."""
    if console.is_terminal:
        with console.status(f"{what} ..."):
            yield
    else:
        console.print(f"{what} ...")
        yield


def _labelled(label: str, text: str) -> Text:
    return Text(f"  {label:<13}", style="dim").append(text, style="not dim")


def _warnings(stack: Stack) -> list[Text]:
    if stack.host in _LOOPBACK_NAMES:
        return []
    warning = (
        f"\nWhoever reaches {stack.host}:{stack.port} is signed in as the administrator. For "
        "more than this machine, put Traefik and Authelia in front (deploy/traefik)."
    )
    return [Text(warning, style="bold yellow")]


async def _make_superuser(stack: Stack) -> None:
    # PocketBase takes the password as an argument only, so for an instant other users of this
    # machine could see it in the list of processes.
    process = await asyncio.create_subprocess_exec(
        *(str(stack.pocketbase), "superuser", "upsert", _ADMIN_EMAIL, stack.password),
        *_pocketbase_folders(stack),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=stack.data,
        umask=0o077,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        said = output.decode("utf-8", "replace").replace(stack.password, "[hidden]").strip()
        raise StartFailed(f"PocketBase could not make its superuser. It says:\n{said}")


async def _prepare_database(stack: Stack, api_key: str, console: Console) -> str:
    """Bring schema, user and key into being where they are missing, and return the key."""
    async with _superuser(stack, console) as pocketbase:
        for change in await schema.apply(pocketbase, schema.load(resource("pb_schema"))):
            if change.action == "rows":
                console.print(str(change), markup=False, highlight=False, soft_wrap=True)
        clock = Clock()
        user = await UserService(pocketbase, clock).visit(stack.user)
        keys = KeyService(pocketbase, clock)
        if api_key and await keys.find(api_key, fresh=True):
            return api_key
        return (await keys.create(str(user["id"]), _KEY_NAME)).key


@asynccontextmanager
async def _superuser(stack: Stack, console: Console) -> AsyncIterator[PocketBase]:
    async with client.connect(stack.pocketbase_url, _ADMIN_EMAIL, stack.password) as pocketbase:
        try:
            await pocketbase.sign_in()
        except SuperuserRefused:
            # The last start got no further than choosing the password, or it was changed by hand.
            await _make_superuser(stack)
            await pocketbase.sign_in()
            console.print(f"The password of {_ADMIN_EMAIL} was set to the one in stack.json.")
        yield pocketbase


def _pocketbase_folders(stack: Stack) -> tuple[str, ...]:
    return (
        f"--dir={stack.data / 'pb_data'}",
        f"--hooksDir={resource('pb_hooks')}",
        f"--migrationsDir={stack.data / 'pb_migrations'}",
    )


def _traefik_folder(stack: Stack) -> Path:
    return stack.data / "traefik"


def _placeholder(data: Path) -> Path:
    folder = data / "placeholder"
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text(_PLACEHOLDER, encoding="utf-8")
    return folder


def _is_given(setting: str) -> bool:
    """Tell whether the environment sets it: stack.json holds what the last start decided."""
    return bool(os.environ.get(f"{PREFIX}{setting.upper()}"))


def _public_url(settings: Settings) -> str:
    if _is_given("public_url"):
        return settings.public_url.rstrip("/")
    return f"http://{_url_host(settings.host)}:{settings.port}"


def _origins(settings: Settings) -> tuple[str, ...]:
    """Return the origins of our own pages: the machine has more than one name for itself."""
    own = (f"http://{name}:{settings.port}" for name in ("127.0.0.1", "localhost"))
    return tuple(dict.fromkeys((_public_url(settings), *own, *settings.allowed_origins)))


def _host_names(stack: Stack) -> tuple[str, ...]:
    named = (stack.host, urlsplit(stack.public_url).hostname or "")
    others = [name for name in named if name not in (*_LOOPBACK_NAMES, *_EVERY_ADDRESS)]
    return (*_LOOPBACK_NAMES, *dict.fromkeys(others))


def _url_host(host: str) -> str:
    return "127.0.0.1" if host in _EVERY_ADDRESS else _bracketed(host)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
