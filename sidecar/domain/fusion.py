"""One ranking out of several that have no common measure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, TypeVar

K: Final = 60  # how little the very first places count more than those after them

# Weighed on the tuning half of tests/data/search by scripts/bench_search_quality. Up to 1.0, what
# is meant and not said is hardly found; above it, exact names begin to lose first places.
FULL_TEXT: Final = 1.0
SEMANTIC: Final = 1.2

Key = TypeVar("Key", bound=Hashable)


def fused(rankings: Sequence[tuple[float, Sequence[Key]]]) -> list[tuple[Key, float]]:
    """Return what any of the rankings (weight, keys best first) has, best first.

    Weighted reciprocal rank fusion: only places count. Scores are from 0 to 1, which only what is
    first everywhere gets. They tell nothing of how often a word occurs with other users, as the
    measures behind the rankings would. What stands twice in a ranking counts at its first place.
    """
    best = sum(weight for weight, _ in rankings) / (K + 1)
    scores: dict[Key, float] = {}
    for weight, keys in rankings:
        for place, key in enumerate(dict.fromkeys(keys), start=1):
            scores[key] = scores.get(key, 0.0) + weight / (K + place)
    # Sorting is stable: of equals the one that an earlier ranking has goes first.
    ordered = sorted(scores.items(), key=lambda item: -item[1])
    return [(key, score / best) for key, score in ordered]
