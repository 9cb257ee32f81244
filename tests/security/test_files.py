"""Hostile files through the real child, and hostile streams through the real client: each ends in its sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from flashreel.errors import JobFailed
from flashreel.media.decoder import Decoder
from flashreel.media.fetch import fetch_image
from flashreel.media.urls import FetchPolicy
from tests.security.conftest import FIELD
from tests.security.files import bombs, damaged, no_images, strange_but_sound
from tests.support.images import saved
from tests.support.site import PICTURE

HOSTILE = {name: (data, sentence) for name, data, sentence in (*no_images(), *bombs(), *damaged())}
SOUND = dict(strange_but_sound())
WIDTH, HEIGHT = 48, 32


@pytest.fixture(scope="module")
def shared() -> Iterator[Decoder]:
    """One child for all of them: a refusal must leave it fit for the next picture, as a job's second is."""
    with Decoder() as decoder:
        yield decoder


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_its_sentence(shared: Decoder, name: str) -> None:
    data, sentence = HOSTILE[name]
    with pytest.raises(JobFailed) as failure:
        shared.decode(data, FIELD, WIDTH, HEIGHT)
    assert (failure.value.code, str(failure.value)) == ("image_invalid", f"{FIELD} {sentence}")


@pytest.mark.parametrize("name", SOUND)
def test_what_a_picture_carries_besides_does_no_harm(shared: Decoder, name: str) -> None:
    image = shared.decode(SOUND[name], FIELD, WIDTH, HEIGHT)
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(image.astype(int) - (90, 160, 30)).max() <= 4


@pytest.mark.parametrize("name", ["png, 100 MB of black", "png, a text of 200 MB", "jpeg, no tables"])
def test_a_child_of_its_own_says_the_same(name: str) -> None:
    data, sentence = HOSTILE[name]
    with Decoder() as decoder, pytest.raises(JobFailed) as failure:
        decoder.decode(data, FIELD, WIDTH, HEIGHT)
    assert str(failure.value) == f"{FIELD} {sentence}"


@pytest.mark.parametrize(
    ("path", "code", "sentence"),
    [
        ("zeros/0", "image_invalid", "is empty"),
        ("zeros/100001", "image_invalid", "is larger than 0.1 MB"),
        ("endless", "image_invalid", "is larger than 0.1 MB"),
        ("announced", "image_invalid", "is larger than 0.1 MB"),
        ("bomb", "image_invalid", "is larger than 0.1 MB"),
        ("brotli", "image_unreachable", "answered in an encoding that was not asked for"),
        ("notgzip", "image_unreachable", "broke off, or its answer is not HTTP"),
        ("short", "image_unreachable", "broke off, or its answer is not HTTP"),
        ("nonsense", "image_unreachable", "broke off, or its answer is not HTTP"),
        ("type/text/html", "image_invalid", "is not an image: text/html"),
        ("type/TEXT/HTML;charset=utf-8", "image_invalid", "is not an image: text/html"),
        ("type/application/json", "image_invalid", "is not an image: application/json"),
        ("type/application/xhtml+xml", "image_invalid", "is not an image: application/xhtml+xml"),
        ("type/image/svg+xml", "image_invalid", "is not an image: image/svg+xml"),
        ("type/video/mp4", "image_invalid", "is not an image: video/mp4"),
        ("status/204", "image_unreachable", "answered 204"),
        ("status/403", "image_unreachable", "answered 403"),
        ("loop", "image_unreachable", "redirects more than 3 times"),
    ],
)
def test_a_hostile_answer_ends_in_its_sentence(
    site: str, open_to_site: FetchPolicy, path: str, code: str, sentence: str
) -> None:
    with pytest.raises(JobFailed) as failure:
        fetch_image(f"{site}/{path}", FIELD, open_to_site)
    assert (failure.value.code, str(failure.value)) == (code, f"{FIELD} {sentence}")


@pytest.mark.parametrize("path", ["drip", "headers", "silent"])
def test_a_slow_stream_meets_the_deadline(site: str, open_to_site: FetchPolicy, path: str) -> None:
    hasty = FetchPolicy(allow_networks=open_to_site.allow_networks, allow_ports=open_to_site.allow_ports, seconds=0.3)
    with pytest.raises(JobFailed) as failure:
        fetch_image(f"{site}/{path}", FIELD, hasty)
    assert str(failure.value) == f"{FIELD} did not answer in full within 0.3 s"


def test_the_servers_word_for_a_type_is_not_believed(site: str, open_to_site: FetchPolicy, shared: Decoder) -> None:
    data = fetch_image(f"{site}/type/image/png", FIELD, open_to_site)
    assert data == PICTURE
    with pytest.raises(JobFailed, match=f"^{FIELD} is a damaged PNG image$"):
        shared.decode(data, FIELD, WIDTH, HEIGHT)


def test_the_limit_itself_is_decoded() -> None:
    from PIL import Image

    data = saved(Image.new("L", (8000, 8000), 77), "PNG", compress_level=1)
    with Decoder() as decoder:
        assert (decoder.decode(data, FIELD, WIDTH, HEIGHT) == 77).all()
