"""The camera's geometry."""

from __future__ import annotations

import math

import pytest

from flashreel.engines.animatic.camera import Camera, focal_length


def test_a_point_straight_ahead_is_in_the_middle_on_the_horizon() -> None:
    camera = Camera(1.0, 2.0, 3.0, 0.5, 100.0, 80.0, 45.0)
    ahead = (1.0 + 10 * math.sin(0.5), 2.0, 3.0 + 10 * math.cos(0.5))
    assert camera.project(ahead) == pytest.approx((80.0, 45.0, 10.0))


def test_up_is_up_and_right_is_right() -> None:
    camera = Camera(0.0, 0.0, 0.0, 0.0, 100.0, 80.0, 45.0)
    assert camera.project((1.0, 2.0, 10.0)) == pytest.approx((90.0, 25.0, 10.0))
    assert camera.scale(10.0) == 10.0


def test_nothing_divides_by_zero_at_the_lens() -> None:
    camera = Camera(0.0, 0.0, 0.0, 0.0, 100.0, 80.0, 45.0)
    assert all(map(math.isfinite, camera.project((1.0, 1.0, 0.0))))


def test_the_focal_length_of_a_right_angle_is_half_the_extent() -> None:
    assert focal_length(1280, 90) == pytest.approx(640)
