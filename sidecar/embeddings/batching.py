"""Splits texts into requests that an embeddings API takes.

Tokens are estimated at two bytes of UTF-8 each. Prose has about four, code three, Chinese three
bytes for one or two tokens, so the estimate is over the truth for all of them. Text without words
(rows of punctuation, base64, rare scripts) can have more; where an API then refuses it,
`isolate.embed_each` sends less of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sidecar.domain.text import clean

BYTES_PER_TOKEN: Final = 2


@dataclass(frozen=True)
class Budget:
    """What one request may hold. The defaults are OpenAI's limits, one token below."""

    inputs: int = 2_048
    request_tokens: int = 300_000
    input_tokens: int = 8_191

    def __post_init__(self) -> None:
        if not (self.inputs >= 1 and 8 <= self.input_tokens <= self.request_tokens):
            raise ValueError(f"No text fits {self}")


@dataclass(frozen=True)
class Batch:
    """The texts of one request and where they stand in the list they came from."""

    positions: list[int]
    texts: list[str]


def estimated_tokens(text: str) -> int:
    """Return how many tokens `text` has at most, unless it is not made of words."""
    return -(-_size(text) // BYTES_PER_TOKEN)


def fitted(text: str, tokens: int) -> str:
    """Return `text` as it can be sent: mended, stripped, and cut at its end to about `tokens`."""
    return _cut(clean(text).strip(), tokens * BYTES_PER_TOKEN)


def surely_fitted(text: str, tokens: int) -> str:
    """Return `text` cut so that no tokenizer makes more than `tokens` of it: to that many bytes."""
    # Less some, for the marks that a model adds at start and end.
    return _cut(clean(text).strip(), max(1, tokens - 8))


def batches(texts: Sequence[str], budget: Budget) -> Iterator[Batch]:
    """Yield requests that together hold every text that is not blank, in order.

    A blank text is left out: APIs refuse the empty string, and white space means nothing.
    """
    batch, total = Batch([], []), 0
    for position, text in enumerate(texts):
        if not text.strip():
            continue
        sent = fitted(text, budget.input_tokens)
        tokens = estimated_tokens(sent)
        full = len(batch.texts) == budget.inputs or total + tokens > budget.request_tokens
        if full and batch.texts:
            yield batch
            batch, total = Batch([], []), 0
        batch.positions.append(position)
        batch.texts.append(sent)
        total += tokens
    if batch.texts:
        yield batch


def _cut(text: str, size: int) -> str:
    return text[:size].encode()[:size].decode(errors="ignore")


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))
