"""The manual's references: docs/api.md from the OpenAPI document, docs/cli.md from the command line, and the table of
docs/engines.md from what the engines declare.

    python -m tools.reference            writes them
    python -m tools.reference --check    says which are not as they would be written
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Final

from tools import reference_api, reference_cli

from flashreel.engines.capabilities import CAPABILITIES

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs"
_TABLE: Final = re.compile(r"(?<=<!-- capabilities -->\n).*?(?=<!-- /capabilities -->)", re.DOTALL)


def engines_page() -> str:
    """The page as it is, with its table as the engines declare it now."""
    rows = [
        "| Engine | Start image | End image | Loop | Seed | Seconds | Digital source type |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, able in sorted(CAPABILITIES.items()):
        flags = ("yes" if flag else "no" for flag in (able.start_image, able.end_image, able.loop, able.seed))
        seconds = "any that the model has" if able.durations is None else ", ".join(map(str, sorted(able.durations)))
        rows.append(f"| {' | '.join((f'`{name}`', *flags, seconds, f'`{able.source_type}`'))} |")
    page = (DOCS / "engines.md").read_text(encoding="utf-8")
    table = "\n".join(("", *rows, "", ""))
    written, count = _TABLE.subn(lambda _: table, page)
    if count != 1:
        raise SystemExit("docs/engines.md needs one <!-- capabilities --> ... <!-- /capabilities -->")
    return written


def pages() -> dict[Path, str]:
    return {
        DOCS / "api.md": reference_api.page(),
        DOCS / "cli.md": reference_cli.page(),
        DOCS / "engines.md": engines_page(),
    }


def main() -> None:
    if "--check" in sys.argv[1:]:
        old = [
            str(path.relative_to(ROOT))
            for path, text in pages().items()
            if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        if old:
            raise SystemExit(f"{', '.join(old)}: not as the code says; run python -m tools.reference")
        return
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")


if __name__ == "__main__":
    main()
