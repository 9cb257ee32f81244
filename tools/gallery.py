"""`make gallery`: stills of sixty prompts, strips of a few clips, the page that shows them, and the README's picture.

python tools/gallery.py [--only TEXT] [--to FOLDER]

With `--to` the stills go there as PNG and nothing else is written: that is for looking while something is mended.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image

from flashreel.catalogue import SIZES_720P
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.graph import SceneGraph
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.stage import Stage
from flashreel.spec import FPS

DOCS = Path(__file__).resolve().parent.parent / "docs"
SECONDS = 5
_STILL_HEIGHT = 360  # drawn at this height, shown smaller
_SHOWN_HEIGHT = 216
_STRIP_HEIGHT = 108
_QUALITY = 74


@dataclass(frozen=True, slots=True)
class Shot:
    """One still: its prompt, the moment (seconds), and what is weak about it, in so many words."""

    prompt: str
    weak: str = ""
    at: float = 2.5
    seed: int = 1
    ratio: str = "16:9"


#: The README's picture.
FRONT: Sequence[Shot] = (
    Shot("a young boy riding a red bicycle in grand canyon valleys", at=2.0),
    Shot("a red fox running through a snowy forest at dusk", seed=0),
    Shot("a sailboat on a stormy sea, lightning, cinematic drone shot", seed=0),
    Shot("a rocket launching over a city at night", at=4.4),
)

SECTIONS: dict[str, Sequence[Shot]] = {
    "People": (
        *FRONT[:1],
        Shot("a woman in a red dress walking along a beach at sunset"),
        Shot("an astronaut riding a white horse on mars"),
        Shot("a man running through a city street in the rain", "the street is one plain of asphalt"),
        Shot("a girl dancing in a meadow of flowers, golden hour", "she dances in profile, an arm across her face"),
        Shot("an old wizard standing in a misty forest"),
        Shot("a knight riding a black horse across a meadow at dawn"),
        Shot("three children playing in a park, sunny", "playing is a dance; three poses, one body"),
        Shot("a farmer driving a red tractor in a field", "nobody sits in it"),
        Shot("a man riding a motorcycle on a highway at sunset"),
        Shot("a king waving in a village"),
        Shot(
            "a woman holding an umbrella in the rain, black and white",
            "the umbrella floats before her, no arm holds it",
        ),
    ),
    "Animals": (
        *FRONT[1:2],
        Shot("a white horse galloping through a meadow"),
        Shot("an elephant walking in the savanna at sunset"),
        Shot("a lion walking across the savanna, close up", "the limbs show as separate shapes"),
        Shot("two zebras running in the savanna"),
        Shot("a giraffe walking, golden hour"),
        Shot("a brown bear walking by a lake"),
        Shot("a black cat walking in a street at night"),
        Shot("a golden retriever puppy running on the beach"),
        Shot("a wolf howling under a full moon", "the moon may be outside the frame, the snout stays level"),
        Shot("a cow eating grass on a farm", "the head is a bear's, and it does not reach the grass"),
        Shot("a rabbit running across a meadow in spring"),
        Shot("an eagle flying over a forest", "between the trees rather than over them"),
        Shot("a flock of birds flying over mountains at dawn", "a tight bunch, low before the trees"),
        Shot("a shark swimming underwater", "a large fish, not a shark"),
        Shot("an orange fish swimming in a coral reef"),
        Shot("a penguin walking on ice", "a cut-out"),
        Shot("a deer in a misty forest, morning"),
    ),
    "On wheels, on water, in the air": (
        *FRONT[2:],
        Shot("a yellow car driving through the desert"),
        Shot("a red truck driving on a mountain road"),
        Shot("a blue bus in a city street"),
        Shot("a steam train crossing the prairie", "no rails"),
        Shot("a motorcycle speeding on a road, dusk"),
        Shot("a ship on a calm ocean at sunset", "pitches like a dinghy, casts no reflection"),
        Shot("three sailboats on the ocean, sunny"),
        Shot("a hot air balloon over mountains at sunrise"),
        Shot("a ufo flying over a city at night", "a cut-out; the street is dark"),
        Shot("an airplane flying above the clouds", "a cut-out above a meadow, below the clouds"),
    ),
    "Places, light and weather": (
        Shot("a village in winter, snowing"),
        Shot("a lake in the mountains at dawn, fog"),
        Shot("a volcano at night", "mountains in the dark; no fire"),
        Shot("a cactus in the desert at noon", "any cactus of the place, none in front"),
        Shot("an autumn forest"),
        Shot("a city skyline at night", "seen from a dark street"),
        Shot("a teddy bear dancing on a table in a living room", "a cut-out; there is no room around the table"),
        Shot("an astronaut walking on the moon"),
        Shot("a castle on a hill, thunderstorm", "a cut-out the size of a hut"),
        Shot("a snowman in a snowy village at night", "a cut-out"),
        Shot("a tropical beach, palm trees, clear sky"),
        Shot("cyberpunk city street in the rain at night", "no neon signs, the street is dark"),
    ),
    "Cameras and formats": (
        Shot("a boy riding a bicycle in a forest, low angle", ratio="9:16"),
        Shot("a red fox in a snowy forest, close up", ratio="1:1"),
        Shot("a horse running on the beach, drone shot", "the drone is hardly higher than an eye", ratio="21:9"),
        Shot("a sailboat on the ocean at sunset", ratio="9:21"),
        Shot("a dog running in a meadow, orbit", ratio="4:3"),
        Shot("a girl walking in a city, wide shot", ratio="3:4"),
        Shot("a zorblax juggling in front of a blorptower", "what nobody knows is a plain meadow, and said so"),
    ),
}

#: Clips shown as six moments.
STRIPS: Sequence[Shot] = (
    Shot("a young boy riding a red bicycle in grand canyon valleys"),
    Shot("a sailboat on a stormy sea, lightning, cinematic drone shot", seed=0),
    Shot("a white horse galloping through a meadow, pan right"),
    Shot("a rocket launching over a city at night"),
)
_MOMENTS = (0.2, 1.1, 2.0, 2.9, 3.8, 4.7)


def size_of(ratio: str, height: int) -> tuple[int, int]:
    """About the area of 16:9 at this height, in even pixels."""
    wide, tall = SIZES_720P[ratio]
    factor = (height * height * 16 / 9 / (wide * tall)) ** 0.5
    return round(wide * factor / 4) * 4, round(tall * factor / 4) * 4


def stills(shot: Shot, moments: Sequence[float], height: int, executor: Executor) -> list[Image.Image]:
    """The shot's 5 s clip at some moments (seconds), drawn alone: a frame depends on no other."""
    width, height = size_of(shot.ratio, height)
    scene = build(parse(shot.prompt), SECONDS, shot.seed, False, width=width, height=height, executor=executor)
    stage = Stage(scene, width, height)
    return [_rgb(stage, round(moment * FPS)) for moment in moments]


def _rgb(stage: Stage, number: int) -> Image.Image:
    picture = av.VideoFrame.from_ndarray(stage.frame(number), format="yuv420p")
    return Image.fromarray(picture.to_ndarray(format="rgb24", src_colorspace="ITU709"))


def _shown(picture: Image.Image, height: int, ratio: str) -> Image.Image:
    return picture.resize(size_of(ratio, height), Image.Resampling.LANCZOS)


def _save(picture: Image.Image, target: Path) -> None:
    picture.save(target, quality=_QUALITY, optimize=True, progressive=True)


def draw_front(executor: Executor) -> Image.Image:
    """The README's picture."""
    pictures = [stills(shot, (shot.at,), SIZES_720P["16:9"][1], executor)[0] for shot in FRONT]
    width, height = size_of("16:9", _STILL_HEIGHT)
    sheet = Image.new("RGB", (2 * width, 2 * height))
    for index, picture in enumerate(pictures):
        corner = (index % 2 * width, index // 2 * height)
        sheet.paste(picture.resize((width, height), Image.Resampling.LANCZOS), corner)
    return sheet


def draw_strip(shot: Shot, executor: Executor) -> Image.Image:
    """Six moments side by side."""
    pictures = [_shown(p, _STRIP_HEIGHT, shot.ratio) for p in stills(shot, _MOMENTS, _STILL_HEIGHT, executor)]
    width, height = pictures[0].size
    strip = Image.new("RGB", (3 * width, 2 * height))
    for index, picture in enumerate(pictures):
        strip.paste(picture, (index % 3 * width, index // 3 * height))
    return strip


def page(pictures: dict[str, list[tuple[Shot, str]]], strips: Sequence[tuple[Shot, str]]) -> str:
    """The page as Markdown; file names are relative to it."""
    lines = [
        "# Gallery of the built-in engine",
        "",
        "Made by `make gallery`: nothing is picked or retouched, the weak ones are left in and say so. Each is one",
        "frame of a 5 s clip; under it are the words that changed nothing in the picture (a job says them in",
        "`warnings`).",
        "",
    ]
    for title, shown in pictures.items():
        lines += [f"## {title}", "", *_table(shown), ""]
    lines += ["## Clips, six moments each", "", *_table(strips), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(shown: Sequence[tuple[Shot, str]]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for at in range(0, len(shown), 2):
        yield "| " + " | ".join(_cell(shot, name) for shot, name in shown[at : at + 2]) + " |"


def _cell(shot: Shot, name: str) -> str:
    told = [f"![{shot.prompt}]({name})", shot.prompt + (f" ({shot.ratio})" if shot.ratio != "16:9" else "")]
    graph: SceneGraph = parse(shot.prompt)
    if graph.unknown:
        told.append("not understood: " + ", ".join(graph.unknown))
    if shot.weak:
        told.append(f"*weak: {shot.weak}*")
    return "<br>".join(told)


def make_page(executor: Executor) -> None:
    """Draws everything into `docs/`."""
    folder = DOCS / "gallery"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.jpg"):
        old.unlink()
    drawn: dict[str, list[tuple[Shot, str]]] = {}
    number = 0
    for title, shots in SECTIONS.items():
        for shot in shots:
            number += 1
            name = f"gallery/{number:02}.jpg"
            picture = stills(shot, (shot.at,), _STILL_HEIGHT, executor)[0]
            _save(_shown(picture, _SHOWN_HEIGHT, shot.ratio), DOCS / name)
            drawn.setdefault(title, []).append((shot, name))
            print(f"{number:02} {shot.prompt}", flush=True)
    strips = []
    for index, shot in enumerate(STRIPS, 1):
        name = f"gallery/strip-{index}.jpg"
        _save(draw_strip(shot, executor), DOCS / name)
        strips.append((shot, name))
    (DOCS / "gallery.md").write_text(page(drawn, strips), encoding="utf-8")
    draw_front(executor).save(DOCS / "frames.jpg", quality=82, optimize=True)


def look(folder: Path, text: str, executor: Executor) -> None:
    """Draws the shots whose prompt contains `text` into `folder`, for eyes only."""
    folder.mkdir(parents=True, exist_ok=True)
    every = [shot for shots in SECTIONS.values() for shot in shots]
    for number, shot in enumerate(every, 1):
        if text in shot.prompt:
            picture = stills(shot, (shot.at,), _STILL_HEIGHT, executor)[0]
            picture.save(folder / f"{number:02}.png")
            print(f"{number:02} {shot.prompt}", flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description="Draws the gallery of the built-in engine.")
    arguments.add_argument("--only", default="", help="with --to: only prompts with this text")
    arguments.add_argument("--to", type=Path, help="write PNG stills here and nothing else")
    asked = arguments.parse_args()
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        if asked.to:
            look(asked.to, asked.only, executor)
        else:
            make_page(executor)


if __name__ == "__main__":
    main()
