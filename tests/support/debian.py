"""Programs out of Debian's packages, unpacked into .cache without root: downloaded, not installed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CACHE: Final = Path(__file__).parents[2] / ".cache"


class NotToBeHad(Exception):
    """Why a package could not be downloaded."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Makes the folder; nobody else is in here for the same one."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def download(cache: Path, choose: Callable[[Sequence[str]], Sequence[str]]) -> Path:
    """A new folder in `cache` with the packages that `choose` names, given options for `apt`. Raises NotToBeHad."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NotToBeHad("there is no apt-get")
    packages = cache / "packages"
    shutil.rmtree(packages, ignore_errors=True)
    packages.mkdir(parents=True)
    try:
        apt("download", *choose(()), options=(), folder=packages)
    except subprocess.CalledProcessError:  # no lists of packages, or old ones: lists of our own need no root
        lists = cache / "lists"
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        (cache / "apt" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        own = ("-o", f"Dir::State::Lists={lists}", "-o", f"Dir::Cache={cache / 'apt'}")
        try:
            apt("update", options=own, folder=packages)
            apt("download", *choose(own), options=own, folder=packages)
        except subprocess.CalledProcessError as error:
            raise NotToBeHad(f"apt-get could not download it: {error.stderr[-2000:]}") from None
    return packages


def apt(command: str, *words: str, options: Sequence[str], folder: Path) -> str:
    """What apt-get prints. Raises CalledProcessError."""
    as_anybody = ("-o", "Debug::NoLocking=true", "-o", f"APT::Sandbox::User={'root' if os.geteuid() == 0 else ''}")
    done = subprocess.run(
        ["apt-get", "-qq", *as_anybody, *options, command, *words],
        cwd=folder,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    return done.stdout


def promtool() -> Path:
    """Prometheus's own checker: the one that is there, or else that of Debian's package. Raises NotToBeHad."""
    if (found := shutil.which("promtool")) is not None:
        return Path(found)
    cache = CACHE / "prometheus"
    tool = cache / "root" / "usr" / "bin" / "promtool"
    with alone(cache):
        if not tool.exists():
            packages, new = download(cache, lambda _: ["prometheus"]), cache / "root.new"
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir()
            (package,) = packages.glob("*.deb")
            with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacking:
                # Of a package of 250 MB the one program.
                words = ["tar", "-x", "-C", str(new), "./usr/bin/promtool"]
                subprocess.run(words, stdin=unpacking.stdout, check=True)
            new.rename(cache / "root")
            shutil.rmtree(packages)
    return tool
