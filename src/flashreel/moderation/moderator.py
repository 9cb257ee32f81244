"""The decision: what the checkers find, judged by the operator's policy, before an engine runs and before a video is
stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Final

import numpy as np
import structlog

from flashreel.errors import JobFailed, SetupError
from flashreel.moderation.checker import Checker, CheckFailed, Image
from flashreel.moderation.policy import TITLES, Finding, Policy, Rules
from flashreel.moderation.text import TextChecker

Log = structlog.stdlib.BoundLogger

_log: Log = structlog.get_logger(__name__)

#: Sampled frames are kept at this size, the long side in pixels: enough to see, little to hold and send.
SAMPLE_SIDE: Final = 512


class Moderator:
    """Asks every checker in turn and stops at the first that makes the policy say block.

    Each check returns the sentences of what was flagged and raises JobFailed("content_blocked") for what is blocked,
    or could not be checked unless `fail_open`. Neither these nor the lines for `log` quote the prompt.
    """

    def __init__(
        self, policy: Policy, checkers: Sequence[Checker], *, fail_open: bool = False, frames: int = 0
    ) -> None:
        """`frames` of a finished video are looked at, if any checker looks at pictures."""
        self._policy = policy
        self._checkers = checkers
        self._fail_open = fail_open
        self._seers = [checker for checker in checkers if checker.checks_images]
        self._frames = frames

    def check_prompt(self, prompt: str, log: Log = _log) -> tuple[str, ...]:
        return self._check("prompt", self._checkers, lambda checker: checker.check_text(prompt), log)

    def check_images(self, what: str, images: Sequence[Image], log: Log = _log) -> tuple[str, ...]:
        """`what` the images are, as the sentences name it: "start image", "video"."""
        if not images:
            return ()
        return self._check(what, self._seers, lambda checker: checker.check_images(images), log)

    def sampler(self, frame_count: int) -> FrameSampler | None:
        """What picks the frames of a clip for `check_images`; None where none are looked at."""
        return FrameSampler(frame_count, self._frames) if self._seers and self._frames else None

    def _check(
        self, what: str, checkers: Sequence[Checker], ask: Callable[[Checker], Iterable[Finding]], log: Log
    ) -> tuple[str, ...]:
        flagged: dict[str, None] = {}
        for checker in checkers:
            name = type(checker).__name__
            try:
                verdict = self._policy.judge(ask(checker))
            except Exception as error:
                # Another's exception may quote the prompt, so only its type is told.
                reason = str(error) if isinstance(error, CheckFailed) else type(error).__name__
                log.error("not checked", checked=what, checker=name, error=reason, fail_open=self._fail_open)
                if self._fail_open:
                    continue
                raise JobFailed(
                    "content_blocked", f"the {what} could not be checked, and this server makes nothing unchecked"
                ) from None
            if verdict.blocked is not None:
                log.warning("blocked", checked=what, checker=name, category=verdict.blocked)
                raise JobFailed("content_blocked", f"the {what} was blocked: {TITLES[verdict.blocked]}")
            if verdict.flagged:
                log.warning("flagged", checked=what, checker=name, categories=verdict.flagged)
                flagged.update(dict.fromkeys(TITLES[category] for category in verdict.flagged))
        return (f"the {what} was flagged: {', '.join(flagged)}",) if flagged else ()


class FrameSampler:
    """Is shown every frame of a clip and keeps `count` of them, evenly spaced, the first and the last among them."""

    def __init__(self, frame_count: int, count: int) -> None:
        if count == 1:
            self._wanted = {frame_count // 2}
        else:
            self._wanted = {round(place * (frame_count - 1) / (count - 1)) for place in range(count)}
        self.images: list[Image] = []

    def see(self, index: int, frame: Image, pixel_format: str) -> None:
        """Takes a copy of frame `index` (from 0), `rgb24` or `yuv420p` as the engine made it, if it is wanted."""
        if index not in self._wanted:
            return
        from av.video.frame import VideoFrame
        from av.video.reformatter import VideoReformatter

        from flashreel.media.colour import to_rgb

        picture = VideoFrame.from_ndarray(np.ascontiguousarray(frame), format=pixel_format)
        scale = min(1.0, SAMPLE_SIDE / max(picture.width, picture.height))
        width, height = (max(1, round(side * scale)) for side in (picture.width, picture.height))
        self.images.append(to_rgb(picture, width, height, VideoReformatter()))


def moderator(rules: Rules) -> Moderator:
    """The moderator of these rules. Raises SetupError for a checker that cannot be made."""
    checkers: list[Checker] = [TextChecker()]
    if rules.checker:
        checkers.append(_own(rules.checker))
    if rules.url:
        from flashreel.moderation.external import ExternalChecker  # an HTTP client, which most servers do without

        checkers.append(
            ExternalChecker(rules.url, key=rules.key, model=rules.model, seconds=rules.seconds, images=rules.images)
        )
    return Moderator(Policy(rules.changes), checkers, fail_open=rules.fail_open, frames=rules.frames)


def _own(name: str) -> Checker:
    module, _, class_name = name.partition(":")
    try:
        checker: Checker = getattr(import_module(module), class_name)()
    except Exception as error:
        raise SetupError(f"moderation_checker {name!r} cannot be loaded: {error}") from error
    missing = [part for part in ("check_text", "check_images", "checks_images") if not hasattr(checker, part)]
    if missing:
        raise SetupError(f"moderation_checker {name!r} has no {' and no '.join(missing)}")
    return checker
