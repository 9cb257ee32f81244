"""The vector canvas covers what it should, and nothing else."""

from __future__ import annotations

import math

import numpy as np
import pytest

from flashreel.engines.animatic.vector import (
    Canvas,
    Doubles,
    Paint,
    Path,
    blur,
    clockwise,
    linear,
    radial,
    smooth_curve,
    solid,
    stops_of,
)

RED = solid("#ff0000")
SIZE = 64


def area(canvas: Canvas) -> float:
    """Square pixels covered."""
    return float(canvas.pixels[..., 3].sum()) / 255


def square(x: float, y: float, side: float) -> Path:
    return Path().polygon(((x, y), (x + side, y), (x + side, y + side), (x, y + side)))


@pytest.fixture
def canvas() -> Canvas:
    return Canvas.blank(SIZE, SIZE)


def test_rectangle_covers_exactly_its_area(canvas: Canvas) -> None:
    canvas.rect(10.5, 20.0, 30.0, 25.25, RED)

    alpha = canvas.pixels[..., 3]
    assert alpha[22, 10] == 128
    assert alpha[22, 9] == 0
    assert alpha[22, 29] == 255
    assert alpha[22, 30] == 0
    assert alpha[25, 20] == 64
    assert canvas.pixels[22, 20].tolist() == [255, 0, 0, 255]


@pytest.mark.parametrize("radius", [2.0, 5.5, 20.0])
def test_disc_covers_its_area(canvas: Canvas, radius: float) -> None:
    canvas.circle(32.2, 31.7, radius, RED)

    assert area(canvas) == pytest.approx(math.pi * radius**2, rel=0.02)


def test_ellipse_covers_its_area(canvas: Canvas) -> None:
    canvas.fill(Path().ellipse(30, 30, 20, 6), RED)

    assert area(canvas) == pytest.approx(math.pi * 20 * 6, rel=0.02)


def test_slanted_edge_is_smooth(canvas: Canvas) -> None:
    canvas.fill(Path().polygon(((0, 0), (64, 0), (0, 64))), RED)

    diagonal = canvas.pixels[..., 3][np.arange(SIZE), SIZE - 1 - np.arange(SIZE)]
    assert np.all(np.abs(diagonal.astype(int) - 128) <= 1)


def test_outlines_of_one_path_unite(canvas: Canvas) -> None:
    canvas.fill(Path().circle(30, 30, 10).circle(28, 30, 6).circle(30, 30, 4), RED)

    assert area(canvas) == pytest.approx(math.pi * 100, rel=0.02)


def test_clockwise_turns_a_polygon_to_unite_with_discs(canvas: Canvas) -> None:
    backwards = [(20, 20), (20, 40), (40, 40), (40, 20)]
    canvas.fill(Path().polygon(clockwise(backwards)).circle(30, 30, 5), RED)

    assert area(canvas) == pytest.approx(400, rel=0.01)


def test_half_transparent_paint_adds_up(canvas: Canvas) -> None:
    for _ in range(2):
        canvas.rect(0, 0, 10, 10, solid("#ffffff", 0.5))

    assert canvas.pixels[5, 5, 3] == pytest.approx(0.75 * 255, abs=2)


def test_line_has_its_width_and_round_ends(canvas: Canvas) -> None:
    canvas.line(16, 32, 48, 32, 6, RED)

    assert area(canvas) == pytest.approx(32 * 6 + math.pi * 9, rel=0.03)


def test_stroke_of_a_disc_is_a_ring(canvas: Canvas) -> None:
    canvas.draw(Path().circle(32, 32, 20), Paint(RED, stroke=4))

    assert area(canvas) == pytest.approx(2 * math.pi * 20 * 4, rel=0.1)
    assert canvas.pixels[32, 32, 3] == 0


def test_stroke_and_area_thickens(canvas: Canvas) -> None:
    canvas.draw(square(20, 20, 20), Paint(RED, stroke=6, stroke_and_area=True))

    assert area(canvas) == pytest.approx(20 * 20 + 4 * 20 * 3 + math.pi * 9, rel=0.02)


@pytest.mark.parametrize("shift", [(-200.0, 0.0), (200.0, 0.0), (0.0, -200.0), (0.0, 200.0)])
def test_what_lies_outside_leaves_no_trace(canvas: Canvas, shift: tuple[float, float]) -> None:
    canvas.translate(*shift)
    canvas.circle(32, 32, 20, RED)
    canvas.draw(square(20, 20, 20), Paint(RED, blur=2))

    assert not canvas.pixels.any()


def test_a_part_outside_does_not_change_the_rest(canvas: Canvas) -> None:
    wide = Canvas.blank(3 * SIZE, 3 * SIZE)
    wide.translate(SIZE, SIZE)
    for each in (canvas, wide):
        each.fill(Path().circle(2, 60, 30).polygon(((40, -20), (90, 30), (30, 20))), RED)

    inside = wide.pixels[SIZE : 2 * SIZE, SIZE : 2 * SIZE]
    np.testing.assert_allclose(canvas.pixels.astype(int), inside.astype(int), atol=1)


def test_linear_gradient_reaches_its_ends(canvas: Canvas) -> None:
    stops = stops_of(["#ff0000", "#00ff00", "#0000ff"], [0.0, 0.5, 1.0])
    canvas.rect(0, 0, SIZE, SIZE, linear(16, 0, 48, 0, stops))

    row = canvas.pixels[32, :, :3].astype(int)
    assert row[0].tolist() == row[15].tolist() == [255, 0, 0]
    assert row[63].tolist() == row[48].tolist() == [0, 0, 255]
    assert row[32, 1] > 240
    assert np.all(np.diff(row[:, 2]) >= 0)


def test_radial_gradient_reaches_its_ends(canvas: Canvas) -> None:
    canvas.rect(0, 0, SIZE, SIZE, radial(32, 32, 16, stops_of(["#ffffff", "#000000"])))

    assert canvas.pixels[32, 32, 0] > 240
    assert canvas.pixels[32, 49, 0] == 0
    assert canvas.pixels[32, 24, 0] == pytest.approx(canvas.pixels[24, 32, 0], abs=2)


def test_gradients_move_with_the_coordinates(canvas: Canvas) -> None:
    canvas.translate(20, 0)
    canvas.rect(0, 0, 10, SIZE, linear(0, 0, 10, 0, stops_of(["#000000", "#ffffff"])))

    assert canvas.pixels[5, 20, 0] < 20
    assert canvas.pixels[5, 29, 0] > 235


def test_clip_holds_inside_its_block_only(canvas: Canvas) -> None:
    with canvas.saved():
        canvas.clip(Path().circle(32, 32, 10))
        canvas.clip(square(32, 0, 64))
        canvas.rect(0, 0, SIZE, SIZE, RED)
    half_disc = area(canvas)
    canvas.rect(0, 0, 4, 4, RED)

    assert half_disc == pytest.approx(math.pi * 50, rel=0.03)
    assert area(canvas) == pytest.approx(half_disc + 16)


def test_rotation_turns_about_its_point(canvas: Canvas) -> None:
    canvas.rotate(math.pi / 2, 32, 32)
    canvas.rect(32, 30, 52, 34, RED)

    alpha = canvas.pixels[..., 3]
    assert alpha[42, 32] == 255
    assert alpha[32, 42] == 0


def test_blurred_paint_spreads_and_keeps_its_amount(canvas: Canvas) -> None:
    canvas.draw(square(24, 24, 16), Paint(RED, blur=3))

    assert area(canvas) == pytest.approx(256, rel=0.02)
    assert 0 < canvas.pixels[32, 20, 3] < 128 < canvas.pixels[32, 32, 3]


def test_layer_is_blurred_as_a_whole(canvas: Canvas) -> None:
    canvas.rect(0, 0, 8, 8, RED)
    with canvas.layer(blur_sigma=2):
        canvas.rect(24, 24, 40, 40, RED)

    assert canvas.pixels[4, 7].tolist() == [255, 0, 0, 255]
    assert 0 < canvas.pixels[32, 22, 3] < 255


def test_an_empty_layer_changes_nothing(canvas: Canvas) -> None:
    with canvas.layer(blur_sigma=2):
        pass

    assert not canvas.pixels.any()


def test_texture_is_copied_where_it_is_put(canvas: Canvas) -> None:
    picture = np.random.default_rng(2).integers(0, 256, (8, 8, 4)).astype(np.uint8)
    picture[..., 3] = 255
    canvas.texture(picture, (1, 0, 10, 0, 1, 20))

    np.testing.assert_allclose(canvas.pixels[21:27, 11:17].astype(int), picture[1:7, 1:7].astype(int), atol=1)


def test_black_texture_keeps_only_the_shape(canvas: Canvas) -> None:
    canvas.texture(np.full((8, 8, 4), 255, np.uint8), (2, 0, 10, 0, 2, 20), black=True)

    assert canvas.pixels[28, 18].tolist() == [0, 0, 0, 255]


def test_texture_seen_edge_on_is_nothing(canvas: Canvas) -> None:
    canvas.texture(np.full((8, 8, 4), 255, np.uint8), (1, 1, 0, 1, 1, 0))

    assert not canvas.pixels.any()


def test_blur_is_symmetric_and_keeps_the_sum() -> None:
    image = np.zeros((33, 33, 1), np.float32)
    image[16, 16] = 1

    blurred = blur(image.copy(), 3.0)[..., 0]

    assert blurred.sum() == pytest.approx(1, rel=1e-3)
    np.testing.assert_allclose(blurred, blurred[::-1, ::-1], atol=1e-6)
    distance = np.arange(33) - 16
    sigma = math.sqrt(float((blurred.sum(0) * distance**2).sum()))
    assert sigma == pytest.approx(3.0, rel=0.2)


def test_smooth_curve_goes_through_its_points() -> None:
    points: Doubles = np.array([(0.0, 0.0), (10.0, 5.0), (20.0, -3.0), (30.0, 0.0)])

    curve = smooth_curve(points, 4)

    assert curve.shape == (13, 2)
    np.testing.assert_allclose(curve[::4], points, atol=1e-9)


def test_bounds_surround_all_outlines() -> None:
    path = square(5, 6, 10).circle(30, 6, 4)

    assert path.bounds() == (5, 2, 34, 16)
