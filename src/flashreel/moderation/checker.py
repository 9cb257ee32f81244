"""What a checker is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from flashreel.errors import FlashreelError
from flashreel.moderation.policy import Finding

#: sRGB, uint8, (height, width, 3).
Image = NDArray[np.uint8]


class CheckFailed(FlashreelError):
    """A checker could not answer. Its sentence goes to the log and quotes nothing of what was checked."""


class Checker(Protocol):
    """Looks at prompts and pictures. An operator's own class is made without arguments.

    Anything it raises counts as "could not be checked". `checks_images` says whether `check_images` is worth a call.
    """

    checks_images: bool

    def check_text(self, prompt: str) -> Iterable[Finding]:
        """What the prompt (1 to 5000 characters) asks for."""

    def check_images(self, images: Sequence[Image]) -> Iterable[Finding]:
        """What any of these pictures shows."""
