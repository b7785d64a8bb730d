"""What can be said about a page from outside: barriers, overflow, a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page

from tests.e2e.browser.visitor import Theme

_WEB: Final = Path(__file__).parents[3] / "web"
SCREENSHOTS: Final = _WEB / "screenshots"
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")

# All rules of axe, those of best practice, too. One is told of menus, which as dialogs do lie above
# the landmarks of a page: the focus goes there from the button that opens them, and back.
_AXE: Final = """
async () => {
  const regionMatcher = "dialog, [role=dialog], [role=alertdialog], [role=menu], svg";
  axe.configure({ checks: [{ id: "region", options: { regionMatcher } }] });
  return (await axe.run()).violations
  .flatMap(({ id, nodes }) => nodes.map(({ html, any, all, none }) =>
    ({ id, html, why: [...any, ...all, ...none][0]?.message })));
}
"""

# What takes much of the screen and would have to be scrolled sideways to be seen whole. Tables that
# scroll by themselves are regions with a name.
_OVERFLOW: Final = """
() => [document.documentElement, ...document.querySelectorAll("body, body *")].filter((element) => {
  const isPage = element === document.documentElement;
  const scrolls = isPage || /auto|scroll/.test(getComputedStyle(element).overflowX);
  const isLarge = isPage || element.clientHeight > innerHeight / 3;
  if (element.matches("[role=region]")) return false;
  return scrolls && isLarge && element.scrollWidth > element.clientWidth + 1;
}).map((element) => `${element.scrollWidth} > ${element.clientWidth}: `
                    + element.outerHTML.slice(0, 150))
"""


# What is changing its colour slowly has none that could be judged.
_SETTLE: Final = """
async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const changing = () => document.getAnimations().some((each) => each instanceof CSSTransition);
  do {
    await frame();
    await frame();
  } while (changing());
}
"""


async def settled(page: Page) -> None:
    """Wait until nothing on the page changes its look any more."""
    await page.evaluate(_SETTLE)


async def barriers(page: Page) -> list[str]:
    """Return whatever axe finds, a text each."""
    await page.evaluate((_WEB / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(_AXE)
    return [f"{f['id']}: {f['why']}\n  {f['html'][:200]}" for f in found]


async def overflow(page: Page) -> list[str]:
    """Return the areas that are wider than the screen."""
    found: list[str] = await page.evaluate(_OVERFLOW)
    return found


async def picture(page: Page, name: str) -> None:
    """Leave a picture of the page in web/screenshots."""
    SCREENSHOTS.mkdir(exist_ok=True)
    await page.screenshot(path=SCREENSHOTS / f"{name}.png")


async def barriers_in_both_themes(page: Page, name: str) -> list[str]:
    """Return the same of the page in each theme, and leave a picture of both."""
    found = []
    for theme in THEMES:
        await page.emulate_media(color_scheme=theme)
        await settled(page)
        found += await barriers(page)
        await picture(page, f"{name}-{theme}")
    return found
