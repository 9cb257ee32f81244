"""Samples: tiny frames of prompts that between them run every kernel a job can need."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from typing import Final

from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.stage import Stage
from flashreel.spec import FPS

_PROMPTS: Final = (
    "a boy riding a red bicycle in a canyon",
    "a fox running through a snowy forest at dusk",
    "a sailboat on a stormy sea, lightning",
    "a rocket launching over a city at night",
    "a teddy bear dancing on the beach",
)
_SIZE: Final = (160, 96)
_SECONDS: Final = 5

#: How many steps `draw_samples` takes.
SAMPLES: Final = len(_PROMPTS) + 1


def draw_samples(executor: Executor) -> Iterator[None]:
    """Draws one sample a step."""
    width, height = _SIZE
    for prompt in _PROMPTS:
        scene = build(parse(prompt), _SECONDS, 0, False, width=width, height=height, executor=executor)
        stage = Stage(scene, width, height)
        for number in _telling_frames(scene):
            stage.frame(number)
        yield
    from flashreel.engines.animatic.keyframes import warm_up_keyframes  # OpenCV: a clip without images needs none

    warm_up_keyframes()
    yield


def _telling_frames(scene: Scene) -> list[int]:
    """A frame well into the clip, and one with lightning if there is any."""
    middle = FPS * _SECONDS // 2
    lit = next((number for number in range(FPS * _SECONDS) if scene.flash(number / FPS) > 0), middle)
    return sorted({middle, lit})
