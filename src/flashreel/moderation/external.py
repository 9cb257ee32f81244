"""A checker somewhere else: any endpoint that answers as OpenAI's moderation endpoint does.

POST {"model", "input"} is answered by {"results": [{"flagged", "categories": {name: bool}}]}; a picture goes as a JPEG
data URI in the multimodal form of `input`. https://platform.openai.com/docs/api-reference/moderations
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from types import MappingProxyType
from typing import Any, Final

import httpx

from flashreel.moderation.checker import CheckFailed, Image
from flashreel.moderation.policy import CATEGORIES, Finding

#: Their categories as ours. "violence" is any, down to a brawl, so it is mild here; so is harassment, as hate.
FOREIGN: Final[Mapping[str, Finding]] = MappingProxyType(
    {
        "sexual": Finding("sexual"),
        "sexual/minors": Finding("minors"),
        "harassment": Finding("hate", mild=True),
        "harassment/threatening": Finding("hate"),
        "hate": Finding("hate"),
        "hate/threatening": Finding("hate"),
        "illicit": Finding("illegal"),
        "illicit/violent": Finding("illegal"),
        "self-harm": Finding("self_harm"),
        "self-harm/intent": Finding("self_harm"),
        "self-harm/instructions": Finding("self_harm"),
        "violence": Finding("violence", mild=True),
        "violence/graphic": Finding("violence"),
    }
)
_MOST_BYTES: Final = 2**20
_JPEG_QUALITY: Final = 85
_LONGEST_SIDE: Final = 1024


class ExternalChecker:
    """Asks the endpoint, one call for the prompt and one for each picture. The URL is the operator's, so private
    addresses are as good as others; redirects are not followed."""

    def __init__(self, url: str, *, key: str, model: str, seconds: float, images: bool) -> None:
        """`key` goes as a bearer token, "" for none; a call takes at most `seconds`; `images` says whether the endpoint
        takes pictures."""
        self.checks_images = images
        self._url = url
        self._model = model
        self._seconds = seconds
        self._client = httpx.Client(headers={"authorization": f"Bearer {key}"} if key else {}, timeout=seconds)

    def check_text(self, prompt: str) -> list[Finding]:
        return list(self._ask(prompt))

    def check_images(self, images: Sequence[Image]) -> list[Finding]:
        # One picture in a call: that is the most OpenAI's own endpoint takes.
        return [
            finding
            for image in images
            for finding in self._ask([{"type": "image_url", "image_url": {"url": _data_uri(image)}}])
        ]

    def _ask(self, what: object) -> Iterator[Finding]:
        """Raises CheckFailed; what httpx says is not repeated, for it may quote the key."""
        deadline = time.monotonic() + self._seconds
        try:
            with self._client.stream("POST", self._url, json={"model": self._model, "input": what}) as answer:
                if answer.status_code != 200:
                    raise CheckFailed(f"the moderation endpoint answered {answer.status_code}")
                content = bytearray()
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > _MOST_BYTES:
                        raise CheckFailed(f"the moderation endpoint answered more than {_MOST_BYTES} bytes")
                    if time.monotonic() > deadline:
                        raise CheckFailed(f"the moderation endpoint took more than {self._seconds:g} s")
        except httpx.TimeoutException:
            raise CheckFailed(f"the moderation endpoint took more than {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise CheckFailed(f"the moderation endpoint could not be asked ({type(error).__name__})") from None
        return _findings(bytes(content))


def _findings(content: bytes) -> Iterator[Finding]:
    try:
        results: list[Any] = json.loads(content)["results"]
        flags = [(bool(result["flagged"]), dict(result["categories"])) for result in results]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CheckFailed("the moderation endpoint's answer is not of OpenAI's shape") from None
    if not flags:
        raise CheckFailed("the moderation endpoint answered without a result")
    found: list[Finding] = []
    for is_flagged, categories in flags:
        named = [name for name, is_so in categories.items() if is_so is True]
        known = [finding for name in named if (finding := _ours(name)) is not None]
        if is_flagged and not known:
            raise CheckFailed("the moderation endpoint flagged a category that has no counterpart here")
        found += known
    return iter(found)


def _ours(name: str) -> Finding | None:
    """Their category, or one that is named as ours is."""
    if name in FOREIGN:
        return FOREIGN[name]
    return next((Finding(category) for category in CATEGORIES if category == name), None)


def _data_uri(image: Image) -> str:
    from PIL import Image as Pictures  # only where pictures are sent

    picture = Pictures.fromarray(image)
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    file = BytesIO()
    picture.save(file, "JPEG", quality=_JPEG_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode("ascii")
