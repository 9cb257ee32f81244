"""Every actor draws something whole, inside its bounds, in time with its loop."""

from __future__ import annotations

import logging
import math
from typing import Final

import numpy as np
import pytest

from flashreel.engines.animatic.actors import cyclist
from flashreel.engines.animatic.actors.bestiary import SPECIES
from flashreel.engines.animatic.actors.coachwork import VEHICLES
from flashreel.engines.animatic.actors.cutout import emoji_for, sticker
from flashreel.engines.animatic.actors.kinematics import TAU, foot_path, two_bone, wheel_rate, whole_cycles
from flashreel.engines.animatic.actors.library import make
from flashreel.engines.animatic.actors.people import PEOPLE
from flashreel.engines.animatic.actors.registry import RIGS, Anim, rig
from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.figure import Figure, Pose
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Pen
from flashreel.engines.animatic.vector import Box, Floats, Pixels
from flashreel.engines.animatic.words import ACTIONS
from flashreel.spec import FPS

WIDTH, HEIGHT = 160, 90
GRAPH: Final = SceneGraph("test")
LOOP: Final = 5.0
SUN: Final = (-0.6, 0.7, -0.3)
#: One subject of every family, in every way it is drawn.
CAST: Final = {
    "cyclist": Subject("boy", "boy", action="ride", prop=Subject("bicycle", "bicycle")),
    "rider": Subject("astronaut", "astronaut", action="ride", prop=Subject("horse", "horse")),
    "walker": Subject("man", "man", action="walk"),
    "runner": Subject("woman", "woman", action="run"),
    "dancer": Subject("girl", "girl", action="dance"),
    "sitter": Subject("elder", "elder", action="sit"),
    "waver": Subject("knight", "knight", action="wave"),
    "fox": Subject("fox", "fox", action="run"),
    "howling wolf": Subject("wolf", "wolf", action="howl"),
    "car": Subject("car", "car"),
    "sailboat": Subject("sailboat", "sailboat"),
    "rocket": Subject("rocket", "rocket"),
    "bird": Subject("bird", "bird"),
    "balloon": Subject("balloon", "balloon"),
    "fish": Subject("fish", "fish"),
    "paper teddy": Subject("emoji:teddy-bear", "teddy", action="dance"),
}


def act(subject: Subject, seed: int = 1, loop_seconds: float = 0.0) -> Anim:
    anim = make(subject, GRAPH, np.random.default_rng(seed), loop_seconds)
    assert anim is not None
    return anim


def camera_for(anim: Anim) -> Camera:
    """Sees the actor at about a third of the frame's height."""
    extent = 3.0 * max(anim.h, anim.w * HEIGHT / WIDTH)
    return Camera(0.0, anim.h * 0.5, -10.0, 0.0, 10 * HEIGHT / extent, WIDTH / 2, HEIGHT / 2)


def figure(
    anim: Anim, t: float = 0.3, *, heading: float = 0.0, sun: tuple[float, float, float] | None = None
) -> Figure:
    pen = Pen(heading)
    anim.draw(t)(pen)
    return Figure(pen, camera_for(anim), Pose((0.0, 0.0, 0.0), heading), sun=sun)


def draw(anim: Anim, t: float = 0.3) -> tuple[Pixels, Box]:
    """The picture and the bounds of what was drawn."""
    drawn = figure(anim, t)
    return drawn.paint(0, 0, WIDTH, HEIGHT), drawn.bounds


def shadow(anim: Anim) -> tuple[Floats, Box]:
    drawn = figure(anim, sun=SUN)
    return drawn.coverage(0, 0, WIDTH, HEIGHT, 0.0), drawn.bounds


def opacity(picture: Pixels) -> Floats:
    return picture[..., 3].astype(np.float32) / np.float32(255)


def assert_inside(cover: Floats, bounds: Box) -> None:
    rows, columns = np.nonzero(cover > 0.02)
    left, top, right, bottom = bounds
    assert np.isfinite(bounds).all()
    assert columns.min() >= left - 1.5
    assert rows.min() >= top - 1.5
    assert columns.max() <= right + 1.5
    assert rows.max() <= bottom + 1.5


@pytest.mark.parametrize("concept", sorted(RIGS))
def test_every_rig_draws_itself_inside_its_bounds(concept: str) -> None:
    anim = act(Subject(concept, concept))

    picture, bounds = draw(anim)

    assert not anim.fallback
    assert 0.003 < (picture[..., 3] > 128).mean() < 0.5
    assert_inside(opacity(picture), bounds)
    tall, wide = (picture[..., 3] > 128).any(1).sum(), (picture[..., 3] > 128).any(0).sum()
    per_metre = camera_for(anim).scale(10)
    assert 0.3 < tall / per_metre / anim.h < 1.5
    assert 0.3 < wide / per_metre / anim.w < 1.7


@pytest.mark.parametrize("name", CAST)
def test_everybody_casts_a_shadow_inside_its_bounds(name: str) -> None:
    cover, bounds = shadow(act(CAST[name]))

    assert cover.max() > 0.5
    assert_inside(cover, bounds)


@pytest.mark.parametrize("name", CAST)
def test_a_loop_ends_as_it_began(name: str) -> None:
    anim = act(CAST[name], loop_seconds=LOOP)

    first, middle, last = (draw(anim, t)[0].astype(int) for t in (0.3, 1.53, 0.3 + LOOP))

    assert np.abs(first - last).max() <= 2
    if name not in ("rocket", "balloon"):
        assert np.abs(first - middle).max() > 4


@pytest.mark.parametrize("name", CAST)
def test_same_seed_same_picture(name: str) -> None:
    np.testing.assert_array_equal(draw(act(CAST[name]))[0], draw(act(CAST[name]))[0])


def test_no_two_of_the_cast_look_alike() -> None:
    pictures = {draw(act(subject))[0].tobytes() for subject in CAST.values()}

    assert len(pictures) == len(CAST)


def test_no_two_species_look_alike() -> None:
    pictures = {draw(act(Subject(name, name)))[0].tobytes() for name in SPECIES}

    assert len(pictures) == len(SPECIES)


@pytest.mark.parametrize("action", ["", *sorted(set(ACTIONS.values()))])
def test_no_action_breaks_a_rig(action: str) -> None:
    """The cut-out that would stand in hides it from every other test."""
    for concept in ("man", "fox", "car", "motorcycle", "bird", "ship"):
        assert not act(Subject(concept, concept, action=action)).fallback, concept
    for prop in RIGS:
        assert not act(Subject("woman", "woman", action=action, prop=Subject(prop, prop))).fallback, prop


def test_everybody_can_turn_round() -> None:
    for subject in CAST.values():
        anim = act(subject)
        for heading in (0.8, math.pi / 2, math.pi):
            picture = figure(anim, heading=heading).paint(0, 0, WIDTH, HEIGHT)
            assert (picture[..., 3] > 128).sum() > 20


# -- what the prompt says shows


def mean_colour(subject: Subject) -> tuple[float, float, float]:
    picture = draw(act(subject))[0].astype(float)
    solid = picture[..., 3] > 250
    r, g, b = picture[solid][:, :3].mean(0).tolist()
    return r, g, b


@pytest.mark.parametrize(
    "concept", ["fox", "car", "balloon", "fish", "bird", "sailboat", "rocket", "man", "emoji:kite"]
)
def test_a_colour_shows(concept: str) -> None:
    r0, _, b0 = mean_colour(Subject(concept, concept, colors=("#e02020",)))
    r, _, b = mean_colour(Subject(concept, concept, colors=("#2030e0",)))

    assert b - r > b0 - r0 + 40


def test_a_red_fox_is_not_scarlet() -> None:
    _, green, _ = mean_colour(Subject("fox", "fox", colors=("#d8232a",)))
    _, scarlet, _ = mean_colour(Subject("dog", "dog", colors=("#d8232a",)))

    assert green > 60
    assert green != scarlet


def test_sizes_and_ages_scale_animals() -> None:
    plain = act(Subject("bear", "bear"))

    assert act(Subject("bear", "bear", size="huge")).size > plain.size
    assert act(Subject("bear", "cub")).size < plain.size
    assert act(Subject("boy", "boy")).h < act(Subject("man", "man")).h


def test_a_bicycle_has_the_colour_it_was_given() -> None:
    green = Subject("boy", "boy", action="ride", prop=Subject("bicycle", "bicycle", colors=("#20c020",)))

    assert mean_colour(green)[1] > mean_colour(CAST["cyclist"])[1]


def test_clothes_change_the_picture() -> None:
    plain = Subject("woman", "woman")
    seen = {draw(act(plain))[0].tobytes()}
    garments = ("dress", "jacket", "jeans", "helmet", "hat", "backpack", "cape")
    for word in garments:
        worn = Subject(word, word, colors=("#208040",))
        seen.add(draw(act(Subject("woman", "woman", wears=(worn,))))[0].tobytes())

    assert len(seen) == len(garments) + 1


def test_media_and_speed() -> None:
    assert act(CAST["sailboat"]).medium == "water"
    assert act(CAST["bird"]).medium == "air"
    assert act(CAST["fish"]).medium == "under"
    assert act(CAST["rocket"]).medium == "launch"
    assert act(CAST["rocket"]).spec["color"].startswith("#")
    slow = make(CAST["fox"], SceneGraph("slow", speed=0.5), np.random.default_rng(1), 0.0)
    assert slow is not None
    assert slow.speed == pytest.approx(act(CAST["fox"]).speed / 2)
    assert act(Subject("dog", "dog", action="sit")).speed == 0


# -- the long tail


def test_what_has_no_rig_is_cut_out() -> None:
    anim = act(Subject("penguin", "penguin"))

    picture, bounds = draw(anim)

    assert anim.fallback
    assert (picture[..., 3] > 128).mean() > 0.02
    assert_inside(opacity(picture), bounds)


def test_what_has_no_picture_is_nothing() -> None:
    assert emoji_for("zorgblat") is None
    assert make(Subject("zorgblat", "zorgblat"), GRAPH, np.random.default_rng(1), 0.0) is None


@pytest.mark.parametrize("late", [False, True])
def test_a_broken_rig_is_replaced_by_a_cutout(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, late: bool
) -> None:
    def broken(pen: Pen) -> None:
        raise ZeroDivisionError

    def maker(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim:
        if late:
            return Anim(lambda t: broken, 1.0, 1.0)
        raise KeyError("a joint")

    monkeypatch.setitem(RIGS, "fox", maker)
    with caplog.at_level(logging.WARNING):
        anim = act(Subject("fox", "fox"))

    assert anim.fallback
    assert "fox" in caplog.text


@pytest.mark.parametrize("concept", sorted(RIGS))
def test_every_rig_has_a_cutout_to_stand_in(concept: str) -> None:
    assert emoji_for(concept) is not None


def test_a_sticker_has_a_white_border() -> None:
    picture, aspect = sticker("penguin")
    alpha = picture[..., 3].astype(int)
    rows, columns = np.nonzero(alpha > 128)

    edge = picture[rows.min() + 2, columns[rows == rows.min() + 2].mean().astype(int)]
    assert 0.3 < aspect < 3
    assert edge.min() > 220
    assert np.all(picture[..., :3] <= alpha[..., None] + 2)


def test_two_rigs_for_one_concept_are_refused() -> None:
    with pytest.raises(ValueError, match="fox"):
        rig("fox")(RIGS["boy"])


def test_people_are_registered() -> None:
    assert set(PEOPLE) <= set(RIGS)


# -- motion


@pytest.mark.parametrize("loop_seconds", [0.0, 5.0, 9.0])
@pytest.mark.parametrize("speed", [0.5, 3.0, 6.0, 18.0, 60.0])
def test_no_wheel_turns_more_than_a_third_of_a_spoke_spacing_a_frame(speed: float, loop_seconds: float) -> None:
    wheels = {(wheel.spokes, wheel.radius) for work in VEHICLES.values() for wheel in work.wheels}
    for spokes, radius in {(cyclist.SPOKES, cyclist.WHEEL_RADIUS)} | wheels:
        rate = wheel_rate(speed, radius, spokes, loop_seconds)

        assert 0 < rate <= speed / radius + 1e-9
        assert rate / FPS <= TAU / spokes / 3 + 1e-9
        turns = rate * loop_seconds / TAU
        assert turns == pytest.approx(round(turns)) or turns < 1


def test_the_drawn_wheels_keep_that_rule() -> None:
    assert cyclist.wheel_spin(100.0, 0.0) / FPS == pytest.approx(TAU / cyclist.SPOKES / 3)


def test_two_bones_keep_their_lengths() -> None:
    root, end = (0.0, 1.0, 0.0), (0.3, 0.3, 0.2)

    knee = two_bone(root, end, 0.45, 0.4, 1.0)

    assert math.dist(root[:2], knee[:2]) == pytest.approx(0.45)
    assert math.dist(end[:2], knee[:2]) == pytest.approx(0.4)
    assert knee[0] > two_bone(root, end, 0.45, 0.4, -1.0)[0]


def test_a_standing_foot_slides_back_evenly_and_a_swinging_one_lifts() -> None:
    standing = [foot_path(u, 0.6, 1.0, 0.2) for u in (0.0, 0.2, 0.4)]

    assert [y for _, y in standing] == [0, 0, 0]
    assert standing[0][0] - standing[1][0] == pytest.approx(standing[1][0] - standing[2][0])
    assert foot_path(0.8, 0.6, 1.0, 0.2)[1] == pytest.approx(0.2)
    assert foot_path(0.5999, 0.6, 1.0, 0.2) == pytest.approx(foot_path(0.6, 0.6, 1.0, 0.2), abs=1e-3)
    assert foot_path(0.9999, 0.6, 1.0, 0.2) == pytest.approx(foot_path(1.0, 0.6, 1.0, 0.2), abs=1e-2)


@pytest.mark.parametrize("hertz", [0.1, 0.95, 2.3])
def test_cycles_come_out_whole_in_a_loop(hertz: float) -> None:
    cycles = whole_cycles(hertz, LOOP) * LOOP

    assert cycles == pytest.approx(round(cycles))
    assert cycles >= 1
    assert whole_cycles(hertz, 0.0) == hertz
