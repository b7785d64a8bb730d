"""Reads what an embeddings API answers with, and believes none of it."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import orjson

from sidecar.embeddings.base import (
    EmbedderMisconfigured,
    EmbedderRefused,
    EmbedderUnavailable,
    Vectors,
)
from sidecar.embeddings.vectors import normalised

_TINY: Final = 1e-12  # between these the length of a vector can be computed
_HUGE: Final = 1e12

Row = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Expected:
    """The vectors that were asked for. Of a model that `shortens`, longer ones may be cut."""

    model: str
    dimensions: int
    shortens: bool


def decoded(body: bytes, count: int, expected: Expected) -> Vectors:
    """Return the vectors in the order of the texts: shape (count, dimensions), each of length 1.

    Takes both forms, base64 of little-endian float32 and lists of numbers, whichever was asked
    for: some servers know only one of them.
    """
    try:
        rows = _in_order(orjson.loads(body)["data"], count)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as exc:
        raise EmbedderUnavailable(
            "The embeddings service answered with something that is not embeddings. If that "
            "lasts, check OPENSYNC_EMBEDDING_BASE_URL."
        ) from exc
    lengths = {len(row) for row in rows}
    if expected.shortens and min(lengths) > expected.dimensions:
        # Sent by a server that does not know `dimensions`. The first numbers of such a model's
        # vectors are a vector of their own, once scaled anew.
        rows = [row[: expected.dimensions] for row in rows]
    elif lengths != {expected.dimensions}:
        raise EmbedderMisconfigured(_wrong_length(expected, lengths))
    vectors = np.stack(rows)
    largest = np.abs(vectors).max(axis=1)
    if not np.all((largest > _TINY) & (largest < _HUGE)):  # nor where it is not a number
        raise EmbedderRefused("The embeddings service made no usable vector of a text.")
    return normalised(vectors)


def _in_order(items: list[dict[str, Any]], count: int) -> list[Row]:
    rows = {item.get("index", place): _row(item["embedding"]) for place, item in enumerate(items)}
    if len(items) != count or rows.keys() != set(range(count)):
        raise ValueError("not one vector a text")
    return [rows[place] for place in range(count)]


def _row(value: str | list[float]) -> Row:
    if isinstance(value, str):
        return np.frombuffer(binascii.a2b_base64(value, strict_mode=True), "<f4")
    row = np.array(value, np.float64)
    if row.ndim != 1:
        raise ValueError("not a list of numbers")
    return row


def _wrong_length(expected: Expected, lengths: set[int]) -> str:
    if len(lengths) > 1:
        return f"The model {expected.model} answers with vectors of several lengths."
    length = lengths.pop()
    return (
        f"The model {expected.model} gives vectors of {length} dimensions, not "
        f"{expected.dimensions}. Set OPENSYNC_EMBEDDING_DIMENSIONS={length}."
    )
