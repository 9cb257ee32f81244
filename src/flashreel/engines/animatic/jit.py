"""The numba decorators of this engine: one place for the compile options, and a type for what they return.

Kernels run on plain threads of our own (no `parallel=True`, so no threading layer that clashes with a server's) and
are cached on disk; `NUMBA_CACHE_DIR` says where.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar, cast

import numba
from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def _allow_noalias() -> bool:
    """Makes `noalias=True` a decorator option, if this numba allows it. False where it does not.

    Numba can mark array arguments as `noalias` (it does so inside parfors) but offers no option for it. Without the
    mark LLVM cannot prove that a store leaves the inputs alone, and none of our gather loops become SIMD code. This
    reaches into numba (written against 0.68), so anything unexpected means: go without. Slower, the same picture.
    """
    if os.environ.get("FLASHREEL_NO_NOALIAS") == "1":
        return False
    try:
        from numba.core.compiler import Flags
        from numba.core.cpu import CPUTargetOptions
        from numba.core.options import TargetOptions

        CPUTargetOptions.noalias = TargetOptions.Mapping("noalias")
        flags = Flags()
        CPUTargetOptions.parse_as_flags(flags, {"noalias": True})
        return bool(flags.noalias)
    except Exception:  # whatever a different numba raises: the option is not to be had
        return False


def _find_start_runtime() -> Callable[[object], object] | None:
    """numba's start of its runtime, which compiled kernels need; None where this numba has another."""
    try:
        from numba.core.runtime import rtsys

        return cast("Callable[[object], object]", rtsys.initialize)
    except (ImportError, AttributeError):
        return None


_start_runtime: Final = _find_start_runtime()

#: Whether kernels are compiled with `noalias`. `FLASHREEL_NO_NOALIAS=1` in the environment turns it off.
NOALIAS: Final = _allow_noalias()


def _cache_folder() -> Path | None:
    """A folder of the JIT cache for exactly these sources and options.

    Numba notices that a kernel's own file has changed, not that one it calls has; an upgrade would go on running old
    code. Without a configured folder numba keeps its cache beside the sources, which is left as it is.
    """
    if not numba.config.CACHE_DIR:
        return None
    digest = hashlib.sha256(f"{numba.__version__} {NOALIAS}".encode())
    here = Path(__file__).parent
    for source in sorted(here.rglob("*.py")):
        text = source.read_bytes()
        # Kernels, and the constants and tuples that are compiled into them.
        if source.parent.name == "kernels" or b"animatic.jit import" in text:
            digest.update(text)
    return Path(numba.config.CACHE_DIR) / f"animatic-{digest.hexdigest()[:16]}"


#: Where the compiled kernels of these sources are kept; None where numba decides.
CACHE_FOLDER: Final = _cache_folder()
if CACHE_FOLDER is not None:
    numba.config.CACHE_DIR = str(CACHE_FOLDER)

_OPTIONS: Final[dict[str, Any]] = {
    "cache": True,
    "fastmath": True,
    "error_model": "numpy",
    **({"noalias": True} if NOALIAS else {}),
}


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compiles a loop over pixels or rows; it runs without the GIL.

    The promise a kernel makes: no two of its array arguments overlap in memory.
    """
    return cast("Callable[P, R]", _load_lean(njit(nogil=True, **_OPTIONS)(function)))


def small_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compiles a function of some microseconds; it keeps the GIL.

    Giving the GIL up for so short a time makes the frame threads convoy. Same promise as `kernel`.
    """
    return cast("Callable[P, R]", _load_lean(njit(nogil=False, **_OPTIONS)(function)))


def inline_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compiles a helper that is inlined where a kernel calls it, so that the caller's loop can become SIMD code."""
    return cast("Callable[P, R]", njit(nogil=True, inline="always", **_OPTIONS)(function))


def _load_lean(dispatcher: Any) -> Any:
    """Lets a kernel come out of the disk cache without all that numba could compile being registered first.

    Before it loads a compiled kernel numba imports some ninety modules, and registers what they know: 0.2 s in every
    process, for compilations that a full cache makes unnecessary. A kernel needs the runtime alone; where it is not in
    the cache after all, numba's compiler registers everything itself. This reaches into numba as `_allow_noalias` does:
    anything unexpected means that all is loaded as ever.
    """
    cache = getattr(dispatcher, "_cache", None)
    load = getattr(cache, "_load_overload", None)
    guarded = getattr(cache, "_guard_against_spurious_io_errors", None)
    if cache is None or load is None or guarded is None or _start_runtime is None:
        return dispatcher

    def load_overload(signature: object, target_context: object) -> object:
        _start_runtime(target_context)
        with guarded():
            return load(signature, target_context)
        return None  # type: ignore[unreachable]  # the context swallows what the file system raises: nothing found

    cache.load_overload = load_overload
    return dispatcher


def wake() -> None:
    """Makes numba ready for kernels on several threads; the first call in a process takes the time of a start.

    What numba still registers while threads run makes a thread that asks for the type of an argument meet a dictionary
    that changes under its hands.
    """
    from numba.core.registry import cpu_target

    if _start_runtime is not None:
        _start_runtime(cpu_target.target_context)
    else:
        cpu_target.target_context.refresh()
