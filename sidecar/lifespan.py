"""Builds everything long-lived in start order, and takes it down in reverse."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypedDict

from starlette.applications import Starlette

from sidecar.config import Settings
from sidecar.context import AppContext
from sidecar.domain.clock import Clock
from sidecar.domain.rows import RowBuilder
from sidecar.pocketbase import client, schema
from sidecar.resources import resource
from sidecar.services.identity import IdentityService
from sidecar.services.ingest import IngestService
from sidecar.services.keys import KeyService
from sidecar.services.sessions import SessionService
from sidecar.services.users import UserService
from sidecar.services.writer import GroupWriter
from sidecar.workers.announcer import Announcer
from sidecar.workers.request_log import RequestLog
from sidecar.workers.supervised import Supervised


class State(TypedDict):
    """What Starlette hands to every request."""

    context: AppContext


def lifespan_of(
    settings: Settings, clock: Clock
) -> Callable[[Starlette], AbstractAsyncContextManager[State]]:
    """Return the lifespan of an app with these settings."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[State]:
        async with AsyncExitStack() as stack:
            yield {"context": await _build(settings, clock, stack)}

    return lifespan


async def _build(settings: Settings, clock: Clock, stack: AsyncExitStack) -> AppContext:
    limits = schema.load(resource("pb_schema")).text_limits
    pocketbase = await stack.enter_async_context(
        client.connect(
            settings.pocketbase_url,
            settings.pocketbase_email,
            settings.pocketbase_password.get_secret_value(),
        )
    )
    users = UserService(pocketbase, clock)
    keys = KeyService(pocketbase, clock)
    identity = IdentityService(settings, pocketbase, users, keys, clock)
    announcer = Announcer(pocketbase)
    writer = GroupWriter(pocketbase, on_change=announcer.add)
    request_log = RequestLog(pocketbase, clock, keep_days=settings.api_log_days)
    # Entered after the client, so that each writes what it holds before the client closes.
    workers = [
        await stack.enter_async_context(Supervised("request log", request_log.run)),
        await stack.enter_async_context(Supervised("announcer", announcer.run)),
        await stack.enter_async_context(Supervised("writer", writer.run, grace=20.0)),
    ]
    return AppContext(
        settings=settings,
        clock=clock,
        pocketbase=pocketbase,
        users=users,
        keys=keys,
        identity=identity,
        sessions=SessionService(pocketbase),
        writer=writer,
        ingest=IngestService(RowBuilder(limits, clock), writer),
        request_log=request_log,
        workers=workers,
    )
