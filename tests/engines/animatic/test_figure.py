"""Pens and figures: parts in metres, painted in their order, and the shadow they cast."""

from __future__ import annotations

import numpy as np
import pytest

from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.figure import Figure, Pose
from flashreel.engines.animatic.pen import Pen, Sticker
from flashreel.engines.animatic.vector import Floats, Pixels

SIZE = 64
#: One metre at the origin is ten pixels; the origin is in the middle.
CAMERA = Camera(0.0, 0.0, -10.0, 0.0, 100.0, SIZE / 2, SIZE / 2)
ORIGIN = Pose((0.0, 0.0, 0.0))
RED, GREEN = "#ff0000", "#00ff00"


def paint(pen: Pen, pose: Pose = ORIGIN) -> Pixels:
    return Figure(pen, CAMERA, pose).paint(0, 0, SIZE, SIZE)


def opacity(pen: Pen) -> Floats:
    return paint(pen)[..., 3].astype(np.float32) / np.float32(255)


def test_a_ball_has_its_area_and_its_box() -> None:
    pen = Pen()
    pen.ball((0.5, 1.0, 0.0), 1.0, RED, ry=2.0)

    figure = Figure(pen, CAMERA, ORIGIN)

    assert figure.bounds == pytest.approx((27, 2, 47, 42))
    assert opacity(pen).sum() == pytest.approx(np.pi * 10 * 20, rel=0.01)


def test_a_tube_reaches_from_cap_to_cap() -> None:
    capped, bare = Pen(), Pen()
    joints = [(-1.0, 0.0, 0.0), (1.0, 0.0, 0.0)]
    capped.tube(joints, [0.5, 0.5], RED)
    bare.tube(joints, [0.5, 0.5], RED, caps=(False, False))

    assert opacity(bare).sum() == pytest.approx(200, rel=0.01)
    assert opacity(capped).sum() == pytest.approx(200 + np.pi * 25, rel=0.01)


def test_a_line_keeps_a_least_width() -> None:
    thin, thick = Pen(), Pen()
    thin.line((-2.0, 0.05, 0.0), (2.0, 0.05, 0.0), 1e-4, RED)
    thick.line((-2.0, 0.05, 0.0), (2.0, 0.05, 0.0), 0.4, RED)

    assert opacity(thin).sum() == pytest.approx(40 * 0.6, rel=0.03)
    assert opacity(thick).sum() == pytest.approx(40 * 4 + np.pi * 4, rel=0.03)


def test_a_ring_is_hollow_unless_filled() -> None:
    hollow, filled = Pen(), Pen()
    hollow.ring((0.0, 0.0, 0.0), 2.0, 0.4, RED)
    filled.ring((0.0, 0.0, 0.0), 2.0, 0.4, RED, fill=GREEN)

    assert paint(hollow)[32, 32, 3] == 0
    assert paint(hollow)[32, 52, 0] > 200
    assert tuple(paint(filled)[32, 32] > 100) == (False, True, False, True)
    assert paint(filled)[32, 52, 0] > 200  # the line lies over the area


def test_a_smooth_polygon_is_rounder_than_its_corners() -> None:
    sharp, round_ = Pen(), Pen()
    corners = [(-1.0, -1.0, 0.0), (1.0, -1.0, 0.0), (1.0, 1.0, 0.0), (-1.0, 1.0, 0.0)]
    sharp.polygon(corners, RED)
    round_.polygon(corners, RED, smooth=6)

    assert opacity(sharp).sum() == pytest.approx(400, rel=0.01)
    assert 420 < opacity(round_).sum() < np.pi * 200


def test_near_parts_cover_far_ones_whatever_the_order_of_calls() -> None:
    pen = Pen()
    pen.ball((0.0, 0.0, -0.5), 1.0, GREEN, flat=True)
    pen.ball((0.0, 0.0, 0.5), 1.0, RED, flat=True)

    assert tuple(paint(pen)[32, 32]) == (0, 255, 0, 255)


def test_a_group_is_painted_as_it_was_called_at_one_depth() -> None:
    pen = Pen()
    with pen.group(-1.0), pen.group(5.0):
        pen.ball((0.0, 0.0, -0.5), 1.0, GREEN, flat=True)
        pen.ball((0.0, 0.0, 0.5), 1.0, RED, flat=True)
    pen.ball((0.0, 0.0, 0.0), 2.0, "#0000ff", flat=True)

    picture = paint(pen)

    assert tuple(picture[32, 32]) == (255, 0, 0, 255)
    assert tuple(picture[32, 48]) == (0, 0, 255, 255)


def test_a_pattern_is_seen_inside_its_host_only() -> None:
    pen = Pen()
    host = pen.ball((0.0, 0.0, 0.0), 1.0, GREEN, flat=True)
    pen.clip_tube(host, [(-3.0, 0.0, 0.0), (3.0, 0.0, 0.0)], [0.3, 0.3], RED)
    plain = Pen()
    plain.ball((0.0, 0.0, 0.0), 1.0, GREEN, flat=True)

    assert not opacity(pen)[opacity(plain) == 0].any()
    assert paint(pen)[32, 32, 0] > 200
    assert Figure(pen, CAMERA, ORIGIN).bounds == Figure(plain, CAMERA, ORIGIN).bounds


def test_light_falls_on_the_side_it_comes_from() -> None:
    pen = Pen()
    pen.ball((0.0, 0.0, 0.0), 2.0, "#808080")

    picture = Figure(pen, CAMERA, ORIGIN, light=(1.0, 0.0)).paint(0, 0, SIZE, SIZE).astype(int)

    assert picture[32, 48, 1] > picture[32, 16, 1] + 20


def test_a_shadow_lies_on_the_ground_away_from_the_sun() -> None:
    pen = Pen()
    pen.tube([(0.0, 0.0, 0.0), (0.0, 2.0, 0.0)], [0.1, 0.1], RED)

    figure = Figure(pen, CAMERA, ORIGIN, sun=(-1.0, 1.0, 0.0), ground=0.0)
    cover = figure.coverage(0, 0, SIZE, SIZE, 0.0)
    rows, columns = np.nonzero(cover > 0.5)

    assert rows.size
    assert abs(rows.mean() - SIZE / 2) < 2
    assert columns.max() == pytest.approx(SIZE / 2 + 20, abs=3)


def test_a_shadow_has_no_pattern_and_is_soft_when_asked() -> None:
    pen = Pen()
    host = pen.ball((0.0, 1.0, 0.0), 1.0, RED)
    pen.clip_tube(host, [(-9.0, 1.0, 0.0), (9.0, 1.0, 0.0)], [1.0, 1.0], GREEN)
    figure = Figure(pen, CAMERA, ORIGIN, sun=(0.0, 1.0, -1.0))

    sharp, soft = (figure.coverage(0, 0, SIZE, SIZE, sigma) for sigma in (0.0, 2.0))

    assert np.nonzero((sharp > 0.02).any(0))[0].size < 26
    assert soft.sum() == pytest.approx(sharp.sum(), rel=0.02)
    assert (soft > 0.02).sum() > 1.3 * (sharp > 0.02).sum()


def test_turning_scaling_and_moving_are_the_pose_s() -> None:
    pen = Pen()
    pen.ball((1.0, 0.0, 0.0), 0.3, RED)

    rows, columns = np.nonzero(paint(pen, Pose((0.5, 0.0, 0.0), scale=2.0, pitch=np.pi / 2))[..., 3] > 128)

    assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx((37, 12), abs=0.6)


def test_a_picture_stands_on_its_foot_and_casts_its_shape() -> None:
    pixels = np.zeros((20, 10, 4), np.uint8)
    pixels[:] = (255, 0, 0, 255)
    pen = Pen()
    pen.picture(Sticker(pixels, width=1.0, height=2.0, lift=0.5, tilt=0.0, squash=1.0))

    picture = paint(pen)
    rows, columns = np.nonzero(picture[..., 3] > 128)
    shadow = Figure(pen, CAMERA, ORIGIN, sun=(-1.0, 1.0, 0.0)).coverage(0, 0, SIZE, SIZE, 0.0)

    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (27, 7, 36, 26)
    assert tuple(picture[20, 32]) == (255, 0, 0, 255)
    assert shadow.shape == (SIZE, SIZE)


def test_joints_and_radii_must_match() -> None:
    with pytest.raises(ValueError, match="2 joints have 1 radii"):
        Pen().tube([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0)], [0.1], RED)


def test_what_is_not_finite_is_refused() -> None:
    pen = Pen()
    pen.ball((float("nan"), 0.0, 0.0), 1.0, RED)

    with pytest.raises(ValueError, match="not finite"):
        paint(pen)


def test_nothing_is_nowhere() -> None:
    figure = Figure(Pen(), CAMERA, ORIGIN)

    assert figure.bounds[0] > figure.bounds[2]
    assert not figure.paint(0, 0, 8, 8).any()
