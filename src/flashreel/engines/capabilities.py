"""What each engine can do. Imports no engine: submit reads this to refuse at once what could never be served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, cast, get_args

from flashreel.errors import InvalidRequest, SetupError
from flashreel.spec import GenerationSpec

#: How pictures come to be, in the IPTC's words: by a model trained on samples, or by an algorithm without any.
SourceType = Literal["trainedAlgorithmicMedia", "algorithmicMedia"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a spec may ask for; `durations` in seconds, None meaning any. And what is said of a finished clip."""

    start_image: bool = True
    end_image: bool = True
    loop: bool = True
    seed: bool = True
    durations: frozenset[int] | None = None
    # What is not known to be untrained counts as trained: the other word would assert that no model was involved.
    source_type: SourceType = "trainedAlgorithmicMedia"
    # Variables of the environment that the engine reads, its key first of all: no others reach a worker that could hold
    # a secret.
    env: tuple[str, ...] = ()

    def check(self, spec: GenerationSpec, engine: str, names: Mapping[str, str] = MappingProxyType({})) -> None:
        """Raises InvalidRequest when `spec` asks for something this engine cannot do. `names` are the caller's own
        names of the fields."""
        refused = [
            ("start_image_url", spec.start_image, self.start_image),
            ("end_image_url", spec.end_image, self.end_image),
            ("loop", spec.loop, self.loop),
        ]
        for field, asked, able in refused:
            if asked and not able:
                field = names.get(field, field)
                raise InvalidRequest(
                    f"{field} cannot be used here: the engine {engine!r} does not support it", field=field
                )
        if self.durations is not None and spec.duration not in self.durations:
            allowed = sorted(self.durations)
            field = names.get("duration", "duration")
            raise InvalidRequest(
                f"{field} is {spec.duration}; the engine {engine!r} makes {' or '.join(map(str, allowed))} seconds",
                field=field,
                value=spec.duration,
                allowed=allowed,
            )


CAPABILITIES: Mapping[str, Capabilities] = MappingProxyType({"animatic": Capabilities(source_type="algorithmicMedia")})


def capabilities(engine: str) -> Capabilities:
    """The engine's declared abilities; one given as `module:Class` (the operator's own) is asked for nothing."""
    module, _, name = engine.partition(":")
    if module and name:
        return Capabilities()
    try:
        return CAPABILITIES[engine]
    except KeyError:
        known = ", ".join(sorted(CAPABILITIES))
        raise SetupError(f"engine is {engine!r}; known engines are {known}, or give your own as module:Class") from None


def source_type(engine: str, made_by: object) -> SourceType:
    """The digital source type of what `made_by`, the engine of that name, makes. An operator's own engine may say it by
    an attribute `source_type`. Raises SetupError for a word that is neither of the two.
    """
    declared = getattr(made_by, "source_type", None)
    if declared is None:
        return capabilities(engine).source_type
    for word in get_args(SourceType):
        if declared == word:
            return cast(SourceType, word)
    known = " or ".join(get_args(SourceType))
    raise SetupError(f"the engine {engine!r} gives its source_type as {declared!r}; it must be {known}")
