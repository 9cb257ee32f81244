"""The playground's stills: each example of its `examples.js`, small, from the picture that docs/gallery.md has of it.

python tools/stills.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from PIL import Image

ROOT: Final = Path(__file__).resolve().parent.parent
STATIC: Final = ROOT / "src" / "flashreel" / "api" / "playground" / "static"
DOCS: Final = ROOT / "docs"
SIZE: Final = (320, 180)
QUALITY: Final = 50  # all of the playground may weigh 150 kB


def main() -> None:
    gallery = (DOCS / "gallery.md").read_text(encoding="utf-8")
    pictures = dict(re.findall(r"!\[([^\]]+)\]\((gallery/\d+\.jpg)\)", gallery))
    examples = (STATIC / "examples.js").read_text(encoding="utf-8")
    for name, prompt in re.findall(r'^  \["(\w+)", "([^"]+)"\],$', examples, re.MULTILINE):
        with Image.open(DOCS / pictures[prompt]) as picture:
            small = picture.resize(SIZE, Image.Resampling.LANCZOS)
        small.save(STATIC / "examples" / f"{name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
