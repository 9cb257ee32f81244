"""The whole API over a store with a job in every state, and how to name each of its things in a path."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.routing import Match, Route
from starlette.types import Scope

from flashreel.api.dialects import dialect_of
from flashreel.api.openapi.segmind_webhooks import WEBHOOK_ID
from flashreel.jobs import ending, keys, leases
from flashreel.jobs.schema import dispatches, jobs, outbox, webhooks
from flashreel.storage import Storage
from tests.api.conftest import TINY, Api, ApiMaker
from tests.support.asgi import Raw, scope_of, send
from tests.support.described import Described, Document
from tests.support.store import claim, complete

PNG = b"\x89PNG\r\n\x1a\n0123"
#: Nothing here is to be refused for being one too many.
_NO_LIMITS: dict[str, Any] = {"rate": 1e9, "burst": 10**9, "max_queued": 10**9, "max_queue": 10**9}
_CREDITS = 10**15
#: Names of a job's id in paths.
_JOBS = ("request_id", "video_id", "prediction_id", "id", "job_id")
_ERRORS = {"segmind": "SegmindError", "luma": "LumaError", "openai": "OpenAIError", "replicate": "ReplicateError"}


STATES = ("cancelled", "foreign", "completed", "failed", "processing", "queued")


class Surface:
    """Waits are over at once, as when the process stops: there is no worker to wait for."""

    def __init__(self, make_api: ApiMaker, **flags: Any) -> None:
        self.api: Api = make_api(**{"models": {"tiny": TINY}, **_NO_LIMITS, **flags})
        self.api.life.stopping.set()
        self.app = self.api.client._transport.app  # type: ignore[attr-defined]  # httpx keeps the app it was given
        routes = self.app.router.routes
        self._routes = [route for route in routes if isinstance(route, Route)]
        with self.api.state.database.transaction() as connection:
            keys.grant(connection, self.api.key_id, _CREDITS)
            self._other = keys.create_key(connection, "other", _CREDITS)[1]
            self._operator = keys.create_key(connection, "operator", 0, scopes=("admin",))[1]
            self._spare = keys.create_key(connection, "spare", 0)[0].id
        self.document = Document(self.api.get("/openapi.json").json())
        self.jobs: dict[str, str] = {}
        with self.api.state.database.transaction() as connection:
            ours = {"key_id": self.api.key_id, "webhook_id": WEBHOOK_ID}
            times = {"created_at": 1e9, "updated_at": 1e9}
            row = {"id": WEBHOOK_ID, "key_id": self.api.key_id, "url": "https://example.com/hook", "types": "PIXELFLOW"}
            connection.execute(webhooks.insert().values(**row, **times))
            tried = {"message_id": "msg_1", "job_id": "j", "event": "request.failed", "at": 1e9, "seconds": 0.1}
            for answered in ({"status": 200, "attempt": 2}, {"error": "no answer within 10 s", "attempt": 1}):
                connection.execute(dispatches.insert().values(**ours, **tried, **answered))
            told = {"url": row["url"], "host": "example.com", "shape": "segmind", "event": "request.failed"}
            ends = {"due_at": 1e9, "created_at": 1e9, "text_until": 9e9, "dead_at": 1e9}
            dead = {"id": "msg_1", "job_id": "j", "key_id": self.api.key_id, "body": "{}", **told, **ends}
            connection.execute(outbox.insert().values(**dead))
        self._stale = {*STATES, "upload"}
        self.refresh()

    def refresh(self) -> None:
        """A job in every state, one of another key's, and an upload: a new one where a request may have ended it."""
        makers: dict[str, Callable[[], str]] = {
            "cancelled": lambda: self._cancelled(self.api.secret),
            "foreign": lambda: self._cancelled(self._other),
            "completed": self._completed,
            "failed": self._failed,
            "processing": lambda: self._claim().id,
            "queued": self.api.submit,
        }
        for state, make in makers.items():
            if state in self._stale:
                self.jobs[state] = make()
        if "upload" in self._stale:
            for file in self.api.get("/v1/files").json()["results"]:  # a key may have so many
                assert self.api.call("DELETE", f"/v1/files/{file['id']}").status_code == 204
            answer = self.api.call("POST", "/v1/files", files={"content": ("a.png", PNG)})
            assert answer.status_code == 201, answer.text
            self.upload_id = str(answer.json()["id"])
            self.upload_url = str(answer.json()["urls"]["download"])
        if "webhook" in self._stale:  # a key may have so many
            with self.api.state.database.transaction() as connection:
                connection.execute(webhooks.delete().where(webhooks.c.id != WEBHOOK_ID))
                connection.execute(webhooks.update().values(inactive_at=None))
        self._stale = set()

    def secret_of(self, dialect: str) -> str:
        """The secret of the key that calls a dialect: ours, or the operator's."""
        return self._operator if dialect == "admin" else self.api.secret

    def parameters(self, operation: Described, state: str = "completed") -> dict[str, str]:
        """What puts something there is into the operation's path, a job in this state."""
        job = self.jobs[state]
        values = {
            **dict.fromkeys(_JOBS, job),
            "model": "tiny",
            "model_id": "tiny",
            "owner": "luma",
            "character_id": "char_1",
            "key_id": self._spare,
            "message_id": "msg_1",
            "file_id": self.upload_id,
            "upload_id": self.upload_id,
            "file": "main.js",
            "rest": self._asset.partition("/")[2],
            "name": self.upload_url.rpartition("/")[2] if "upload_id" in operation.path else "ray-flash-2-720p",
        }
        if operation.dialect == "replicate":
            values["version_id"] = self._version()
        return {p["name"]: values[p["name"]] for p in operation.data["parameters"] if p["in"] == "path"}

    def queries(self, operation: Described) -> dict[str, str]:
        """What the operation's query has to have, naming something there is."""
        values = {"webhook_id": WEBHOOK_ID, "model_name": "tiny"}
        return {
            p["name"]: values[p["name"]] for p in operation.data["parameters"] if p["in"] == "query" and p["required"]
        }

    def call(self, operation: Described, values: Mapping[str, str], *, key: str | None = "", **more: Any) -> Raw:
        """One request over httpx; its answer is as the document says."""
        path = operation.path.format_map({name: quote(value, safe="/") for name, value in values.items()})
        if needed := self.queries(operation):
            more["params"] = needed
        caller = "admin" if operation.id == "own_metrics" else operation.dialect
        secret = self.secret_of(caller) if key == "" else key
        answer = self.api.call(operation.method, path, key=secret, **more)
        self._note(operation, path)
        self._undo(operation, answer.status_code, answer.content)
        raw = Raw(answer.status_code, answer.headers, answer.content)  # type: ignore[arg-type]  # reads as Starlette's do
        self.document.check(operation, raw.status, answer.headers.get("content-type", ""), raw.body)
        return raw

    def send(
        self, method: str, target: str, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[Raw, Described | None]:
        """One request without a client, and the operation it came to. Its answer is as the document says; where it came
        to none, it is an error in the shape of the path's dialect."""
        scope = scope_of(method, target, headers)
        raw = self.api.runner.run(send(self.app, scope, body))
        operation = self._operation(scope)
        content_type = raw.headers.get("content-type", "")
        if operation is not None:
            self._note(operation, scope["path"])
            self._undo(operation, raw.status, raw.body)
            self.document.check(operation, raw.status, content_type, raw.body)
        else:
            assert raw.status in (400, 401, 404, 405), (method, target, raw)
        if raw.status >= 400 and raw.body and "FAILED" not in raw.body.decode():
            self._check_error(scope["path"], raw)
        return raw, operation

    def _note(self, operation: Described, path: str) -> None:
        if operation.method == "DELETE" or operation.path.endswith("/cancel"):
            things = {**self.jobs, "upload": self.upload_id}
            self._stale |= {state for state, thing in things.items() if thing in path}
        if operation.path.startswith("/webhook/"):
            self._stale.add("webhook")

    def _undo(self, operation: Described, status: int, body: bytes) -> None:
        """A job that was made once more would be the next that is taken."""
        if operation.path.endswith("/retry") and status == 200:
            with self.api.state.database.transaction() as connection:
                ending.cancel(connection, json.loads(body)["id"], None, 3600.0)

    def _check_error(self, path: str, raw: Raw) -> None:
        body = json.loads(raw.body)
        if raw.status == 503 and path.startswith("/health/"):
            return  # which says what is wrong in its own words
        dialect = dialect_of(path)
        problems = self.document.problems({"$ref": f"#/components/schemas/{_ERRORS[dialect]}"}, body)
        assert not problems, (path, raw.status, problems, raw.body)
        error = body.get("detail", body.get("error"))
        sentence = error["message"] if isinstance(error, dict) else error
        assert " " in sentence.strip() and len(sentence) < 2000, (path, sentence)

    def _operation(self, scope: Scope) -> Described | None:
        for route in self._routes:
            if route.matches(scope)[0] == Match.FULL:
                method = "GET" if scope["method"] == "HEAD" else scope["method"]
                return self.document.find(method, route.path)
        return None

    def check_money(self) -> None:
        """The ledger adds up, and every job that was not given back has its price."""
        with self.api.state.database.reading() as connection:
            assert keys.check_ledger(connection) == []
            key = keys.get_key(connection, self.api.key_id)
            assert key is not None
            rows = list(connection.execute(jobs.select().where(jobs.c.key_id == key.id)))
            owed = sum(row.price for row in rows if row.state != "FAILED")
            assert key.credits == _CREDITS + 10_000_000 - owed

    def _cancelled(self, key: str) -> str:
        job_id = str(self.api.post("/v2/tiny", {"prompt": "a fox"}, key=key).json()["request_id"])
        assert self.api.post(f"/v2/requests/{job_id}/cancel", key=key).status_code == 200
        return job_id

    def _claim(self) -> leases.Claim:
        self.api.submit()
        taken = claim(self.api.state.database)
        assert taken is not None
        return taken

    def _failed(self) -> str:
        taken = self._claim()
        with self.api.state.database.transaction() as connection:
            assert ending.fail(connection, taken, "engine_failed", "the engine failed", 3600.0)
        return taken.id

    def _completed(self) -> str:
        taken = self._claim()
        stills = {"poster": ("image/jpeg", ".jpg"), "thumbnail": ("image/webp", ".webp")}
        stills["spritesheet"] = ("image/jpeg", ".jpg")
        files = [(b"0123456789", ".mp4"), *((name.encode(), suffix) for name, (_, suffix) in stills.items())]
        path, *others = Storage(self.api.state.settings.assets).put_all(taken, files)
        made = {
            name: {"path": other, "content_type": kind, "file_size": len(name)}
            for other, (name, (kind, _)) in zip(others, stills.items(), strict=True)
        }
        assert complete(self.api.state.database, taken, path=path, file_size=10, stills=made)
        self._asset = path
        return taken.id

    def _version(self) -> str:
        return str(self.api.get("/v1/models/luma/ray-flash-2-720p").json()["latest_version"]["id"])
