"""The app in this process, its lifespan running, behind an httpx client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from sidecar.config import Settings
from sidecar.context import AppContext

PROXY = "127.0.0.1"
STRANGER = "203.0.113.9"


class Service:
    """A running app: `client()` talks to it from a peer address of the caller's choice."""

    def __init__(self, app: Starlette, settings: Settings, context: AppContext) -> None:
        self.settings = settings
        self.context = context
        self._app = app

    def client(self, peer: str = PROXY, **headers: str) -> httpx.AsyncClient:
        async def with_state(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"] = {"context": self.context}
            await self._app(scope, receive, send)

        transport = httpx.ASGITransport(
            app=with_state, client=(peer, 40000), raise_app_exceptions=False
        )
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.AsyncClient(
            transport=transport, base_url=self.settings.public_url, headers=names, timeout=60
        )


@asynccontextmanager
async def serving(app: Starlette, settings: Settings) -> AsyncIterator[Service]:
    async with app.router.lifespan_context(app) as state:
        assert state is not None
        yield Service(app, settings, state["context"])
