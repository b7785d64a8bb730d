"""Arithmetic on rows of vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sidecar.embeddings.base import Vectors


def normalised(rows: npt.NDArray[np.floating]) -> Vectors:
    """Return `rows`, shape (n, d), each scaled to length 1. A zero row stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    return np.asarray(rows / lengths, dtype=np.float32)
