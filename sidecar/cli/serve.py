"""`opensync serve`: the sidecar alone."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

import uvicorn

from sidecar import logconfig, notify
from sidecar.app import create_app
from sidecar.config import load_settings
from sidecar.errors import ConfigError


def serve() -> None:
    """Run the sidecar alone, beside a PocketBase and a proxy that are run elsewhere."""
    settings = load_settings()
    if not settings.pocketbase_email:
        raise ConfigError(
            "The sidecar needs a PocketBase superuser. Set OPENSYNC_POCKETBASE_EMAIL and "
            "OPENSYNC_POCKETBASE_PASSWORD, or run the whole stack with `opensync up`."
        )
    logconfig.configure(settings.log_level, settings.log_format)
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.sidecar_port,
        # Identity hangs on the address of the TCP peer, so nothing may rewrite it.
        "proxy_headers": False,
        "server_header": False,
        "access_log": False,
        "log_config": None,
        "timeout_graceful_shutdown": 20,
        # Longer than Traefik keeps an idle connection, so that no request meets a closing one.
        "timeout_keep_alive": 75,
        # A backstop: Traefik lets an address have fewer requests under way. Beyond it, 503.
        "limit_concurrency": 4_096,
    }
    os.umask(0o077)
    server = _Server(uvicorn.Config(create_app(settings), **options))
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(3)


class _Server(uvicorn.Server):
    """Tells systemd that it listens, that it lives and that it stops."""

    async def main_loop(self) -> None:
        async with notify.telling():
            await super().main_loop()
