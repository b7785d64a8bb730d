"""The state of the service, for plugins, operators and Traefik."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import asdict
from ipaddress import ip_address

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    Gauge,
    Info,
    disable_created_metrics,
    generate_latest,
)
from starlette.responses import Response

from sidecar import __version__
from sidecar.api import schemas
from sidecar.api.http import Auth, Call, Endpoint, json_response
from sidecar.errors import Forbidden, PocketBaseUnavailable, Unauthenticated
from sidecar.pocketbase.version import OTHER_HOOKS

# A time of creation beside every counter, which nobody asks for, would double what is read.
disable_created_metrics()  # type: ignore[no-untyped-call]
Info("opensync_build", "The version that runs.").info({"version": __version__})
DISK_SIZE = Gauge("opensync_data_size_bytes", "Size of the disk with the data.")
DISK_FREE = Gauge("opensync_data_free_bytes", "What is free of the disk with the data.")


async def health(call: Call) -> Response:
    return json_response({"status": "ok", "timestamp": call.context.clock.now()})


async def ready(call: Call) -> Response:
    context = call.context
    reasons = []
    if not await context.pocketbase.healthy():
        reasons.append(f"PocketBase does not answer at {context.settings.pocketbase_url}.")
    else:
        with suppress(PocketBaseUnavailable):
            if misfit := await context.guard.misfit(context.pocketbase):
                reasons.append(misfit)
    spool = context.spool.state
    if spool.full and spool.counts.waiting:
        reasons.append(spool.full)
    reasons += [
        f"The {worker.name} has crashed {worker.crashes} times, last with {worker.last_error}."
        for worker in context.workers
        if worker.crashes
    ]
    body = {
        "status": "not ready" if reasons else "ready",
        "reasons": reasons,
        "notices": [
            *([OTHER_HOOKS] if context.guard.has_other_hooks else []),
            *spool.notices,
        ],
        "pendingWrites": context.writer.pending,
        # Nor this: what waits is safe, and goes on when PocketBase is back.
        "spool": spool.counts.shown(),
        # No reason to be "not ready": sync and full-text search go on without it.
        "embedding": asdict(context.embedding.state),
        "backup": asdict(context.backup.state),
        "version": __version__,
    }
    return json_response(body, 503 if reasons else 200)


async def metrics(call: Call) -> Response:
    peer = call.request.client
    address = ip_address(peer.host) if peer else None
    if address is None or not any(
        address in network for network in call.context.settings.metrics_networks
    ):
        raise Forbidden("Metrics are not for this address. See OPENSYNC_METRICS_NETWORKS.")
    with suppress(FileNotFoundError):  # nothing has been written yet
        disk = shutil.disk_usage(call.context.settings.data)
        DISK_SIZE.set(disk.total)
        DISK_FREE.set(disk.free)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def admin(call: Call) -> Response:
    """Answer Traefik's question whether the visitor may open the PocketBase admin UI."""
    identity = call.context.identity.proxy_identity(call.evidence)
    if identity is None:
        raise Unauthenticated("Sign in first.")
    group = call.context.settings.admin_group
    if group not in identity.groups:
        raise Forbidden(f"The admin UI is for members of the group {group}.")
    return Response(status_code=200)


ENDPOINTS = (
    Endpoint(
        "GET",
        "/health",
        health,
        "Tell that the service runs",
        Auth.NONE,
        "Service",
        schemas.HealthOut,
        aliases=("/api/sync/health",),
        description="Asks no database; plugins call it before they sign in.",
    ),
    Endpoint("GET", "/ready", ready, "Tell what works", Auth.NONE, "Service", public=False),
    Endpoint("GET", "/metrics", metrics, "Prometheus metrics", Auth.NONE, "Service", public=False),
    Endpoint("GET", "/internal/admin", admin, "May open /_/?", Auth.NONE, "Service", public=False),
)
