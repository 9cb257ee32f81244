"""World: a height field with materials and water, lit once per scene."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, field
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
        # on its way while sprites are made
        self._surface = executor.submit(self._lit, np.ascontiguousarray(path, np.float32), look, softness)

    def height(self, x: float, z: float) -> float:
        """Height of the land in metres at world (x, z)."""
        return height_at(self.heights, self.texel, x, z)

    def surface(self, time: float, reuse: Surface | None = None) -> Surface:
        """The surface at `time` seconds. `reuse` is an earlier result of this world that may be written over."""
        return self._surface.result()

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

    def _lit(self, path: Field, look: Look, softness: float) -> Surface:
        """The land with its light baked in."""
        slope_x, slope_z, sunlit, occlusion = (np.empty_like(self.heights) for _ in range(4))
        direction = look.key_direction
        bake_relief(self.heights, float(self.texel), *direction, float(softness), slope_x, slope_z, sunlit, occlusion)
        if self.lap is not None:  # far hills may throw their shadows this far
            sunlit, occlusion = (
                self.lap.evened(self.lap.repeated(light, self.texel), self.texel, 50) for light in (sunlit, occlusion)
            )
        relief = np.zeros(self.heights.size * 8, np.uint32)
        pack_relief(slope_x, slope_z, sunlit, occlusion, path, relief)
        return Surface(self.heights, self.texel, relief, float(self.heights.max()))
