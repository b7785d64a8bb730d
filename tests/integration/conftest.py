"""A PocketBase that may be killed, and sidecars beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from sidecar.app import create_app
from sidecar.domain import patience
from sidecar.pocketbase import client
from sidecar.pocketbase.client import PocketBase
from sidecar.services import semantic
from tests.conftest import settings_for
from tests.embedded import Starter
from tests.embeddings_api import CountingApi, counting_api
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, own_pocketbase
from tests.serving import Service, serving


class Start(Protocol):
    async def __call__(self, **settings: Any) -> Service: ...


@pytest.fixture(autouse=True)
def patient_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search waits for what it finds by meaning, however busy the machine."""
    for module, name in ((patience, "LEAST"), (patience, "MOST"), (semantic, "MOST")):
        monkeypatch.setattr(module, name, 60.0)


@pytest.fixture(scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealPocketBase]:
    """A PocketBase of a module's own: what is anybody's counts there, and it may be killed."""
    async with own_pocketbase(tmp_path_factory.mktemp("mortal")) as process:
        yield process


@pytest.fixture
async def mortal(own: RealPocketBase) -> AsyncIterator[RealPocketBase]:
    """The same, running at the start and at the end of a test."""
    yield own
    await revive(own)


async def revive(process: RealPocketBase) -> None:
    if process.process is None:
        await asyncio.to_thread(process.start)


@pytest.fixture
async def superuser(mortal: RealPocketBase) -> AsyncIterator[PocketBase]:
    async with client.connect(mortal.url, EMAIL, PASSWORD) as found:
        yield found


@pytest.fixture
async def start(
    mortal: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Start]:
    """Starts a sidecar on it."""
    async with AsyncExitStack() as stack:

        async def started(**settings: Any) -> Service:
            made = settings_for(mortal.url, tmp_path_factory.mktemp("data"), **settings)
            return await stack.enter_async_context(serving(create_app(made), made))

        yield started
        await revive(mortal)


@pytest.fixture
async def api() -> AsyncIterator[CountingApi]:
    """An embeddings service that counts what it is asked."""
    async with counting_api() as api:
        yield api


@pytest.fixture
async def starter(own: RealPocketBase, tmp_path: Path, api: CountingApi) -> AsyncIterator[Starter]:
    """Starts sidecars that embed."""
    starter = Starter(own, tmp_path, api)
    yield starter
    await starter.stop()
