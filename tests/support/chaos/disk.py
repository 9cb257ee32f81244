"""A disk that can be filled: a small one of its own where a mount is allowed, else the real one up to `--min-free`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

_MOUNTED = "CHAOS_MAY_MOUNT"
_SIZE = 512 * 2**20
_MIN_FREE = 64 * 2**20
#: Without a mount others use the disk too: they must neither fill nor free this much meanwhile.
_SLACK = 2 * 2**30


def enter_namespace() -> None:
    """Runs this program again where it may mount; returns where that is not allowed, or it is there already."""
    unshare = shutil.which("unshare")
    if _MOUNTED in os.environ or unshare is None:
        return
    prefix = [unshare, "-Urm", "--propagation", "private"]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        return
    os.environ[_MOUNTED] = "yes"
    os.execv(unshare, [*prefix, *sys.orig_argv])


class Disk:
    """The disk that `folder` is on. `is_own`: nobody else's, and it can be filled to the last byte."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.is_own = False
        if _MOUNTED in os.environ:
            mount = ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "chaos", str(folder)]
            self.is_own = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        self.min_free = _MIN_FREE if self.is_own else max(0, shutil.disk_usage(folder).free - _SLACK)
        self._ballast = folder / "ballast"

    def fill(self, *, whole: bool) -> None:
        """Leaves less than `min_free`, and nothing at all where the `whole` disk can be had."""
        free = shutil.disk_usage(self.folder).free
        size = free - (0 if whole and self.is_own else self.min_free // 2 if self.is_own else self.min_free - _SLACK)
        with self._ballast.open("wb") as file, suppress(OSError):  # it may have filled by itself meanwhile
            os.posix_fallocate(file.fileno(), 0, max(1, size))

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def close(self) -> None:
        self.free()
        if self.is_own:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=False)
