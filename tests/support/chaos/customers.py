"""Clients that behave as clients do: they repeat, poll, cancel, delete, listen, wait, and hang up."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.support.chaos.witness import TERMINAL, Sight, Witness, is_further
from tests.support.web import client

MODEL: Final = "chaos"
#: What is asked for, and how often. A job that kills its worker costs seconds: `Customer` bounds those.
_PROMPTS: Final = {
    "": 58,
    "seconds=0.4": 14,
    "seconds=1.5": 8,
    "seconds=4": 2,
    "crash": 4,
    "upstream": 4,
    "black": 4,
    "short": 4,
    "die": 2,
}
_DEEDS: Final = {
    "submit": 34,
    "repeat": 5,
    "misuse": 1,
    "wait": 5,
    "poll": 30,
    "fetch": 8,
    "cancel": 6,
    "delete": 4,
    "listen": 6,
    "credits": 1,
}
_MOST_LIVE: Final = 20
#: Refusals that say what a client must do; any other status of 400 and more is a complaint.
_REFUSALS: Final = {406: "out of credits", 429: "too many", 503: "unavailable"}


@dataclass(slots=True)
class Order:
    """A submit that may be sent more than once."""

    prompt: str
    token: str | None
    hook: str | None = None
    """The URL that is to be told of its end."""

    @property
    def body(self) -> dict[str, str]:
        return {"prompt": self.prompt, **({} if self.hook is None else {"webhook_url": self.hook})}

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"idempotency-key": self.token}


class Poison:
    """How many jobs that kill their worker may still be submitted."""

    def __init__(self, left: int) -> None:
        self._left = left
        self._lock = threading.Lock()

    def take(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0


class Customer(threading.Thread):
    """One key's client: one deed after another, each at any of `urls`, until `stop` is set. It knows only its own
    jobs. Of some it wants to be told by a webhook below `hooks`, where there is such a URL."""

    def __init__(
        self,
        name: str,
        urls: Sequence[str],
        secret: str,
        *,
        witness: Witness,
        stop: threading.Event,
        seed: str,
        poison: Poison,
        hooks: str | None,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self.secret = secret
        self._witness = witness
        self._stop_asked = stop
        self._random = random.Random(seed)
        self._poison = poison
        self._hooks = hooks
        self._servers = [client(url, x_api_key=secret) for url in urls]
        for server in self._servers:
            server.timeout = httpx.Timeout(3.0)
        self._orders: list[tuple[Order, str]] = []  # answered, with the job's id
        self._live: list[str] = []
        self._over: list[str] = []
        self._count = 0

    def run(self) -> None:
        deeds = list(_DEEDS)
        with ExitStack() as stack:
            for server in self._servers:
                stack.enter_context(server)
            while not self._stop_asked.is_set():
                deed = self._random.choices(deeds, list(_DEEDS.values()))[0]
                try:
                    getattr(self, f"do_{deed}")()
                except httpx.TransportError as error:
                    self._witness.count(f"no answer: {type(error).__name__}")
                    self._stop_asked.wait(0.2)
                except Exception as error:
                    self._witness.object(f"{deed}: {error!r}")
                self._stop_asked.wait(self._random.uniform(0.0, 0.05))

    @property
    def job_ids(self) -> list[str]:
        """Every job that it knows to be its own."""
        return list(dict.fromkeys(job_id for _, job_id in self._orders))

    @property
    def _http(self) -> httpx.Client:
        """One of the servers, another each time."""
        return self._random.choice(self._servers)

    # --- what it does

    def do_submit(self) -> None:
        """One or a few at once."""
        for _ in range(self._random.randint(1, 6)):
            if len(self._live) < _MOST_LIVE:
                self._submit()

    def _submit(self) -> None:
        """Repeats what got no answer, or the one that it may come again, where that makes no second job."""
        order = self._order()
        for _ in range(8):
            try:
                answer = self._send(f"/v2/{MODEL}", order)
            except httpx.TransportError:
                if order.token is None or self._stop_asked.is_set():
                    raise
            else:
                if answer.status_code == 200:
                    self._accepted(order, answer.json()["request_id"])
                if answer.status_code != 503 or order.token is None or self._stop_asked.is_set():
                    return
            self._stop_asked.wait(self._random.uniform(0.1, 1.0))

    def do_repeat(self) -> None:
        """The same once more, for no reason."""
        if (known := self._some_order()) is None:
            return
        order, job_id = known
        answer = self._send(f"/v2/{MODEL}", order)
        if answer.status_code == 200:
            self._witness.accepted(answer.json()["request_id"], order.token, order.hook)
            if answer.json()["request_id"] != job_id:
                self._witness.object(f"repeat: {order.token} was {job_id}, is {answer.json()['request_id']}")

    def do_misuse(self) -> None:
        """An Idempotency-Key on another request."""
        if (known := self._some_order()) is not None:
            answer = self._send(f"/v2/{MODEL}", Order("another", known[0].token), 422)
            if answer.status_code == 200:
                self._witness.object(f"misuse: {known[0].token} was taken for another request")

    def do_wait(self) -> None:
        """v1: waits for the video, or hangs up before it is there."""
        order = self._order()
        asked = time.monotonic()
        patience = self._random.choice([0.1, 0.5, 5.0])
        try:
            answer = self._send(f"/v1/{MODEL}", order, 409, 422, 500, 502, 504, timeout=patience)
        except httpx.TransportError:
            if order.token is not None:
                answer = self._send(f"/v1/{MODEL}", order, 409, 422, 500, 502, 504)
            else:
                raise
        if answer.status_code == 200:
            job_id = answer.headers["x-request-id"]
            self._accepted(order, job_id)
            self._saw(job_id, {"status": "COMPLETED", "metrics": {}}, asked)
            if answer.content[4:8] != b"ftyp":
                self._witness.object(f"wait: {job_id} is no video")
        elif answer.status_code not in _REFUSALS:
            body = answer.json()
            if "request_id" not in body:
                self._witness.object(f"wait: {answer.status_code} {answer.text}")
                return
            self._accepted(order, body["request_id"])
            self._saw(body["request_id"], body, asked)

    def do_poll(self) -> None:
        if job_id := self._some_job():
            self._look(f"/v2/requests/{job_id}/status", job_id, 422)

    def do_fetch(self) -> None:
        if job_id := self._some_job():
            self._look(f"/v2/requests/{job_id}", job_id, 202, 422)

    def do_cancel(self) -> None:
        if self._live:
            job_id = self._random.choice(self._live)
            self._look(f"/v2/requests/{job_id}/cancel", job_id, method="POST")

    def do_delete(self) -> None:
        if job_id := self._some_job():
            asked = time.monotonic()
            self._witness.deleting(job_id)
            answer = self._http.delete(f"/v2/requests/{job_id}")
            if self._is_fine("delete", answer, 404) and answer.status_code == 200 and "status" in answer.json():
                self._saw(job_id, answer.json(), asked)

    def do_credits(self) -> None:
        answer = self._http.get("/v1/get-user-credits")
        if self._is_fine("credits", answer) and answer.json()["credits"] < 0:
            self._witness.object(f"credits: {answer.text}")

    def do_listen(self) -> None:
        """Reads a job's events until its end, or hangs up."""
        if not self._live:
            return
        job_id = self._random.choice(self._live)
        asked = time.monotonic()
        end = asked + self._random.choice([0.3, 3.0, 8.0])
        before: Sight | None = None
        version = -1
        with self._http.stream("GET", f"/v2/requests/{job_id}/events", timeout=5.0) as answer:
            if answer.status_code != 200:
                answer.read()
                self._is_fine("listen", answer, 404)
                return
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    if int(line[4:]) <= version:
                        self._witness.object(f"listen: {job_id} went from version {version} to {line[4:]}")
                    version = int(line[4:])
                elif line.startswith("data: "):
                    sight = self._saw(job_id, json.loads(line[6:]), asked)
                    if before and before.attempt and before.attempt == sight.attempt and is_further(before, sight):
                        self._witness.object(f"listen: {job_id} went back from {before} to {sight}")
                    if before is not None and before.is_terminal:
                        self._witness.object(f"listen: {job_id} had events after its end")
                    before = sight
                if time.monotonic() > end or self._stop_asked.is_set():
                    return

    # --- how it does it

    def _order(self) -> Order:
        prompt = self._random.choices(list(_PROMPTS), list(_PROMPTS.values()))[0]
        if prompt == "die" and not self._poison.take():
            prompt = ""
        self._count += 1
        name = f"{self.name}-{self._count}"
        token = name if self._random.random() < 0.5 else None
        hook = f"{self._hooks}/{name}" if self._hooks is not None and self._random.random() < 0.3 else None
        return Order(f"{prompt} order={name}", token, hook)

    def _some_order(self) -> tuple[Order, str] | None:
        known = [order for order in self._orders[-50:] if order[0].token is not None]
        return self._random.choice(known) if known else None

    def _some_job(self) -> str | None:
        some = self._live if self._live and self._random.random() < 0.9 else self._over[-50:]
        return self._random.choice(some) if some else None

    def _send(self, path: str, order: Order, *expected: int, timeout: float = 3.0) -> httpx.Response:
        answer = self._http.post(path, json=order.body, headers=order.headers, timeout=timeout)
        self._is_fine("submit", answer, *expected, *_REFUSALS)
        return answer

    def _look(self, path: str, job_id: str, *expected: int, method: str = "GET") -> None:
        asked = time.monotonic()
        answer = self._http.request(method, path)
        if self._is_fine(f"{method} {path.rpartition('/')[2]}", answer, 404, *expected):
            if answer.status_code == 404:
                self._witness.missed(job_id, asked)
                self._forget(job_id)
            elif answer.status_code not in _REFUSALS:
                self._saw(job_id, answer.json(), asked)

    def _accepted(self, order: Order, job_id: str) -> None:
        self._witness.accepted(job_id, order.token, order.hook)
        self._orders.append((order, job_id))
        if job_id not in self._live:
            self._live.append(job_id)

    def _saw(self, job_id: str, body: dict[str, Any], asked: float) -> Sight:
        sight = self._witness.saw(job_id, body, asked)
        if sight.state in TERMINAL and job_id in self._live:
            self._live.remove(job_id)
            self._over.append(job_id)
        return sight

    def _forget(self, job_id: str) -> None:
        for known in (self._live, self._over):
            with suppress(ValueError):
                known.remove(job_id)

    def _is_fine(self, deed: str, answer: httpx.Response, *expected: int) -> bool:
        status = answer.status_code
        self._witness.count(f"{status} {_REFUSALS.get(status, '')}".strip())
        if status == 200 or status in expected:
            return True
        if status == 503 and "retry-after" in answer.headers:
            return False
        self._witness.object(f"{deed}: {status} {answer.text[:300]}")
        return False
