"""Stills: the right frames in the right places, sizes and colours, from either pixel format."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from tests.support.pictures import colour_chart, to_i420

from flashreel.media.frame_check import Frame, PixelFormat
from flashreel.media.stills import COLUMNS, ROWS, Still, StillMaker, StillName


def made(frames: Iterator[Frame], count: int, pixel_format: PixelFormat = "rgb24") -> dict[StillName, Still]:
    """The stills of a clip; every array is overwritten as soon as the next frame is made, as engines may do."""
    maker: StillMaker | None = None
    for index, picture in enumerate(frames):
        height, width, _ = picture.shape
        maker = maker or StillMaker(width, height, count, pixel_format)
        frame = picture.copy() if pixel_format == "rgb24" else to_i420(picture)
        maker.see(index, frame)
        frame[:] = 255
    assert maker is not None
    return maker.finish()


def opened(still: Still) -> Frame:
    image = Image.open(BytesIO(still.data))
    assert {"JPEG": ("image/jpeg", ".jpg"), "WEBP": ("image/webp", ".webp")}[image.format or ""] == (
        still.content_type,
        still.suffix,
    )
    assert image.mode == "RGB"
    return np.asarray(image, np.uint8)


def numbered(count: int, width: int = 160, height: int = 90) -> Iterator[Frame]:
    """Frames of one grey each, which says their index."""
    yield from (np.full((height, width, 3), 10 + 2 * index, np.uint8) for index in range(count))


def number(picture: Frame) -> float:
    """The index that a picture of `numbered` says, to within 0.9 after two roundings."""
    return float(picture.mean() - 10) / 2


#: What two lossy encodings and 8-bit samples take from a value of an evenly coloured block.
LOSS = 5
EVENLY = np.linspace(0, 1, COLUMNS * ROWS)


def tiles(sheet: Frame) -> list[Frame]:
    return [tile for row in np.split(sheet, ROWS) for tile in np.split(row, COLUMNS, 1)]


@pytest.mark.parametrize("pixel_format", ["rgb24", "yuv420p"])
@pytest.mark.parametrize(("count", "middle"), [(121, 60), (120, 60), (24, 12)])
def test_the_first_the_middle_and_evenly_spaced_frames(pixel_format: PixelFormat, count: int, middle: int) -> None:
    stills = made(numbered(count), count, pixel_format)
    assert set(stills) == {"poster", "thumbnail", "spritesheet"}
    assert number(opened(stills["poster"])) == pytest.approx(0, abs=0.9)
    assert number(opened(stills["thumbnail"])) == pytest.approx(middle, abs=0.9)
    shown = [number(tile) for tile in tiles(opened(stills["spritesheet"]))]
    assert shown == pytest.approx(np.round(EVENLY * (count - 1)), abs=0.9)


@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_clip_shorter_than_the_sheet_fills_it_all_the_same(count: int) -> None:
    sheet = opened(made(numbered(count), count)["spritesheet"])
    assert [number(tile) for tile in tiles(sheet)] == pytest.approx(np.round(EVENLY * (count - 1)), abs=0.9)


@pytest.mark.parametrize(
    ("size", "thumbnail", "tile"),
    [
        ((1280, 720), (640, 360), (256, 144)),
        ((720, 1280), (360, 640), (144, 256)),
        ((1680, 720), (640, 274), (256, 110)),
        ((960, 960), (640, 640), (256, 256)),
        ((160, 90), (160, 90), (160, 90)),
        ((2, 640), (2, 640), (1, 256)),
    ],
)
def test_long_sides_are_bounded_and_nothing_is_enlarged(
    size: tuple[int, int], thumbnail: tuple[int, int], tile: tuple[int, int]
) -> None:
    stills = made(numbered(2, *size), 2)
    shapes = {name: opened(still).shape[1::-1] for name, still in stills.items()}
    assert shapes == {"poster": size, "thumbnail": thumbnail, "spritesheet": (COLUMNS * tile[0], ROWS * tile[1])}


@pytest.mark.parametrize("pixel_format", ["rgb24", "yuv420p"])
def test_colours_are_those_of_the_frames(pixel_format: PixelFormat) -> None:
    block = 256
    chart = colour_chart(1280, 768, block)
    stills = made(iter([chart, chart]), 2, pixel_format)
    pictures = [opened(stills["poster"]), opened(stills["thumbnail"]), *tiles(opened(stills["spritesheet"]))]
    for picture in pictures:
        rows, columns = picture.shape[0] / (768 // block), picture.shape[1] / (1280 // block)
        for row in range(768 // block):
            for column in range(1280 // block):
                middle = picture[int(rows * (row + 0.5)), int(columns * (column + 0.5))]
                # With the matrix of BT.601 or the range mistaken, some are off by 17 and more.
                assert np.abs(middle - chart[row * block, column * block].astype(int)).max() <= LOSS


def test_no_frame_is_kept() -> None:
    frame = to_i420(colour_chart(1280, 720))
    maker = StillMaker(1280, 720, 121, "yuv420p")
    maker.see(0, frame)
    tracemalloc.start()
    for index in range(1, 121):
        maker.see(index, frame)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < frame.nbytes / 2  # the thumbnail's file
