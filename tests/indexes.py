"""Vectors to fill an index with, and the plainest search there is to compare it with."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from sidecar.domain.ids import derive
from sidecar.domain.space import Space
from sidecar.index.base import Entry, Scope, Vector

SPACE = Space("test-model", 64)


def record(kind: str, number: int | str) -> str:
    """Return a record id."""
    return derive(kind, str(number))


def clustered(rows: int, dimensions: int, *, clusters: int, spread: float, seed: int = 0) -> Vector:
    """Return unit vectors, shape (rows, dimensions), around as many centres as `clusters`.

    `spread` is how far they lie from their centre, next to how far centres lie from each other.
    """
    random = np.random.default_rng(seed)
    centres = random.standard_normal((clusters, dimensions))
    noise = random.standard_normal((rows, dimensions)) * spread
    vectors = centres[random.integers(0, clusters, rows)] + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors, dtype=np.float32)


def entries(
    vectors: Vector, *, user: str = "ann", messages_a_session: int = 4, model: str = SPACE.model
) -> list[Entry]:
    """Return entries of one user: of each session one for itself, then those of its messages."""
    made = []
    for number, vector in enumerate(vectors):
        session, place = divmod(number, messages_a_session + 1)
        made.append(
            Entry(
                id=record("embedding", f"{user}/{number}"),
                user=user,
                session=record("session", f"{user}/{session}"),
                message=record("message", f"{user}/{number}") if place else "",
                chunk=max(0, place - 1),
                model=model,
                vector=vector,
            )
        )
    return made


def expected(
    held: Sequence[Entry],
    query: Vector,
    limit: int,
    *,
    user: str = "ann",
    scope: Scope = "all",
    sessions: Collection[str] | None = None,
    exclude: Collection[str] = (),
) -> list[tuple[str, float]]:
    """Return ids and cosine similarities of what a search has to find, best first."""
    found = []
    for entry in held:
        of_scope = scope == "all" or (scope == "messages") == bool(entry.message)
        of_session = sessions is None or entry.session in sessions
        if entry.user == user and of_scope and of_session and entry.session not in exclude:
            lengths = np.linalg.norm(entry.vector) * np.linalg.norm(query)
            found.append((entry.id, float(entry.vector @ query / lengths)))
    return sorted(found, key=lambda pair: -pair[1])[:limit]


def recall(found: Collection[str], wanted: Collection[str]) -> float:
    """Return which part of what is wanted was found."""
    return len(set(found) & set(wanted)) / len(set(wanted))
