"""A PocketBase that may be killed, and sidecars beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import pytest

from sidecar.app import create_app
from sidecar.pocketbase import client, schema
from sidecar.pocketbase.client import PocketBase
from sidecar.resources import resource
from tests.conftest import settings_for
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase
from tests.serving import Service, serving


class Start(Protocol):
    async def __call__(self, **settings: Any) -> Service: ...


@pytest.fixture(scope="module")
async def own_process(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealPocketBase]:
    """A PocketBase that the tests of a module may kill."""
    process = RealPocketBase(tmp_path_factory.mktemp("mortal"))
    process.make_superuser()
    process.start()
    try:
        async with client.connect(process.url, EMAIL, PASSWORD) as superuser:
            await schema.apply(superuser, schema.load(resource("pb_schema")))
        yield process
    finally:
        process.stop()


@pytest.fixture
async def mortal(own_process: RealPocketBase) -> AsyncIterator[RealPocketBase]:
    """The same, running at the start and at the end of a test."""
    yield own_process
    await revive(own_process)


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
