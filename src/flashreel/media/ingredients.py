"""What went into a clip, as its manifest names it: the start and end image, with the C2PA manifest an image carries.

Reading such a manifest means native code on a stranger's bytes, where a panic ends the process. So it is done in a
short-lived child (`python -m flashreel.media.ingredients`, this module too), and only for files that hold one.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from flashreel.media.confined import answers, command, confine, environment
from flashreel.media.kinds import image_type, other_type

#: Bytes of a file that is looked into, and of the manifests taken over from one: they are in every copy of the clip.
FILE_MAX: Final = 64 * 2**20
MANIFEST_MAX: Final = 4 * 2**20

CPU_SECONDS: Final = 10
WALL_SECONDS: Final = 30.0
MEMORY_MAX: Final = 2**30  # bytes

#: How C2PA's library is used here. Nothing it reads makes it ask the network: an image can name any address for its
#: manifest, and it would be fetched. No thumbnails: for them images would be decoded. Actions are told, not guessed.
C2PA_SETTINGS: Final[dict[str, Any]] = {
    "version": 1,
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
    "core": {"allowed_network_hosts": []},
    "builder": {
        "thumbnail": {"enabled": False},
        "actions": {
            "auto_created_action": {"enabled": False},
            "auto_opened_action": {"enabled": False},
            "auto_placed_action": {"enabled": False},
        },
    },
}

#: Every C2PA manifest lies in boxes of this type (JUMBF, ISO/IEC 19566-5), uncompressed in all formats of `kinds`.
_MARK: Final = b"jumb"


@dataclass(frozen=True, slots=True)
class Source:
    """A file that a clip begins or ends with: `title` ("start image") and its bytes as they came."""

    title: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A source as C2PA knows it. `archive` is its manifest store and what validating it showed, in the library's own
    form (C2PA), or None where the file carries no manifest. `problem` says why one that it carries is not kept."""

    definition: dict[str, str]
    archive: bytes | None = field(default=None, repr=False)
    problem: str | None = None

    @property
    def id(self) -> str:
        return self.definition["instance_id"]

    def without(self, problem: str) -> Ingredient:
        """The same, its manifest left out for this reason."""
        return Ingredient(self.definition, None, problem)


def read(source: Source) -> Ingredient:
    """Never raises for what the bytes are: at worst the manifest is not kept. Takes up to WALL_SECONDS."""
    import uuid  # most clips have no image, and do without it

    kind = image_type(source.data) or other_type(source.data)
    # To C2PA `inputTo` is what was fed to a computation that made the asset, such as a picture to a model.
    definition = {"title": source.title, "relationship": "inputTo", "instance_id": f"xmp:iid:{uuid.uuid4()}"}
    if kind is not None:
        definition["format"] = kind
    plain = Ingredient(definition)
    if kind is None or not kind.startswith(("image/", "video/")) or _MARK not in source.data:
        return plain
    if len(source.data) > FILE_MAX:
        return Ingredient(definition, problem=f"the file has more than {FILE_MAX // 2**20} MiB")
    try:
        archive = _ask_child(definition, source.data)
    except OSError as error:
        return Ingredient(definition, problem=str(error))
    if len(archive) > MANIFEST_MAX:
        return Ingredient(definition, problem=f"its manifests have more than {MANIFEST_MAX // 2**20} MiB")
    return Ingredient(definition, archive)


def _ask_child(definition: dict[str, str], data: bytes) -> bytes:
    """The archive. Raises OSError with the reason there is none."""
    import subprocess

    try:
        done = subprocess.run(
            command("flashreel.media.ingredients", json.dumps(definition)),
            input=data,
            capture_output=True,
            env=environment(),
            timeout=WALL_SECONDS,
            start_new_session=True,  # a Ctrl-C in the terminal reaches us alone
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"its reader took more than {WALL_SECONDS:g} s") from error
    if done.returncode == 0:
        return done.stdout
    last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
    said = "".join(c if c.isprintable() else "?" for c in last)  # it may quote the stranger's bytes
    raise OSError(said or f"its reader ended with status {done.returncode}")


def main() -> None:
    """The child: an ingredient's definition as argument, the file on standard input, its archive on standard output."""
    data = sys.stdin.buffer.read()
    answer = answers()
    import c2pa

    confine(MEMORY_MAX, CPU_SECONDS)
    definition = json.loads(sys.argv[1])
    try:
        context = c2pa.Context.from_dict(C2PA_SETTINGS)
        builder = c2pa.Builder({}, context=context)
        builder.add_ingredient(definition, definition["format"], BytesIO(data))
        archive = BytesIO()
        builder.write_ingredient_archive(definition["instance_id"], archive)
    except c2pa.C2paError as error:
        sys.exit(str(error))
    answer.write(archive.getvalue())
    answer.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
