"""From the settings to a clip's provenance: what is said of it, and who signs."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from flashreel import __version__
from flashreel.engines.base import Engine
from flashreel.engines.capabilities import CAPABILITIES, source_type
from flashreel.media import certificate
from flashreel.media.certificate import Identity
from flashreel.media.ingredients import Source
from flashreel.media.provenance import Facts, Signing, try_out
from flashreel.settings import Settings
from flashreel.spec import GenerationSpec


def prepare(settings: Settings) -> None:
    """At the start of a server: makes the self-made certificate, or tries the operator's out.

    Raises SetupError when there is none to sign with.
    """
    if settings.provenance:
        identity = _identity(settings)
        if settings.provenance_certificate is not None:
            try_out(identity)


def begin(
    settings: Settings, engine_name: str, engine: Engine, spec: GenerationSpec, title: str, sources: list[Source]
) -> Signing | None:
    """What signs one clip; None where the operator has switched it off. It takes `sources` out of the list as it reads
    them, so that their bytes are not held any longer. Raises SetupError.
    """
    if not settings.provenance:
        return None
    facts = Facts(
        title=title,
        version=__version__,
        engine=engine_name,
        # Those that come with flashreel have its version; an operator's own has none that is known here.
        engine_version=__version__ if engine_name in CAPABILITIES else None,
        source_type=source_type(engine_name, engine),
        prompt_hash=sha256(spec.prompt.encode()).hexdigest() if settings.provenance_prompt_hash else None,
    )
    return Signing(facts, _identity(settings), sources)


def keeping(
    settings: Settings, load: Callable[[str, str], bytes], sources: list[Source]
) -> Callable[[str, str], bytes]:
    """The loader `load`, which leaves what it has loaded in `sources`: the bytes as they came, before any decoding."""
    if not settings.provenance:
        return load

    def loaded(reference: str, field: str) -> bytes:
        data = load(reference, field)
        sources.append(Source(field.removesuffix("_url").replace("_", " "), data))
        return data

    return loaded


def _identity(settings: Settings) -> Identity:
    folder = settings.data / "provenance"
    return certificate.load(folder, settings.provenance_certificate, settings.provenance_key)
