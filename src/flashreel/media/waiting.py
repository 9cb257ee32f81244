"""To wait for something slow and still hear that it is not wanted any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

T = TypeVar("T")

_CHECK_SECONDS = 0.1


def patiently(work: Callable[[], T], check: Callable[[], None]) -> T:
    """What `work` returns or raises. It runs on a thread of its own while `check` is called ten times a second.

    What `check` raises ends the wait at once; `work` is then left to itself, so it must be of a kind that ends.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="patiently", daemon=True).start()
    while not wait((future,), _CHECK_SECONDS).done:
        check()
    return future.result()
