"""Is all as it must be? What can be told of an installation beside a running server, without changing it or keeping it
waiting: one function for each check, each with its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from flashreel.doctor import files, network, software, store
from flashreel.doctor.finding import Finding
from flashreel.settings import Settings

CHECKS: Final[tuple[Callable[[Settings], Iterator[Finding]], ...]] = (
    software.check_python,
    software.check_extras,
    files.check_data,
    files.check_disk,
    store.check_store,
    files.check_assets,
    network.check_port,
    network.check_urls,
    software.check_engines,
    software.check_gpu,
    files.check_certificate,
)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check's findings, in an order in which what the later ones build on comes first."""
    for check in CHECKS:
        try:
            yield from check(settings)
        except Exception as error:  # one that cannot be made is told, and holds up no other
            name = check.__name__.removeprefix("check_")
            said = f"could not be checked: {type(error).__name__}: {error}".partition("\n")[0]
            yield Finding(name, "fail", said, "see to what it says, and run `flashreel doctor` again")
