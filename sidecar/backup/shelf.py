"""Where backups lie: files by their names, in a folder or, in `bucket`, in an S3 store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from sidecar.backup.failure import disk_errors_as
from sidecar.backup.scratch import write_through


class Shelf(ABC):
    """Files by name. Raises BackupFailed where the place refuses."""

    def __init__(self, work: Path) -> None:
        """`work` is the folder of this machine in which backups are made and unpacked."""
        self.work = work

    @abstractmethod
    def address(self, name: str) -> str:
        """Return where a file is, for people."""

    @abstractmethod
    def sizes(self) -> dict[str, int]:
        """Return the files there are, with their sizes."""

    @abstractmethod
    def put(self, file: Path, name: str) -> None:
        """Take over a file of the work folder: all of it is there afterwards, or nothing."""

    @abstractmethod
    def fetch(self, name: str, into: Path) -> Path:
        """Return the file on this machine, where need be a copy in the folder `into`."""

    @abstractmethod
    def read(self, name: str) -> str:
        """Return what is in a small file."""

    @abstractmethod
    def write(self, name: str, text: str) -> None: ...

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file; one that is not there is no error."""


class Folder(Shelf):
    def address(self, name: str) -> str:
        return str(self.work / name)

    def sizes(self) -> dict[str, int]:
        if not self.work.is_dir():
            return {}
        with disk_errors_as(f"{self.work} cannot be read"):
            return {path.name: path.stat().st_size for path in self.work.iterdir()}

    def put(self, file: Path, name: str) -> None:
        with disk_errors_as(f"{self.work / name} cannot be written"):
            write_through(file)
            file.chmod(0o600)
            file.rename(self.work / name)
            write_through(self.work)

    def fetch(self, name: str, into: Path) -> Path:
        return self.work / name

    def read(self, name: str) -> str:
        with disk_errors_as(f"{self.work / name} cannot be read"):
            return (self.work / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        with disk_errors_as(f"{self.work / name} cannot be written"):
            (self.work / name).write_text(text, encoding="utf-8")

    def remove(self, name: str) -> None:
        with disk_errors_as(f"{self.work / name} cannot be removed"):
            (self.work / name).unlink(missing_ok=True)
