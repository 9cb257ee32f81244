"""World: a height field with materials and water, lit once per scene."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import numpy as np

from flashreel.engines.animatic.colour import lin
from flashreel.engines.animatic.kernels.bake import bake_relief
from flashreel.engines.animatic.kernels.pack import pack_relief
from flashreel.engines.animatic.kernels.params import Ground
from flashreel.engines.animatic.look import Look
from flashreel.engines.animatic.noise import AnyField, Field
from flashreel.engines.animatic.world.lap import Lap
from flashreel.engines.animatic.world.surface import Surface, height_at
from flashreel.engines.animatic.world.textures import land_textures

#: A water level below every land: there is no water.
DRY: Final = -1e6
_BAKE_PARTS = 4
#: Between the land that repeats and its backdrop lies a valley: that low, in percent of what there was.
_LOW_LAND = 25


def _grey_layers() -> Field:
    return np.repeat(lin("#8a8f98")[None], 64, 0)


@dataclass(frozen=True, slots=True)
class Materials:
    """Two colours that the ground mixes, the path's colour, from which slope to which a wall appears, its `strata`
    (layers, 3) from the lowest point to the highest, linear RGB, and how uneven they are."""

    ground: tuple[str, str]
    path: str = "#e6c79a"
    slope: tuple[float, float] = (0.55, 1.1)
    strata: Field = field(default_factory=_grey_layers)
    wall_noise: float = 0.35


@dataclass(frozen=True, slots=True)
class Water:
    """Level of the surface (m), colour, light through crests, strength of the sun's sparkle."""

    level: float = DRY
    color: str = "#0d4a63"
    crest: float = 0.22
    sparkle: float = 3.5


class World:
    """Land: its surface is the same at every instant.

    `heights` is (n, n) metres, n a power of two, `texel` metres apart and wrapping; `path` (n, n), 0..1, is where the
    trail shows; `softness` is the apparent size of the light that casts its shadows. With a `lap` the near land is made
    to repeat.
    """

    ocean = False

    def __init__(
        self,
        heights: AnyField,
        texel: float,
        look: Look,
        materials: Materials,
        executor: Executor,
        *,
        path: AnyField | None = None,
        water: Water | None = None,
        softness: float = 0.09,
        lap: Lap | None = None,
    ) -> None:
        path = np.zeros_like(heights) if path is None else path
        if lap is not None:
            heights = lap.evened(lap.repeated(heights, texel), texel, _LOW_LAND)
            path = lap.repeated(path, texel)
        self.heights = np.ascontiguousarray(heights, np.float32)
        self.texel = texel
        self.lap = lap
        self.textures = land_textures(lap)
        self.materials = materials
        self.water = water or Water()
        self.strata = np.ascontiguousarray(materials.strata.T, np.float32)
        self._path = np.ascontiguousarray(path, np.float32)
        self._surface: Surface | None = None
        self._joining = Lock()
        # on its way while sprites are made; awaited in `surface`
        self._maps = [np.zeros_like(self.heights) for _ in range(4)]
        self._baking = self._start_baking(executor, look, softness)

    def height(self, x: float, z: float) -> float:
        """Height of the land in metres at world (x, z)."""
        return height_at(self.heights, self.texel, x, z)

    def surface(self, time: float, reuse: Surface | None = None) -> Surface:
        """The surface at `time` seconds. `reuse` is an earlier result of this world that may be written over."""
        with self._joining:
            if self._surface is None:
                self._surface = self._join()
        return self._surface

    def ground(self) -> Ground:
        """The materials as the kernels take them."""
        m = self.materials
        lowest, highest = float(self.heights.min()), float(self.heights.max())
        values = (
            *lin(m.ground[0]),
            *lin(m.ground[1]),
            *lin(m.path),
            m.slope[0],
            1 / (m.slope[1] - m.slope[0]),
            m.wall_noise,
            lowest,
            max(highest - lowest, 1e-3),
        )
        return Ground(*map(np.float32, values))

    def _start_baking(self, executor: Executor, look: Look, softness: float) -> list[Future[None]]:
        n = self.heights.shape[0]
        rows = -(-n // _BAKE_PARTS)
        slope_x, slope_z, sunlit, occlusion = self._maps
        x, y, z = look.key_direction
        land, texel, soft = self.heights, float(self.texel), float(softness)

        def bake(first: int) -> None:
            last = min(first + rows, n)
            bake_relief(land, texel, x, y, z, soft, slope_x, slope_z, sunlit, occlusion, first, last)

        return [executor.submit(bake, first) for first in range(0, n, rows)]

    def _join(self) -> Surface:
        for part in self._baking:
            part.result()
        if self.lap is not None:  # far hills may throw their shadows this far
            self._maps[2:] = [
                self.lap.evened(self.lap.repeated(light, self.texel), self.texel, 50) for light in self._maps[2:]
            ]
        slope_x, slope_z, sunlit, occlusion = self._maps
        relief = np.zeros(self.heights.size * 8, np.uint32)
        pack_relief(slope_x, slope_z, sunlit, occlusion, self._path, relief)
        self._maps.clear()
        self._baking.clear()
        return Surface(self.heights, self.texel, relief, float(self.heights.max()))
