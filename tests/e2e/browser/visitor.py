"""A browser's window on the dashboard that notes everything a person should never meet."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, TypeVar

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    expect,
)

PHONE: Final = {"width": 390, "height": 844}
WIDE: Final = {"width": 1680, "height": 900}
DESK: Final = {"width": 1280, "height": 800}
# In milliseconds. Only what fails takes that long; slow machines are no failure.
PATIENCE: Final = 40_000
expect.set_options(timeout=PATIENCE)

Theme = Literal["light", "dark"]
Read = TypeVar("Read")


async def until(
    read: Callable[[], Awaitable[Read]], holds: Callable[[Read], bool], wanted: str
) -> Read:
    """Read a page again until what it shows is what is wanted: it changes between two looks."""
    deadline = time.monotonic() + PATIENCE / 1000
    while not holds(shown := await read()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{shown!r} is not {wanted}")
        await asyncio.sleep(0.05)
    return shown


_REPORT_VIOLATIONS: Final = """
addEventListener("securitypolicyviolation", (event) =>
  reportViolation(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""


@dataclass
class Visitor:
    """A page with what went wrong on it. A test fails when `problems` is not empty at its end."""

    page: Page
    url: str
    problems: list[str] = field(default_factory=list)
    # What a test provokes on purpose, such as failed requests to a stopped server.
    expected: list[re.Pattern[str]] = field(default_factory=list)

    async def open(self, path: str = "/") -> Page:
        await self.page.goto(self.url + path, wait_until="domcontentloaded")
        return self.page

    def expect_problems(self, pattern: str) -> None:
        self.expected.append(re.compile(pattern))

    @property
    def unexpected(self) -> list[str]:
        return [
            problem
            for problem in self.problems
            if not any(pattern.search(problem) for pattern in self.expected)
        ]


@asynccontextmanager
async def visit(
    browser: Browser,
    url: str,
    *,
    theme: Theme = "light",
    viewport: dict[str, int] = DESK,
    timezone: str = "Europe/Berlin",
) -> AsyncIterator[Visitor]:
    """Open a window with nothing remembered, and close it."""
    context = await browser.new_context(
        color_scheme=theme,
        viewport={"width": viewport["width"], "height": viewport["height"]},
        has_touch=viewport is PHONE,
        locale="en-GB",
        timezone_id=timezone,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    try:
        visitor = Visitor(await context.new_page(), url)
        await _listen(context, visitor)
        yield visitor
    finally:
        await context.close()


async def _listen(context: BrowserContext, visitor: Visitor) -> None:
    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            visitor.problems.append(f"console: {message.text} ({message.location.get('url')})")

    def on_request(request: Request) -> None:
        if not request.url.startswith((visitor.url, "data:", "blob:")):
            visitor.problems.append(f"request to another host: {request.url[:200]}")

    async def on_dialog(dialog: Dialog) -> None:
        visitor.problems.append(f"a window of the browser: {dialog.message}")
        await dialog.dismiss()

    async def on_violation(_: object, text: str) -> None:
        visitor.problems.append(f"Content-Security-Policy: {text}")

    await context.expose_binding("reportViolation", on_violation)
    await context.add_init_script(_REPORT_VIOLATIONS)
    context.on("console", on_console)
    context.on("weberror", lambda error: visitor.problems.append(f"uncaught: {error.error}"))
    context.on("request", on_request)
    context.on("dialog", on_dialog)
