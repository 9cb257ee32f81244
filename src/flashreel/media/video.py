"""H.264 in MP4: frames in, a file that plays out; and the look into a finished file that proves it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import (
    ColorPrimaries,
    ColorRange,
    Colorspace,
    ColorTrc,
    Interpolation,
    VideoReformatter,
)
from av.video.stream import VideoStream

from flashreel.errors import JobFailed
from flashreel.media.frame_check import Frame, FrameCheck, PixelFormat

#: Constant rate factor of x264: 20 decodes at about 40 dB (luma PSNR) on the built-in engine's pictures.
CRF: Final = 20
#: The quantiser of the first and last frame under `exact_ends`, where clients compare them with their own images.
ENDS_QP: Final = 6
#: The last frame comes so many after a key frame, for whoever goes on from it (`end_frames.py`): to decode 217 frames
#: of 720p takes a second. As a key frame itself it would not get ENDS_QP, for x264 gives later key frames the mean of
#: what came before; with fewer frames behind it than x264 looks ahead, a key frame looks worse than its neighbours.
TAIL: Final = 12

#: `ultrafast` with the tools put back that pay for themselves: veryfast's quality at 10-40 % more bytes for 40 % of its
#: time. CABAC and the 8x8 transform are also what makes the stream profile High.
_PRESET: Final = "ultrafast"
_X264_PARAMS: Final = (
    "cabac=1:8x8dct=1:aq-mode=1:mbtree=1:rc-lookahead=8:bframes=2:b-adapt=0:scenecut=0:deblock=0,0"
    # Chroma is the mean of 2x2 pixels, so it lies in their middle. Unsaid, decoders that care take it to lie on the
    # left pixels: up to 3 dB lost (RGB) at saturated edges.
    ":chromaloc=1"
)

#: What the disk says, as opposed to what the encoder says.
_STORAGE_ERRNOS: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT}
)


@dataclass(frozen=True, slots=True)
class EncodeResult:
    """What was written: `frames` pictures in `file_size` bytes."""

    frames: int
    file_size: int


def encode(
    frames: Iterator[Frame],
    path: Path,
    *,
    width: int,
    height: int,
    fps: int,
    pixel_format: PixelFormat,
    frame_count: int,
    on_frame: Callable[[int], None],
    watch: Callable[[int, Frame], None] | None = None,
    threads: int = 1,
    exact_ends: bool = False,
    may_be_black: bool = False,
    may_be_still: bool = False,
    metadata: Mapping[str, str] | None = None,
) -> EncodeResult:
    """Writes `frames` to `path` as H.264 High, yuv420p, BT.709 limited range, in a faststart MP4 without audio.

    The frame TAIL before the last is a key frame, as the first is.
    One frame is held at a time (the encoder looks eight ahead); frame *i* shows at *i*/fps seconds. `width` and
    `height` are even pixels. `on_frame(n)` is called after the n-th frame (1 to `frame_count`) went in; what it or
    the iterator raises passes through. `watch(i, frame)` is shown every frame that passed the checks, with its index
    from 0; the array is its own only until it returns. `threads` are x264's own. `exact_ends` spends more bits on the
    first and last frame. `may_be_black` and `may_be_still` say that such a clip was asked for. `metadata` are tags of
    the file, by FFmpeg's names.

    The file is complete and synced when this returns; when it raises, there is no file. The iterator is closed in
    both cases. Raises JobFailed: `output_rejected` for frames that are wrong, black or all the same, `storage_failed`
    when the disk refuses, `engine_failed` when the encoder does.
    """
    check = FrameCheck(
        width=width,
        height=height,
        pixel_format=pixel_format,
        frame_count=frame_count,
        may_be_black=may_be_black,
        may_be_still=may_be_still,
    )
    x264_params = _X264_PARAMS + (_end_zones(frame_count) if exact_ends else "")
    writer: _Writer | None = None
    try:
        with _as_job_failure():
            writer = _Writer(path, width, height, fps, pixel_format, threads, x264_params, metadata or {})
        written = 0
        for frame in frames:
            check.see(frame)
            with _as_job_failure():
                writer.write(frame, written, is_key=written == frame_count - 1 - TAIL)
            if watch is not None:
                watch(written, frame)
            written += 1
            on_frame(written)
        check.finish()
        with _as_job_failure():
            writer.finish()
            file_size = _sync(path)
    except BaseException:
        if writer is not None:
            writer.abandon()
            _discard(path)
        raise
    finally:
        close = getattr(frames, "close", None)
        if close is not None:
            close()
    return EncodeResult(frames=written, file_size=file_size)


class _Writer:
    """One MP4 in the making."""

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        fps: int,
        pixel_format: PixelFormat,
        threads: int,
        x264_params: str,
        metadata: Mapping[str, str],
    ) -> None:
        self._pixel_format = pixel_format
        self._time_base = Fraction(1, fps)
        self._to_yuv = VideoReformatter()
        self._container: OutputContainer = av.open(path, "w", format="mp4", options={"movflags": "+faststart"})
        self._container.metadata.update(metadata)
        options = {"preset": _PRESET, "crf": str(CRF), "forced-idr": "1", "x264-params": x264_params}
        self._stream: VideoStream = self._container.add_stream("libx264", rate=fps, options=options)
        codec = self._stream.codec_context
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.time_base = self._time_base
        codec.thread_count = threads
        codec.color_primaries = ColorPrimaries.BT709
        codec.color_trc = ColorTrc.BT709
        codec.colorspace = Colorspace.ITU709
        codec.color_range = ColorRange.MPEG

    def write(self, frame: Frame, index: int, *, is_key: bool) -> None:
        picture = self._picture(frame)
        if is_key:
            picture.pict_type = PictureType.I
        picture.pts = index
        picture.time_base = self._time_base
        picture.color_primaries = ColorPrimaries.BT709
        picture.color_trc = ColorTrc.BT709
        picture.colorspace = Colorspace.ITU709
        picture.color_range = ColorRange.MPEG
        self._container.mux(self._stream.encode(picture))

    def _picture(self, frame: Frame) -> VideoFrame:
        """The frame as yuv420p. The pixels are copied: the encoder may still read them when the array is reused."""
        picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format=self._pixel_format)
        if self._pixel_format == "yuv420p":
            return picture
        # Left alone, libswscale takes the BT.601 matrix. AREA is a true 2x2 mean for chroma.
        return self._to_yuv.reformat(
            picture,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA | Interpolation.ACCURATE_RND,
            threads=1,
        )

    def finish(self) -> None:
        """Drains the encoder and moves the index to the front of the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Lets go of encoder and file; what the trailer says on the way no longer matters."""
        with suppress(av.FFmpegError, OSError):
            self._container.close()


def _end_zones(frame_count: int) -> str:
    zones = f":zones=0,0,q={ENDS_QP}"
    last = frame_count - 1
    return zones if last < 1 else f"{zones}/{last},{last},q={ENDS_QP}"


def _discard(path: Path) -> None:
    """Removes the half-written file, and nothing but a file: a path may lead to a device or a link."""
    with suppress(OSError):
        if stat.S_ISREG(path.lstat().st_mode):
            path.unlink()


def _sync(path: Path) -> int:
    """Forces the file to the disk; returns its size in bytes."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)


@contextmanager
def _as_job_failure() -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        reason = error.strerror or type(error).__name__
        if error.errno in _STORAGE_ERRNOS:
            raise JobFailed("storage_failed", f"the video could not be written: {reason}") from error
        raise JobFailed("engine_failed", f"the video could not be encoded: {reason}") from error


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a file holds, found by demuxing (nothing is decoded).

    `fps` is the mean frame rate, `frames` the number of whole pictures, `duration` in seconds, `codec` and
    `pixel_format` in FFmpeg's names, `file_size` in bytes. `first_key`: decoding can begin at the first picture.
    """

    width: int
    height: int
    fps: float
    frames: int
    duration: float
    codec: str
    pixel_format: str
    file_size: int
    first_key: bool


def probe(path: Path) -> VideoInfo:
    """Demuxes the whole file. Raises JobFailed("output_rejected") when it is no video or cannot be read to its end."""
    try:
        with av.open(path) as container:
            if not container.streams.video:
                raise JobFailed("output_rejected", "the finished file holds no video")
            stream = container.streams.video[0]
            frames, first_key = 0, False
            for packet in container.demux(stream):
                if packet.size == 0:  # the demuxer's end mark
                    continue
                if packet.is_corrupt:
                    raise JobFailed("output_rejected", f"the finished file breaks off after {frames} frames")
                if frames == 0:
                    first_key = packet.is_keyframe
                frames += 1
            codec = stream.codec_context
            duration = stream.duration * stream.time_base if stream.duration and stream.time_base else 0
            return VideoInfo(
                width=codec.width,
                height=codec.height,
                fps=float(stream.average_rate or 0),
                frames=frames,
                duration=float(duration),
                codec=codec.name,
                pixel_format=codec.pix_fmt or "",
                file_size=path.stat().st_size,
                first_key=first_key,
            )
    except (av.FFmpegError, OSError) as error:
        raise JobFailed("output_rejected", f"the finished file cannot be read: {error.strerror}") from error


def verify(info: VideoInfo, *, width: int, height: int, fps: int, frame_count: int) -> None:
    """Raises JobFailed("output_rejected") unless the file is the clip that was asked for."""
    if (info.width, info.height) != (width, height):
        found, wanted = f"{info.width}x{info.height}", f"{width}x{height}"
        raise JobFailed("output_rejected", f"the finished video is {found}, not {wanted}")
    if info.frames != frame_count:
        raise JobFailed("output_rejected", f"the finished video has {info.frames} frames, not {frame_count}")
    if abs(info.duration - frame_count / fps) > 0.5 / fps:
        wanted = f"{frame_count / fps:.3f}"
        raise JobFailed("output_rejected", f"the finished video lasts {info.duration:.3f} s, not {wanted} s")
    if not info.first_key:
        raise JobFailed("output_rejected", "the finished video does not begin with a key frame")
