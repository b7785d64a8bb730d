"""One search over the rows of one user.

First the vectors of the rows whose codes are nearest are compared. The worst of the hits found so
says how near a row has to be to belong among them, and so in how many bits its code may differ:
two vectors at an angle of t differ in each bit with the probability t/pi. Rows within that reach
are compared as well. So where neighbours stand out, few vectors are read, and where all are about
as far, enough of them.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from sidecar.index.base import Hit, Vector
from sidecar.index.codec import HALF
from sidecar.index.codes import FAR, Distances, Mask, Rows, distances, nearest, sign_codes
from sidecar.index.tenant import View

# Measured so that of ten hits at least 99 in 100 are the right ones; see scripts/bench_vectors.
_FIRST: Final = 100  # rows compared by their vectors, at least
_FIRST_PER_HIT: Final = 3  # of hundreds of hits, the last need not be exactly the nearest
_DEVIATIONS: Final = 2.5  # standard deviations of the number of bits that the reach allows for
_FURTHER: Final = 4_000  # rows compared beyond the first, at most: bounds the time of a search


def best(view: View, query: Vector, limit: int, eligible: Mask) -> list[Hit]:
    """Return the `limit` rows nearest to `query`, a unit vector, among the eligible.

    `eligible` has shape (count,). Best first; of equal rows the one with the smaller id.
    """
    rows = np.flatnonzero(eligible)
    first = max(_FIRST, _FIRST_PER_HIT * limit)
    if len(rows) <= first:
        scores = _scores(view, rows, query)
    else:
        rows, scores = _by_codes(view, query, limit, eligible, first)
    ranked = np.lexsort((view.table.rows["id"][rows], -scores))[:limit]
    return view.hits(rows[ranked], scores[ranked])


def _by_codes(
    view: View, query: Vector, limit: int, eligible: Mask, first: int
) -> tuple[Rows, Vector]:
    codes = view.table.codes[:, : len(eligible)]
    found = distances(codes, sign_codes(query.astype(HALF)[np.newaxis]))
    found[~eligible] = FAR
    rows = nearest(found, first)
    scores = _scores(view, rows, query)
    worst = float(np.partition(scores, -limit)[-limit])
    further = _within(found, reach(worst, len(query)), rows)
    return (
        np.concatenate([rows, further]),
        np.concatenate([scores, _scores(view, further, query)]),
    )


def reach(similarity: float, dimensions: int) -> int:
    """Return in how many bits the codes of vectors that are at least so similar may differ."""
    share = math.acos(min(1.0, max(-1.0, similarity))) / math.pi
    deviation = math.sqrt(dimensions * share * (1 - share))
    return int(dimensions * share + _DEVIATIONS * deviation)


def _within(found: Distances, bits: int, known: Rows) -> Rows:
    """Return rows that differ in at most so many bits, without the known ones."""
    found[known] = FAR
    further = np.flatnonzero(found <= bits)
    return further if len(further) <= _FURTHER else nearest(found, _FURTHER)


def _scores(view: View, rows: Rows, query: Vector) -> Vector:
    slots = view.table.rows["slot"][rows]
    order = np.argsort(slots)
    scores = np.empty(len(rows), dtype=np.float32)
    scores[order] = view.table.vectors.scores(slots[order], query)
    return scores
