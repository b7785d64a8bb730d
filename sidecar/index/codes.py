"""One-bit codes: the sign of each component, packed; near vectors differ in few bits.

Codes are kept component-major, shape (words, n) of uint64: one pass over a word of all vectors
after the other, which the processor does with its widest instructions. A code takes 1/16 of the
float16 vector. It finds who may be near; the order among those is for the vectors themselves.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sidecar.index.codec import Half

Codes = npt.NDArray[np.uint64]
Distances = npt.NDArray[np.uint16]
Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

FAR: Final = np.uint16(0xFFFF)  # further than any code; dimensions are limited to fit below
MAX_DIMENSIONS: Final = 32_768

_COLUMNS: Final = 16_384  # vectors a step: what it writes stays in the processor's cache


def words(dimensions: int) -> int:
    """Return how many 64-bit words a code has."""
    return -(-dimensions // 64)


def sign_codes(half: Half) -> Codes:
    """Return the codes, shape (words, n), of vectors of shape (n, dimensions)."""
    n, dimensions = half.shape
    packed = np.zeros((n, words(dimensions) * 8), dtype=np.uint8)
    bits = np.packbits(half.view(np.int16) < 0, axis=1)
    packed[:, : bits.shape[1]] = bits
    return np.ascontiguousarray(packed.view(np.uint64).T)


def distances(codes: Codes, query: Codes) -> Distances:
    """Return in how many bits each code, shape (words, n), differs from `query`, (words, 1)."""
    width, n = codes.shape
    result = np.empty(n, dtype=np.uint16)
    # Made once: fresh memory for each step would cost more than what is done in it.
    differing = np.empty((width, min(n, _COLUMNS)), dtype=np.uint64)
    counts = np.empty(differing.shape, dtype=np.uint8)
    for start in range(0, n, _COLUMNS):
        end = min(start + _COLUMNS, n)
        some, their_counts = differing[:, : end - start], counts[:, : end - start]
        np.bitwise_xor(codes[:, start:end], query, out=some)
        np.bitwise_count(some, out=their_counts)
        _sum_rows(their_counts, result[start:end])
    return result


def _sum_rows(counts: npt.NDArray[np.uint8], out: Distances) -> None:
    """Add up `counts`, shape (words, n), into `out`; overwrites them."""
    # A word differs in at most 64 bits, so three of them still fit a byte, where adding is fastest.
    whole = len(counts) // 3 * 3
    triples = counts[0:whole:3]
    triples += counts[1:whole:3]
    triples += counts[2:whole:3]
    np.add.reduce(triples, axis=0, dtype=np.uint16, out=out)
    for rest in counts[whole:]:
        np.add(out, rest, out=out)


def nearest(found: Distances, count: int) -> Rows:
    """Return the positions of the `count` smallest distances, ascending by position.

    `count` is at most the number of distances. Of those that tie for the last places, the first
    are taken.
    """
    last = int(np.searchsorted(np.cumsum(np.bincount(found)), count))
    closer = np.flatnonzero(found < last)
    tied = np.flatnonzero(found == last)[: count - len(closer)]
    return np.union1d(closer, tied)
