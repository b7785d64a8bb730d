"""The client of a service that speaks OpenAI's protocol, whatever it is asked for."""

from __future__ import annotations

from typing import Any, Final

import httpx
from openai import AsyncOpenAI, Omit

from sidecar.errors import ConfigError

OPENAI_URL: Final = "https://api.openai.com/v1"
_CONNECT_SECONDS: Final = 10.0


def connect(base_url: str, api_key: str, timeout: float, *, retries: int = 0) -> AsyncOpenAI:
    """Return a client that follows no redirect and takes nothing from the environment."""
    limits = httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS))
    # `Any`: the package takes a client of httpx as well as one of its own httpx2, undeclared.
    http: Any = httpx.AsyncClient(timeout=limits, follow_redirects=False)
    # Otherwise taken from variables that were set for something else.
    headers: Any = {"OpenAI-Organization": Omit(), "OpenAI-Project": Omit()}
    return AsyncOpenAI(
        base_url=base_url,
        # Servers without keys ignore it, but the package wants one.
        api_key=api_key or "none",
        default_headers=headers,
        max_retries=retries,
        http_client=http,
    )


def host_of(base_url: str, setting: str) -> str:
    """Return host and port of the address. Raises ConfigError that names the setting."""
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise ConfigError(
            f"{setting} is not an address like http://127.0.0.1:11434/v1, "
            "without a user name or password."
        )
    return url.netloc.decode()


def usable_key(api_key: str, setting: str) -> str:
    """Return the key as a header can carry it. Raises ConfigError that names the setting."""
    key = api_key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigError(f"{setting} holds characters that no key has. Copy the key anew.")
    return key
