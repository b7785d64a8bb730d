"""Encryption in the age format (age-encryption.org/v1), so that `age -d` opens a backup, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sidecar.backup.failure import BackupFailed

_MAGIC: Final = b"age-encryption.org/"


def is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def new_key() -> str:
    return str(_library().x25519.Identity.generate())


def encrypt(source: Path, target: Path, key: str) -> None:
    identity = _identity(key)
    with source.open("rb") as plain, target.open("xb") as sealed:
        _library().encrypt_io(plain, sealed, [identity.to_public()])


def decrypt(source: Path, target: Path, key: str) -> None:
    """Raises BackupFailed when the key is another one, or the file was changed."""
    library, identity = _library(), _identity(key)
    try:
        with source.open("rb") as sealed, target.open("xb") as plain:
            library.decrypt_io(sealed, plain, [identity])
    except library.DecryptError as exc:
        raise BackupFailed(
            "The key in OPENSYNC_BACKUP_KEY does not open this backup. Set the one it was made "
            "with."
        ) from exc
    except OSError as exc:
        if exc.errno is not None:
            raise
        raise BackupFailed("The backup is damaged or was changed. Use another backup.") from exc


def _identity(key: str) -> Any:
    library = _library()
    try:
        return library.x25519.Identity.from_str(key.strip())
    except library.IdentityError as exc:
        raise BackupFailed(
            "OPENSYNC_BACKUP_KEY is not a key. `opensync backup key` makes one."
        ) from exc


def _library() -> Any:
    try:
        import pyrage
    except ImportError as exc:
        raise BackupFailed(
            "Encrypted backups want the package pyrage: pip install 'opensync-pocketbase[backup]'."
        ) from exc
    return pyrage
