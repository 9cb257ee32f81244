"""GenerationSpec: what a job is asked to make, whichever dialect asked."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

FPS: Final = 24
SEED_MAX: Final = 2**53 - 1  # the largest integer every JSON reader keeps exactly
PROMPT_MAX: Final = 5000


class GenerationSpec(BaseModel):
    """The validated, dialect-free parameters of one job. Stored with the job as JSON.

    `duration` is in seconds, `width` and `height` in pixels (even). `start_image` and `end_image` are references
    (an http(s) URL today), never pixels. Frame *i* shows time *i*/24.
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
