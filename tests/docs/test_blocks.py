"""Code of the pages that is marked as running does run, against a server and as it stands.

`<!-- runs -->` on the line before a fenced block of Python or of shell says that it runs; `<!-- saved as NAME -->` that
it is a file which the next ones use. Blocks of one page run in their order and in one folder; those of one language
that follow each other are one program. What is put in for the reader: the server's address, the key, and sizes in
pixels, for the model is a small one here.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

import pytest

from flashreel.catalogue import SIZES_720P
from tests.support.server import ROOT, SCRIPT, Server, environment

DOCS: Final = ROOT / "docs"
_BLOCK: Final = re.compile(r"^<!-- (?:runs|saved as (\S+)) -->\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: The built-in model at an eighth of its size.
SMALL: Final = json.dumps(
    {
        "ray-flash-2-720p": {
            "ratios": {ratio: [2 * round(side / 16) for side in size] for ratio, size in SIZES_720P.items()}
        }
    }
)
PROGRAMS: Final[Mapping[str, tuple[str, ...]]] = {"python": (sys.executable, "-c"), "sh": ("bash", "-euc")}

#: What the blocks of a page print, and the files that they leave.
SEEN: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "index.md": (r"COMPLETED 1(\.0)?\nhttp://\S+\.mp4\n", frozenset({"fox.mp4", "sailboat.mp4"})),
    "segmind.md": (r"^http://\S+\.mp4\n", frozenset()),
    "luma.md": (r"^http://\S+\.mp4\n", frozenset()),
    "openai.md": (r"^video_\S+ 160x90 [0-9]+\n", frozenset({"video.mp4", "video.webp"})),
    "replicate.md": (r"^http://\S+\.mp4\n", frozenset()),
    "python.md": (
        r"^160 90 11 \(\)\nduration is 7; allowed are 5 and 9 \(seconds\)\n\[5, 9\]\n<Clip ",
        frozenset({"fox.mp4"}),
    ),
    "keyframes.md": (r'"request_id"', frozenset({"start.mp4", "end.mp4", "both.mp4", "loop.mp4", "nearer.mp4"})),
    "extending.md": ("", frozenset({"gradient.mp4"})),
}


@dataclass(frozen=True)
class Block:
    saved_as: str
    language: str
    code: str

    @property
    def program(self) -> tuple[str, str]:
        return self.language, self.saved_as


def blocks(page: str) -> list[Block]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [Block(*found) for found in _BLOCK.findall(text)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("blocks") / "data"
    # The scripted engine: here it is the examples that are tried.
    started = Server(data, "--engine", SCRIPT, config=None, env={"FLASHREEL_MODELS": SMALL})
    with closing(started):
        yield started.start()


def run(together: list[Block], server: Server, folder: Path) -> str:
    """What it printed."""
    language, saved_as = together[0].program
    code = "\n".join(block.code for block in together)
    code = code.replace("http://127.0.0.1:8000", server.url).replace("1280x720", "160x90")
    code = re.sub(r"\bfr_(?:\.\.\.|your_key)", server.first_key, code)
    if saved_as:
        (folder / saved_as).write_text(code, encoding="utf-8")
        return ""
    env = environment(
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        FLASHREEL_ENGINE=SCRIPT,
        FLASHREEL_MODELS=SMALL,
        FLASHREEL_DATA=str(server.data),
    )
    done = subprocess.run(
        [*PROGRAMS[language], code], env=env, cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_page_with_marks_is_tried() -> None:
    marked = {
        page.name for page in DOCS.glob("*.md") if re.search(r"^<!-- (runs|saved)", page.read_text(), re.MULTILINE)
    }
    assert marked == set(SEEN)


@pytest.mark.parametrize("page", SEEN)
def test_the_blocks_of_the_page_run(page: str, server: Server, tmp_path: Path) -> None:
    found = blocks(page)
    marks = re.findall(r"^<!-- (?:runs|saved)", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(found) == len(marks), "a mark stands on the line before a fenced block"
    if any("curl" in block.code for block in found) and shutil.which("curl") is None:
        pytest.skip("there is no curl here")
    printed = "".join(
        run(list(group), server, tmp_path) for _, group in groupby(found, key=lambda block: block.program)
    )
    expected, files = SEEN[page]
    assert re.search(expected, printed), printed
    for name in files:
        assert (tmp_path / name).stat().st_size > 0, name
