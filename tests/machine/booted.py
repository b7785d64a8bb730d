"""A machine for a test: the files of this one under an overlay, and a systemd that booted there.

Its processes, mounts, network and names are its own, and what it writes is gone with it. It needs
root and a kernel that allows namespaces; `missing` says what is not there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.processes import children, eventually

_SYSTEMD: Final = "/lib/systemd/systemd"
_NAMESPACES: Final = ("--mount", "--pid", "--ipc", "--uts", "--net", "--cgroup")
_CGROUPS: Final = Path("/sys/fs/cgroup")

# Argument: a folder. What is written goes to memory: an overlay cannot always lie upon another.
_OVERLAY: Final = """
set -eu
mount --make-rprivate /
mkdir "$1"
mount -t tmpfs -o size=4g tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs tmpfs "$1/root/run"
mount -t tmpfs tmpfs "$1/root/tmp"
echo ready
exec sleep infinity
"""

# Argument: a control group. With version 1, systemd wants its own hierarchy only.
_GROUP: Final = """
set -eu
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
  if [ -e "$hierarchy/cgroup.procs" ]; then
    mkdir "$hierarchy/$1"
    echo $$ >"$hierarchy/$1/cgroup.procs"
  fi
done
shift
exec "$@"
"""

# Argument: the root. Becomes systemd, as process 1 of the new namespaces. It finds a container: one
# in which it is not to look for hardware, and must not change what belongs to the kernel.
_BOOT: Final = """
set -eu
cd "$1"
umount -l proc
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,ro,bind proc/sys
mount -t sysfs -o ro sysfs sys
if [ -e /sys/fs/cgroup/cgroup.procs ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd sys/fs/cgroup/unified
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
  mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
fi
umount -l dev
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs tmpfs dev/shm
for device in 'null 3' 'zero 5' 'full 7' 'random 8' 'urandom 9'; do
  mknod -m 666 "dev/${device% *}" c 1 "${device#* }"
done
ip link set lo up
mkdir old
pivot_root . old
cd /
umount -l old
# Credentials are mounted by a helper process, from where they spread.
mount --make-rshared /
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=basic.target --log-target=null --show-status=no
"""


def missing() -> str:
    """Return what a machine for a test lacks here, or nothing."""
    if os.geteuid() != 0:
        return "root is needed"
    for name in ("unshare", "nsenter", "pivot_root", "ip", "systemctl"):
        if not shutil.which(name):
            return f"{name} is missing: apt install systemd util-linux iproute2"
    if not Path(_SYSTEMD).exists():
        return "systemd is missing: apt install systemd"
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return "the kernel has no overlay"
    tried = subprocess.run(
        ["unshare", *_NAMESPACES, "--fork", "mount", "-t", "sysfs", "sysfs", "/sys"],
        capture_output=True,
    )
    return "namespaces are not allowed here" if tried.returncode else ""


@dataclass
class Machine:
    """`prepare` runs a command before it boots, with this machine's network; `run` afterwards."""

    folder: Path
    _holder: subprocess.Popen[str]
    _boot: subprocess.Popen[bytes] | None = None

    @property
    def root(self) -> Path:
        """The folder that is its root, for the machine's own programs only."""
        return self.folder / "machine" / "root"

    @property
    def _group(self) -> str:
        return f"opensync-test-{self._holder.pid}"

    def prepare(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        inside = ("nsenter", "-t", str(self._holder.pid), "--mount")
        return _done(*inside, "chroot", str(self.root), *command, env=os.environ | variables)

    def give(self, source: Path, name: str) -> None:
        """Put a copy of a file or folder of this machine where the other finds it by `name`."""
        inside = ("nsenter", "-t", str(self._holder.pid), "--mount")
        done = _done(*inside, "cp", "-r", str(source), f"{self.root}{name}")
        assert done.returncode == 0, done.stderr

    def boot(self) -> None:
        enter = ("nsenter", "-t", str(self._holder.pid), "--mount")
        group = ("bash", "-c", _GROUP, "bash", self._group)
        apart = ("unshare", *_NAMESPACES, "--fork", "--propagation", "private")
        init = ("bash", "-c", _BOOT, "bash", str(self.root))
        with (self.folder / "boot.log").open("wb") as log:
            self._boot = subprocess.Popen(
                [*enter, *group, *apart, *init], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

        def booted() -> bool:
            assert self._boot is not None and self._boot.poll() is None, self.log
            return (
                bool(self._pid) and "running" in self.run("systemctl", "is-system-running").stdout
            )

        eventually(booted, "systemd runs", 60)

    @property
    def log(self) -> str:
        return (self.folder / "boot.log").read_text(errors="replace")

    @property
    def _pid(self) -> int:
        assert self._boot is not None
        return children(self._boot.pid).get("systemd", 0)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as root there."""
        enter = ("nsenter", "-t", str(self._pid), "--all", "--")
        path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return _done(*enter, "env", "-i", path, *command)

    def stop(self) -> None:
        if self._boot is not None:
            if pid := self._pid:
                os.kill(pid, 9)  # the kernel ends all others with the first process
            self._boot.wait(60)
            eventually(self._leave_groups, "Its control groups are empty", 60)
        self._holder.terminate()
        self._holder.wait(60)

    def _leave_groups(self) -> bool:
        groups = [found for found in _CGROUPS.rglob(self._group) if found.is_dir()]
        for group in groups:
            for folder, _, _ in os.walk(group, topdown=False):
                with suppress(OSError):
                    Path(folder).rmdir()
        return not any(group.exists() for group in groups)


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """Give a machine that has not booted yet."""
    holder = subprocess.Popen(
        ["unshare", "--mount", "bash", "-c", _OVERLAY, "bash", str(folder / "machine")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert holder.stdout is not None
    made = Machine(folder, holder)
    try:
        said = holder.stdout.readline()
        assert said == "ready\n", said
        yield made
    finally:
        made.stop()
        holder.stdout.close()


def _done(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=600)
