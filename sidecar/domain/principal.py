"""Who makes a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sidecar.domain.keys import ApiKey


class Via(StrEnum):
    """How a principal proved who they are."""

    KEY = "key"
    TOKEN = "token"  # noqa: S105 - the kind of proof, not a secret
    PROXY = "proxy"


@dataclass(frozen=True)
class Principal:
    """A known user; `user` is the id of the `users` record and owner of all they touch."""

    user: str
    via: Via
    key: ApiKey | None = None
    groups: tuple[str, ...] = ()
