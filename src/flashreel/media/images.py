"""Image bytes to pixels. Pure functions: bytes and arrays in, arrays out."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps

from flashreel.errors import JobFailed

#: What is read. Naming the formats keeps Pillow's other readers (EPS runs a program) away from strangers' bytes.
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
PIXELS_MAX: Final = 64_000_000

#: How data that is no image begins, for the error.
_KNOWN_STARTS: Final = (
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<svg", "image/svg+xml"),
    (b"<?xml", "application/xml"),
    (b"{", "application/json"),
    (b"%pdf", "application/pdf"),
)


def decode(data: bytes, field: str) -> NDArray[np.uint8]:
    """The picture as RGB uint8, (height, width, 3).

    EXIF orientation is applied, an embedded colour profile converted to sRGB, alpha laid over black, 16-bit grey
    scaled. Of an animation the first frame. At most 64 million pixels, by the header, before anything is decoded.
    Raises JobFailed("image_invalid") naming `field` and the reason.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise _too_many_pixels(field) from None
    except Exception as error:  # readers fed with hostile bytes raise whatever they like
        raise JobFailed("image_invalid", f"{field} is not an image: {_kind(data)}") from error
    with image:
        if image.width * image.height > PIXELS_MAX:
            raise _too_many_pixels(field)
        try:
            image.load()
            return np.asarray(_rgb(_upright(image)), np.uint8)
        except Exception as error:
            raise JobFailed("image_invalid", f"{field} is a damaged {image.format} image") from error


def fit(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The image scaled (Lanczos) to cover width x height pixels, centre cropped: (height, width, 3) RGB uint8.

    An image that has the size already comes back with the same pixels.
    """
    rows, columns = image.shape[:2]
    if (columns, rows) == (width, height):
        return np.ascontiguousarray(image)
    scale = max(width / columns, height / rows)
    kept_width, kept_height = min(width / scale, columns), min(height / scale, rows)
    left, top = (columns - kept_width) / 2, (rows - kept_height) / 2
    box = (left, top, left + kept_width, top + kept_height)
    resized = Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS, box=box)
    return np.asarray(resized, np.uint8)


def _too_many_pixels(field: str) -> JobFailed:
    return JobFailed("image_invalid", f"{field} has more than {PIXELS_MAX // 1_000_000} megapixels")


def _kind(data: bytes) -> str:
    """A media type for what is no image, as far as its beginning tells."""
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for prefix, kind in _KNOWN_STARTS:
        if start.startswith(prefix):
            return kind
    return f"none of {', '.join(FORMATS)}"


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # broken EXIF is no reason to refuse a sound picture
        return image


def _rgb(image: Image.Image) -> Image.Image:
    """Any mode as RGB."""
    if image.mode.startswith("I"):
        image = _grey_from_16_bit(image)
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        flat = _to_srgb(picture.convert("RGB"), image.info.get("icc_profile"))
        black = Image.new("RGB", picture.size)
        return Image.composite(flat, black, picture.getchannel("A"))
    return _to_srgb(image, image.info.get("icc_profile"))


def _grey_from_16_bit(image: Image.Image) -> Image.Image:
    """16-bit grey (Pillow's I;16 modes, or I with values of 16 bits) as 8-bit grey; 65535 is white."""
    wide = np.clip(np.asarray(image).astype(np.int64), 0, 65535)
    return Image.fromarray(((wide + 128) // 257).astype(np.uint8))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB by its embedded ICC profile; without one, or with a broken one, by its mode alone."""
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image.convert("RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")
