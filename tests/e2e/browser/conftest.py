"""A real stack with a built dashboard, and windows of Chromium that look at it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from playwright.async_api import Browser, async_playwright
from playwright.async_api import Error as PlaywrightError

from sidecar.domain import ids
from tests.e2e.browser.visitor import Visitor, visit
from tests.e2e.stack import Stack
from tests.generated import Transcript, load, long, many, now
from tests.showcase import every_tool, hostile

ROOT: Final = Path(__file__).parents[3]
# Read on import: a fixture takes the settings of the machine away.
CHROMIUM: Final = os.environ.get("OPENSYNC_CHROMIUM")
SESSIONS: Final = 10_000


@dataclass
class Site:
    """A stack with a dashboard, and what was put into it."""

    stack: Stack
    ordinary: list[Transcript] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.stack.url

    def put(self, *transcripts: Transcript) -> None:
        with httpx.Client(base_url=self.url, headers=self.stack.authorization) as api:
            for _ in load(api, transcripts):
                pass

    @cached_property
    def user(self) -> str:
        return str(httpx.get(f"{self.url}/api/me").json()["user"]["id"])

    def id_of(self, external_id: str) -> str:
        """Return the record id of a session."""
        return ids.session_id(self.user, external_id)

    def message_id(self, session: str, external_id: str) -> str:
        return ids.message_id(self.id_of(session), external_id)


@pytest.fixture(scope="session")
def dashboard() -> None:
    if not (ROOT / "web" / "dist" / "index.html").is_file():
        pytest.fail("The dashboard is not built. Run ./scripts/test e2e, which builds it first.")


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium, or another one that is here."""
    names = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser")
    path = CHROMIUM or next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.fail("Chromium was not found. Install it, or name one: OPENSYNC_CHROMIUM=/path.")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, dashboard: None) -> Iterator[Site]:
    """The one that all tests look at: a great many sessions, and all kinds of them.

    A test that changes sessions makes some of its own first.
    """
    end = now()
    stack = Stack(tmp_path_factory.mktemp("site"), web=True)
    stack.start()
    try:
        site = Site(stack, list(many(SESSIONS, end, messages=(0, 2))))
        site.put(every_tool(end), hostile(end), long(end), *site.ordinary)
        yield site
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def small_site(tmp_path_factory: pytest.TempPathFactory, dashboard: None) -> Iterator[Site]:
    """One with nothing in it but what the tests put there that share it."""
    stack = Stack(tmp_path_factory.mktemp("small-site"), web=True)
    stack.start()
    try:
        yield Site(stack)
    finally:
        stack.stop()


@pytest.fixture
def own_site(tmp_path: Path, dashboard: None) -> Iterator[Site]:
    """An empty one that a test may disturb."""
    stack = Stack(tmp_path / "data", web=True)
    stack.start()
    try:
        yield Site(stack)
    finally:
        stack.stop()


Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
async def visit_site(chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Visit]:
    """Open windows that are closed when the test ends, which fails if a page had a problem."""
    visitors: list[Visitor] = []
    async with AsyncExitStack() as windows:

        async def opened(url: str, path: str | None = "/", **options: Any) -> Visitor:
            visitor = await windows.enter_async_context(visit(chromium, url, **options))
            visitors.append(visitor)
            if path is not None:
                await visitor.open(path)
            return visitor

        yield opened
        if request.node.stash.get(FAILED, False):
            for number, visitor in enumerate(visitors):
                await _keep(visitor, f"{request.node.name}-{number}")
    problems = [problem for visitor in visitors for problem in visitor.unexpected]
    assert not problems, "\n".join(problems)


@pytest.fixture
async def visitor(site: Site, visit_site: Visit) -> Visitor:
    """A window on the site, still empty."""
    return await visit_site(site.url, None)


FAILED: Final = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed  # type: ignore[attr-defined]
    return report


async def _keep(visitor: Visitor, name: str) -> None:
    """Leave a picture of a page on which a test failed."""
    folder = ROOT / "test-results"
    folder.mkdir(exist_ok=True)
    safe = "".join(c if c.isalnum() or c in "-_" else "-" for c in name)
    with suppress(PlaywrightError):  # a page that hangs has no picture
        await visitor.page.screenshot(path=folder / f"{safe}.png")
