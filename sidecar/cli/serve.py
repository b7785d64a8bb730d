"""`opensync serve`: the sidecar alone."""

from __future__ import annotations

import os
from typing import Any

import uvicorn

from sidecar import logconfig
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
    }
    os.umask(0o077)
    uvicorn.run(create_app(settings), **options)
