from __future__ import annotations

import numpy as np
import pytest

from flashreel.engines.animatic.sprite import Sprite


def picture(height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    out = np.zeros((height, width, 4), np.uint8)
    out[height // 4 : -height // 4, width // 4 : -width // 4] = 255
    return out


def test_mips_halve_down_to_sixteen_texels() -> None:
    sprite = Sprite(picture(128, 96), 4.0)

    assert [mip.shape[:2] for mip in sprite.mips] == [(128, 96), (64, 48), (32, 24), (16, 12)]
    assert sprite.h == 4.0
    assert sprite.w == pytest.approx(3.0)
    assert float(sprite.mips[2].mean()) == pytest.approx(float(sprite.mips[0].mean()), abs=2)


@pytest.mark.parametrize(("px_height", "texels"), [(1000.0, 128), (100.0, 128), (80.0, 64), (30.0, 32), (2.0, 16)])
def test_pick_takes_the_mip_for_the_size(px_height: float, texels: int) -> None:
    assert Sprite(picture(128, 96), 1.0).pick(px_height).shape[0] == texels


def test_blurred_sprite_has_room_for_its_edge() -> None:
    sharp, soft = Sprite(picture(64, 64), 1.0), Sprite(picture(64, 64), 1.0, blur=4)

    assert soft.mips[0].shape == (88, 88, 4)
    assert float(soft.mips[0][..., 3].sum()) == pytest.approx(float(sharp.mips[0][..., 3].sum()), rel=0.02)
    assert soft.mips[0][..., 3].max() <= 255
