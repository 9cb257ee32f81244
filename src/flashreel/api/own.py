"""Image URLs that lead back to this server: read from the store, not over HTTP, which would refuse most of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request

from flashreel.api.base_url import base_url
from flashreel.api.state import State, state_of
from flashreel.errors import InvalidRequest
from flashreel.jobs import store, uploads
from flashreel.jobs.keys import Key
from flashreel.media.urls import URL_MAX
from flashreel.spec import AssetImage

#: Below our base.
_OURS = re.compile(r"/(?:replicate/)?v1/files/(?P<id>[^/]+)|/assets/(?P<asset>.*)")
#: Behind any: two secrets of 128 bits are nobody else's path. The same server goes by several names (localhost and
#: 127.0.0.1; the two hosts of Segmind's SDK), and a URL that it gave under one comes back under another.
_SECRET = re.compile(r"(?:/.*)?/assets/(?P<asset>(?:uploads/[0-9a-f]{32}|[0-9a-f]{32}/[0-9]+)/[0-9a-f]{32}\.[a-z0-9]+)")
_PORTS = {"http": 80, "https": 443}
_RULE = "an image that this key uploaded, or a still of a job, while it lasts"


def own_image(request: Request, key: Key, url: str, field: str = "start_image_url") -> AssetImage | None:
    """The stored file that `url` names: an upload of this key, or a still that a job published.

    Its base is the one that our own answers to this request have (`base_url`), or any where the path is a file's secret
    one. None where the URL is not ours. Raises InvalidRequest naming `field` where the file is unknown, expired or
    another key's, though the base is ours, or where it is no image.
    """
    parts = _split(url)
    if parts is None:
        return None
    base = urlsplit(base_url(request))
    ours = None
    if _origin(parts) == _origin(base) and parts.path.startswith(base.path):
        ours = _OURS.fullmatch(parts.path[len(base.path) :])
    named = ours or _SECRET.fullmatch(parts.path)
    if named is None:
        return None
    found = _find(state_of(request), key, named.groupdict())
    if found is None and ours is None:
        return None
    if found is None:
        raise _refuse(field, url, "names a file of this server that does not exist or has expired")
    path, kind = found
    if not kind.startswith("image/"):
        raise _refuse(field, url, f"names a file of this server that is not an image: {kind}")
    return AssetImage(path)


def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) URL without credentials; None for anything else."""
    if len(url) > URL_MAX or not url[:8].lower().startswith(tuple(f"{scheme}://" for scheme in _PORTS)):
        return None
    try:
        parts = urlsplit(url)
        _origin(parts)
    except ValueError:
        return None
    return None if "@" in parts.netloc else parts


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def _find(state: State, key: Key, named: Mapping[str, str | None]) -> tuple[str, str] | None:
    """Path and media type of the file of this `id`, or at the path `asset`."""
    if (upload_id := named.get("id")) is not None:
        return _upload(state, key, upload_id)
    path = named["asset"] or ""
    if not path.startswith("uploads/"):
        return _made(state, path)
    found = _upload(state, key, path.split("/")[1])
    return found if found is not None and found[0] == path else None


def _upload(state: State, key: Key, upload_id: str) -> tuple[str, str] | None:
    """Path and media type of an upload of the key."""
    with state.database.reading() as connection:
        upload = uploads.get(connection, upload_id, key.id)
    return None if upload is None else (upload.path, upload.content_type)


def _made(state: State, path: str) -> tuple[str, str] | None:
    """Path and media type of a file that a job published, anybody's: who knows the path may have the file."""
    with state.database.reading() as connection:
        job = store.get(connection, path.partition("/")[0])
    if job is None or job.result is None:
        return None
    for file in (job.result, *job.result.get("stills", {}).values()):
        if file["path"] == path:
            return path, file["content_type"]
    return None


def _refuse(field: str, url: str, problem: str) -> InvalidRequest:
    return InvalidRequest(f"{field} {problem}: '{url[:200]}'. Allowed: {_RULE}.", field=field, value=url[:200])
