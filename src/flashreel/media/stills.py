"""Pictures of a video, made from its frames on their way to the encoder: poster, thumbnail, sprite sheet."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Final, Literal

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from PIL import Image

from flashreel.media.colour import to_rgb
from flashreel.media.frame_check import Frame, PixelFormat

StillName = Literal["poster", "thumbnail", "spritesheet"]

THUMBNAIL_SIDE: Final = 640
TILE_SIDE: Final = 256
COLUMNS: Final = 5
ROWS: Final = 4

_POSTER_QUALITY: Final = 90
_SHEET_QUALITY: Final = 80
_THUMBNAIL_QUALITY: Final = 80
#: Of WebP's 0 to 6: half the time of the default (4) for 4 % more bytes.
_THUMBNAIL_METHOD: Final = 2


@dataclass(frozen=True, slots=True)
class Still:
    """An image file: its bytes, its media type, and how its name ends (dot included)."""

    data: bytes
    content_type: str
    suffix: str


class StillMaker:
    """Is shown every frame of one clip and makes three sRGB files:

    - `poster`: JPEG of the first frame in full size;
    - `thumbnail`: WebP of the middle frame, its long side at most THUMBNAIL_SIDE pixels;
    - `spritesheet`: JPEG of COLUMNS x ROWS evenly spaced frames, the first and the last among them, left to right, top
      to bottom, no gaps; a tile's long side is at most TILE_SIDE pixels.

    Nothing is enlarged. No frame is kept: what is wanted of one is scaled at once.
    """

    def __init__(self, width: int, height: int, frame_count: int, pixel_format: PixelFormat) -> None:
        """The clip: `width` and `height` in pixels, and its number of frames, all at least 1."""
        self._size = (width, height)
        self._pixel_format = pixel_format
        self._middle = frame_count // 2
        self._thumbnail_size = _within(width, height, THUMBNAIL_SIDE)
        self._tile_size = _within(width, height, TILE_SIDE)
        self._places: dict[int, list[int]] = {}
        tiles = COLUMNS * ROWS
        for place in range(tiles):
            self._places.setdefault(round(place * (frame_count - 1) / (tiles - 1)), []).append(place)
        tile_width, tile_height = self._tile_size
        self._sheet = np.zeros((ROWS * tile_height, COLUMNS * tile_width, 3), np.uint8)
        self._to_tile = VideoReformatter()
        self._made: dict[StillName, Still] = {}

    def see(self, index: int, frame: Frame) -> None:
        """Takes what it needs of frame `index` (from 0), of the shape `frame_shape` says."""
        places = self._places.get(index, ())
        if not places and index != self._middle:
            return
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format=self._pixel_format)
        if index == 0:
            self._made["poster"] = _jpeg(to_rgb(picture, *self._size, VideoReformatter()), _POSTER_QUALITY)
        if index == self._middle:
            self._made["thumbnail"] = _webp(to_rgb(picture, *self._thumbnail_size, VideoReformatter()))
        if places:
            tile = to_rgb(picture, *self._tile_size, self._to_tile)
            width, height = self._tile_size
            for place in places:
                top, left = place // COLUMNS * height, place % COLUMNS * width
                self._sheet[top : top + height, left : left + width] = tile

    def finish(self) -> dict[StillName, Still]:
        """The files, once every frame has been seen."""
        return {**self._made, "spritesheet": _jpeg(self._sheet, _SHEET_QUALITY)}


def _within(width: int, height: int, side: int) -> tuple[int, int]:
    """The size, no larger than it is, with its long side at most `side`."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _jpeg(rgb: Frame, quality: int) -> Still:
    file = BytesIO()
    Image.fromarray(rgb).save(file, "JPEG", quality=quality)
    return Still(file.getvalue(), "image/jpeg", ".jpg")


def _webp(rgb: Frame) -> Still:
    file = BytesIO()
    Image.fromarray(rgb).save(file, "WEBP", quality=_THUMBNAIL_QUALITY, method=_THUMBNAIL_METHOD)
    return Still(file.getvalue(), "image/webp", ".webp")
