"""The camera words that the Luma dialect offers do what their names say."""

from __future__ import annotations

import math
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from itertools import pairwise

import pytest

from flashreel.api.luma_concepts import CAMERA_MOTIONS, CONCEPTS
from flashreel.engines.animatic.direct import build
from flashreel.engines.animatic.parse import parse
from flashreel.engines.animatic.scenes.travel import Travel

SHOT = "a red car"
SECONDS = 5.0
#: Metres of difference that are seen.
SEEN = 0.3

CONCEPT_KINDS = {
    "aerial": "high",
    "aerial_drone": "high",
    "crane_down": "down",
    "crane_up": "up",
    "handheld": "shakes",
    "low_angle": "low",
    "orbit_left": "round left",
    "orbit_right": "round right",
    "pan_left": "left",
    "pan_right": "right",
    "pedestal_down": "down",
    "pedestal_up": "up",
    "pull_out": "out",
    "push_in": "in",
    "static": "still",
    "truck_left": "left",
    "truck_right": "right",
    "zoom_in": "in",
    "zoom_out": "out",
}
MOTION_KINDS = {
    "camera crane down": "down",
    "camera crane up": "up",
    "camera move left": "left",
    "camera move right": "right",
    "camera orbit left": "round left",
    "camera orbit right": "round right",
    "camera pan left": "left",
    "camera pan right": "right",
    "camera pull out": "out",
    "camera push in": "in",
    "camera static": "still",
    "camera zoom in": "in",
    "camera zoom out": "out",
}


@cache
def _executor() -> Executor:
    return ThreadPoolExecutor(1)


@cache
def way(words: str) -> tuple[tuple[float, float, float, float], ...]:
    """Where the camera is beside the car at each tenth of the clip: aside, up and away in metres, and its yaw."""
    scene = build(parse(f"{SHOT}{words}"), SECONDS, 1, False, width=160, height=90, executor=_executor())
    assert isinstance(scene, Travel)
    places = []
    for tenth in range(11):
        time = SECONDS * tenth / 10
        camera = scene.camera(time, 160, 90)
        ground = scene.world.height(scene.speed * time, 0)
        places.append((camera.x - scene.speed * time, camera.y - ground, -camera.z, camera.yaw))
    return tuple(places)


def shows(kind: str, words: str) -> bool:
    """Whether the camera that goes by the words does this, compared with the one that goes by none."""
    (x, y, away, yaw), (x_end, y_end, away_end, yaw_end) = way(words)[0], way(words)[-1]
    (plain_x, plain_y, _, _), (plain_x_end, _, _, _) = way("")[0], way("")[-1]
    moved, plainly = x_end - x, plain_x_end - plain_x
    yaws = [place[3] for place in way(words)]
    steps = [after - before for before, after in pairwise(yaws)]
    return {
        "left": moved < plainly - SEEN,
        "right": moved > plainly + SEEN,
        "round left": moved < plainly - SEEN and yaw_end - yaw > math.radians(20),
        "round right": moved > plainly + SEEN and yaw_end - yaw < -math.radians(20),
        "in": away_end < 0.8 * away,
        "out": away_end > 1.2 * away,
        "up": y_end > y + SEEN,
        "down": y_end < y - SEEN,
        "high": y > 2 * plain_y,
        "low": y < 0.7 * plain_y,
        "still": abs(moved) < 0.05 and yaw == yaw_end,
        "shakes": max(abs(step - (yaw_end - yaw) / 10) for step in steps) > 0.001,
    }[kind]


@pytest.mark.parametrize(("key", "kind"), CONCEPT_KINDS.items())
def test_a_concept_does_what_it_says(key: str, kind: str) -> None:
    assert not shows(kind, "")
    assert shows(kind, f", {CONCEPTS[key]}")
    assert parse(f"{SHOT}, {CONCEPTS[key]}").unknown == ()


@pytest.mark.parametrize(("words", "kind"), MOTION_KINDS.items())
def test_a_camera_motion_does_what_it_says(words: str, kind: str) -> None:
    assert shows(kind, f", {words}")
    assert parse(f"{SHOT}, {words}").unknown == ()


def test_every_listed_word_is_looked_at_here() -> None:
    assert set(CONCEPT_KINDS) == set(CONCEPTS)
    assert set(MOTION_KINDS) == set(CAMERA_MOTIONS)
