"""Videos from Python: `flashreel.generate`, `flashreel.agenerate` and the Clip they give, as in docs/python.md."""

from __future__ import annotations

import asyncio
import base64
import html
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias, TypedDict, Union, Unpack

from flashreel.errors import InvalidRequest, JobFailed
from flashreel.settings import load_settings
from flashreel.studio import Metadata, Studio

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

#: A path or an http(s) or data URL, the bytes of an image file, a picture of Pillow's, or uint8 pixels: (height, width)
#: grey, (height, width, 3) RGB or (height, width, 4) RGBA.
ImageInput: TypeAlias = Union[str, "os.PathLike[str]", bytes, "Image", "NDArray[np.uint8]"]
#: Hears the stage ("compiling", "preparing", "rendering", "encoding") and how much of it is done, 0 to 1.
Progress: TypeAlias = Callable[[str, float], None]

#: Bytes of the longest file that a notebook is given: it is saved with the notebook, a third larger.
INLINE_MAX: Final = 16_000_000


class Clip:
    """A finished video: an MP4 file, H.264, 24 frames a second, without sound. A notebook shows it."""

    def __init__(self, path: Path, metadata: Metadata, *, folder: Path | None = None) -> None:
        """`folder` is deleted together with the Clip."""
        self.path = path
        self.metadata = metadata
        if folder is not None:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def __repr__(self) -> str:
        it = self.metadata
        return f"<Clip {str(self.path)!r}, {it.width}x{it.height}, {it.frames} frames, seed {it.seed}>"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Copies the MP4 to `path`, over whatever is there, and makes its folder. Raises OSError."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copyfile(self.path, target))

    def frames(self) -> Iterator[NDArray[np.uint8]]:
        """The frames in order, decoded one at a time: sRGB uint8 (height, width, 3). Frame i is shown at i/24 seconds.

        Raises FileNotFoundError where the file has been moved.
        """
        from flashreel.media.frame_files import read_frames

        yield from read_frames(self.path)  # while it holds `self`, so that a temporary file stays

    def _repr_html_(self) -> str:
        it = self.metadata
        if it.file_size > INLINE_MAX:
            return f"<p>{html.escape(repr(self))}: too large to be shown here</p>"
        data = base64.b64encode(self.path.read_bytes()).decode()
        loop = " loop" if it.loop else ""
        return (
            f'<video controls muted playsinline{loop} width="{min(it.width, 640)}" title="{html.escape(it.prompt)}" '
            f'src="data:video/mp4;base64,{data}"></video>'
        )


def generate(
    prompt: str,
    *,
    duration: int = 5,
    aspect_ratio: str = "16:9",
    loop: bool = False,
    start_image: ImageInput | None = None,
    end_image: ImageInput | None = None,
    seed: int | None = None,
    model: str = "ray-flash-2-720p",
    output: str | os.PathLike[str] | None = None,
    engine: str | None = None,
    data: str | os.PathLike[str] | None = None,
    config: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Clip:
    """Makes one video in this process, with the engine that a server would use: the same fields and seed, the same
    frames. It takes some seconds; the first one ever on a machine compiles the engine, which takes twenty more.

    `prompt` has 1 to 5000 characters. `duration` is 5 or 9 seconds, `aspect_ratio` 1:1, 3:4, 4:3, 9:16, 16:9, 9:21 or
    21:9, `seed` 0 to 2**53 - 1 (chosen, and reported, where it is None). `start_image` is the first frame and
    `end_image` the last one, scaled to cover the frame and cropped; `loop` ends where it begins, and allows no end
    image.
    `output` is the MP4 to write, over whatever is there; without it the file is temporary, and goes with the Clip.
    `engine`, `data` (the folder of the caches and of the certificate that signs) and `config` (a TOML file) are the
    command line's, and so are the settings in the environment. `progress` is called often, from this thread; what it
    raises stops the work, and leaves no file.

    Raises InvalidRequest (with `details`: field, value, allowed), NotFound for an unknown model, JobFailed (with
    `code`) where the video cannot be made, SetupError where a setting or a folder is wrong. All are FlashreelError.
    """
    settings = load_settings(None if config is None else Path(config), {"data": data, "engine": engine})
    fields = {
        "prompt": prompt,
        "duration": duration,
        "aspect_ratio": aspect_ratio,
        "loop": loop,
        "start_image": _encoded(start_image, "start_image"),
        "end_image": _encoded(end_image, "end_image"),
        "seed": seed,
    }
    with Studio(settings, model) as studio:
        order = studio.order(fields)
        folder = None
        if output is None:
            folder = Path(tempfile.mkdtemp(prefix="flashreel-"))
            output = folder / "clip.mp4"
        path = Path(output)
        try:
            metadata = studio.make(order, path, progress or _unheard)
        except BaseException:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    return Clip(path, metadata, folder=folder)


class Options(TypedDict, total=False):
    """The options of `generate`."""

    duration: int
    aspect_ratio: str
    loop: bool
    start_image: ImageInput | None
    end_image: ImageInput | None
    seed: int | None
    model: str
    output: str | os.PathLike[str] | None
    engine: str | None
    data: str | os.PathLike[str] | None
    config: str | os.PathLike[str] | None
    progress: Progress | None


async def agenerate(prompt: str, **options: Unpack[Options]) -> Clip:
    """`generate`, with its options, on a thread beside asyncio's event loop, which is where `progress` is called.

    Cancelled, it stops the work at the next frame, waits for that, leaves no file and raises CancelledError.
    """
    events = asyncio.get_running_loop()
    progress = options.get("progress")
    stopped = threading.Event()

    def report(stage: str, fraction: float) -> None:
        if stopped.is_set():
            raise JobFailed("cancelled", "the video was cancelled")
        if progress is not None:
            events.call_soon_threadsafe(progress, stage, fraction)

    options["progress"] = report
    work = asyncio.create_task(asyncio.to_thread(generate, prompt, **options))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        stopped.set()
        await asyncio.wait([work])
        if not work.cancelled():
            work.exception()  # looked at, or asyncio complains: it is the cancellation
        raise


def _unheard(stage: str, fraction: float) -> None:
    pass


def _encoded(image: ImageInput | None, field: str) -> str | bytes | None:
    """The image as an order has it. Pixels are sent as a PNG, which changes none of them."""
    if image is None or isinstance(image, (str, bytes)):
        return image
    if isinstance(image, os.PathLike):
        return os.fspath(image)
    from PIL import Image

    if not isinstance(image, Image.Image):
        image = _picture(image, field)
    elif image.mode not in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        image = image.convert("RGB")
    file = BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _picture(pixels: object, field: str) -> Image:
    import numpy as np
    from PIL import Image

    array = np.asarray(pixels)
    if (
        array.dtype != np.uint8
        or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4)))
        or 0 in array.shape
    ):
        rule = "it must be uint8 of shape (height, width), (height, width, 3) or (height, width, 4)"
        found = f"{array.dtype} of shape {array.shape}" if array.dtype != object else type(pixels).__name__
        raise InvalidRequest(f"{field} is {found}; {rule}", field=field, value=found, allowed=rule)
    return Image.fromarray(np.ascontiguousarray(array))
