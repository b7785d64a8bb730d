"""`opensync doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
import typer

from sidecar.cli import spool
from sidecar.cli.console import output, pocketbase_of, print_json
from sidecar.config import Settings, load_settings
from sidecar.errors import OpenSyncError, SchemaMisfit
from sidecar.pocketbase import schema, version
from sidecar.resources import resource
from sidecar.spool.file import damaged_in
from sidecar.stack import binaries

_DISK_WANTED = 1024**3


@dataclass(frozen=True)
class Finding:
    """The outcome of one check; `mend` says what to do and is empty where all is well."""

    check: str
    ok: bool
    detail: str
    mend: str = ""


def doctor(json: bool = typer.Option(False, "--json", help="Print JSON.")) -> None:
    """Check binaries, reachability, schema, sign-in, header stripping and disk."""
    settings = load_settings()
    findings = asyncio.run(examine(settings))
    if json:
        print_json([finding.__dict__ for finding in findings])
    for finding in findings if not json else ():
        mark = "[green]ok  [/]" if finding.ok else "[red]fail[/]"
        output.print(f"{mark} {finding.check}: {finding.detail}", highlight=False, soft_wrap=True)
        if not finding.ok:
            output.print(f"     {finding.mend}", highlight=False, soft_wrap=True)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


async def examine(settings: Settings) -> list[Finding]:
    """Return a finding for each check, in an order in which earlier ones explain later ones."""
    findings = [_binary("pocketbase"), _binary("traefik"), _disk(settings), _spool(settings)]
    checks: tuple[Callable[[Settings], Awaitable[Finding]], ...] = (
        _schema,
        _sidecar,
        _traefik,
        _spoofed_identity,
    )
    return findings + [await check(settings) for check in checks]


def _binary(name: str) -> Finding:
    try:
        return Finding(f"{name} binary", True, str(binaries.find(name)))
    except OpenSyncError as exc:
        return Finding(f"{name} binary", False, "not found", exc.message)


def _disk(settings: Settings) -> Finding:
    folder = settings.data if settings.data.exists() else settings.data.absolute().parent
    free = shutil.disk_usage(folder).free
    return Finding(
        "disk",
        free >= _DISK_WANTED,
        f"{free / 1024**3:.1f} GiB free in {folder}",
        "Free at least 1 GiB, or move the folder and set OPENSYNC_DATA.",
    )


def _spool(settings: Settings) -> Finding:
    mend = "`opensync spool status` lists what was set aside, with the reason."
    try:
        counts, _ = spool.contents(settings)
    except OpenSyncError as exc:
        return Finding("spool", False, "not readable", exc.message)
    detail = f"{counts.waiting:,} sync requests wait, {counts.aside:,} were set aside"
    if damaged := damaged_in(spool.folder_of(settings)):
        detail += f"; damaged: {', '.join(damaged)}"
        mend += " docs/howto/spool.md says how to get at what is in a damaged file."
    return Finding("spool", not counts.aside and not damaged, detail, mend)


async def _schema(settings: Settings) -> Finding:
    """Check PocketBase, the superuser and the collections, which hang on one another."""
    check = "PocketBase, superuser and schema"
    try:
        async with pocketbase_of(settings) as pocketbase:
            wanted = schema.load(resource("pb_schema"))
            changes = await schema.diff(pocketbase, wanted)
            there = await version.found(pocketbase)
    except SchemaMisfit as exc:
        return Finding(check, False, settings.pocketbase_url, exc.cure)
    except OpenSyncError as exc:
        return Finding(check, False, settings.pocketbase_url, exc.message)
    if reason := version.misfit(there.version, wanted.version):
        return Finding(check, False, f"version {there.version}", reason)
    if there.hooks != version.hooks_in(resource("pb_hooks")):
        return Finding(check, False, "other hooks", version.OTHER_HOOKS)
    drift = [str(change) for change in changes if change.action != "report"]
    return Finding(
        check,
        not drift,
        f"{len(drift)} differences: {'; '.join(drift[:3])}" if drift else "as wanted",
        "`opensync schema plan` lists all; `opensync schema apply` mends them.",
    )


async def _sidecar(settings: Settings) -> Finding:
    url = f"http://{settings.host}:{settings.sidecar_port}"
    status, body = await _get(f"{url}/ready")
    return Finding(
        "sidecar",
        status == 200,
        f"{url} is ready" if status == 200 else f"{url}/ready: {body or 'no answer'}",
        "Start it with `opensync up`, or `opensync serve` beside your own proxy.",
    )


async def _traefik(settings: Settings) -> Finding:
    status, body = await _get(f"{settings.public_url}/health")
    return Finding(
        "public address",
        status == 200 and '"ok"' in body,
        f"{settings.public_url}/health answers {status or 'nothing'}",
        "Check that Traefik runs, and that OPENSYNC_PUBLIC_URL is the address people use.",
    )


async def _spoofed_identity(settings: Settings) -> Finding:
    """Send forged identity headers through Traefik to routes that must not believe them."""
    check = "header stripping"
    forged = {
        "Remote-User": "doctor-forged",
        "Remote-Email": "doctor@forged.invalid",
        "Remote_User": "doctor-forged",
    }
    mend = (
        "Forged Remote-* headers get through. Route with the configuration of "
        "`opensync traefik HOST`, and let nothing but Traefik reach the sidecar."
    )
    status, body = await _get(f"{settings.public_url}/api/me", forged)
    if "doctor-forged" in body:
        return Finding(check, False, "/api/me believed a forged user", mend)
    plugin, body = await _get(f"{settings.public_url}/sync/sessions/list", forged)
    if plugin == 200:
        return Finding(check, False, "/sync accepted a forged user", mend)
    if 0 in (status, plugin):
        return Finding(check, False, "not checked: no answer", "Mend the public address first.")
    return Finding(check, True, "forged Remote-* headers are not believed")


async def _get(url: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        try:
            response = await client.get(url, headers=headers)
        except httpx.HTTPError:
            return 0, ""
    return response.status_code, response.text[:2000]
