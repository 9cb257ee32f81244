"""What the outbox has arrives, signed, whatever one receiver does; and what should not be called is not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from flashreel.deliveries import Deliverer, signed
from flashreel.jobs import outbox, store, webhooks
from flashreel.jobs.database import Database
from flashreel.jobs.outbox import BACK_OFF, Delivery, Message
from flashreel.jobs.webhooks import Hook, callback
from flashreel.settings import Settings, load_settings
from tests.support.receiver import Receiver, receiving
from tests.support.server import wait_for
from tests.support.site import Names
from tests.support.store import PRICE, Clock, a_spec, claimed, complete, new_key, open_database

MODEL = {"ratios": {"16:9": [160, 90]}}


class Post:
    """A store with jobs whose ends are to be told, a receiver, and who delivers."""

    def __init__(self, folder: Path, receiver: Receiver, **flags: object) -> None:
        self.receiver = receiver
        self.database: Database = open_database(folder)
        values = {"fetch_hosts": "localhost", "fetch_ports": str(receiver.port), "webhook_timeout": 30}
        self.settings: Settings = load_settings(
            flags={"data": folder, "models": {"tiny": MODEL}, "moderation": False, **values, **flags}
        )
        self.key = new_key(self.database)
        self._deliverers: list[Deliverer] = []
        self.deliverer = self.another()

    def another(self, names: Sequence[str] = ("127.0.0.1",)) -> Deliverer:
        made = Deliverer(self.settings, self.database, resolve=Names(names))
        self._deliverers.append(made)
        return made

    def close(self) -> None:
        for deliverer in self._deliverers:
            deliverer.close()
        self.database.close()

    def finish(self, *paths: str, host: str = "localhost") -> str:
        """The id of a job that ended and whose end these paths are to be told of."""
        hooks = [Hook(self.receiver.url(path, host), "segmind") for path in paths]
        with self.database.transaction() as connection:
            job = store.submit(
                connection,
                self.key,
                a_spec(),
                dialect="segmind",
                engine="animatic",
                price=PRICE,
                callback=callback("https://api.example", hooks),
            )
        assert job is not None
        assert complete(self.database, claimed(self.database))
        return job.id

    def deliver(self) -> int:
        """All that is due now, and that is answered or given up on."""
        sent = 0
        while taken := self.deliverer.turn():
            sent += taken
            self.deliverer.wait()
        return sent

    def secret(self) -> str:
        with self.database.transaction() as connection:
            secret = webhooks.secret(connection, self.key)
        assert secret is not None
        return secret

    def messages(self) -> dict[str, Message]:
        """By the path they go to."""
        with self.database.reading() as connection:
            return {"/" + found.url.split("/", 3)[3]: found for found in outbox.messages(connection, 100)}


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    with receiving() as receiver:
        made = Post(tmp_path, receiver)
        yield made
        made.close()


def test_a_message_arrives_signed_by_the_standard(post: Post) -> None:
    job_id = post.finish("/ok")
    assert post.deliver() == 1
    [arrived] = post.receiver.posts
    body: dict[str, Any] = arrived.verified(post.secret())
    assert (body["type"], body["data"]["request_id"]) == ("request.completed", job_id)
    assert body["data"]["output"] == "https://api.example/assets/nowhere.mp4"
    assert arrived.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 43 + "=").verify(arrived.body, arrived.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(post.secret()).verify(arrived.body + b" ", arrived.headers)
    assert post.messages()["/ok"].state == "delivered"
    assert post.deliver() == 0


def test_the_signature_is_that_of_the_library() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the standard's own example
    body = '{"snow": "❄"}'
    delivery = Delivery("msg_1", 1, "job", "key", None, "x", "https://x.example", "x.example", body, secret)
    headers = signed(delivery, 1_614_265_330.9)
    assert headers["webhook-timestamp"] == "1614265330"
    expected = Webhook(secret).sign("msg_1", datetime.fromtimestamp(1_614_265_330, UTC), body)
    assert headers["webhook-signature"] == expected


def test_a_receiver_that_fails_twice_is_sent_the_same_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    clock.install(monkeypatch)
    post.finish("/twice")
    for wait in (*BACK_OFF[:2], 0.0):
        assert post.deliver() == 1
        assert post.deliver() == 0
        clock.advance(wait)
    first, second, third = post.receiver.posts
    assert first.id == second.id == third.id
    assert first.body == second.body == third.body
    found = post.messages()["/twice"]
    assert (found.state, found.attempt, found.status, found.error) == ("delivered", 3, 200, None)
    assert third.verified(post.secret()) == json.loads(first.body)


@pytest.mark.parametrize(
    ("path", "state", "status", "error"),
    [
        ("/garbage", "delivered", 200, None),
        ("/drip", "delivered", 200, None),
        ("/gone", "dead", 410, "the URL answered 410"),
        ("/busy", "waiting", 503, "the URL answered 503"),
        ("/redirect", "waiting", 302, "the URL answered 302; redirects are not followed"),
        ("/cut", "waiting", None, "the URL broke off, or its answer is not HTTP"),
        ("/hang", "waiting", None, "the URL did not answer in full within 2 s"),
    ],
)
def test_each_answer_has_its_consequence(
    post: Post, path: str, state: str, status: int | None, error: str | None
) -> None:
    if path in ("/hang", "/drip"):  # those that take all the time there is
        post.settings = post.settings.model_copy(update={"webhook_timeout": 2})
        post.deliverer = post.another()
    post.finish(path)
    assert post.deliver() == 1
    found = post.messages()[path]
    assert (found.state, found.status, found.error) == (state, status, error)
    assert post.receiver.at("/ok") == []


def test_a_name_that_leads_to_a_private_address_is_not_called(post: Post) -> None:
    post.finish("/ok", host="hooks.example.com")
    post.finish("/rebound", host="hooks.example.com")
    post.deliverer = post.another(["93.184.216.34", "127.0.0.1"])
    assert post.deliver() == 2
    assert post.receiver.posts == []
    assert {found.error for found in post.messages().values()} == {"the URL leads to an address that is not public"}


def test_one_that_hangs_holds_up_nobody_else(post: Post) -> None:
    for number in range(6):
        post.finish(f"/hang/{number}", host="127.0.0.1")
    # Another name for the same receiver: another host.
    post.finish("/ok")
    post.settings = post.settings.model_copy(update={"fetch_networks": ("127.0.0.0/8",)})
    post.deliverer = post.another()
    taken = post.deliverer.turn()
    wait_for(lambda: post.receiver.at("/ok"))
    assert taken == 5  # four to the host that hangs, one to the other
    wait_for(lambda: len([arrived for arrived in post.receiver.posts if arrived.path.startswith("/hang")]) == 4)
    assert post.deliverer.turn() == 0
    post.receiver.close()  # lets them go
    post.deliverer.wait()


def test_a_keeper_that_dies_between_sending_and_noting_sends_the_same_again(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    clock.install(monkeypatch)
    post.finish("/ok")
    with monkeypatch.context() as dying:
        dying.setattr(outbox, "ended", lambda *_: None)  # it has died before this
        assert post.deliver() == 1
    assert post.messages()["/ok"].state == "waiting"
    assert post.deliver() == 0
    clock.advance(60)
    post.deliverer = post.another()
    assert post.deliver() == 1
    first, second = post.receiver.posts
    assert (first.id, first.body) == (second.id, second.body)
    assert post.messages()["/ok"].state == "delivered"


def test_a_thread_that_cannot_be_had_costs_time_only(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    clock.install(monkeypatch)
    post.finish("/ok")

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuse)
        assert post.deliverer.turn() == 1
    post.deliverer.wait()
    assert post.receiver.posts == []
    clock.advance(60)
    assert post.deliver() == 1
    assert post.messages()["/ok"].state == "delivered"


def test_two_that_deliver_at_once_send_each_message_once(post: Post) -> None:
    for number in range(8):
        post.finish(f"/ok/{number}")
    both = [post.another(), post.another()]
    threads = [threading.Thread(target=deliverer.turn) for deliverer in both for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for deliverer in both:
        deliverer.wait()
    while post.deliver():
        pass
    assert sorted(arrived.path for arrived in post.receiver.posts) == [f"/ok/{number}" for number in range(8)]


def test_it_delivers_by_itself_until_it_is_closed(post: Post) -> None:
    post.deliverer.active = True
    post.deliverer.start()
    post.finish("/ok")
    wait_for(lambda: post.messages()["/ok"].state == "delivered")
    post.deliverer.close()
    post.finish("/ok/later")
    post.deliverer = post.another()
    assert post.deliver() == 1  # what one leaves, another finds
