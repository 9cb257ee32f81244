"""An operator's own checkers, given to a worker as `tests.moderation.checkers:Class`."""

from __future__ import annotations

from collections.abc import Sequence

from flashreel.moderation.checker import Image
from flashreel.moderation.policy import Finding


class Red:
    """Finds violence in any picture that is red on the whole, and nothing in prompts."""

    checks_images = True

    def check_text(self, prompt: str) -> list[Finding]:
        return []

    def check_images(self, images: Sequence[Image]) -> list[Finding]:
        reds = [image for image in images if image[..., 0].mean() > 2 * image[..., 2].mean()]
        return [Finding("violence") for _ in reds]


class Talkative:
    """Quotes what it was asked in the exception it always raises."""

    checks_images = False

    def check_text(self, prompt: str) -> list[Finding]:
        raise RuntimeError(f"cannot say anything about {prompt}")

    def check_images(self, images: Sequence[Image]) -> list[Finding]:
        raise RuntimeError("not asked")


class Incomplete:
    checks_images = False
