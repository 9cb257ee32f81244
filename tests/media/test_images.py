from __future__ import annotations

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from flashreel.errors import JobFailed
from flashreel.media.images import decode, fit

WIDTH, HEIGHT = 48, 32
QUADRANTS = ((220, 40, 40), (40, 200, 60), (40, 60, 220), (230, 220, 60))


def quadrants() -> NDArray[np.uint8]:
    """Four colours: red, green above blue, yellow; so a turn or a mirror shows."""
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    for number, colour in enumerate(QUADRANTS):
        row, column = divmod(number, 2)
        image[row * 16 : row * 16 + 16, column * 24 : column * 24 + 24] = colour
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def corners(image: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """The middles of the four quadrants."""
    height, width = image.shape[:2]
    return [tuple(image[y, x]) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds no pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def refusal(data: bytes) -> str:
    with pytest.raises(JobFailed) as failure:
        decode(data, "start_image_url")
    assert failure.value.code == "image_invalid"
    assert str(failure.value).startswith("start_image_url ")
    return str(failure.value)


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("GIF", {}, 0),
        ("JPEG", {"quality": 95, "subsampling": 0}, 4),
        ("AVIF", {"quality": 95}, 6),
    ],
)
def test_every_format(kind: str, options: dict[str, object], tolerance: int) -> None:
    image = decode(saved(Image.fromarray(quadrants()), kind, **options), "start_image_url")
    assert image.dtype == np.uint8
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(np.array(corners(image), int) - np.array(QUADRANTS)).max() <= tolerance


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation: int) -> None:
    upright = quadrants()
    # How a camera stores the upright picture under each orientation: the inverse of what a viewer then does.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif)
    assert np.array_equal(decode(data, "start_image_url"), upright)


def test_alpha_lies_over_black() -> None:
    half = np.dstack([quadrants(), np.full((HEIGHT, WIDTH), 128, np.uint8)])
    image = decode(saved(Image.fromarray(half), "PNG"), "start_image_url")
    assert np.abs(np.array(corners(image), int) - np.array(QUADRANTS) * 128 / 255).max() <= 1


def test_a_palette_with_a_transparent_colour() -> None:
    palette = Image.fromarray(quadrants()).quantize(4)
    clear = palette.getpixel((0, 0))
    image = decode(saved(palette, "GIF", transparency=clear), "start_image_url")
    assert corners(image) == [(0, 0, 0), *QUADRANTS[1:]]


def test_grey_and_its_alpha() -> None:
    grey = Image.fromarray(np.full((4, 4, 2), (200, 255), np.uint8), "LA")
    assert corners(decode(saved(grey, "PNG"), "start_image_url"))[0] == (200, 200, 200)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind: str) -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    image = decode(saved(Image.fromarray(ramp), kind), "start_image_url")
    assert np.abs(image[..., 0] - ramp / 257.0).max() <= 0.51
    assert np.array_equal(image[..., 0], image[..., 2])


def test_cmyk_jpeg_is_not_inverted() -> None:
    ink = Image.fromarray(quadrants()).convert("CMYK")
    image = decode(saved(ink, "JPEG", quality=95, subsampling=0), "start_image_url")
    assert np.abs(np.array(corners(image), int) - np.array(QUADRANTS)).max() <= 6


def test_an_embedded_profile_is_converted_to_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A colour space whose red is blue and the other way round: the names in the profile's table change places.
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    picture = Image.fromarray(quadrants())
    same = decode(saved(picture, "PNG", icc_profile=srgb), "start_image_url")
    assert np.abs(np.array(corners(same), int) - np.array(QUADRANTS)).max() <= 1
    mirrored = decode(saved(picture, "PNG", icc_profile=swapped), "start_image_url")
    assert np.abs(np.array(corners(mirrored), int) - np.array(QUADRANTS)[:, ::-1]).max() <= 1


@pytest.mark.parametrize("profile", [b"nonsense", b"\x00" * 128])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    data = saved(Image.fromarray(quadrants()), "PNG", icc_profile=profile)
    assert corners(decode(data, "start_image_url")) == list(QUADRANTS)


def test_the_first_frame_of_an_animation() -> None:
    first, second = Image.fromarray(quadrants()), Image.new("RGB", (WIDTH, HEIGHT), (255, 255, 255))
    data = saved(first, "GIF", save_all=True, append_images=[second])
    assert corners(decode(data, "start_image_url")) == list(QUADRANTS)


@pytest.mark.parametrize("size", [(8001, 8000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert refusal(png_header(*size)) == "start_image_url has more than 64 megapixels"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<!DOCTYPE html><html></html>", "is not an image: text/html"),
        (b"\n <html>", "is not an image: text/html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is not an image: image/svg+xml"),
        (b'<?xml version="1.0"?><svg/>', "is not an image: application/xml"),
        (b'{"error": "gone"}', "is not an image: application/json"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not an image: none of PNG"),
        (b"", "is not an image"),
        (b"\x00" * 100, "is not an image"),
    ],
)
def test_what_is_no_image_says_what_it_is(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_a_truncated_image_is_refused(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    data = saved(Image.fromarray(noise), kind)
    refusal(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF"])
def test_flipped_bytes_never_raise_anything_else(kind: str) -> None:
    rng = np.random.default_rng(2)
    data = saved(Image.fromarray(quadrants()), kind)
    for _ in range(30):
        broken = bytearray(data)
        for position in rng.integers(0, len(data), 6):
            broken[position] = int(rng.integers(0, 256))
        try:
            decode(bytes(broken), "start_image_url")
        except JobFailed as failure:
            assert failure.code == "image_invalid"


def test_fit_covers_and_crops_the_centre() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 255
    fitted = fit(image, 64, 64)
    assert fitted.shape == (64, 64, 3)
    assert fitted[:, 4:-4].min() >= 250
    tall = fit(np.ascontiguousarray(image.transpose(1, 0, 2)), 64, 64)
    assert tall[4:-4].min() >= 250


def test_fit_keeps_an_image_of_the_right_size_to_the_bit() -> None:
    image = quadrants()
    assert np.array_equal(fit(image, WIDTH, HEIGHT), image)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3000, 2)])
def test_fit_takes_any_shape(size: tuple[int, int]) -> None:
    image = np.full((size[1], size[0], 3), 77, np.uint8)
    fitted = fit(image, 160, 90)
    assert fitted.shape == (90, 160, 3)
    assert (fitted == 77).all()
