"""A Chromium for tests: the one that is there, or else Debian's package, unpacked into .cache without root.

What apt finds missing for `chromium` is downloaded and unpacked, not installed: nothing outside .cache changes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.support.debian import CACHE, NotToBeHad, alone, apt, download

_CACHE: Final = CACHE / "chromium"
_ROOT: Final = _CACHE / "root"
_UNPACKED: Final = _ROOT / "usr" / "lib" / "chromium" / "chromium"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES: Final = ("chromium", "fonts-dejavu-core")

#: Quiet: no calls home, no first-run pages, no GPU.
_FLAGS: Final = (
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers have 64 MB of it
    "--autoplay-policy=no-user-gesture-required",
)
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{root}/usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>{cache}/fonts</cachedir>
  <match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
</fontconfig>
"""


class NoBrowser(Exception):
    """There is none, and none could be had: the sentence says why and what to do."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, whose profile is new and empty. Raises NoBrowser."""
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        try:
            yield browser
        finally:
            browser.close()


def _launch(playwright: Playwright) -> Browser:
    program = _find(playwright) or _fetch()
    return playwright.chromium.launch(
        executable_path=program,
        args=[*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])],
        chromium_sandbox=os.geteuid() != 0 and program != _UNPACKED,  # its helper would have to belong to root
        env=_environment() if program == _UNPACKED else None,
        timeout=120_000,
    )


def _find(playwright: Playwright) -> Path | None:
    """A browser that somebody has installed."""
    for name in _NAMES:
        if (found := shutil.which(name)) is not None:
            return Path(found)
    own = Path(playwright.chromium.executable_path)
    return own if own.exists() else None


def _environment() -> dict[str, str | float | bool]:
    """For the unpacked one: where its libraries and fonts are."""
    folders = [found for lib in ("lib", "usr/lib") for found in sorted((_ROOT / lib).glob("*-linux-gnu*"))]
    folders += [folder / inner for folder in folders for inner in ("nss", "pulseaudio") if (folder / inner).is_dir()]
    return {
        **os.environ,
        "LD_LIBRARY_PATH": ":".join(map(str, folders)),
        "FONTCONFIG_FILE": str(_ROOT / "fonts.conf"),
    }


def _fetch() -> Path:
    """The unpacked one, downloaded unless it is there and starts."""
    with alone(_CACHE):
        if _problem() is not None:
            _download()
        if (problem := _problem()) is not None:
            raise NoBrowser(f"Debian's chromium was unpacked into {_ROOT} and does not start: {problem}")
    return _UNPACKED


def _problem() -> str | None:
    """Why the unpacked one does not start; None if it does."""
    if not _UNPACKED.exists():
        return "it is not there"
    started = subprocess.run(
        [_UNPACKED, "--version"],
        env={name: str(value) for name, value in _environment().items()},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return None if started.returncode == 0 else started.stderr[-2000:]


def _download() -> None:
    new = _CACHE / "root.new"
    for folder in (new, _ROOT):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        packages = download(_CACHE, _missing)
    except NotToBeHad as error:
        raise NoBrowser(f"there is no Chromium on PATH, and none to be had from Debian: {error}") from None
    for package in sorted(packages.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, new], check=True)
    (new / "fonts.conf").write_text(_FONTS.format(root=_ROOT, cache=_CACHE), encoding="utf-8")
    new.rename(_ROOT)
    shutil.rmtree(packages)


def _missing(options: Sequence[str]) -> list[str]:
    """The packages that `apt-get install` would install here, each as name=version."""
    lines = apt("install", "--simulate", "--no-install-recommends", *_PACKAGES, options=options, folder=_CACHE)
    found = [
        f"{name}={version}" for name, version in re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) ", lines, re.MULTILINE)
    ]
    # A package that is installed without its program being on PATH is listed nowhere.
    return found if any(name.startswith("chromium=") for name in found) else [*found, *_PACKAGES]
