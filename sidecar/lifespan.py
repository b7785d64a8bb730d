"""Builds everything long-lived in start order, and takes it down in reverse."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TypedDict

import structlog
from starlette.applications import Starlette

from sidecar.backup.backups import in_settings as backups_in
from sidecar.config import Settings
from sidecar.context import AppContext
from sidecar.domain.clock import Clock
from sidecar.domain.rows import RowBuilder
from sidecar.embeddings.base import EmbedderMisconfigured
from sidecar.embeddings.choose import Choice, EmbeddingOptions, make_embedder
from sidecar.errors import ConfigError
from sidecar.pocketbase import client, schema
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.ingest import Committer
from sidecar.pocketbase.version import VersionGuard, hooks_in
from sidecar.resources import resource
from sidecar.services.ask import AskService, ChatModel
from sidecar.services.bodies import Bodies
from sidecar.services.cleanup import CleanupService
from sidecar.services.exports import ExportService
from sidecar.services.identity import IdentityService
from sidecar.services.ingest import IngestService
from sidecar.services.jobs import JobService
from sidecar.services.keys import KeyService
from sidecar.services.limits import Limits
from sidecar.services.logs import LogService
from sidecar.services.publishing import PublishingService
from sidecar.services.search import SearchService
from sidecar.services.selection import SelectionService
from sidecar.services.semantic import SemanticService
from sidecar.services.sessions import SessionService
from sidecar.services.storage import StorageService
from sidecar.services.trash import TrashService
from sidecar.services.usage import UsageService
from sidecar.services.users import UserService
from sidecar.services.writer import GroupWriter
from sidecar.spool.spool import Spool
from sidecar.workers.announcer import Announcer
from sidecar.workers.backups import BackupWorker
from sidecar.workers.embedding import EmbeddingWorker
from sidecar.workers.embedding_rows import EmbeddingRows
from sidecar.workers.housekeeper import Housekeeper
from sidecar.workers.jobs import JobRunner
from sidecar.workers.request_log import RequestLog
from sidecar.workers.search_indexer import SearchIndexer
from sidecar.workers.spool import Drainer
from sidecar.workers.supervised import Supervised
from sidecar.workers.vector_keeper import VectorKeeper, in_settings

logger = structlog.get_logger(__name__)


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
    wanted = schema.load(resource("pb_schema"))
    guard = VersionGuard(wanted.version, hooks_in(resource("pb_hooks")))
    pocketbase = await stack.enter_async_context(
        client.connect(
            settings.pocketbase_url,
            settings.pocketbase_email,
            settings.pocketbase_password.get_secret_value(),
            guard,
        )
    )
    users = UserService(pocketbase, clock)
    spool = Spool(
        settings.data / "spool",
        clock,
        most_bytes=settings.spool_bytes,
        most_hours=settings.spool_hours,
    )
    await spool.open()
    stack.push_async_callback(spool.aclose)
    keys = KeyService(pocketbase, clock, spool)
    keys.recall(await spool.known_keys())
    identity = IdentityService(settings, pocketbase, users, keys, clock)
    announcer = Announcer(pocketbase)
    indexer = SearchIndexer(pocketbase)

    def changed(sessions: Sequence[str], subscribers: int) -> None:
        if sessions:
            announcer.add(sessions, subscribers)
            indexer.nudge()

    committer = Committer(pocketbase, turn=spool.turn, on_change=changed)
    drainer = Drainer(spool, committer, on_gone=keys.forget_key)
    writer = GroupWriter(
        committer, spool, patience=settings.spool_after_seconds, on_kept=drainer.nudge
    )

    def deleted(user: str) -> None:
        identity.forget_user(user)
        spool.forget_user(user)

    request_log = RequestLog(pocketbase, clock, keep_days=settings.api_log_days)
    runner = JobRunner(pocketbase, on_deleted=deleted)
    # Entered after the client, so that each writes what it holds before the client closes.
    workers = [
        await stack.enter_async_context(Supervised("request log", request_log.run)),
        await stack.enter_async_context(Supervised("announcer", announcer.run)),
        await stack.enter_async_context(Supervised("search indexer", indexer.run)),
        await stack.enter_async_context(Supervised("spool", drainer.run)),
        await stack.enter_async_context(Supervised("writer", writer.run, grace=20.0)),
        await stack.enter_async_context(Supervised("job runner", runner.run)),
    ]
    jobs = JobService(pocketbase, on_new=runner.nudge, keep=settings.trash_days > 0)
    cleanup = CleanupService(pocketbase, jobs, clock)
    trash = TrashService(pocketbase, jobs, clock, days=settings.trash_days)
    housekeeper = Housekeeper((cleanup.run_due, trash.expire))
    workers.append(await stack.enter_async_context(Supervised("housekeeper", housekeeper.run)))
    backup = BackupWorker(
        settings.data.expanduser().resolve(), clock, every_hours=settings.backup_every_hours
    )
    workers.append(await stack.enter_async_context(Supervised("backups", backup.run)))
    embedding, semantic = await _embeddings(settings, pocketbase, stack, workers)
    search = SearchService(pocketbase, semantic)
    return AppContext(
        settings=settings,
        clock=clock,
        pocketbase=pocketbase,
        guard=guard,
        users=users,
        keys=keys,
        identity=identity,
        limits=Limits(settings),
        bodies=Bodies(settings),
        sessions=SessionService(pocketbase),
        selections=SelectionService(pocketbase),
        publishing=PublishingService(pocketbase, public_url=settings.public_url),
        exports=ExportService(pocketbase, clock),
        jobs=jobs,
        cleanup=cleanup,
        trash=trash,
        usage=UsageService(pocketbase),
        storage=StorageService(
            pocketbase,
            clock,
            index=settings.data / "index",
            backups=lambda: backups_in(settings).every(),
        ),
        logs=LogService(pocketbase, keys, clock),
        search=search,
        ask=_ask(settings, search, stack),
        writer=writer,
        spool=spool,
        ingest=IngestService(RowBuilder(wanted.text_limits, clock)),
        request_log=request_log,
        backup=backup,
        embedding=embedding,
        semantic=semantic,
        workers=workers,
    )


async def _embeddings(
    settings: Settings,
    pocketbase: PocketBase,
    stack: AsyncExitStack,
    workers: list[Supervised],
) -> tuple[EmbeddingWorker, SemanticService]:
    """Start what embeds and what keeps the index, where there is an embedder."""
    choice, rows, keeper = chosen_embedder(settings), EmbeddingRows(pocketbase), None
    if choice.embedder is not None:
        stack.push_async_callback(choice.embedder.aclose)
        opener = in_settings(
            settings.data / "index",
            settings.qdrant_url,
            settings.qdrant_api_key.get_secret_value(),
        )
        keeper = VectorKeeper(rows, choice.embedder.space, opener)
    semantic = SemanticService(pocketbase, choice.embedder, keeper, reason=choice.reason)
    stack.push_async_callback(semantic.aclose)
    worker = EmbeddingWorker(
        rows,
        choice.embedder,
        keeper,
        pause=settings.embedding_pause_seconds,
        reason=choice.reason,
    )
    if keeper is not None:
        # The keeper first: it saves what the embedder stored last.
        for name, run in (("vector index", keeper.run), ("embedder", worker.run)):
            workers.append(await stack.enter_async_context(Supervised(name, run)))
    return worker, semantic


def _ask(settings: Settings, search: SearchService, stack: AsyncExitStack) -> AskService:
    """Return what answers questions. A wrong setting keeps only that from working."""
    try:
        chat = chosen_chat(settings)
    except ConfigError as exc:
        if settings.chat_model:
            logger.error(exc.message, action="chat_misconfigured")
        return AskService(search, None, exc.message)
    stack.push_async_callback(chat.aclose)
    return AskService(search, chat)


def chosen_chat(settings: Settings) -> ChatModel:
    """Return the chat model the settings ask for. Raises ConfigError that says what to set."""
    if not settings.chat_model:
        raise ConfigError(
            "No chat model is set up. Set OPENSYNC_CHAT_MODEL, with OPENSYNC_CHAT_API_KEY for "
            "OpenAI or OPENSYNC_CHAT_BASE_URL for another server; docs/howto/ask.md says how."
        )
    url = settings.chat_base_url or settings.embedding_base_url
    key = settings.chat_api_key.get_secret_value()
    # A key goes to the service it was made for and to no other.
    if not key and url == settings.embedding_base_url:
        key = settings.embedding_api_key.get_secret_value()
    if not key and not url:
        raise ConfigError(
            f"The chat model {settings.chat_model} of OpenAI wants a key. Set "
            "OPENSYNC_CHAT_API_KEY, or OPENSYNC_CHAT_BASE_URL for a server of your own."
        )
    # Late: the package takes most of a second to import.
    from sidecar.chat import OpenAIChat
    from sidecar.openai_api import OPENAI_URL

    return OpenAIChat(
        model=settings.chat_model,
        api_key=key,
        base_url=url or OPENAI_URL,
        timeout=settings.chat_timeout_seconds,
        output_tokens=settings.chat_output_tokens,
    )


def chosen_embedder(settings: Settings) -> Choice:
    """Return the embedder the settings ask for, none with a reason where they are wrong.

    Sync does not depend on it, so a wrong setting here must not keep the service down.
    """
    options = EmbeddingOptions(
        embedder=settings.embedder,
        api_key=settings.embedding_api_key.get_secret_value(),
        base_url=settings.embedding_base_url,
        model=settings.embedding_model,
        dimensions=settings.embedding_dimensions,
        input_tokens=settings.embedding_input_tokens,
        timeout=settings.embedding_timeout_seconds,
        threads=settings.embedding_threads,
    )
    try:
        return make_embedder(options)
    except EmbedderMisconfigured as exc:
        logger.error(exc.message, action="embedding_stopped")
        return Choice(None, exc.message)
