"""From a subject to what is drawn for it: rig, else emoji cut-out, else nothing."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors import animals, boats, flyers, people, rocket, swimmers, vehicles
from flashreel.engines.animatic.actors.cutout import cutout, emoji_for
from flashreel.engines.animatic.actors.registry import RIGS, Anim
from flashreel.engines.animatic.camera import Camera
from flashreel.engines.animatic.graph import SceneGraph, Subject
from flashreel.engines.animatic.pen import Pen

#: A rig is drawn once before it is trusted: in the middle of a film there is nothing left to replace it with.
_TRIAL_CAMERA: Final = Camera(0.0, 1.0, -10.0, 0.0, 300.0, 160.0, 90.0)

log = logging.getLogger(__name__)

#: The modules whose import fills the registry.
FAMILIES: Final = (animals, boats, flyers, people, rocket, swimmers, vehicles)


def make(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim | None:
    """The actor for a subject; None where there is none and the scene must do without (and say so).

    `loop_seconds` is the length of a looping clip, 0 for one that does not loop: all cycles come out whole in it.
    """
    maker = RIGS.get(subject.concept)
    if maker is not None:
        try:
            anim = maker(subject, graph, rng, loop_seconds)
            anim.draw(0.0)(Pen(_TRIAL_CAMERA, (0.0, 0.0, 0.0)))
            return anim
        except Exception:  # a picture that is less than asked for beats a failed job
            log.warning("the rig for %r failed; a cut-out stands in", subject.concept, exc_info=True)
    name = emoji_for(subject.concept)
    if name is None:
        return None
    return cutout(name, subject, graph, rng, loop_seconds)
