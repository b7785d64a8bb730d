"""What a request handler may reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sidecar.config import Settings
from sidecar.domain.clock import Clock
from sidecar.pocketbase.client import PocketBase
from sidecar.pocketbase.version import VersionGuard
from sidecar.services.ask import AskService
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
from sidecar.workers.backups import BackupWorker
from sidecar.workers.embedding import EmbeddingWorker
from sidecar.workers.request_log import RequestLog
from sidecar.workers.supervised import Supervised


@dataclass(frozen=True)
class AppContext:
    """Built once by the lifespan, in start order."""

    settings: Settings
    clock: Clock
    pocketbase: PocketBase
    guard: VersionGuard
    users: UserService
    keys: KeyService
    identity: IdentityService
    limits: Limits
    bodies: Bodies
    sessions: SessionService
    selections: SelectionService
    publishing: PublishingService
    exports: ExportService
    jobs: JobService
    cleanup: CleanupService
    trash: TrashService
    usage: UsageService
    storage: StorageService
    logs: LogService
    search: SearchService
    ask: AskService
    writer: GroupWriter
    spool: Spool
    ingest: IngestService
    request_log: RequestLog
    backup: BackupWorker
    embedding: EmbeddingWorker
    semantic: SemanticService
    workers: Sequence[Supervised]
