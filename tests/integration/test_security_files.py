"""Names and addresses that lead to files: nothing outside of what is served, or written, is met."""

from __future__ import annotations

import http.client
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

import httpx
import pytest

from sidecar.pocketbase.client import PocketBase
from tests.conftest import Tenant
from tests.e2e.stack import Stack
from tests.stored import accepted

# Beside and above the folder of the dashboard's files lie stack.json and the database.
WANTED: Final = ("stack.json", "pb_data/data.db", "etc/passwd")
STEPS: Final = (
    *("../", "../../", "%2e%2e/", ".%2e/", "..%2f", "%2e%2e%2f", "%252e%252e%252f"),
    *("..\\", "..%5c", "....//", "..;/", "./../", "//", "%2f", "%00/../", "~/", "file:///"),
)
PLACES: Final = ("/", "/assets/", "/_/", "/s/", "/api/files/", "/api/backups/")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("files"))
    running.start()
    try:
        yield running
    finally:
        running.stop()


def asked(port: int, path: str) -> tuple[int, bytes]:
    """Ask byte for byte as told."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest("GET", path, skip_accept_encoding=True)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("place", PLACES)
def test_no_address_leads_to_a_file_that_is_not_served(stack: Stack, place: str) -> None:
    facts = stack.facts
    pocketbase = int(facts["pocketbase_url"].rpartition(":")[2])
    secret = re.compile(rb"SQLite format 3|root:.*:0:0:|" + facts["proxy_secret"].encode())
    assert secret.search((stack.folder / "stack.json").read_bytes())
    assert secret.search((stack.folder / "pb_data" / "data.db").read_bytes()[:16])

    for port in (stack.port, pocketbase, int(facts["sidecar_port"])):
        for step in STEPS:
            for times in (1, 4):
                for wanted in WANTED:
                    _, body = asked(port, place + step * times + wanted)
                    assert not secret.search(body), (port, step, wanted)


def test_backups_of_pocketbase_are_for_its_superuser_and_lie_in_one_folder(stack: Stack) -> None:
    facts = stack.facts
    credentials = {
        "identity": facts["pocketbase_email"],
        "password": facts["pocketbase_password"],
    }
    with httpx.Client(base_url=facts["pocketbase_url"], timeout=60) as pocketbase:
        # Whom Traefik lets pass as an administrator is still no superuser.
        token = httpx.get(f"{stack.url}/api/me").json()["token"]
        for headers in ({}, {"Authorization": token}):
            answer = httpx.get(f"{stack.url}/api/backups", headers=headers)
            assert answer.status_code in (401, 403)

        signed_in = pocketbase.post(
            "/api/collections/_superusers/auth-with-password", json=credentials
        )
        pocketbase.headers["Authorization"] = signed_in.json()["token"]
        token = pocketbase.post("/api/files/token").json()["token"]
        port = int(facts["pocketbase_url"].rpartition(":")[2])
        for name in ("../data.db", "..%2fdata.db", "%2e%2e%2fdata.db", "..%5cdata.db", "/etc/x"):
            status, body = asked(port, f"/api/backups/{name}?token={token}")
            assert status in (301, 307, 400, 403, 404), name
            assert b"SQLite" not in body
            made = pocketbase.post("/api/backups", json={"name": f"{name}.zip"})
            assert made.status_code == 400, name


TITLES: Final = (
    "../../../etc/cron.d/evil",
    "..\\..\\windows\\evil",
    "/etc/passwd",
    "C:\\evil",
    "C:evil",
    "\\\\host\\share",
    "a/../../b",
    "..",
    ".",
    "CON",
    "name.md:stream",
    'quote"; filename="evil.exe',
    "line\r\nSet-Cookie: a=b",
    "\u202egpj.exe",
    "\u2215\uff0f\u2044etc",
    "~/.ssh/authorized_keys",
    "x" * 400,
)


def is_harmless(name: str) -> bool:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    return (
        not posix.is_absolute()
        and not windows.anchor
        and ".." not in windows.parts
        and len(posix.parts) <= 2
        and not windows.is_reserved()
        and re.fullmatch(r"[\w./-]{1,160}", name) is not None
    )


@pytest.mark.parametrize(
    "path",
    [
        *(f"/api/export?all=true&zip=true&format={name}" for name in ("json", "markdown", "html")),
        "/api/export/evals?format=filesystem",
    ],
)
async def test_no_title_becomes_a_name_that_leaves_the_folder(
    path: str, tenant: Tenant, pocketbase: PocketBase
) -> None:
    sessions = [{"externalId": str(n), "title": title} for n, title in enumerate(TITLES)]
    messages = [
        {"sessionExternalId": str(n), "externalId": role, "role": role, "textContent": "a text"}
        for n in range(len(TITLES))
        for role in ("user", "assistant")
    ]
    await accepted(tenant, "batch", {"sessions": sessions, "messages": messages})
    async with tenant.api as http:
        page = await http.get("/api/sessions?limit=100")
        ids = [session["id"] for session in page.json()["sessions"]]
        for id in ids:
            await pocketbase.update("sessions", id, {"evalReady": True})
        answer = await http.get(path)
        single = [await http.get("/api/export", params={"id": id}) for id in ids]

    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert len(names) >= len(TITLES)
    assert [name for name in names if not is_harmless(name)] == []
    for one in single:
        header = one.headers["Content-Disposition"]
        assert re.fullmatch(r"attachment; filename=\"[\w.-]+\"; filename\*=UTF-8''[\w.%-]+", header)
        assert "set-cookie" not in one.headers


def test_the_names_that_count_as_harmless_are_not_all_names() -> None:
    assert is_harmless("2025-06-12-a-title.md") and is_harmless("folder/x.md")
    assert not any(map(is_harmless, ("../x", "/x", "a/b/c", "C:x", "a\\..\\b", 'a"b', "CON")))
