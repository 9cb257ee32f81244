"""GenerationSpec: what a job is asked to make, whichever dialect asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field

FPS: Final = 24
SEED_MAX: Final = 2**53 - 1  # the largest integer every JSON reader keeps exactly
PROMPT_MAX: Final = 5000

_SEGMENT = r"(?!\.\.?(?:/|$))[A-Za-z0-9._-]+"
_PATH = rf"{_SEGMENT}(?:/{_SEGMENT})*"
_ASSET = re.compile(rf"asset:({_PATH})(?:#(first|last))?")


@dataclass(frozen=True, slots=True)
class AssetImage:
    """A stored file as a start or end image: an image, or one end of a video. Its text form is `asset:<path>`, with
    `#first` or `#last` where it is a video; that is how a spec holds it, and no caller may send it.

    `path` is what `storage` calls it: names of letters, digits, dot, hyphen and underscore, joined by slashes. Raises
    ValueError for any other.
    """

    path: str
    frame: Literal["first", "last"] | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(_PATH, self.path):
            raise ValueError(f"{self.path!r} is not the path of a stored file")

    def __str__(self) -> str:
        return f"asset:{self.path}" + (f"#{self.frame}" if self.frame else "")

    @classmethod
    def parse(cls, text: str) -> AssetImage | None:
        """The reference that `text` is the form of; None for every other string."""
        match = _ASSET.fullmatch(text)
        return match and cls(match[1], cast(Literal["first", "last"] | None, match[2]))


class GenerationSpec(BaseModel):
    """The validated, dialect-free parameters of one job. Stored with the job as JSON.

    `duration` is in seconds, `width` and `height` in pixels (even). `start_image` and `end_image` are references
    (an http(s) URL, a data URI or the text of an AssetImage), never pixels. Frame *i* shows time *i*/24.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    prompt: str = Field(min_length=1, max_length=PROMPT_MAX)
    aspect_ratio: str
    width: int = Field(gt=0, multiple_of=2)
    height: int = Field(gt=0, multiple_of=2)
    duration: int = Field(gt=0)
    loop: bool = False
    start_image: str | None = None
    end_image: str | None = None
    seed: int = Field(ge=0, le=SEED_MAX)

    @property
    def frame_count(self) -> int:
        """24·d + 1; a loop drops the closing frame, which would repeat frame 0."""
        return FPS * self.duration + (0 if self.loop else 1)
