"""Going through a list of which only a part is on the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from playwright.async_api import Page

_SCROLL = """
async (name) => {
  const area = document.querySelector(`[role=region][aria-label="${name}"]`);
  const before = area.scrollTop;
  area.scrollTop += area.clientHeight * 0.8;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return area.scrollTop > before;
}
"""


async def walk(page: Page, look: Callable[[Page], Awaitable[None]], name: str = "Messages") -> None:
    """Scroll through an area from its top to its end and call `look` at each stop."""
    await look(page)
    while await page.evaluate(_SCROLL, name):
        await look(page)
