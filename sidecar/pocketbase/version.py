"""Whether the database, the hooks PocketBase has loaded and this program fit together.

The program knows one version of the schema (`pb_schema/version.json`) and works with no other: a
database of another one is left alone until it was upgraded, or until the right program is there.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from sidecar.errors import NotFound, PocketBaseUnavailable, SchemaMisfit, UpstreamError
from sidecar.pocketbase.client import PocketBase

logger = structlog.get_logger(__name__)

ROUTE: Final = "/api/opensync/schema"
_REMEMBERED: Final = 10.0  # seconds for which a good answer counts
_REFUSED: Final = 1.0  # and a bad one, so that work goes on soon after an upgrade

NO_HOOKS: Final = (
    "PocketBase runs without the hooks of OpenSync, or with those of an older version. Restart it "
    "with --hooksDir pointing at pb_hooks."
)
OTHER_HOOKS: Final = (
    "PocketBase has loaded other hooks than this program brings. Restart PocketBase, with "
    "--hooksDir pointing at pb_hooks of this version."
)


@dataclass(frozen=True)
class Found:
    """The version of the database, 0 where it is empty, and which hooks are loaded."""

    version: int
    hooks: str


def hooks_in(folder: Path) -> str:
    """Return the digest of these hooks; lib/schema.js makes the same when PocketBase loads them."""
    scripts = sorted(f"lib/{path.name}" for path in (folder / "lib").glob("*.js"))
    texts = [
        f"{name}\n{(folder / name).read_text('utf-8')}" for name in ("opensync.pb.js", *scripts)
    ]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


async def found(pocketbase: PocketBase) -> Found:
    """Ask PocketBase. Raises SchemaMisfit where it cannot tell, as its hooks are missing."""
    try:
        answer = await pocketbase.send("POST", f"{ROUTE}?do=status", {})
    except NotFound as exc:
        raise SchemaMisfit(NO_HOOKS) from exc
    return Found(int(answer["version"]), str(answer["hooks"]))


def misfit(database: int, program: int) -> str:
    """Return why the two do not go together, with the next step; empty where they do."""
    if database > program:
        return (
            f"The database is of a newer OpenSync: its schema has version {database}, this program "
            f"knows {program}. Install the newer program, or restore the backup from before it."
        )
    if database < program:
        return (
            f"The database has version {database} of the schema, this program needs {program}. Run "
            "`opensync schema apply`; `opensync schema plan` shows what that does."
        )
    return ""


class VersionGuard:
    """Lets requests to PocketBase pass while the database is of the version that is wanted.

    It asks before the first request and again after a while, so PocketBase may be away at the
    start, and an upgrade lets the program go on without a restart.
    """

    def __init__(
        self, program: int, hooks: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._program = program
        self._hooks = hooks
        self._clock = clock
        self._reason = ""
        self._has_other_hooks = False
        self._asked: float | None = None
        self._asking = asyncio.Lock()
        self._tries = 0
        self._failure: PocketBaseUnavailable | None = None

    @property
    def has_other_hooks(self) -> bool:
        """Tell whether PocketBase, when it was last asked, had other hooks than are installed."""
        return self._has_other_hooks

    async def __call__(self, pocketbase: PocketBase, path: str) -> None:
        """Raise SchemaMisfit where a request to this path must not be made."""
        if path.startswith(ROUTE):
            return
        if reason := await self.misfit(pocketbase):
            raise SchemaMisfit(reason)

    async def misfit(self, pocketbase: PocketBase) -> str:
        """Return why nothing passes, empty where all does.

        Raises PocketBaseUnavailable while that cannot be known.
        """
        tries = self._tries
        if self._is_stale():
            async with self._asking:
                # One asks for all who wait: a database that is silent would hold up each in turn.
                if tries != self._tries and self._failure is not None:
                    # Not the same one for all: it would grow by a trace for each.
                    raise PocketBaseUnavailable(self._failure.message)
                if self._is_stale():
                    await self._look(pocketbase)
        return self._reason

    def _is_stale(self) -> bool:
        counts = _REFUSED if self._reason else _REMEMBERED
        return self._asked is None or self._clock() - self._asked >= counts

    async def _look(self, pocketbase: PocketBase) -> None:
        try:
            reason = await self._ask(pocketbase)
        except PocketBaseUnavailable as exc:
            self._failure = exc
            raise
        else:
            self._failure = None
        finally:
            self._tries += 1
        if reason and reason != self._reason:
            logger.error(reason, action="schema_misfit")
        elif self._reason and not reason:
            logger.info("The database fits by now", action="schema_fits")
        self._reason, self._asked = reason, self._clock()

    async def _ask(self, pocketbase: PocketBase) -> str:
        try:
            there = await found(pocketbase)
        except SchemaMisfit as exc:
            return exc.cure
        except PocketBaseUnavailable:
            raise
        except UpstreamError as exc:
            # Not known is not refused: whoever has something to store tries again.
            raise PocketBaseUnavailable(
                "The database is not reachable at the moment. Try again in a few seconds."
            ) from exc
        has_other_hooks = there.hooks != self._hooks
        if has_other_hooks and not self._has_other_hooks:
            logger.warning(OTHER_HOOKS, action="other_hooks")
        self._has_other_hooks = has_other_hooks
        return misfit(there.version, self._program)
