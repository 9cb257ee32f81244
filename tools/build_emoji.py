"""Builds `engines/animatic/data/emoji.json.gz` from the npm package `@iconify-json/fluent-emoji-flat`.

    python -m tools.build_emoji PACKAGE [--output FILE]

PACKAGE is the unpacked package (the folder that holds `icons.json`). The result is {emoji name: SVG body}; the
drawing area of every body is 32 x 32.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).resolve().parent.parent / "src" / "flashreel" / "engines" / "animatic" / "data"

#: Skin-tone variants, and signs that no prompt asks to see.
LEFT_OUT: Final = re.compile(
    r"-(dark|light|medium|medium-dark|medium-light)(-|$)|^flag-|^keycap|^input-|o-?clock|-thirty$|-button$|-arrow$"
)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("package", type=Path)
    arguments.add_argument("--output", type=Path, default=DATA / "emoji.json.gz")
    given = arguments.parse_args()
    icons = json.loads((given.package / "icons.json").read_text())["icons"]
    kept = {name: icon["body"] for name, icon in icons.items() if not LEFT_OUT.search(name)}
    size = write_packed(given.output, kept)
    print(f"{len(icons)} emoji, {len(kept)} kept, {size} bytes")


def write_packed(path: Path, content: dict[str, str]) -> int:
    """Writes compressed JSON, the same bytes for the same content; returns their number."""
    packed = gzip.compress(json.dumps(content, separators=(",", ":")).encode(), compresslevel=9, mtime=0)
    path.write_bytes(packed)
    return len(packed)


if __name__ == "__main__":
    main()
