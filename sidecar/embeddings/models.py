"""What is known of models by their names, so that few have to set more than the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sidecar.embeddings.base import EmbedderMisconfigured

DEFAULT_MODEL: Final = "text-embedding-3-small"
CAREFUL_INPUT_TOKENS: Final = 512  # the least that models in use read, for those not listed


@dataclass(frozen=True)
class Model:
    """Length of its vectors, tokens it reads, and whether `dimensions` may shorten a vector."""

    dimensions: int
    input_tokens: int
    shortens: bool = False


KNOWN: Final = {
    "text-embedding-3-small": Model(1536, 8191, shortens=True),
    "text-embedding-3-large": Model(3072, 8191, shortens=True),
    "text-embedding-ada-002": Model(1536, 8191),
    "all-minilm": Model(384, 256),
    "bge-m3": Model(1024, 8192),
    "embeddinggemma": Model(768, 2048, shortens=True),
    "mxbai-embed-large": Model(1024, 512),
    "nomic-embed-text": Model(768, 2048),
    "snowflake-arctic-embed2": Model(1024, 8192),
}


def described(name: str, dimensions: int | None, input_tokens: int | None) -> tuple[Model, int]:
    """Return the model of that name and the length of vectors to ask it for.

    Raises EmbedderMisconfigured when `dimensions` is missing or not to be had.
    """
    model = KNOWN.get(name.removesuffix(":latest"))
    if model is None:
        if dimensions is None:
            raise EmbedderMisconfigured(
                f"How long the vectors of the model {name} are is not known here. "
                "Set OPENSYNC_EMBEDDING_DIMENSIONS to their number of dimensions."
            )
        return Model(dimensions, input_tokens or CAREFUL_INPUT_TOKENS), dimensions
    wanted = dimensions or model.dimensions
    if wanted > model.dimensions or (wanted < model.dimensions and not model.shortens):
        cure = "Leave OPENSYNC_EMBEDDING_DIMENSIONS empty" + (
            " or set fewer." if model.shortens else "."
        )
        raise EmbedderMisconfigured(
            f"The model {name} gives vectors of {model.dimensions} dimensions, not {wanted}. {cure}"
        )
    return Model(model.dimensions, input_tokens or model.input_tokens, model.shortens), wanted
