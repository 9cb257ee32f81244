"""One of several processes that fill the JIT cache: `python -m flashreel.engines.animatic.compile_helper`.

It draws the samples with kernels that do nothing but note what they are called with, so that every helper knows the
same list of what is to be compiled. It then prints the cost of each entry as a JSON list, reads indices into the list
from standard input, a line each, and prints each index back when that entry is in the cache. It ends when its standard
input does, also in the middle of a compilation: so it never outlives who started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
from numba import typeof
from numba.core.dispatcher import Dispatcher

from flashreel.engines.animatic.samples import draw_samples

_PACKAGE = __name__.rpartition(".")[0]


class Specialisation(NamedTuple):
    """A kernel for arguments of some types."""

    kernel: Any  # numba's Dispatcher, which has no types of its own
    types: tuple[Any, ...]

    @property
    def name(self) -> str:
        return f"{self.kernel.py_func.__qualname__}{self.types}"

    @property
    def cost(self) -> int:
        """Grows with the time it takes to compile: bytes of code, with that of all kernels it calls."""
        return _code_size(self.kernel)


def specialisations(play: Callable[[], None]) -> list[Specialisation]:
    """What `play` calls from Python, each once, the costliest first. Nothing is compiled or computed."""
    found: dict[str, Specialisation] = {}
    with _kernels_replaced(lambda kernel: _notes_only(kernel, found)):
        play()
    return sorted(found.values(), key=lambda entry: (-entry.cost, entry.name))


def _notes_only(kernel: Any, found: dict[str, Specialisation]) -> Callable[..., Any]:
    function = kernel.py_func
    answers = function.__annotations__["return"] != "None"

    def note(*args: Any) -> Any:
        entry = Specialisation(kernel, tuple(typeof(arg) for arg in args))
        found.setdefault(entry.name, entry)
        # A count or an outline decides what is called next; pixels do not.
        return function(*args) if answers else None

    return note


@contextmanager
def _kernels_replaced(replacement: Callable[[Any], Callable[..., Any]]) -> Iterator[None]:
    """Puts a replacement for every kernel where this package's modules name it, until the block ends."""
    named = [
        (module, name, value)
        for module_name, module in sys.modules.items()
        if module_name.startswith(_PACKAGE)
        for name, value in vars(module).items()
        if isinstance(value, Dispatcher)
    ]
    try:
        for module, name, kernel in named:
            setattr(module, name, replacement(kernel))
        yield
    finally:
        for module, name, kernel in named:
            setattr(module, name, kernel)


def _code_size(kernel: Any) -> int:
    code = kernel.py_func.__code__
    called = (kernel.py_func.__globals__.get(name) for name in code.co_names)
    return len(code.co_code) + sum(_code_size(other) for other in called if isinstance(other, Dispatcher))


def _draw_all() -> None:
    with ThreadPoolExecutor(1) as executor:
        for _ in draw_samples(executor):
            pass


def _read_orders(orders: SimpleQueue[int]) -> None:
    for line in sys.stdin:
        orders.put(int(line))
    os._exit(0)


def main() -> None:
    orders: SimpleQueue[int] = SimpleQueue()
    threading.Thread(target=_read_orders, args=(orders,), daemon=True).start()
    with np.errstate(all="ignore"):  # pictures that nobody has drawn are full of zeros
        entries = specialisations(_draw_all)
    print(json.dumps([entry.cost for entry in entries]), flush=True)
    while True:
        index = orders.get()
        entries[index].kernel.compile(entries[index].types)
        print(index, flush=True)


if __name__ == "__main__":
    main()
