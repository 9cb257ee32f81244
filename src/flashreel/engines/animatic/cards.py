"""Cards: sprites standing in the world, kept in one atlas and drawn as one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.kernels.billboards import DRAW_COLUMNS
from flashreel.engines.animatic.kernels.params import Numbers, Words
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.sprite import Sprite

Doubles = NDArray[np.float64]

_NEAREST = 0.6  # metres: closer cards are not drawn
_MARGIN = 20  # pixels beyond the frame where a card may still matter
_OVERSAMPLING = 1.5  # texels a pixel, as in Sprite.pick


@dataclass(slots=True)
class Card:
    """A sprite whose foot stands at (x, y, z) metres.

    `scale` multiplies its size, `sway` is how far its top swings (in heights), `phase` (0..1) makes neighbours differ,
    `emission` is its own light, `light` scales the light on it and `fog` the fog before it. A card that is not `solid`
    leaves the depth buffer alone.
    """

    sprite: Sprite
    x: float
    z: float
    y: float = 0.0
    scale: float = 1.0
    sway: float = 0.0
    flip: bool = False
    emission: float = 0.0
    alpha: float = 1.0
    light: float = 1.0
    fog: float = 1.0
    phase: float = 0.0
    solid: bool = True


class Atlas:
    """Every mip of a scene's sprites in one flat buffer.

    `texels` are RGBA words; `spans` (rows, 2) say where each row of a mip begins and ends to be visible.
    """

    def __init__(self, sprites: Sequence[Sprite]) -> None:
        self._entries: dict[int, Doubles] = {}
        self._sprites = list(sprites)  # kept alive: the entries are found by identity
        texels: list[NDArray[np.uint8]] = []
        spans: list[Numbers] = []
        used_texels = used_rows = 0
        for sprite in self._sprites:
            if id(sprite) in self._entries:
                continue
            entry = []
            for mip in sprite.mips:
                rows, columns = mip.shape[:2]
                entry.append((used_texels, columns, rows, used_rows))
                texels.append(np.ascontiguousarray(mip).reshape(-1))
                spans.append(_row_spans(mip))
                used_texels += rows * columns
                used_rows += rows
            self._entries[id(sprite)] = np.array(entry, np.float64)
        #: mips of the sprite that has most of them
        self.levels = max(map(len, self._entries.values()), default=1)
        for key, table in self._entries.items():
            self._entries[key] = np.pad(table, ((0, self.levels - len(table)), (0, 0)), "edge")
        self.texels: Words = np.concatenate(texels).view(np.uint32) if texels else np.zeros(1, np.uint32)
        self.spans: Numbers = np.concatenate(spans) if spans else np.zeros((1, 2), np.int32)

    def mips(self, sprite: Sprite) -> Doubles:
        """(levels, 4): first texel, width, height, first row of spans; a short chain repeats its last mip."""
        return self._entries[id(sprite)]


def _row_spans(mip: NDArray[np.uint8]) -> Numbers:
    seen = mip[..., 3] > 0
    width = seen.shape[1]
    hit = seen.any(1)
    first = np.where(hit, seen.argmax(1), width)
    last = np.where(hit, width - 1 - seen[:, ::-1].argmax(1), -1)
    return np.stack([first, last], 1).astype(np.int32)


@dataclass(frozen=True, slots=True)
class CardLight:
    """What lights cards in one frame: their light (linear RGB), the look's fog, and the share of the clip gone by."""

    rgb: NDArray[np.float32]
    look: Look
    progress: float


class CardSet:
    """Many cards as arrays."""

    def __init__(self, cards: Sequence[Card], atlas: Atlas) -> None:
        def column(value: Callable[[Card], float]) -> Doubles:
            return np.array([value(card) for card in cards], np.float64)

        self.x = column(lambda card: card.x)
        self.y = column(lambda card: card.y)
        self.z = column(lambda card: card.z)
        self.light = column(lambda card: card.light)
        self._scale = column(lambda card: card.scale)
        self._height = column(lambda card: card.sprite.h)
        self._width = column(lambda card: card.sprite.w)
        self._sway = column(lambda card: card.sway)
        self._phase = column(lambda card: card.phase)
        self._flip = column(lambda card: card.flip)
        self._emission = column(lambda card: card.emission)
        self._alpha = column(lambda card: card.alpha)
        self._fog = column(lambda card: card.fog)
        self._solid = column(lambda card: card.solid)
        #: (cards, mips, 4)
        self._mips = np.array([atlas.mips(card.sprite) for card in cards]).reshape(-1, atlas.levels, 4)

    def __len__(self) -> int:
        return len(self.x)

    def draw_list(self, camera: Camera, size: tuple[int, int], lit: CardLight, light: Doubles | None = None) -> Doubles:
        """Rows for `draw_billboards`, far to near, of the cards seen in a frame of `size` (width, height).

        `light` replaces the cards' own light factors.
        """
        width, height = size
        dx, dy, dz = self.x - camera.x, self.y - camera.y, self.z - camera.z
        depth = dx * camera.sn + dz * camera.cs
        ahead = depth > _NEAREST
        safe = np.where(ahead, depth, 1.0)
        column = camera.cx + camera.f * (dx * camera.cs - dz * camera.sn) / safe
        foot = camera.cy - camera.f * dy / safe
        scale = camera.f / safe * self._scale
        high, wide = self._height * scale, self._width * scale
        seen = ahead & (column + wide / 2 > -_MARGIN) & (column - wide / 2 < width + _MARGIN)
        seen &= (foot - high < height) & (foot > -_MARGIN) & (high >= 1)
        i = np.nonzero(seen)[0]
        i = i[np.argsort(-depth[i], kind="stable")]
        if not len(i):
            return np.zeros((0, DRAW_COLUMNS))
        high, wide, depth, column, foot = high[i], wide[i], depth[i], column[i], foot[i]
        mips = self._mips[i]
        level = np.clip((mips[:, :, 2] > (high * _OVERSAMPLING)[:, None]).sum(1), 0, mips.shape[1] - 1)
        mip = mips[np.arange(len(i)), level]
        look = lit.look
        above = np.maximum(self.y[i] + self._height[i] * 0.3 - 2, 0)
        thin = 0.35 + 0.65 * np.exp(-above * look.fog_falloff)
        fog = (1 - np.exp(-depth * look.fog_density * thin)) * self._fog[i]
        factor = (self.light if light is None else light)[i]
        phase = self._phase[i]
        sway = self._sway[i] * np.sin(2 * np.pi * (lit.progress * np.round(2 + phase * 2) + phase)) * high
        columns = (
            mip[:, 0],
            mip[:, 1],
            mip[:, 2],
            mip[:, 3],
            column - wide / 2,
            foot - high,
            wide,
            high,
            depth,
            depth * 0.985,
            lit.rgb[0] * factor,
            lit.rgb[1] * factor,
            lit.rgb[2] * factor,
            fog,
            self._alpha[i],
            self._emission[i],
            sway,
            self._flip[i],
            self._solid[i],
        )
        return np.stack(columns, 1)
