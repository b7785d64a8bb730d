"""Fixtures shared by all tiers."""

from __future__ import annotations

import inspect
import os
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sidecar import logconfig
from sidecar.app import create_app
from sidecar.config import PREFIX, Settings, load_settings
from sidecar.pocketbase import client
from sidecar.pocketbase.client import PocketBase, Record
from tests import secrecy
from tests.pocketbase import EMAIL, PASSWORD, RealPocketBase, own_pocketbase
from tests.serving import Service, serving

DATA = Path(__file__).parent / "data"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    secrecy.judge(report, [PASSWORD])
    return report


@pytest.fixture(autouse=True, scope="session")
def patience() -> None:
    """A busy machine is no failure: httpx gives up after five seconds by default."""
    default: httpx.Timeout = inspect.signature(httpx.get).parameters["timeout"].default
    default.connect = default.read = default.write = default.pool = 60


@pytest.fixture(autouse=True, scope="session")
def plain_logs() -> None:
    """Log as the program does; the library's own default prints every local of a traceback."""
    logconfig.configure("warning", "text")


@pytest.fixture(autouse=True, scope="session")
def clean_environment() -> Iterator[None]:
    """No setting of the machine reaches a test."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(PREFIX)}
    yield
    os.environ.update(kept)


def settings_for(url: str, folder: Path, **values: Any) -> Settings:
    """Return settings of a sidecar beside the PocketBase at `url`."""
    wanted: dict[str, Any] = {
        "data": folder,
        "pocketbase_url": url,
        "pocketbase_email": EMAIL,
        "pocketbase_password": PASSWORD,
        "trusted_proxies": "127.0.0.1/32",
        "public_url": "http://opensync.test",
        "embedder": "off",
        "spool_after_seconds": 60,  # what is written can be read at once, however busy the machine
    }
    return load_settings(**(wanted | values))


@pytest.fixture(scope="session")
async def pocketbase_process(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RealPocketBase]:
    """A PocketBase with the schema applied."""
    async with own_pocketbase(tmp_path_factory.mktemp("pocketbase")) as process:
        yield process


@pytest.fixture(scope="session")
async def pocketbase(pocketbase_process: RealPocketBase) -> AsyncIterator[PocketBase]:
    """A superuser's client of it."""
    async with client.connect(pocketbase_process.url, EMAIL, PASSWORD) as superuser:
        yield superuser


@pytest.fixture(scope="session")
async def service(
    pocketbase_process: RealPocketBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """The sidecar's app, running on it."""
    settings = settings_for(pocketbase_process.url, tmp_path_factory.mktemp("data"))
    async with serving(create_app(settings), settings) as running:
        yield running


@dataclass
class Tenant:
    """A user with an API key, and clients that act as them."""

    record: Record
    key: str
    key_id: str
    service: Service

    @property
    def id(self) -> str:
        return str(self.record["id"])

    @property
    def api(self) -> httpx.AsyncClient:
        """A client with the API key."""
        return self.service.client(Authorization=f"Bearer {self.key}")

    @property
    def browser(self) -> httpx.AsyncClient:
        """A client that comes through the proxy, as a page of the dashboard does."""
        return self.service.client(
            Remote_User=self.record["autheliaId"],
            Remote_Email=self.record["email"],
            Sec_Fetch_Site="same-origin",
        )

    async def token(self) -> str:
        """Return a PocketBase token of the user."""
        issued = await self.service.context.users.browser_token(self.id, 600)
        return issued.token


async def make_tenant(service: Service) -> Tenant:
    """Make a user nobody else knows, with a key."""
    name = f"user-{uuid.uuid4().hex[:12]}"
    users, keys = service.context.users, service.context.keys
    record = await users.add(f"{name}@example.test", name=name, authelia_id=name)
    made = await keys.create(record["id"], "test")
    return Tenant(record, made.key, made.record["id"], service)


@pytest.fixture
async def tenant(service: Service) -> Tenant:
    return await make_tenant(service)


@pytest.fixture
async def other(service: Service) -> Tenant:
    return await make_tenant(service)
