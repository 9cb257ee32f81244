"""What the processes of `serve` may see and leave behind: their environment, their files' modes, their temporary files.

Settings reach a process on its standard input, so a secret among them is on no command line and in no environment.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import structlog

_log = structlog.get_logger(__name__)

#: Files for their owner alone.
UMASK: Final = 0o077

#: What a program needs to run at all, and what tunes the libraries and accelerators that engines use.
_NAMES: Final = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "SYSTEMROOT"),
        *("LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
        "FLASHREEL_NO_NOALIAS",
    )
)
_PREFIXES: Final = (
    *("LC_", "XDG_", "PYTHON", "NUMBA_", "OMP_", "OPENBLAS_", "MKL_", "MALLOC_"),
    *("CUDA_", "NVIDIA_", "NCCL_", "ROCR_", "HIP_", "HSA_", "TORCH", "PYTORCH_", "TRITON_", "HF_"),
)
#: None of these even where the rest of the name is one of those (HF_TOKEN).
_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH")

_FOLDER: Final = "tmp-"


def worker_environment(own: Iterable[str], source: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What of `source` a worker gets: no secret of this machine's but the variables named in `own`, those that its
    engine or the operator says it needs."""
    named = frozenset(own)
    return {name: value for name, value in source.items() if name in named or _is_harmless(name)}


def _is_harmless(name: str) -> bool:
    return (name in _NAMES or name.startswith(_PREFIXES)) and not _SECRET.search(name.upper())


def make_private(folder: Path) -> None:
    """Closes an existing folder of ours to everybody else."""
    try:
        found = folder.stat()
        if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & UMASK:
            folder.chmod(stat.S_IMODE(found.st_mode) & ~UMASK)
            _log.warning("the data folder was open to others; it is closed now", folder=str(folder))
    except OSError as error:  # a file system without modes
        _log.warning("the data folder may be open to others", folder=str(folder), error=str(error))


class TemporaryFolder:
    """Where the processes of one `serve` put temporary files, below `parent`. What such a folder holds is gone when it
    closes, or, where its `serve` was killed, when the next one opens its own."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self.path = parent / f"{_FOLDER}{secrets.token_hex(8)}"

    @contextmanager
    def opened(self) -> Iterator[None]:
        """A disk that is full, or cannot be written, is no reason not to serve: Python then looks for another place."""
        handle: int | None = None
        try:
            self._parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # Nobody clears up between our making the folder and our locking it.
            with _locked(self._parent):
                self._clear_left_behind()
                self.path.mkdir(mode=0o700)
                handle = os.open(self.path, os.O_RDONLY)
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            _log.warning("no folder for temporary files", folder=str(self.path), error=str(error))
        try:
            yield
        finally:
            shutil.rmtree(self.path, ignore_errors=True)
            if handle is not None:
                os.close(handle)

    def renew(self, name: str) -> None:
        """Makes the folder `name` in it, for one process, and empties the one that a process which is no more left."""
        folder = self.path / name
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # as in `opened`
            folder.mkdir(mode=0o700)

    def _clear_left_behind(self) -> None:
        """Deletes the folders of those that are no more: their locks went with them."""
        for folder in self._parent.glob(f"{_FOLDER}*"):
            with suppress(OSError), _locked(folder, fcntl.LOCK_NB):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path, how: int = 0) -> Iterator[None]:
    """Raises BlockingIOError where `how` is LOCK_NB and another process holds the lock."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | how)
        yield
    finally:
        os.close(handle)
