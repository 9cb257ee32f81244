"""How a process that reads strangers' bytes with native code is started, and what it leaves itself.

Standard library only: such processes start with every job that has images.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

#: What an interpreter that lies in no usual place may need to start.
_KEPT: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "SYSTEMROOT")
_FILES_MAX: Final = 32  # open at a time: the streams, and modules that are read when they are needed
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_SIGKILL: Final = 9


def command(module: str, *arguments: str) -> list[str]:
    """Runs `module`. Without `site` (-S) it starts in half the time; it finds by PYTHONPATH what we find."""
    return [sys.executable, "-S", "-P", "-m", module, *arguments]


def environment() -> Mapping[str, str]:
    """The whole environment of such a process: nothing of ours but what Python needs."""
    path = [str(Path(__file__).parents[2]), *(str(Path(entry).absolute()) for entry in sys.path if entry)]
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(dict.fromkeys(path))}


def answers() -> BinaryIO:
    """In the process: its standard output, which from here on is for answers alone. What a library prints goes where
    errors go."""
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return output


def confine(memory: int, cpu_seconds: int) -> None:
    """In the process, before it reads anything: at most `memory` bytes and `cpu_seconds` of processor time, no file to
    write, and death with the parent; as far as the system can do that.

    Not RLIMIT_NPROC: it counts threads too, and HEIC's decoder needs one of its own.
    """
    try:
        import resource
    except ImportError:  # no POSIX: the parent's clock is what is left
        return
    limits = {
        "RLIMIT_AS": (memory, memory),
        "RLIMIT_DATA": (memory, memory),
        "RLIMIT_CPU": (cpu_seconds, cpu_seconds + 1),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_NOFILE": (_FILES_MAX, _FILES_MAX),
        "RLIMIT_CORE": (0, 0),
    }
    for name, both in limits.items():
        # Not every system has every limit, and a lower one may hold already.
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), both)
    if sys.platform == "linux":
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_PDEATHSIG, _SIGKILL)  # a parent that died before this has closed our input
        prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
