"""From a subject to what is drawn for it: rig, else emoji cut-out, else nothing."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np

from flashreel.engines.animatic.actors import (
    animals,
    boats,
    flyers,
    motorcycle,
    people,
    rocket,
    steamer,
    swimmers,
    vehicles,
)
from flashreel.engines.animatic.actors.cutout import cutout, emoji_for
from flashreel.engines.animatic.actors.guard import guarded, try_out
from flashreel.engines.animatic.actors.registry import RIGS, Anim
from flashreel.engines.animatic.graph import SceneGraph, Subject

log = logging.getLogger(__name__)

#: The modules whose import fills the registry.
FAMILIES: Final = (animals, boats, flyers, motorcycle, people, rocket, steamer, swimmers, vehicles)


def make(subject: Subject, graph: SceneGraph, rng: np.random.Generator, loop_seconds: float) -> Anim | None:
    """The actor for a subject; None where there is none and the scene must do without (and say so).

    `loop_seconds` is the length of a looping clip, 0 for one that does not loop: all cycles come out whole in it.
    A rig that fails when it is tried out is a cut-out from the start; one that fails later, for that moment.
    """

    def paper(height: float | None = None) -> Anim | None:
        name = emoji_for(subject.concept)
        if name is None:
            return None
        if height is None:
            return cutout(name, subject, graph, rng, loop_seconds)
        return cutout(name, subject, graph, rng, loop_seconds, height)

    maker = RIGS.get(subject.concept)
    if maker is not None:
        try:
            anim = maker(subject, graph, rng, loop_seconds)
            try_out(anim)
            return guarded(anim, subject.concept, lambda: paper(anim.h))
        except Exception:  # a picture that is less than asked for beats a failed job
            log.warning("the rig for %r failed; a cut-out stands in", subject.concept, exc_info=True)
    return paper()
