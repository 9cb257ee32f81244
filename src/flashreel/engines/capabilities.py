"""What each engine can do. Imports no engine: submit reads this to refuse at once what could never be served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from flashreel.errors import InvalidRequest, SetupError
from flashreel.spec import GenerationSpec


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a spec may ask for; `durations` in seconds, None meaning any."""

    start_image: bool = True
    end_image: bool = True
    loop: bool = True
    seed: bool = True
    durations: frozenset[int] | None = None

    def check(self, spec: GenerationSpec, engine: str) -> None:
        """Raises InvalidRequest when `spec` asks for something this engine cannot do."""
        refused = [
            ("start_image_url", spec.start_image, self.start_image),
            ("end_image_url", spec.end_image, self.end_image),
            ("loop", spec.loop, self.loop),
        ]
        for field, asked, able in refused:
            if asked and not able:
                raise InvalidRequest(
                    f"{field} cannot be used here: the engine {engine!r} does not support it", field=field
                )
        if self.durations is not None and spec.duration not in self.durations:
            allowed = sorted(self.durations)
            raise InvalidRequest(
                f"duration is {spec.duration}; the engine {engine!r} makes {' or '.join(map(str, allowed))} seconds",
                field="duration",
                value=spec.duration,
                allowed=allowed,
            )


CAPABILITIES: Mapping[str, Capabilities] = MappingProxyType({"animatic": Capabilities()})


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
