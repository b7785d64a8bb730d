"""Which ports a local stack listens on."""

from __future__ import annotations

import errno
import socket
from collections.abc import Collection

from sidecar.errors import ConfigError


def require_free(host: str, port: int) -> None:
    """Raise ConfigError, with the next step, unless the public port can be listened on."""
    problem = _problem(host, port)
    if problem is None:
        return
    if problem == errno.EADDRINUSE:
        raise ConfigError(
            f"Port {port} is in use by another program. Stop it, or choose another port with "
            f"OPENSYNC_PORT, such as OPENSYNC_PORT={pick(port % 65535 + 1, ())}."
        )
    if problem == errno.EACCES:
        raise ConfigError(
            f"Port {port} may only be used by the administrator. Choose one above 1023 with "
            "OPENSYNC_PORT, such as OPENSYNC_PORT=8080."
        )
    raise ConfigError(f"{host}:{port} cannot be listened on. Check OPENSYNC_HOST.")


def pick(preferred: int, taken: Collection[int]) -> int:
    """Return the preferred loopback port, or any free one when it is busy."""
    if preferred not in taken and _problem("127.0.0.1", preferred) is None:
        return preferred
    while (port := _any_free()) in taken:
        pass
    return port


def _problem(host: str, port: int) -> int | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the programs do it: connections that linger from the last run do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as exc:
            return exc.errno or errno.EINVAL
    return None


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
