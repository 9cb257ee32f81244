"""Stage: the buffers of one thread, and one frame from march to I420."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.colour import lin
from flashreel.engines.animatic.effects import Stars
from flashreel.engines.animatic.kernels.bloom import (
    blur_transposed,
    bright_parts,
    combine_glow,
    halve,
    light_shafts,
    rgb_row,
)
from flashreel.engines.animatic.kernels.dots import draw_dots
from flashreel.engines.animatic.kernels.edges import soften_edges
from flashreel.engines.animatic.kernels.finish import Grade, finish, finish_scratch
from flashreel.engines.animatic.kernels.march import march, march_scratch
from flashreel.engines.animatic.kernels.params import Air, Disc, Light, View, Water, row_scratch
from flashreel.engines.animatic.kernels.reflect import reflect
from flashreel.engines.animatic.kernels.shade import shade
from flashreel.engines.animatic.kernels.sky import clouds
from flashreel.engines.animatic.kernels.view import view_of
from flashreel.engines.animatic.look import Look, sky_gradient, tone_curve
from flashreel.engines.animatic.painter import Painter, light_colors
from flashreel.engines.animatic.scenes.base import Scene
from flashreel.engines.animatic.world.surface import Surface
from flashreel.engines.animatic.world.textures import TEXTURE_SIZE, cloud_map, detail_map
from flashreel.engines.base import Frame
from flashreel.spec import FPS

Planes = NDArray[np.float32]

_GRAIN_SIZE = 256
_BLOOM_RADII = (4, 9)  # two box blurs at a quarter of the size
_SHAFT_STEPS = 28
_SHAFT_DECAY = 0.955
_FAINTEST_SHAFTS = 0.02
#: Two layers of ripples each, in texels a second along x and z.
_RIPPLES = ((9.0, 4.0), (-5.0, 7.0))
_OCEAN_RIPPLES = ((40.0, 23.0), (-21.0, 11.0))
_MIRROR_RIPPLES = ((9.0, 3.0), (-6.0, 5.0))
_STARLIGHT = np.array([0.9, 0.95, 1.1], np.float32)
_FLASH_ON_CLOUDS = (np.array([0.5, 0.55, 0.7], np.float32) * 0.6, np.array([0.4, 0.45, 0.6], np.float32) * 0.5)


class Stage:
    """Renders frames of one scene at one size, both even numbers of pixels. Belongs to one thread at a time.

    Inside, frames are padded to multiples of four, as bloom needs; the padding is cut off at the end.
    """

    def __init__(self, scene: Scene, width: int, height: int) -> None:
        self.scene = scene
        self.width = width
        self.height = height
        w, h = -(-width // 4) * 4, -(-height // 4) * 4
        look = scene.look
        self._depth = np.zeros((h, w), np.float32)
        self._edge = np.zeros((h, w), np.float32)
        self._shaded = _planes(h, w)
        self._frame = _planes(h, w)
        self._clouds = (*_planes(h // 2, w // 2), np.zeros((h // 2, w // 2), np.float32))
        self._march = march_scratch(h)
        self._rows = row_scratch(w)
        self._bright_row = rgb_row(w)
        self._bloom = np.zeros((3, h // 4, w // 4), np.float32)
        self._bloom_turned = np.zeros((3, w // 4, h // 4), np.float32)
        self._glow = np.zeros((3, h // 4, w // 4), np.float32)
        self._bright = np.zeros((3, h // 8, w // 8), np.float32)
        self._shafts = np.zeros((3, h // 8, w // 8), np.float32)
        self._shafts_turned = np.zeros((3, w // 8, h // 8), np.float32)
        self._sums = np.zeros(max(w, h), np.float32)
        self._finish = finish_scratch(w)
        grain = np.random.default_rng(5).normal(0, look.grain, (_GRAIN_SIZE, _GRAIN_SIZE)).astype(np.float32)
        self._grain = np.tile(grain, (1, -(-w // _GRAIN_SIZE) + 1))
        self._tone = tone_curve(look.contrast)
        self._grade = Grade(*map(np.float32, (look.exposure, look.saturation, *look.tint, look.vignette)))
        self._gradient = sky_gradient(look)
        self._ground = scene.world.ground()
        self._stars = Stars() if look.stars > 0 else None
        self._surface: Surface | None = None

    def frame(self, number: int) -> Frame:
        """Frame `number` of the clip, as a fresh I420 array (3*height/2, width)."""
        time = number / FPS
        scene, look = self.scene, self.scene.look
        camera = scene.camera(time, self.width, self.height)
        view = view_of(camera)
        flash = scene.flash(time)
        surface = self._surface = scene.world.surface(time, self._surface)
        painter = self._painter(camera, surface, time, flash)
        disc, in_front = self._disc(camera, painter)
        water = self._water(time)
        self._shade_world(painter, view, disc, water)
        scene.draw(painter)
        if scene.mirrored:
            for source, plane in zip(self._shaded, self._frame, strict=True):
                np.copyto(source, plane)
            level = float(scene.world.water.level)
            first, second = (scene.drift(time, *ripples) for ripples in _MIRROR_RIPPLES)
            reflect(*self._frame, *self._shaded, self._depth, view, level, *first, *second, detail_map(), TEXTURE_SIZE)
            scene.draw_after_reflection(painter)
        self._gather_glow(look, disc, in_front)
        return self._finished(number)

    def _painter(self, camera: Camera, surface: Surface, time: float, flash: float) -> Painter:
        sun, ambient, _, fog = light_colors(self.scene.look)
        return Painter(
            *self._frame,
            self._depth,
            self.width,
            self.height,
            camera,
            surface,
            self.scene.look,
            time,
            time / self.scene.duration,
            flash,
            sun,
            ambient,
            fog,
        )

    def _disc(self, camera: Camera, painter: Painter) -> tuple[Disc, bool]:
        """Sun or moon on the screen, and whether it is in front of the camera."""
        x, y, z = self.scene.look.disc_direction
        ahead = x * camera.sn + z * camera.cs
        right = x * camera.cs - z * camera.sn
        if ahead > 0.05:
            column, row = camera.cx + camera.f * right / ahead, camera.cy - camera.f * y / ahead
            gain = self.scene.look.disc
        else:
            column, row, gain = (-1e5 if right < 0 else 1e5), camera.cy - 1e4, 0.0
        radius = self.scene.look.disc_size * painter.pixel
        return Disc(*map(np.float32, (column, row, radius, gain))), ahead > 0.05

    def _water(self, time: float) -> Water:
        scene, water = self.scene, self.scene.world.water
        ocean = scene.world.ocean
        drifts = [way for ripples in (_OCEAN_RIPPLES if ocean else _RIPPLES) for way in scene.drift(time, *ripples)]
        values = (water.level, *lin(water.color), 1.0 if ocean else 0.0, water.crest, water.sparkle, *drifts)
        return Water(*map(np.float32, values))

    def _shade_world(self, painter: Painter, view: View, disc: Disc, water: Water) -> None:
        scene, look, world = self.scene, self.scene.look, self.scene.world
        surface, camera, textures = painter.surface, painter.camera, world.textures
        sun, ambient, bounce, fog = light_colors(look)
        key, towards_disc = look.key_direction, look.disc_direction
        light = Light(*map(np.float32, (*key, *sun, *ambient, *bounce, *towards_disc, painter.flash)))
        air = Air(*map(np.float32, (look.fog_density, *fog, look.fog_falloff, look.glow)))
        self._draw_clouds(painter, view, disc)
        heights = surface.heights.reshape(-1)
        n, inv_texel = surface.heights.shape[0], 1 / surface.texel
        march(
            heights,
            n,
            inv_texel,
            view,
            self._near(camera, surface),
            float(scene.far),
            float(scene.growth),
            float(scene.min_step),
            float(world.water.level),
            max(surface.top, float(world.water.level)),
            self._depth,
            self._edge,
            self._march,
        )
        shade(
            self._depth,
            view,
            light,
            air,
            disc,
            self._ground,
            water,
            surface.relief,
            n,
            inv_texel,
            world.strata,
            detail_map(),
            textures.coarse,
            textures.fine,
            textures.wall,
            TEXTURE_SIZE,
            textures.grain,
            self._gradient,
            *self._clouds,
            *self._shaded,
            self._rows,
        )
        if self._stars is not None:
            dots = self._stars.dots(camera, (self.width, self.height), look, painter.progress)
            draw_dots(*self._shaded, self._depth, dots, _STARLIGHT, True, 0.0, 0.0)
        soften_edges(*self._shaded, self._depth, self._edge, *self._frame)

    def _draw_clouds(self, painter: Painter, view: View, disc: Disc) -> None:
        look = self.scene.look
        lit, shaded = lin(look.cloud_lit, look.cloud_gain), lin(look.cloud_shaded, look.cloud_gain)
        if painter.flash > 0:
            lit = lit + _FLASH_ON_CLOUDS[0] * np.float32(painter.flash)
            shaded = shaded + _FLASH_ON_CLOUDS[1] * np.float32(painter.flash)
        rows = self._clouds[0].shape[0]
        last = min(max(int(painter.camera.cy / 2) + 2, 0), rows)
        for plane in self._clouds:
            plane[last:] = 0
        u, v = self.scene.cloud_drift(painter.time)
        clouds(
            cloud_map(),
            TEXTURE_SIZE,
            view,
            float(disc.x),
            float(disc.y),
            float(u),
            float(v),
            float(look.cloud_cover),
            float(look.cloud_contrast),
            float(look.cloud_scale),
            lit,
            shaded,
            *self._clouds,
            last,
        )

    def _near(self, camera: Camera, surface: Surface) -> float:
        """Where the march begins: nearer than the scene says when the camera is close to the ground."""
        above = max(camera.y - surface.height(camera.x, camera.z), 0.3)
        lowest_seen = 0.7 * camera.f * above / max(self.height - camera.cy, 1)
        return float(min(self.scene.near, max(0.4, lowest_seen)))

    def _gather_glow(self, look: Look, disc: Disc, in_front: bool) -> None:
        bloom = self._bloom
        red, green, blue = bloom
        bright_parts(*self._frame, red, green, blue, self._bright_row, float(look.bloom_threshold))
        strength = 0.0
        if look.rays > 0 and in_front:
            rows, columns = bloom.shape[1:]
            x, y = float(disc.x) / 4, float(disc.y) / 4
            outside = max(0.0, -x, x - columns, -y, y - rows) / columns
            strength = look.rays * max(0.0, 1 - outside * 1.2)
            if strength <= _FAINTEST_SHAFTS:
                strength = 0.0
            else:
                halve(bloom, self._bright)
                light_shafts(self._bright, self._shafts, x / 2, y / 2, _SHAFT_STEPS, _SHAFT_DECAY)
                blur_transposed(self._shafts, self._shafts_turned, self._sums, 1)
                blur_transposed(self._shafts_turned, self._shafts, self._sums, 1)
        for radius in _BLOOM_RADII:
            blur_transposed(bloom, self._bloom_turned, self._sums, radius)
            blur_transposed(self._bloom_turned, bloom, self._sums, radius)
        combine_glow(bloom, self._shafts, float(look.bloom), float(strength), self._glow)

    def _finished(self, number: int) -> Frame:
        height, width = self._depth.shape
        padded = np.empty((height * 3 // 2, width), np.uint8)
        planes = _i420_planes(padded, width, height)
        grain_y, grain_x = number * 57 % _GRAIN_SIZE, number * 97 % _GRAIN_SIZE
        red, green, blue = self._glow
        finish(
            *self._frame,
            red,
            green,
            blue,
            self._tone,
            self._grade,
            self._grain,
            grain_y,
            grain_x,
            *planes,
            self._finish,
        )
        if (width, height) == (self.width, self.height):
            return padded
        frame = np.empty((self.height * 3 // 2, self.width), np.uint8)
        for target, source in zip(_i420_planes(frame, self.width, self.height), planes, strict=True):
            np.copyto(target, source[: target.shape[0], : target.shape[1]])
        return frame


def _planes(height: int, width: int) -> tuple[Planes, Planes, Planes]:
    """Three arrays of their own: kernels promise the compiler that their arguments do not overlap."""
    red, green, blue = (np.zeros((height, width), np.float32) for _ in range(3))
    return red, green, blue


def _i420_planes(frame: Frame, width: int, height: int) -> tuple[Frame, Frame, Frame]:
    """Views of the Y, U and V planes in a row-packed (3*height/2, width) array."""
    flat = frame.reshape(-1)
    luma, quarter = width * height, width * height // 4
    small = (height // 2, width // 2)
    return (
        flat[:luma].reshape(height, width),
        flat[luma : luma + quarter].reshape(small),
        flat[luma + quarter :].reshape(small),
    )
