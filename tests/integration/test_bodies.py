"""Large bodies share a room of so many bytes: they wait for it, and always give it back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from sidecar.app import create_app
from sidecar.domain.writes import Write
from sidecar.services.bodies import SMALL, TAKEN
from tests.conftest import Tenant, make_tenant, settings_for
from tests.pocketbase import RealPocketBase
from tests.processes import eventually
from tests.serving import Service, serving
from tests.sidecars import Sidecar, sidecar_running
from tests.stored import messages_of

LARGE: Final = 20 * 1024 * 1024
MANY: Final = 6  # large bodies of each of two users
PIECE: Final = 256 * 1024

Sending = Callable[[], AsyncIterator[bytes]]


def large(message: str, size: int = LARGE) -> Iterator[bytes]:
    """Yield a batch of so many bytes with one message, in pieces, most of which are one object."""
    start = json.dumps(
        {"messages": [{"sessionExternalId": "s", "externalId": message, "textContent": "hello"}]}
    )
    head, tail = f'{start[:-1]}, "padding": "'.encode(), b'"}'
    padding, piece = size - len(head) - len(tail), b"x" * PIECE
    yield head
    for _ in range(padding // PIECE):
        yield piece
    yield piece[: padding % PIECE] + tail


async def sent(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def upload(api: httpx.AsyncClient, message: str, *, declared: bool) -> int:
    headers = {"Content-Length": str(LARGE)} if declared else {}
    answer = await api.post("/sync/batch", content=sent(large(message)), headers=headers)
    return answer.status_code


@pytest.fixture(scope="module")
def sidecar(
    pocketbase_process: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sidecar]:
    """One with room for two large bodies."""
    with sidecar_running(
        pocketbase_process,
        tmp_path_factory.mktemp("bodies"),
        max_body_bytes=LARGE,
        body_room_bytes=2 * LARGE,
        rate_delay_seconds=60,
    ) as running:
        yield running


def most_memory(sidecar: Sidecar) -> int:
    """Return the most bytes that the process has had in memory since it was started."""
    status = Path(f"/proc/{sidecar.pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def room_taken(sidecar: Sidecar) -> float:
    text = httpx.get(f"{sidecar.url}/metrics", timeout=60, trust_env=False).text
    found = re.search(r"^opensync_body_room_bytes (\S+)$", text, re.MULTILINE)
    assert found
    return float(found[1])


async def test_many_large_bodies_at_once_are_all_stored_in_little_memory(
    service: Service, sidecar: Sidecar
) -> None:
    tenants = [await make_tenant(service) for _ in range(2)]
    before = most_memory(sidecar)

    async def uploads(tenant: Tenant) -> list[int]:
        authorization = {"Authorization": f"Bearer {tenant.key}"}
        async with httpx.AsyncClient(
            base_url=sidecar.url, headers=authorization, timeout=None, trust_env=False
        ) as api:
            return await asyncio.gather(
                *(upload(api, f"m{n}", declared=n % 2 == 0) for n in range(MANY))
            )

    answers = await asyncio.gather(*(uploads(tenant) for tenant in tenants))

    assert answers == [[200] * MANY] * 2
    for tenant in tenants:
        found = {message["externalId"] for message in await messages_of(tenant)}
        assert found == {f"m{n}" for n in range(MANY)}
    # The room, a body that is put together and parsed, and some more. Without a room it was 33.
    assert most_memory(sidecar) - before < 8 * LARGE
    assert room_taken(sidecar) == 0


async def test_room_comes_back_when_the_connection_breaks(
    service: Service, sidecar: Sidecar
) -> None:
    tenant = await make_tenant(service)
    lines = (
        "POST /sync/batch HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {tenant.key}",
        f"Content-Length: {LARGE}",
    )
    for _ in range(3):
        _, writer = await asyncio.open_connection("127.0.0.1", sidecar.port)
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + b" " * 2 * SMALL)
        await asyncio.to_thread(eventually, lambda: room_taken(sidecar) == LARGE, "it has room")
        writer.close()
        await writer.wait_closed()
        await asyncio.to_thread(eventually, lambda: room_taken(sidecar) == 0, "it is given back")


@asynccontextmanager
async def roomy(pocketbase: RealPocketBase, folder: Path, **values: Any) -> AsyncIterator[Service]:
    """The app in this process, with room for two large bodies, and no patience."""
    wanted = {"max_body_bytes": LARGE, "body_room_bytes": 2 * LARGE, "rate_delay_seconds": 0}
    settings = settings_for(pocketbase.url, folder, **(wanted | values))
    async with serving(create_app(settings), settings) as running:
        yield running


@asynccontextmanager
async def half_sent(tenant: Tenant) -> AsyncIterator[None]:
    """Have a body of the tenant in the room that never comes to its end."""

    async def stopping() -> AsyncIterator[bytes]:
        yield b" " * 2 * SMALL
        await asyncio.Event().wait()

    async with tenant.api as api:
        before = TAKEN._value.get()
        sending = asyncio.create_task(
            api.post("/sync/batch", content=stopping(), headers={"Content-Length": str(LARGE)})
        )
        try:
            async with asyncio.timeout(60):
                while TAKEN._value.get() == before:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            yield
        finally:
            sending.cancel()
            await asyncio.wait({sending})


async def test_a_user_who_sends_slowly_holds_up_their_own_large_bodies_only(
    pocketbase_process: RealPocketBase, tmp_path: Path
) -> None:
    async with roomy(pocketbase_process, tmp_path) as service:
        slow, other = await make_tenant(service), await make_tenant(service)
        async with half_sent(slow), slow.api as mine, other.api as theirs:
            refused = await mine.post("/sync/batch", content=sent(large("mine")))
            small = await mine.post("/sync/batch", content=sent(large("small", SMALL)))
            stored = await theirs.post("/sync/batch", content=sent(large("theirs")))
        assert TAKEN._value.get() == 0
        async with slow.api as mine:
            again = await mine.post("/sync/batch", content=sent(large("mine")))

    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "again" in refused.json()["error"]
    assert [a.status_code for a in (small, stored, again)] == [200, 200, 200]


async def test_who_has_no_right_key_gets_no_room(
    pocketbase_process: RealPocketBase, tmp_path: Path
) -> None:
    pieces = large("m")
    async with roomy(pocketbase_process, tmp_path) as service:
        wrong = service.client(Authorization=f"Bearer osk_{'0' * 32}")
        async with wrong as api:
            answer = await api.post("/sync/batch", content=sent(pieces))

    assert answer.status_code == 401
    assert next(pieces).startswith(b'{"messages"'), "nothing of the body was read"


async def test_room_comes_back_however_a_request_ends(
    pocketbase_process: RealPocketBase, tmp_path: Path
) -> None:
    async def stopping() -> AsyncIterator[bytes]:
        yield b" " * 2 * SMALL
        await asyncio.Event().wait()

    async def failing() -> AsyncIterator[bytes]:
        yield b" " * 2 * SMALL
        raise RuntimeError("a bug")

    bodies = {
        408: stopping(),
        413: sent(large("m", LARGE + 1)),
        400: sent(iter([b"{" * 2 * SMALL])),
        422: sent(iter([b'{"messages": 1, "padding": "', b"x" * 2 * SMALL, b'"}'])),
        500: failing(),
    }
    async with roomy(pocketbase_process, tmp_path, body_pause_seconds=0.5) as service:
        tenant = await make_tenant(service)
        async with tenant.api as api:
            for status, body in bodies.items():
                answer = await api.post("/sync/batch", content=body)
                assert (answer.status_code, TAKEN._value.get()) == (status, 0)
            assert await upload(api, "m", declared=True) == 200


async def test_room_is_given_back_before_the_rows_are_written(
    pocketbase_process: RealPocketBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    async with roomy(pocketbase_process, tmp_path) as service:
        writer, tenant = service.context.writer, await make_tenant(service)
        real = writer.write

        async def noting(write: Write) -> None:
            taken.append(TAKEN._value.get())
            await real(write)

        monkeypatch.setattr(writer, "write", noting)
        async with tenant.api as api:
            assert await upload(api, "m", declared=True) == 200

    assert taken == [0]
