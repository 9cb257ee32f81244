"""A running flashreel server, over HTTP, for a process that has one API key."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx

from flashreel.errors import RemoteError, SetupError

#: Of a call: all of them are answered at once. Of a download: between two pieces.
SECONDS: Final = 30.0


class Remote:
    """The server's own (Segmind) paths. An async context manager; every method raises RemoteError."""

    def __init__(self, url: str, key: str) -> None:
        """`url` is the server's address, without a path of the API. Raises SetupError for what is none, and for a key
        that no header can hold."""
        rule = "it must be like http://127.0.0.1:8000, without a key in it"
        if "@" in url:  # which is not repeated
            raise SetupError(f"url has an @; {rule}")
        try:
            parts = urlsplit(url)
            is_one = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.query
        except ValueError:  # of an address or a port that is none
            is_one = False
        if not is_one:
            raise SetupError(f"url is {url!r}; {rule}")
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise SetupError("FLASHREEL_API_KEY must be ASCII without spaces")
        self._url = url.rstrip("/")
        self._http = httpx.AsyncClient(base_url=self._url, headers={"x-api-key": key}, timeout=SECONDS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def submit(self, model: str, fields: Mapping[str, object]) -> dict[str, Any]:
        """The accepted job: `request_id`, `warnings` and more. Fields that are None are not sent."""
        return await self._call("POST", f"/v2/{model}", {key: it for key, it in fields.items() if it is not None})

    async def status(self, request_id: str) -> dict[str, Any]:
        """How far it is: `status`, `stage`, `progress`, `queue_position`, `eta`, `error`."""
        return await self._call("GET", f"/v2/requests/{request_id}/status")

    async def result(self, request_id: str) -> dict[str, Any]:
        """The finished job with its `video`; the status of one that is not."""
        return await self._call("GET", f"/v2/requests/{request_id}")

    async def cancel(self, request_id: str) -> dict[str, Any]:
        """The job as it then is; a finished one is left alone."""
        return await self._call("POST", f"/v2/requests/{request_id}/cancel")

    async def recent(self, limit: int) -> list[dict[str, Any]]:
        """The key's latest requests of a week, at most 100, as rows of the request history."""
        body = await self._call("GET", f"/inference-request/request-history?per_page={limit}")
        rows: list[dict[str, Any]] = body["requests"]
        return rows

    async def download(self, url: str, path: Path) -> int:
        """Saves the file at `url` as `path`, which is there only once it is whole; its bytes. The key is not sent: the
        address may be a bucket's."""
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")  # nobody else's, also at the same time
        try:
            async with httpx.AsyncClient(timeout=SECONDS) as http, http.stream("GET", url) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise RemoteError(f"the video cannot be downloaded: {url} answers {answer.status_code}")
                size = 0
                with part.open("wb") as file:
                    async for piece in answer.aiter_bytes():
                        size += file.write(piece)
            part.replace(path)
            return size
        except httpx.HTTPError as error:
            raise RemoteError(f"the video cannot be downloaded from {url}: {_reason(error)}") from error
        except OSError as error:
            raise RemoteError(f"the file {path} cannot be written: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)

    async def _call(self, method: str, path: str, fields: Mapping[str, object] | None = None) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, path, json=fields)
        except httpx.HTTPError as error:
            raise RemoteError(
                f"no flashreel server answers at {self._url}: {_reason(error)}; is `flashreel serve` running?"
            ) from error
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise RemoteError(f"{self._url} answers {answer.status_code}, and not as a flashreel server does")
        # A job that FAILED is answered with 422, and is an answer.
        if answer.is_error and "status" not in body:
            raise RemoteError(str(body.get("error") or f"{self._url} answers {answer.status_code}"))
        return body


def _reason(error: httpx.HTTPError) -> str:
    return str(error) or type(error).__name__
