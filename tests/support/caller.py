"""One API key's view of a server, in plain HTTP."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import sqlalchemy as sa

from flashreel.catalogue import MICRO
from flashreel.jobs import keys, retention
from flashreel.jobs.schema import LIVE
from flashreel.jobs.schema import jobs as jobs_table
from flashreel.jobs.schema import keys as keys_table
from tests.support.server import Server, wait_for
from tests.support.web import client


class Caller:
    """Calls with the key `secret`. `http` is for whatever has no method here."""

    def __init__(self, server: Server, key_id: str, secret: str) -> None:
        self.server = server
        self.key_id = key_id
        self.secret = secret
        self.http = client(server.url, x_api_key=secret)

    @classmethod
    def create(
        cls,
        server: Server,
        credits: float = 100.0,
        *,
        scopes: tuple[str, ...] = ("generate",),
        models: tuple[str, ...] = (),
        **columns: object,
    ) -> Caller:
        """With a key of its own, made in the server's store; `columns` are set on its row besides."""
        with server.store() as connection:
            key, secret = keys.create_key(connection, "test", round(credits * MICRO), scopes=scopes, models=models)
            if columns:
                connection.execute(keys_table.update().where(keys_table.c.id == key.id).values(**columns))
        return cls(server, key.id, secret)

    def close(self) -> None:
        self.http.close()

    def post(self, path: str, **fields: object) -> httpx.Response:
        return self.http.post(path, json=fields)

    def submit(self, prompt: str = "a red fox", model: str = "scripted", **fields: object) -> str:
        """The request id of a job that was accepted."""
        answer = self.post(f"/v2/{model}", prompt=prompt, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["request_id"])

    def status(self, request_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/v2/requests/{request_id}/status")
        assert answer.status_code in (200, 422), answer.text
        body: dict[str, Any] = answer.json()
        return body

    def wait_for_state(self, request_id: str, *states: str) -> dict[str, Any]:
        """The status body, once the job is in one of `states`."""

        def reached() -> dict[str, Any] | None:
            body = self.status(request_id)
            return body if body["status"] in states else None

        return wait_for(reached)

    def result(self, request_id: str) -> httpx.Response:
        """The answer of the result route, once the job is over."""
        self.wait_for_state(request_id, "COMPLETED", "FAILED")
        return self.http.get(f"/v2/requests/{request_id}")

    @contextmanager
    def waiting(self, prompt: str, model: str = "scripted", **headers: str) -> Iterator[str]:
        """The id of the one job of this key, which an open v1 call asked for; it is hung up on when this is over."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = self.http.build_request("POST", f"/v1/{model}", json={"prompt": prompt}, headers=named)
        lines = [f"POST /v1/{model} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers.items())]

        def accepted() -> str | None:
            with self.server.store() as connection:
                query = jobs_table.select().where(jobs_table.c.key_id == self.key_id)
                row = connection.execute(query).first()
            return None if row is None else str(row.id)

        with socket.create_connection(("127.0.0.1", self.server.port)) as wire:
            wire.sendall("\r\n".join([*lines, "", ""]).encode() + request.content)
            yield wait_for(accepted)

    def cancel_all(self) -> None:
        """Cancels what this key still has queued or running."""
        with self.server.store() as connection:
            query = sa.select(jobs_table.c.id).where(jobs_table.c.key_id == self.key_id, LIVE)
            unfinished = list(connection.scalars(query))
        for request_id in unfinished:
            self.post(f"/v2/requests/{request_id}/cancel")

    def expire(self, request_id: str) -> None:
        """Lets the time pass that the finished job's result is kept."""
        with self.server.store() as connection:
            retention.expire(connection, [request_id])

    def credits(self) -> float:
        return float(self.http.get("/v1/get-user-credits").json()["credits"])
