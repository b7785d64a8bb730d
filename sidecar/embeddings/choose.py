"""Which embedder the settings ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sidecar.embeddings import minilm
from sidecar.embeddings.base import Embedder, EmbedderMisconfigured
from sidecar.embeddings.local import LocalEmbedder
from sidecar.embeddings.models import DEFAULT_MODEL

Kind = Literal["auto", "openai", "local", "off"]


@dataclass(frozen=True)
class EmbeddingOptions:
    """The settings that matter here. An empty `base_url` or `model` stands for OpenAI's."""

    embedder: Kind = "auto"
    api_key: str = field(default="", repr=False)
    base_url: str = ""
    model: str = ""
    dimensions: int | None = None
    input_tokens: int | None = None
    timeout: float = 60.0  # seconds
    threads: int = 0  # of the local embedder; 0: half of the processors


@dataclass(frozen=True)
class Choice:
    """The embedder, or None; `reason` is a sentence for whoever asks why."""

    embedder: Embedder | None
    reason: str


def make_embedder(options: EmbeddingOptions) -> Choice:
    """Return the embedder that the options ask for.

    Raises EmbedderMisconfigured when they ask for one that cannot be made; `auto` never asks for
    the local one where it is not installed.
    """
    remote = bool(options.api_key or options.base_url)
    if options.embedder == "off":
        return Choice(None, "Embeddings are switched off by OPENSYNC_EMBEDDER=off.")
    if options.embedder == "openai" or (options.embedder == "auto" and remote):
        return _remote(options)
    if options.embedder == "local" or minilm.installed() is not None:
        reason = "Texts are embedded on this machine; none leaves it."
        return Choice(LocalEmbedder(threads=options.threads), reason)
    return Choice(
        None,
        "Nothing is embedded: OPENSYNC_EMBEDDING_API_KEY is not set and the local embedder is "
        f"not installed ({minilm.INSTALL}).",
    )


def _remote(options: EmbeddingOptions) -> Choice:
    if not options.api_key and not options.base_url:
        raise EmbedderMisconfigured(
            "OPENSYNC_EMBEDDER=openai wants OPENSYNC_EMBEDDING_API_KEY, or for a server of your "
            "own OPENSYNC_EMBEDDING_BASE_URL."
        )
    # Late: the package takes most of a second to import.
    from sidecar.embeddings.openai import OpenAIEmbedder
    from sidecar.openai_api import OPENAI_URL

    url, model = options.base_url or OPENAI_URL, options.model or DEFAULT_MODEL
    embedder = OpenAIEmbedder(
        model=model,
        api_key=options.api_key,
        base_url=url,
        dimensions=options.dimensions,
        input_tokens=options.input_tokens,
        timeout=options.timeout,
    )
    return Choice(embedder, f"Texts are sent to {embedder.host} and embedded by {model}.")
