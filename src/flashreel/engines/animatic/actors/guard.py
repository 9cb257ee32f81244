"""Keeps one bad rig from spoiling a film: what cannot be drawn is a cut-out instead."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors.registry import Anim, DrawRig
from flashreel.engines.animatic.pen import Pen

#: The seconds at which a rig is tried out before it is trusted.
_TRIAL_TIMES: Final = (0.0, 0.37, 1.21, 2.6, 4.4, 7.9)
_FARTHEST: Final = 1e4  # metres: no joint of a sound rig is that far from its origin

log = logging.getLogger(__name__)


def try_out(anim: Anim) -> None:
    """Raises where the rig does at some moment of its life, or ValueError when it draws nothing or nowhere."""
    for t in _TRIAL_TIMES:
        pen = Pen()
        anim.draw(t)(pen)
        _check(pen)
        if not len(pen.recorded()[0]) and not pen.stickers:
            raise ValueError(f"at {t} s the rig draws nothing")


def guarded(anim: Anim, concept: str, stand_in: Callable[[], Anim | None]) -> Anim:
    """The same actor; at a moment when its rig fails, `stand_in` is seen (nothing where that is None).

    Which moments those are depends on the rig alone, so every thread and every run shows the same.
    """
    guard = _Guard(anim.draw, concept, stand_in)
    return replace(anim, draw=guard.draw)


class _Guard:
    def __init__(self, draw: Callable[[float], DrawRig], concept: str, stand_in: Callable[[], Anim | None]) -> None:
        self._draw = draw
        self._concept = concept
        self._make_stand_in = stand_in
        self._stand_in: Anim | None = None
        self._failed = False
        self._failing = Lock()

    def draw(self, t: float) -> DrawRig:
        def paint(pen: Pen) -> None:
            try:
                self._draw(t)(pen)
                _check(pen)
            except Exception:  # a picture that is less than asked for beats a failed job
                stand_in = self._instead(t)
                pen.clear()
                if stand_in is not None:
                    stand_in.draw(t)(pen)

        return paint

    def _instead(self, t: float) -> Anim | None:
        """The stand-in, made and spoken of once."""
        with self._failing:
            if not self._failed:
                log.warning("the rig for %r failed at %.2f s; a cut-out stands in", self._concept, t, exc_info=True)
                self._stand_in = self._make_stand_in()
                self._failed = True
        return self._stand_in


def _check(pen: Pen) -> None:
    """Raises ValueError for parts that are not finite, or nowhere near."""
    _, joints, _ = pen.recorded()
    if joints.size and float(np.abs(joints).max()) > _FARTHEST:
        raise ValueError("a rig drew a part that is kilometres away")
    for sticker in pen.stickers:
        numbers = (sticker.width, sticker.height, sticker.lift, sticker.tilt, sticker.squash)
        if not all(abs(number) <= _FARTHEST for number in numbers):  # nor nan
            raise ValueError(f"a rig drew a picture of {numbers}")
