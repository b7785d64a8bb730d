"""Everything this program raises on purpose.

* OpenSyncError                500   something is wrong on this side
  x InvalidRequest             400   the request cannot be understood
    + Unprocessable            422   understood, but a field has the wrong type or range
    + TooLarge                 413   the body is over the limit
    + TooSlow                  408   the body stopped arriving
  x Unauthenticated            401   nobody known
  x Forbidden                  403   known, but not allowed
  x NotFound                   404   no such thing, or not yours
  x MethodNotAllowed           405
  x Conflict                   409   a value that must be unique is taken
  x TooMany                    429   as much is under way as may be, or it came too fast
  x UpstreamError              500   PocketBase, or a model, answered with something unexpected
    + ChatFailed               502   the chat model gives no answer
      . ChatLate               504   it was silent for too long
    + RecordRefused            500   PocketBase does not take a value of a record
    + PocketBaseUnavailable    503   PocketBase cannot be reached, or is restarting
      . SuperuserRefused       503   it is there, but does not let the sidecar in
      . SchemaMisfit           503   its database is of another version than this program
      . SpoolRefused           503   it is away, and what came meanwhile cannot be kept
  x NoRoom                     503   more arrives at once than there is memory for
  x NotSetUp                   501   wants a setting that nobody made
  x BackupFailed                     a backup was not made, is damaged or not put back (CLI only)
  x ConfigError                      a setting is missing or wrong (start-up and CLI only)

The message is a sentence for the person who reads it and ends, where there is one, with the
next step. It never carries the text of a foreign exception.
"""

from __future__ import annotations


class OpenSyncError(Exception):
    """Base of the tree. `status` is the HTTP status it answers with."""

    status = 500
    retry_after: int | None = None

    @property
    def message(self) -> str:
        return str(self.args[0]) if self.args else "Something went wrong on the server."


class InvalidRequest(OpenSyncError):
    status = 400


class Unprocessable(InvalidRequest):
    status = 422


class TooLarge(InvalidRequest):
    status = 413


class TooSlow(InvalidRequest):
    status = 408


class Unauthenticated(OpenSyncError):
    status = 401


class Forbidden(OpenSyncError):
    status = 403


class NotFound(OpenSyncError):
    status = 404


class MethodNotAllowed(OpenSyncError):
    status = 405


class Conflict(OpenSyncError):
    """`fields` names those whose value is taken."""

    status = 409

    def __init__(self, message: str, fields: frozenset[str] = frozenset()) -> None:
        super().__init__(message)
        self.fields = fields


class TooMany(OpenSyncError):
    status = 429

    def __init__(self, message: str, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UpstreamError(OpenSyncError):
    """Not 502: Traefik says that of a sidecar that is down, and sends plugins' requests again."""


class ChatFailed(UpstreamError):
    """The chat model gives no answer."""

    status = 502


class ChatLate(ChatFailed):
    status = 504


class RecordRefused(UpstreamError):
    """`fields` names those whose value PocketBase does not take."""

    def __init__(self, message: str, fields: frozenset[str]) -> None:
        super().__init__(message)
        self.fields = fields


class PocketBaseUnavailable(UpstreamError):
    status = 503
    retry_after = 2


class SuperuserRefused(PocketBaseUnavailable):
    """PocketBase does not take the superuser's e-mail or password. `cure` is for the operator."""

    cure = (
        "PocketBase refuses the superuser's e-mail or password. Set OPENSYNC_POCKETBASE_EMAIL and "
        "OPENSYNC_POCKETBASE_PASSWORD, or reset it with `pocketbase superuser upsert EMAIL "
        "PASSWORD`."
    )


class SchemaMisfit(PocketBaseUnavailable):
    """The database, or its hooks, are of another version. `cure` is for the operator."""

    retry_after = 30

    def __init__(self, cure: str) -> None:
        super().__init__(
            "The server is being upgraded, or was upgraded in part. Try again in a minute; its "
            "administrator finds the reason with `opensync doctor`."
        )
        self.cure = cure


class SpoolRefused(PocketBaseUnavailable):
    retry_after = 30


class NoRoom(OpenSyncError):
    status = 503
    retry_after = 10


class NotSetUp(OpenSyncError):
    """Wants a setting that nobody made; the message names it."""

    status = 501


class ConfigError(OpenSyncError):
    """A setting is missing or wrong; the message names the variable and the cure."""
