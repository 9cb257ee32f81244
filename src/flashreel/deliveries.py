"""Sends what the outbox has, many at once and each by itself: a receiver that hangs holds up nobody else's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

import sqlalchemy.exc
import structlog

from flashreel import __version__
from flashreel.jobs import outbox, store
from flashreel.jobs.database import Database
from flashreel.jobs.outbox import Delivery, Limits, Outcome
from flashreel.jobs.writer import Writer
from flashreel.media.dialling import Unreachable
from flashreel.media.pinned import Resolver, system_resolver
from flashreel.media.post import post
from flashreel.settings import Settings
from flashreel.telemetry import metrics, traces

_log = structlog.get_logger(__name__)

_LIMITS: Final = Limits(all=32, of_host=4, of_key=16)
#: How long a message is nobody else's, beyond the time its receiver has: for resolving, signing, writing down.
_SPARE_SECONDS: Final = 20.0
_STEP_SECONDS: Final = 0.5
#: How long the end of the process waits for what is in hand. What it does not wait for is sent again.
_LAST_SECONDS: Final = 2.0


def signed(delivery: Delivery, now: float) -> Mapping[str, str]:
    """The headers of Standard Webhooks: HMAC-SHA256 over id, time and body. `now` is in wall seconds."""
    timestamp = str(int(now))
    key = base64.b64decode(delivery.secret.removeprefix("whsec_"))
    content = f"{delivery.id}.{timestamp}.{delivery.body}".encode()
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode("ascii")
    return {"webhook-id": delivery.id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{signature}"}


class Deliverer:
    """Threads that deliver while `active`. `resolve` is the system's resolver, except in tests."""

    def __init__(self, settings: Settings, database: Database, *, resolve: Resolver = system_resolver) -> None:
        self._database = database
        self._writer = Writer(database)
        self._policy = replace(settings.fetch_policy, seconds=settings.webhook_timeout)
        self._catalogue = settings.catalogue
        self._resolve = resolve
        self._in_hand: dict[threading.Thread, Delivery] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._over = False
        self.active = False
        self._thread = threading.Thread(target=self._run, name="deliverer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Takes nothing more and waits a moment for what is in hand. It cannot be used again."""
        self._over = True
        self._wake.set()
        end = time.monotonic() + _LAST_SECONDS
        with self._lock:
            left = [self._thread, *self._in_hand]
        for thread in left:
            if thread.ident is not None:
                thread.join(max(0.0, end - time.monotonic()))
        self._writer.close()

    def _run(self) -> None:
        while not self._over:
            try:
                if self.active:
                    self.turn()
            except sqlalchemy.exc.SQLAlchemyError as error:
                _log.warning("the outbox could not be read; it is tried again", error=str(error))
            except Exception as crash:  # this thread is the only one: without it nothing would be told any more
                _log.error("the outbox crashed; it is tried again", exc_info=crash)
            self._wake.wait(_STEP_SECONDS)
            self._wake.clear()

    def turn(self) -> int:
        """Takes what is due and starts to send it. How many messages there were."""
        with self._database.reading() as connection:
            if not outbox.has_due(connection):
                return 0
        from flashreel.api.messages import render  # the web framework too: for the keepers that have something to say

        print_it: Callable[[outbox.Draft], str] = partial(render, self._catalogue)
        with self._lock:
            in_hand = list(self._in_hand.values())
        held = self._policy.seconds + _SPARE_SECONDS
        claim = self._writer.write(lambda connection: outbox.claim(connection, in_hand, _LIMITS, held, print_it))
        taken = claim.result()
        for delivery in taken:
            thread = threading.Thread(target=self._deliver, args=(delivery,), name=delivery.id, daemon=True)
            with self._lock:
                self._in_hand[thread] = delivery
            try:
                thread.start()
            except RuntimeError as error:  # no more threads to be had: the message is due again in a while
                _log.warning("webhook not sent", message=delivery.id, error=str(error))
                with self._lock:
                    del self._in_hand[thread]
        return len(taken)

    def wait(self) -> None:
        """Until nothing is in hand."""
        with self._lock:
            threads = list(self._in_hand)
        for thread in threads:
            thread.join()

    def _deliver(self, delivery: Delivery) -> None:
        try:
            outcome = self._traced(delivery)
            # Where this fails, the message is due again in a while, and is sent once more: at least once, not at most.
            with suppress(sqlalchemy.exc.SQLAlchemyError):
                self._writer.write(lambda connection: outbox.ended(connection, delivery, outcome)).result()
            _log.info(
                "webhook delivered" if outcome.delivered else "webhook not delivered",
                message=delivery.id,
                request_id=delivery.job_id,
                attempt=delivery.attempt,
                status=outcome.status,
                error=outcome.error,
            )
        finally:
            with self._lock:
                del self._in_hand[threading.current_thread()]
            self._wake.set()

    def _traced(self, delivery: Delivery) -> Outcome:
        """Sends it, counted, and traced with its job."""
        parent = None
        if traces.are_on():
            with suppress(sqlalchemy.exc.SQLAlchemyError), self._database.reading() as connection:
                parent = store.traceparent(connection, delivery.job_id)
        about: dict[str, traces.Value] = {
            "http.request.method": "POST",
            "http.request.resend_count": delivery.attempt - 1,
            "server.address": delivery.host,
            "flashreel.event": delivery.event,
            "flashreel.request_id": delivery.job_id,
        }
        with traces.span("POST", "client", about, parent=parent) as span:
            outcome = self._send(delivery)
            traces.describe(span, {"http.response.status_code": outcome.status})
            if not outcome.delivered:
                traces.fail(span, str(outcome.status or "unreachable"))
        kind = "delivered" if outcome.delivered else "unreachable" if outcome.status is None else "refused"
        metrics.WEBHOOKS.labels(kind).inc()
        metrics.WEBHOOK_SECONDS.labels(kind).observe(outcome.seconds)
        return outcome

    def _send(self, delivery: Delivery) -> Outcome:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"flashreel/{__version__}",
            **signed(delivery, time.time()),
        }
        began = time.monotonic()
        status, error = None, None
        try:
            status = post(delivery.url, delivery.body.encode(), headers, self._policy, resolve=self._resolve)
        except Unreachable as reason:
            error = f"the URL {reason}"
        except Exception as crash:  # whatever a stranger's bytes bring about, the message is tried again
            _log.error("delivery crashed", message=delivery.id, exc_info=crash)
            error = "the delivery failed"
        if status is not None and not 200 <= status < 300:
            error = f"the URL answered {status}"
            if 300 <= status < 400:
                error += "; redirects are not followed"
        return Outcome(status, error, time.monotonic() - began)
