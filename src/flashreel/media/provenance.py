"""How a clip was made, in the clip: a signed C2PA manifest and ordinary metadata.

The manifest (https://spec.c2pa.org) has one action, `c2pa.created`: when, by which software, and the IPTC digital
source type. A start or end image is an ingredient of it. docs/provenance.md shows one.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, Literal

from flashreel.errors import JobFailed, SetupError
from flashreel.media.ingredients import C2PA_SETTINGS, Ingredient, Source, read

if TYPE_CHECKING:
    from flashreel.media.certificate import Identity

#: Of the IPTC's vocabulary: by a trained model, or by an algorithm that was trained on nothing.
SourceType = Literal["trainedAlgorithmicMedia", "algorithmicMedia"]
SOURCE_TYPES: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"

#: Labels begin with the domain of who defines them; without a domain of its own the project takes its name.
PROMPT_LABEL: Final = "flashreel.prompt"

_FORMAT: Final = "video/mp4"
#: What a manifest's state may be. A self-made certificate is on nobody's list, which is `Valid`; `Trusted` is more.
_GOOD: Final = frozenset({"Valid", "Trusted"})


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a clip. `version` is flashreel's, `engine_version` the engine's where it has one; `prompt_hash`
    the prompt's SHA-256 in hexadecimal, or None to say nothing of it."""

    title: str
    version: str
    engine: str
    engine_version: str | None
    source_type: SourceType
    prompt_hash: str | None = None

    @property
    def metadata(self) -> Mapping[str, str]:
        """The same for players that know no C2PA, by FFmpeg's names."""
        return {
            "comment": f"made by flashreel {self.version}, engine {self.engine}",
            "encoding_tool": f"flashreel {self.version}",  # read back as `encoder`
        }


class Signing:
    """One clip's manifest in the making. It loads the library and reads the sources on a thread of its own, while the
    clip is rendered, and takes each out of the list `sources` when it has it; `finish` signs the file."""

    def __init__(self, facts: Facts, identity: Identity, sources: list[Source]) -> None:
        self.facts = facts
        self._identity = identity
        self._sources = sources
        self._ingredients: list[Ingredient] = []
        self._error: Exception | None = None
        self._thread = Thread(target=self._prepare, name="provenance", daemon=True)
        self._thread.start()

    def _prepare(self) -> None:
        try:
            import c2pa  # noqa: F401  # loads a library of 20 MB

            while self._sources:
                self._ingredients.append(read(self._sources.pop(0)))  # whose bytes are let go of here
        except Exception as error:
            self._error = error

    def finish(self, path: Path) -> tuple[str, ...]:
        """Signs the MP4 in place and reads it back. Returns warnings: which image's manifest is not in it, and why.

        Raises JobFailed: `engine_failed` when it cannot be signed, `output_rejected` when it does not prove to be what
        was signed, `storage_failed` when the disk refuses. There is no file then.
        """
        self._thread.join()
        try:
            if self._error is not None:
                raise JobFailed("engine_failed", f"the video could not be signed: {self._error}") from self._error
            return self._sign(path)
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise

    def _sign(self, path: Path) -> tuple[str, ...]:
        unsigned = _read(path)
        ingredients = self._ingredients
        try:
            self._write(path, unsigned, ingredients)
        except JobFailed as failure:
            if failure.code == "storage_failed" or not any(one.archive for one in ingredients):
                raise
            # An image that somebody sent must not be able to stop the clip.
            ingredients = [one if one.archive is None else one.without(str(failure)) for one in ingredients]
            self._write(path, unsigned, ingredients)
        return tuple(
            f"the C2PA manifest of the {one.definition['title']} is not kept: {one.problem}"
            for one in ingredients
            if one.problem is not None
        )

    def _write(self, path: Path, unsigned: bytes, ingredients: Sequence[Ingredient]) -> None:
        signed = _signed(unsigned, _FORMAT, _manifest(self.facts, ingredients), self._identity, ingredients)
        try:
            with path.open("r+b") as file:
                file.write(signed)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise JobFailed("storage_failed", f"the signed video could not be written: {reason}") from error
        verify(path, self.facts)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise JobFailed("storage_failed", f"the video could not be read: {reason}") from error


def _signed(
    data: bytes, media_type: str, manifest: Mapping[str, Any], identity: Identity, ingredients: Sequence[Ingredient]
) -> bytes:
    """The file with its manifest. Raises JobFailed("engine_failed") with the library's reason."""
    import c2pa

    # In memory and not from file to file: that calls back into Python for every block, and a full disk would look like
    # any other of the library's failures.
    signed = BytesIO()
    try:
        with (
            c2pa.Context.from_dict(C2PA_SETTINGS) as context,
            c2pa.Signer.from_info(
                c2pa.C2paSignerInfo(identity.algorithm, identity.certificates, identity.key, None)
            ) as signer,
            c2pa.Builder(json.dumps(manifest), context=context) as builder,
        ):
            for ingredient in ingredients:
                if ingredient.archive is not None:
                    builder.add_ingredient_from_archive(BytesIO(ingredient.archive))
            builder.sign(signer, media_type, BytesIO(data), signed)
    except c2pa.C2paError as error:
        raise JobFailed("engine_failed", f"the video could not be signed: {error}") from error
    return signed.getvalue()


def _manifest(facts: Facts, ingredients: Sequence[Ingredient]) -> dict[str, Any]:
    """The manifest's definition, in the form the library takes."""
    agent = {"name": f"flashreel {facts.engine}"}
    if facts.engine_version is not None:
        agent["version"] = facts.engine_version
    created: dict[str, Any] = {
        "action": "c2pa.created",
        "when": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "digitalSourceType": SOURCE_TYPES + facts.source_type,
        "softwareAgent": agent,
    }
    if ingredients:
        created["parameters"] = {"ingredientIds": [ingredient.id for ingredient in ingredients]}
    # `created`: said by the signer, not gathered from elsewhere.
    assertions = [{"label": "c2pa.actions.v2", "created": True, "data": {"actions": [created]}}]
    if facts.prompt_hash is not None:
        data = {"alg": "sha256", "hash": facts.prompt_hash}
        assertions.append({"label": PROMPT_LABEL, "created": True, "data": data})
    return {
        "claim_version": 2,
        "claim_generator_info": [{"name": "flashreel", "version": facts.version}],
        "title": facts.title,
        "format": _FORMAT,
        "assertions": assertions,
        "ingredients": [one.definition for one in ingredients if one.archive is None],
    }


def verify(path: Path, facts: Facts) -> None:
    """Raises JobFailed("output_rejected") unless the file carries a manifest of ours and is what was signed."""
    import c2pa

    try:
        with (
            path.open("rb") as file,
            c2pa.Context.from_dict(C2PA_SETTINGS) as context,
            c2pa.Reader(_FORMAT, file, context=context) as reader,
        ):
            state = reader.get_validation_state()
            active: Any = reader.get_active_manifest()
    except (c2pa.C2paError, OSError) as error:
        raise JobFailed("output_rejected", f"the signed video cannot be read back: {error}") from error
    if state not in _GOOD:
        raise JobFailed("output_rejected", f"the signed video does not prove to be what was signed: it is {state}")
    if active["claim_generator_info"][0]["name"] != "flashreel" or active["title"] != facts.title:
        raise JobFailed("output_rejected", "the signed video carries another manifest than its own")


def try_out(identity: Identity) -> None:
    """Signs a picture of one pixel. Raises SetupError with the library's reason when this certificate cannot sign."""
    import c2pa

    pixel = _png(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])) + _png(b"IDAT", zlib.compress(b"\0\0"))
    facts = Facts("a test", "0", "none", None, "algorithmicMedia")
    manifest = _manifest(facts, ()) | {"format": "image/png"}
    try:
        signed = _signed(b"\x89PNG\r\n\x1a\n" + pixel + _png(b"IEND", b""), "image/png", manifest, identity, ())
        with c2pa.Reader("image/png", BytesIO(signed)) as reader:
            state, reasons = reader.get_validation_state(), json.loads(reader.json()).get("validation_status", ())
    except (JobFailed, c2pa.C2paError) as error:
        raise SetupError(f"provenance_certificate cannot sign: {error.__cause__ or error}") from error
    if state not in _GOOD:
        reason = "; ".join(f"{one.get('explanation')} ({one.get('code')})" for one in reasons)
        raise SetupError(f"provenance_certificate cannot sign: {reason}")


def _png(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file."""
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
