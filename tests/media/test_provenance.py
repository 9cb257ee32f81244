"""Every clip says how it was made: read back with C2PA's own reader, and played as any player plays it."""

from __future__ import annotations

import datetime as dt
import errno
import os
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.media.test_video import decoded, scrolling, top_level_boxes
from tests.support.provenance import look, operators_pair, photograph, picture

from flashreel.errors import JobFailed
from flashreel.media import certificate, ingredients, provenance
from flashreel.media.certificate import Identity
from flashreel.media.ingredients import Ingredient, Source
from flashreel.media.provenance import Facts, Signing, SourceType, verify
from flashreel.media.video import encode, probe

FRAMES = 24
FACTS = Facts("fox.mp4", "1.2.3", "animatic", "1.2.3", "algorithmicMedia")


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return certificate.load(tmp_path_factory.mktemp("data") / "provenance")


@pytest.fixture(scope="module")
def unsigned(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    encode(
        scrolling(FRAMES),
        path,
        width=160,
        height=96,
        fps=24,
        pixel_format="rgb24",
        frame_count=FRAMES,
        on_frame=lambda _: None,
        metadata=FACTS.metadata,
    )
    return path.read_bytes()


@pytest.fixture
def clip(unsigned: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(unsigned)
    return path


def sign(path: Path, identity: Identity, *sources: Source, facts: Facts = FACTS) -> tuple[str, ...]:
    return Signing(facts, identity, list(sources)).finish(path)


# --- what is said


@pytest.mark.parametrize("source_type", ["algorithmicMedia", "trainedAlgorithmicMedia"])
def test_it_says_how_by_what_and_when(clip: Path, identity: Identity, source_type: SourceType) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    assert sign(clip, identity, facts=Facts("fox.mp4", "1.2.3", "diffusion", "4.5", source_type)) == ()
    seen = look(clip)
    assert seen.state == "Valid"
    assert seen.manifest["title"] == "fox.mp4"
    generator = seen.manifest["claim_generator_info"][0]
    assert (generator["name"], generator["version"]) == ("flashreel", "1.2.3")
    assert seen.created["digitalSourceType"] == f"http://cv.iptc.org/newscodes/digitalsourcetype/{source_type}"
    assert seen.created["softwareAgent"] == {"name": "flashreel diffusion", "version": "4.5"}
    assert before <= dt.datetime.fromisoformat(seen.created["when"]) <= dt.datetime.now(dt.UTC)
    # What it says is the signer's word, and there is nothing of the prompt or of images.
    assert all(one["created"] for one in seen.manifest["assertions"])
    assert set(seen.assertions) == {"c2pa.actions.v2", "c2pa.hash.bmff.v3"}
    assert seen.ingredients == []


def test_it_has_a_certificate_that_nobody_else_vouches_for(clip: Path, identity: Identity) -> None:
    sign(clip, identity)
    seen = look(clip)
    assert seen.manifest["signature_info"]["issuer"] == "flashreel (self-made)"
    assert [status["code"] for status in seen.store["validation_status"]] == ["signingCredential.untrusted"]


def test_an_operators_certificate_is_in_it(clip: Path, tmp_path: Path) -> None:
    pair = operators_pair(tmp_path, ec.generate_private_key(ec.SECP384R1()))
    sign(clip, certificate.load(tmp_path / "none", pair.certificate, pair.key))
    seen = look(clip)
    assert (seen.state, seen.manifest["signature_info"]["issuer"]) == ("Valid", "An operator")


def test_an_engine_without_a_version_has_none(clip: Path, identity: Identity) -> None:
    sign(clip, identity, facts=Facts("a", "1", "mine:Engine", None, "trainedAlgorithmicMedia"))
    assert look(clip).created["softwareAgent"] == {"name": "flashreel mine:Engine"}


def test_the_prompts_hash_is_there_when_it_is_given(clip: Path, identity: Identity) -> None:
    sign(clip, identity, facts=Facts("a", "1", "e", "1", "algorithmicMedia", prompt_hash="ab" * 32))
    assert look(clip).assertions["flashreel.prompt"] == {"alg": "sha256", "hash": "ab" * 32}


# --- the file is still the video it was


def test_a_player_finds_the_same_video_with_tags(clip: Path, unsigned: bytes, identity: Identity) -> None:
    before, frames = probe(clip), decoded(clip)
    sign(clip, identity)
    after = probe(clip)
    assert after.file_size > before.file_size == len(unsigned)
    assert (after.frames, after.duration, after.fps, after.codec) == (FRAMES, 1.0, 24.0, "h264")
    assert after.first_key
    assert len(frames) == FRAMES
    for one, other in zip(decoded(clip), frames, strict=True):
        assert np.array_equal(one, other)
    with av.open(clip) as container:
        assert container.metadata["comment"] == "made by flashreel 1.2.3, engine animatic"
        assert container.metadata["encoder"] == "flashreel 1.2.3"
        # A player that jumps finds its way too: the offsets in the index have moved with the data.
        container.seek(500_000)
        assert next(container.decode(video=0)).pts is not None


def test_the_index_still_comes_before_the_data(clip: Path, identity: Identity) -> None:
    assert [box for box in top_level_boxes(clip) if box != b"free"] == [b"ftyp", b"moov", b"mdat"]
    sign(clip, identity)
    assert [box for box in top_level_boxes(clip) if box != b"free"] == [b"ftyp", b"uuid", b"moov", b"mdat"]


# --- it can be told when it is another


@pytest.mark.parametrize("box", [b"mdat", b"moov"])
def test_a_changed_byte_shows(clip: Path, identity: Identity, box: bytes) -> None:
    sign(clip, identity)
    verify(clip, FACTS)
    data = bytearray(clip.read_bytes())
    data[data.index(box) + 40] ^= 1
    clip.write_bytes(data)
    assert look(clip).state == "Invalid"
    with pytest.raises(JobFailed, match="does not prove to be what was signed: it is Invalid") as caught:
        verify(clip, FACTS)
    assert caught.value.code == "output_rejected"


def test_a_changed_word_in_the_manifest_shows(clip: Path, identity: Identity) -> None:
    sign(clip, identity)
    clip.write_bytes(clip.read_bytes().replace(b"algorithmicMedia", b"algorithmicMedja"))
    with pytest.raises(JobFailed, match="it is Invalid"):
        verify(clip, FACTS)


def test_no_manifest_and_another_one_are_refused(clip: Path, identity: Identity) -> None:
    with pytest.raises(JobFailed, match="cannot be read back"):
        verify(clip, FACTS)
    sign(clip, identity)
    with pytest.raises(JobFailed, match="carries another manifest than its own"):
        verify(clip, Facts("cat.mp4", "1", "e", "1", "algorithmicMedia"))


# --- images


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF"])
def test_the_manifest_of_an_image_is_kept(clip: Path, identity: Identity, format: str) -> None:
    assert sign(clip, identity, Source("start image", photograph(identity, format))) == ()
    seen = look(clip)
    assert seen.state == "Valid"
    (image,) = seen.ingredients
    assert (image["title"], image["format"]) == ("start image", f"image/{format.lower()}")
    assert image["relationship"] == "inputTo"
    assert len(seen.created["parameters"]["ingredients"]) == 1
    kept = seen.store["manifests"][image["active_manifest"]]
    assert kept["title"] == "a photograph"
    (action,) = {one["label"]: one["data"] for one in kept["assertions"]}["c2pa.actions.v2"]["actions"]
    assert action["digitalSourceType"].endswith("/digitalCapture")
    failures = image["validation_results"]["activeManifest"]["failure"]
    assert [failure["code"] for failure in failures] == ["signingCredential.untrusted"]


def test_two_images_are_told_apart(clip: Path, identity: Identity) -> None:
    sign(clip, identity, Source("start image", photograph(identity)), Source("end image", picture("BMP")))
    seen = look(clip)
    assert seen.state == "Valid"
    found = {image["title"]: image.get("active_manifest") for image in seen.ingredients}
    assert found["start image"] in seen.store["manifests"]
    assert found["end image"] is None  # it carries none, and is named all the same
    assert len(seen.store["manifests"]) == 2
    assert len(seen.created["parameters"]["ingredients"]) == 2


def test_a_clip_that_another_goes_on_from_is_kept_too(clip: Path, unsigned: bytes, identity: Identity) -> None:
    sign(clip, identity, Source("start image", photograph(identity)))
    first = clip.read_bytes()
    clip.write_bytes(unsigned)
    assert sign(clip, identity, Source("start image", first)) == ()
    seen = look(clip)
    (source,) = seen.ingredients
    assert (seen.state, source["format"]) == ("Valid", "video/mp4")
    assert len(seen.store["manifests"]) == 3  # its own, the first clip's, the photograph's


def test_that_an_image_was_tampered_with_is_kept_as_well(clip: Path, identity: Identity) -> None:
    data = bytearray(photograph(identity))
    data[-300] ^= 1
    sign(clip, identity, Source("start image", bytes(data)))
    seen = look(clip)
    failures = seen.ingredients[0]["validation_results"]["activeManifest"]["failure"]
    assert "assertion.dataHash.mismatch" in {failure["code"] for failure in failures}
    assert seen.state == "Valid"  # of the clip, which is what was signed


@pytest.mark.parametrize("data", [b"jumb", b"\xff\xd8\xff\xebjumb\xff", b"\x89PNG\r\n\x1a\njumb" + b"\0" * 99, b""])
def test_bytes_that_are_no_image_cost_at_most_the_ingredient(clip: Path, identity: Identity, data: bytes) -> None:
    warnings = sign(clip, identity, Source("start image", data))
    seen = look(clip)
    assert seen.state == "Valid"
    assert [(image["title"], image.get("active_manifest")) for image in seen.ingredients] == [("start image", None)]
    # What does not begin like an image is not even looked into.
    assert bool(warnings) == data.startswith((b"\xff", b"\x89"))
    assert all(re.match("the C2PA manifest of the start image is not kept: .+", one) for one in warnings)


def test_a_reader_that_crashes_costs_the_ingredient(
    clip: Path, identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash = tmp_path / "crash"
    crash.write_text("#!/bin/sh\nkill -ABRT $$\n")
    crash.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(crash))
    (warning,) = sign(clip, identity, Source("end image", photograph(identity)))
    assert warning == "the C2PA manifest of the end image is not kept: its reader ended with status -6"
    assert look(clip).state == "Valid"


def test_what_a_reader_quotes_of_an_image_is_printable(
    clip: Path, identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "said"
    said.write_text("#!/bin/sh\nprintf 'first\\nbad label \\033[31m' >&2\nexit 1\n")
    said.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(said))
    (warning,) = sign(clip, identity, Source("end image", photograph(identity)))
    assert warning.endswith("not kept: bad label ?[31m")


def test_a_reader_that_hangs_costs_the_ingredient(
    clip: Path, identity: Identity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hang = tmp_path / "hang"
    hang.write_text("#!/bin/sh\nexec sleep 100\n")
    hang.chmod(0o700)
    monkeypatch.setattr("sys.executable", str(hang))
    monkeypatch.setattr(ingredients, "WALL_SECONDS", 0.2)
    (warning,) = sign(clip, identity, Source("end image", photograph(identity)))
    assert warning.endswith("not kept: its reader took more than 0.2 s")


@pytest.mark.parametrize(("limit", "sentence"), [("FILE_MAX", "the file has more"), ("MANIFEST_MAX", "its manifests")])
def test_what_is_too_large_is_not_kept(
    clip: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch, limit: str, sentence: str
) -> None:
    monkeypatch.setattr(ingredients, limit, 1000)
    (warning,) = sign(clip, identity, Source("start image", photograph(identity)))
    assert f"not kept: {sentence}" in warning
    assert "active_manifest" not in look(clip).ingredients[0]


def test_a_manifest_that_spoils_the_signature_is_left_out(
    clip: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(source: Source) -> Ingredient:
        return Ingredient({"title": source.title, "instance_id": "xmp:iid:1", "relationship": "inputTo"}, b"odd")

    monkeypatch.setattr(provenance, "read", odd)
    (warning,) = sign(clip, identity, Source("start image", picture()))
    assert warning.startswith("the C2PA manifest of the start image is not kept: the video could not be signed")
    seen = look(clip)
    assert (seen.state, len(seen.ingredients)) == ("Valid", 1)


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was asked of it."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jumb.c2pa", paths
        server.shutdown()
        thread.join()


def test_an_address_in_an_image_is_never_asked(clip: Path, identity: Identity, asked: tuple[str, list[str]]) -> None:
    url, paths = asked
    xmp = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:dcterms="http://purl.org/dc/terms/" rdf:about="" dcterms:provenance="{url}"/>'
        "</rdf:RDF></x:xmpmeta>"
    )
    sign(clip, identity, Source("start image", picture(xmp=xmp.encode())))
    assert paths == []
    assert look(clip).state == "Valid"


# --- when it cannot be signed


def test_without_a_signature_there_is_no_clip(clip: Path, identity: Identity) -> None:
    with pytest.raises(JobFailed, match="the video could not be signed: ") as caught:
        sign(clip, Identity(identity.certificates, b"no key"))
    assert caught.value.code == "engine_failed"
    assert not clip.exists()


def test_a_full_disk_is_called_what_it_is(clip: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(JobFailed, match="could not be written: No space left on device") as caught:
        sign(clip, identity, Source("start image", photograph(identity)))
    assert caught.value.code == "storage_failed"
    assert not clip.exists()


def test_what_cannot_be_read_back_is_no_clip(clip: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    signed = provenance._signed

    def spoiled(*all: Any) -> bytes:
        data = bytearray(signed(*all))
        data[-20] ^= 1
        return bytes(data)

    monkeypatch.setattr(provenance, "_signed", spoiled)
    with pytest.raises(JobFailed, match="does not prove to be what was signed") as caught:
        sign(clip, identity)
    assert caught.value.code == "output_rejected"
    assert not clip.exists()


def test_images_bytes_are_let_go_of_before_the_clip_is_done(identity: Identity) -> None:
    sources = [Source("start image", picture()), Source("end image", picture())]
    signing = Signing(FACTS, identity, sources)
    signing._thread.join(60)
    assert sources == []
