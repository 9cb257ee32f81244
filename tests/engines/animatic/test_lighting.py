"""From words to light."""

from __future__ import annotations

import numpy as np
import pytest

from flashreel.engines.animatic.graph import SceneGraph
from flashreel.engines.animatic.lighting import look_for
from flashreel.engines.animatic.look import LOOKS, sky_gradient, tone_curve


@pytest.mark.parametrize("time", LOOKS)
def test_each_time_of_day_has_its_look(time: str) -> None:
    assert look_for(SceneGraph("", time=time)) == LOOKS[time]


def test_a_storm_takes_over_the_day_but_not_the_night() -> None:
    assert look_for(SceneGraph("", time="day", weather=("storm",))) == LOOKS["storm"]
    assert look_for(SceneGraph("", time="night", weather=("storm",))) == LOOKS["night"]


def test_fog_thickens_the_air_and_greys_the_sky() -> None:
    look = look_for(SceneGraph("", time="day", weather=("fog",)))
    assert look.fog_density >= 5 * LOOKS["day"].fog_density
    assert look.horizon == look.fog


def test_noir_has_no_colour() -> None:
    assert look_for(SceneGraph("", time="day", style="noir")).saturation == 0


def test_directions_are_unit_vectors() -> None:
    for look in LOOKS.values():
        assert np.linalg.norm(look.key_direction) == pytest.approx(1)
        assert np.linalg.norm(look.disc_direction) == pytest.approx(1)


def test_the_tone_curve_rises_from_black_to_white() -> None:
    curve = tone_curve(1.0)
    assert curve[0] == 0
    assert curve[-1] == pytest.approx(1, abs=0.01)
    assert (np.diff(curve) >= 0).all()


def test_the_sky_goes_from_horizon_to_zenith() -> None:
    gradient = sky_gradient(LOOKS["day"])
    assert gradient[2, -1] > gradient[0, -1]  # blue above
    assert gradient[:, 0].sum() > gradient[:, -1].sum()  # and brighter below
