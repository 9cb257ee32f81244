"""Image bytes to pixels. Pillow alone, imported as sparingly as can be: the child that decodes starts with every job
that has images."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from io import BytesIO
from types import MappingProxyType
from typing import Final

from PIL import Image

from flashreel.errors import JobFailed
from flashreel.media.kinds import NAMES, image_type, other_type

#: What is read: by media type, what Pillow calls the format and the module that knows it. Only the reader that the
#: first bytes ask for is ever given them, so Pillow's others (EPS runs a program) never are.
READERS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "image/png": ("PNG", "PIL.PngImagePlugin"),
        "image/jpeg": ("JPEG", "PIL.JpegImagePlugin"),
        "image/webp": ("WEBP", "PIL.WebPImagePlugin"),
        "image/gif": ("GIF", "PIL.GifImagePlugin"),
        "image/bmp": ("BMP", "PIL.BmpImagePlugin"),
        "image/tiff": ("TIFF", "PIL.TiffImagePlugin"),
        "image/avif": ("AVIF", "PIL.AvifImagePlugin"),
        "image/heic": ("HEIF", "pillow_heif"),
    }
)
PIXELS_MAX: Final = 64_000_000

_ORIENTATION: Final = 0x0112
#: What undoes each EXIF orientation. From 5 on, width and height change places.
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# PIXELS_MAX holds instead: it is lower than Pillow's own limit, and its sentence says the size.
Image.MAX_IMAGE_PIXELS = None


def decode(data: bytes, field: str, width: int, height: int) -> Image.Image:
    """The picture in sRGB (mode RGB), scaled and cropped to `width` x `height` as `fit` does.

    EXIF orientation is applied, an embedded colour profile converted, alpha laid over black, 16-bit grey scaled. Of an
    animation the first frame. At most 64 million pixels, by the header, before anything is decoded.
    Raises JobFailed("image_invalid") naming `field` and the reason; MemoryError where memory ends.
    """
    kind = image_type(data)
    if kind is None:
        raise JobFailed("image_invalid", f"{field} is not an image: {other_type(data) or f'none of {NAMES}'}")
    name, module = READERS[kind]
    damaged = JobFailed("image_invalid", f"{field} is a damaged {name} image")
    try:
        _prepare(name, import_module(module))
        image: Image.Image = Image.open(BytesIO(data), formats=(name,))
    except MemoryError:
        raise
    except Exception as error:  # readers fed with hostile bytes raise whatever they like
        raise damaged from error
    with image:
        _check_size(image, field)
        try:
            if name == "JPEG":  # decodes a large one at a half, a quarter or an eighth of its size
                image.draft(None, _covering(image.size, _stored(_orientation(image), width, height)))
            image.load()
            orientation = _orientation(image)
            _check_size(image, field)  # some readers find the true size out only now
            stored = fit(_resizable(image), *_stored(orientation, width, height))
            # The costly steps come last, when there is little left to take them on.
            return _flat(_upright(stored, orientation), image.info.get("icc_profile"))
        except (MemoryError, JobFailed):
            raise
        except Exception as error:
            raise damaged from error


def fit(image: Image.Image, width: int, height: int) -> Image.Image:
    """The image scaled (Lanczos) to cover `width` x `height`, centre cropped. One of that size is returned as it is."""
    if image.size == (width, height):
        return image
    columns, rows = image.size
    scale = max(width / columns, height / rows)
    kept_width, kept_height = min(width / scale, columns), min(height / scale, rows)
    left, top = (columns - kept_width) / 2, (rows - kept_height) / 2
    box = (left, top, left + kept_width, top + kept_height)
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box)


def _prepare(name: str, module: object) -> None:
    """Tells readers with threads of their own to use one: the process that decodes has bounded processor time."""
    if name == "AVIF":
        module.DEFAULT_MAX_THREADS = 1  # type: ignore[attr-defined]  # of the module, which is an object to mypy
    elif name == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def _check_size(image: Image.Image, field: str) -> None:
    if image.width * image.height > PIXELS_MAX:
        limit = PIXELS_MAX // 1_000_000
        raise JobFailed("image_invalid", f"{field} is {image.width}x{image.height} pixels; at most {limit} megapixels")


def _orientation(image: Image.Image) -> int:
    """1 to 8. Broken EXIF is no reason to refuse a sound picture."""
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        return 1
    return value if value in _TURNS else 1


def _stored(orientation: int, width: int, height: int) -> tuple[int, int]:
    """The size that is upright `width` x `height`, as it lies in the file."""
    return (height, width) if orientation >= 5 else (width, height)


def _covering(size: tuple[int, int], wanted: tuple[int, int]) -> tuple[int, int]:
    """`size` scaled down as far as it still covers `wanted`."""
    scale = min(1.0, max(wanted[0] / size[0], wanted[1] / size[1]))
    return -int(-size[0] * scale // 1), -int(-size[1] * scale // 1)


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image


def _resizable(image: Image.Image) -> Image.Image:
    """The image in a mode that can be scaled: no palette, no more than 8 bits, alpha as a channel."""
    if image.mode.startswith("I"):
        return _grey_from_16_bit(image)
    if image.mode == "LA":
        return image
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode == "P":
        return image.convert("RGB")
    return image.convert("L") if image.mode == "1" else image


def _grey_from_16_bit(image: Image.Image) -> Image.Image:
    """16-bit grey (Pillow's I;16 modes, or I with values of 16 bits) as 8-bit grey; 65535 is white."""
    table = [(value + 128) // 257 for value in range(65536)]
    clear = image.info.get("transparency")
    if isinstance(clear, int) and 0 <= clear < len(table):
        table[clear] = 0  # which is how it lies over black
    return image.convert("I").point(table, "L")


def _flat(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image in sRGB, its alpha over black."""
    if image.mode not in ("LA", "RGBA"):
        return _to_srgb(image, profile)
    picture = _to_srgb(image.convert(image.mode[:-1]), profile)
    return Image.composite(picture, Image.new("RGB", image.size), image.getchannel("A"))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in sRGB by its embedded ICC profile; without one, or with a broken one, by its mode alone."""
    if image.mode == "LAB" or (profile and image.mode in ("RGB", "CMYK", "L")):
        from PIL import ImageCms  # only few pictures need it

        try:
            is_lab = image.mode == "LAB"
            source = ImageCms.createProfile("LAB") if is_lab else ImageCms.getOpenProfile(BytesIO(profile or b""))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            return image.convert("RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")
