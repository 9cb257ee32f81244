from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms
from tests.support.images import png_header, saved

from flashreel.errors import JobFailed
from flashreel.media.images import decode, fit

FIELD = "start_image_url"
WIDTH, HEIGHT = 48, 32
QUADRANTS = ((220, 40, 40), (40, 200, 60), (40, 60, 220), (230, 220, 60))


def quadrants() -> NDArray[np.uint8]:
    """Four colours: red, green above blue, yellow; so a turn or a mirror shows."""
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    for number, colour in enumerate(QUADRANTS):
        row, column = divmod(number, 2)
        image[row * 16 : row * 16 + 16, column * 24 : column * 24 + 24] = colour
    return image


def corners(image: NDArray[np.uint8]) -> list[tuple[int, ...]]:
    """The middles of the four quadrants."""
    height, width = image.shape[:2]
    return [tuple(image[y, x]) for y in (height // 4, 3 * height // 4) for x in (width // 4, 3 * width // 4)]


def decoded(data: bytes, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    image = decode(data, FIELD, width, height)
    assert image.mode == "RGB"
    return np.asarray(image)


def refusal(data: bytes) -> str:
    with pytest.raises(JobFailed) as failure:
        decode(data, FIELD, WIDTH, HEIGHT)
    assert failure.value.code == "image_invalid"
    assert str(failure.value).startswith(f"{FIELD} ")
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
        ("HEIF", {"quality": 95}, 6),
    ],
)
def test_every_format(kind: str, options: dict[str, object], tolerance: int) -> None:
    image = decoded(saved(Image.fromarray(quadrants()), kind, **options))
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
    assert np.array_equal(decoded(data), upright)


def test_alpha_lies_over_black() -> None:
    half = np.dstack([quadrants(), np.full((HEIGHT, WIDTH), 128, np.uint8)])
    image = decoded(saved(Image.fromarray(half), "PNG"))
    assert np.abs(np.array(corners(image), int) - np.array(QUADRANTS) * 128 / 255).max() <= 1


def test_a_palette_with_a_transparent_colour() -> None:
    palette = Image.fromarray(quadrants()).quantize(4)
    clear = palette.getpixel((0, 0))
    image = decoded(saved(palette, "GIF", transparency=clear))
    assert corners(image) == [(0, 0, 0), *QUADRANTS[1:]]


def test_grey_and_its_alpha() -> None:
    grey = Image.fromarray(np.full((4, 4, 2), (200, 255), np.uint8), "LA")
    assert corners(decoded(saved(grey, "PNG"), 4, 4))[0] == (200, 200, 200)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_not_clipped(kind: str) -> None:
    ramp = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    image = decoded(saved(Image.fromarray(ramp), kind), 8, 8)
    assert np.abs(image[..., 0] - ramp / 257.0).max() <= 0.51
    assert np.array_equal(image[..., 0], image[..., 2])


def test_cmyk_jpeg_is_not_inverted() -> None:
    ink = Image.fromarray(quadrants()).convert("CMYK")
    image = decoded(saved(ink, "JPEG", quality=95, subsampling=0))
    assert np.abs(np.array(corners(image), int) - np.array(QUADRANTS)).max() <= 6


def test_an_embedded_profile_is_converted_to_srgb() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A colour space whose red is blue and the other way round: the names in the profile's table change places.
    swapped = srgb.replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ").replace(b"????", b"bXYZ")
    picture = Image.fromarray(quadrants())
    same = decoded(saved(picture, "PNG", icc_profile=srgb))
    assert np.abs(np.array(corners(same), int) - np.array(QUADRANTS)).max() <= 1
    mirrored = decoded(saved(picture, "PNG", icc_profile=swapped))
    assert np.abs(np.array(corners(mirrored), int) - np.array(QUADRANTS)[:, ::-1]).max() <= 1


@pytest.mark.parametrize("profile", [b"nonsense", b"\x00" * 128])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    data = saved(Image.fromarray(quadrants()), "PNG", icc_profile=profile)
    assert corners(decoded(data)) == list(QUADRANTS)


def test_the_first_frame_of_an_animation() -> None:
    first, second = Image.fromarray(quadrants()), Image.new("RGB", (WIDTH, HEIGHT), (255, 255, 255))
    data = saved(first, "GIF", save_all=True, append_images=[second])
    assert corners(decoded(data)) == list(QUADRANTS)


@pytest.mark.parametrize("size", [(8001, 8000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    assert refusal(png_header(*size)) == f"{FIELD} is {size[0]}x{size[1]} pixels; at most 64 megapixels"


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


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_a_truncated_image_is_refused(kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    data = saved(Image.fromarray(noise), kind)
    refusal(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF"])
def test_flipped_bytes_never_raise_anything_else(kind: str) -> None:
    rng = np.random.default_rng(2)
    data = saved(Image.fromarray(quadrants()), kind)
    for _ in range(30):
        broken = bytearray(data)
        for position in rng.integers(0, len(data), 6):
            broken[position] = int(rng.integers(0, 256))
        try:
            decode(bytes(broken), FIELD, 16, 16)
        except JobFailed as failure:
            assert failure.code == "image_invalid"


def fitted(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    return np.asarray(fit(Image.fromarray(image), width, height))


def test_fit_covers_and_crops_the_centre() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 255
    wide = fitted(image, 64, 64)
    assert wide.shape == (64, 64, 3)
    assert wide[:, 4:-4].min() >= 250
    tall = fitted(np.ascontiguousarray(image.transpose(1, 0, 2)), 64, 64)
    assert tall[4:-4].min() >= 250


def test_fit_keeps_an_image_of_the_right_size_to_the_bit() -> None:
    image = quadrants()
    assert np.array_equal(fitted(image, WIDTH, HEIGHT), image)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3000, 2)])
def test_fit_takes_any_shape(size: tuple[int, int]) -> None:
    image = np.full((size[1], size[0], 3), 77, np.uint8)
    small = fitted(image, 160, 90)
    assert small.shape == (90, 160, 3)
    assert (small == 77).all()


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_photograph_is_decoded_small_and_fits_all_the_same(orientation: int) -> None:
    """JPEG's own scaling must keep what the crop takes and what EXIF turns."""
    large = np.repeat(np.repeat(quadrants(), 20, 0), 20, 1)  # 960 x 640
    stored = np.ascontiguousarray(np.rot90(large, 1)) if orientation == 6 else large
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(Image.fromarray(stored), "JPEG", quality=95, subsampling=0, exif=exif)
    for width, height in ((WIDTH, HEIGHT), (WIDTH, WIDTH), (100, 900)):
        image = decoded(data, width, height)
        assert image.shape == (height, width, 3)
        assert np.abs(np.array(corners(image), int) - np.array(QUADRANTS)).max() <= 5


def test_alpha_is_scaled_without_a_fringe() -> None:
    """What is clear has no colour: a white that nobody sees must not shine through where it meets the red."""
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[:, :32] = (200, 0, 0, 255)
    picture[:, 32:] = (255, 255, 255, 0)
    image = decoded(saved(Image.fromarray(picture), "PNG"), 20, 20)
    assert image[..., 1:].max() <= 1
    assert image[:, :8, 0].min() >= 198
    assert image[:, 12:].max() <= 2


def test_a_clear_value_of_sixteen_bit_grey_is_black() -> None:
    grey = np.array([[65535, 4000]], np.uint16)
    data = saved(Image.fromarray(grey), "PNG", transparency=65535)
    assert decoded(data, 2, 1)[0, :, 0].tolist() == [0, 16]


def test_a_lab_picture_is_converted() -> None:
    lab = Image.new("LAB", (4, 4), (128, 128, 128))  # half light, no colour
    pixel = decoded(saved(lab, "TIFF"), 4, 4)[0, 0].astype(int)
    assert np.ptp(pixel) <= 2
    assert 110 <= pixel[0] <= 128
