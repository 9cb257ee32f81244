"""Cards, their atlas and the list they are drawn from."""

from __future__ import annotations

import numpy as np

from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.cards import Atlas, Card, CardLight, CardSet
from flashreel.engines.animatic.kernels import billboards as column
from flashreel.engines.animatic.look import LOOKS
from flashreel.engines.animatic.sprite import Sprite

CAMERA = Camera(0.0, 1.0, 0.0, 0.0, 100.0, 80.0, 45.0)
LIT = CardLight(np.ones(3, np.float32), LOOKS["day"], 0.0)
SIZE = (160, 90)


def _sprite() -> Sprite:
    picture = np.zeros((64, 40, 4), np.uint8)
    picture[10:50, 5:30] = 255
    return Sprite(picture, 2.0)


def test_spans_say_where_each_row_is_visible() -> None:
    atlas = Atlas([_sprite()])
    assert atlas.spans[20].tolist() == [5, 29]
    first, last = atlas.spans[0]
    assert last < first


def test_a_sprite_is_kept_once() -> None:
    sprite = _sprite()
    assert len(Atlas([sprite, sprite]).texels) == len(Atlas([sprite]).texels)


def test_cards_come_far_to_near_and_only_those_in_view() -> None:
    sprite = _sprite()
    places = [(0.0, 5.0), (0.0, 20.0), (0.0, -5.0), (500.0, 10.0), (1.0, 10.0)]
    cards = CardSet([Card(sprite, x, z) for x, z in places], Atlas([sprite]))
    draws = cards.draw_list(CAMERA, SIZE, LIT)
    assert draws[:, column.DEPTH].tolist() == [20, 10, 5]
    nearest = draws[2]
    assert nearest[column.HEIGHT] == 40  # 2 m at 5 m, 100 pixels focal length
    assert nearest[column.TOP] + nearest[column.HEIGHT] == 45 + 20  # its foot is a metre below the eye


def test_far_cards_take_a_smaller_picture() -> None:
    sprite = _sprite()
    cards = CardSet([Card(sprite, 0.0, 4.0), Card(sprite, 0.0, 40.0)], Atlas([sprite]))
    far, near = cards.draw_list(CAMERA, SIZE, LIT)
    assert far[column.TEX_H] < near[column.TEX_H] == 64


def test_no_cards_are_an_empty_list() -> None:
    assert CardSet([], Atlas([])).draw_list(CAMERA, SIZE, LIT).shape == (0, column.DRAW_COLUMNS)
