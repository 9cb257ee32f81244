from __future__ import annotations

import numpy as np
import pytest

from flashreel.engines.animatic.colour import LINEAR, hex_of, lin, lit_of, mix, rgb, shade_of, tri_stops


def test_words_and_triples_are_the_same_colour() -> None:
    assert rgb("#ff0080") == pytest.approx((1.0, 0.0, 128 / 255))
    assert rgb((0.1, 0.2, 0.3)) == (0.1, 0.2, 0.3)
    assert hex_of(rgb("#12ab9f")) == "#12ab9f"
    assert hex_of((-1.0, 2.0, 0.0)) == "#00ff00"


@pytest.mark.parametrize("word", ["#fff", "red", "", "#12345g"])
def test_other_words_are_refused(word: str) -> None:
    with pytest.raises(ValueError):
        rgb(word)


def test_light_and_shade_lie_on_both_sides_of_the_colour() -> None:
    colour = "#4f8f3a"

    assert sum(shade_of(colour)) < sum(rgb(colour)) < sum(lit_of(colour))
    assert shade_of(colour, 0.0) == pytest.approx(rgb(colour))
    assert mix(colour, "#ffffff", 1.0) == pytest.approx((1, 1, 1))


def test_stops_run_from_light_to_shade() -> None:
    stops = tri_stops("#4f8f3a", 0.2, 0.3, 0.5)

    assert stops.shape == (3, 5)
    assert np.all(np.diff(stops[:, 0]) > 0)
    assert np.all(np.diff(stops[:, 1:4].sum(1)) < 0)
    assert np.all(stops[:, 4] == 0.5)


def test_linear_light_matches_the_table() -> None:
    assert LINEAR.shape == (256,)
    assert LINEAR[0] == 0
    assert LINEAR[255] == 1
    np.testing.assert_allclose(lin("#804020", 2.0), 2 * LINEAR[[0x80, 0x40, 0x20]], rtol=1e-5)
