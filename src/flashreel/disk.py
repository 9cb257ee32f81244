"""What lies in the data folder, and how much room its disk has."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flashreel.settings import Settings


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the data folder, and the bytes of its files."""

    name: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of the disk that the data folder is on, or will be."""

    free: int
    total: int


def room(settings: Settings) -> Room:
    """Raises OSError where the disk cannot be asked."""
    usage = shutil.disk_usage(nearest(settings.data))
    return Room(usage.free, usage.total)


def nearest(path: Path) -> Path:
    """The path, or the nearest above it that there is."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def places(settings: Settings) -> list[Place]:
    """The parts of the data folder that there are: the store where that is a file, and the folders, by their names."""
    data = settings.data
    found = []
    if isinstance(settings.database, Path):
        # What was written last is in the log beside it.
        parts = [settings.database.with_name(settings.database.name + end) for end in ("", "-wal", "-shm")]
        found.append(Place("store", settings.database, sum(_size(part) for part in parts)))
    folders = sorted(path for path in data.iterdir() if path.is_dir()) if data.is_dir() else []
    return found + [Place(path.name, path, sum(_size(file) for file in _files(path))) for path in folders]


def _files(folder: Path) -> Iterator[Path]:
    """All files below it; folders that vanish meanwhile or cannot be read have none."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _size(file: Path) -> int:
    with suppress(OSError):  # gone by now
        return file.lstat().st_size
    return 0
