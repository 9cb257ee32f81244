"""Webhooks that a real server delivers: to good receivers and bad ones, whatever becomes of the process that sends."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, Protocol

import psutil
import pytest
import replicate.webhook
from lumaai import LumaAI
from replicate.client import Client
from segmind import SegmindClient
from segmind.exceptions import SegmindError

from flashreel.cli import main
from flashreel.jobs import outbox as messages
from flashreel.jobs.schema import leaders, outbox
from tests.acceptance.conftest import MakeCaller
from tests.support.caller import Caller
from tests.support.compat import proves
from tests.support.receiver import Post, Receiver
from tests.support.recipe import mapped_client
from tests.support.server import Server, wait_for


@pytest.fixture
def caller(make_caller: MakeCaller, strict: Server) -> Caller:
    return make_caller(at=strict)


class Run(Protocol):
    def __call__(self, *words: str, fails: bool = False) -> str: ...


@pytest.fixture
def run(caller: Caller, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command of `flashreel webhooks` on the server's store; what it said."""

    def run(*words: str, fails: bool = False) -> str:
        monkeypatch.setattr(sys, "argv", ["flashreel", "webhooks", *words, "--data", str(caller.server.data)])
        with pytest.raises(SystemExit) as end:
            main()
        assert bool(end.value.code) is fails
        said = capsys.readouterr()
        return said.err if fails else said.out

    return run


@pytest.fixture
def client(caller: Caller) -> Iterator[SegmindClient]:
    made = mapped_client(caller.server.url, caller.secret)
    with closing(made._client):
        yield made


def secret_of(caller: Caller) -> str:
    return str(caller.http.get("/webhook/get").json()["signing_secret"])


def arrived(receiver: Receiver, path: str, count: int = 1) -> list[Post]:
    """What this path was sent, once there are so many."""

    def enough() -> list[Post] | None:
        found = receiver.at(path)
        return found if len(found) >= count else None

    found = wait_for(enough)
    assert len(found) == count
    return found


def row(caller: Caller, url: str) -> Any:
    """The message to this URL."""
    with caller.server.store() as connection:
        return connection.execute(outbox.select().where(outbox.c.url == url)).one()


def hurry(caller: Caller, url: str) -> None:
    """Makes the message due now, once it was answered or nobody is left to note it."""
    with caller.server.store() as connection:
        connection.execute(outbox.update().where(outbox.c.url == url).values(due_at=0))


@proves("segmind", "webhooks.add", note="`REQUEST_COMPLETED`, `REQUEST_FAILED`, or `PIXELFLOW` for both.")
@proves("segmind", "webhooks.get", note="With the key's `signing_secret`.")
@proves("segmind", "webhooks.update")
@proves("segmind", "webhooks.delete")
@proves("segmind", "webhooks.logs", note="The latest hundred, for three days.")
def test_a_standing_webhook_of_the_sdk_is_told_of_every_end(
    client: SegmindClient, caller: Caller, receiver: Receiver
) -> None:
    made = client.webhooks.add(receiver.url("/ok/standing"), ["PIXELFLOW"])
    listed = client.webhooks.get()
    assert listed["webhooks"] == [made]
    result = client.run("scripted", prompt="a red fox")
    [post] = arrived(receiver, "/ok/standing")
    body = post.verified(listed["signing_secret"])
    assert body["type"] == "request.completed"
    assert body["data"] == result
    assert abs((datetime.now(UTC) - datetime.fromisoformat(body["timestamp"])).total_seconds()) < 600

    client.webhooks.update(made["webhook_id"], receiver.url("/gone/standing"), ["REQUEST_FAILED"])
    failed = caller.submit("upstream")
    [post] = arrived(receiver, "/gone/standing")
    assert post.verified(listed["signing_secret"])["type"] == "request.failed"
    wait_for(lambda: len(client.webhooks.logs(made["webhook_id"])["logs"]) == 2)
    last, first = client.webhooks.logs(made["webhook_id"])["logs"]
    assert (first["event"], first["delivered"], first["status_code"]) == ("request.completed", True, 200)
    assert (last["request_id"], last["message_id"]) == (failed, post.id)
    assert (last["attempt"], last["delivered"], last["error"]) == (1, False, "the URL answered 410")
    assert client.webhooks.get()["webhooks"] == []  # 410: it wants no more

    other = client.webhooks.add(receiver.url("/ok/other"), ["REQUEST_COMPLETED"])
    assert client.webhooks.delete(other["webhook_id"])["is_active"] is False
    assert client.webhooks.get()["webhooks"] == []
    with pytest.raises(SegmindError) as refusal:
        client.webhooks.add("http://127.0.0.1/hook", ["PIXELFLOW"])
    assert refusal.value.status == 400
    assert "not public" in refusal.value.detail


def test_good_and_bad_receivers_side_by_side(caller: Caller, receiver: Receiver) -> None:
    paths = [f"/{kind}/side" for kind in ("twice", "garbage", "hang", "redirect", "gone")]
    for path in paths:
        caller.submit(webhook_url=receiver.url(path))
    secret = secret_of(caller)
    for path in paths:
        [post] = arrived(receiver, path)
        assert post.verified(secret)["type"] == "request.completed"

    def ended(path: str) -> Callable[[], Any]:
        def noted() -> Any:
            found = row(caller, receiver.url(path))
            return found if found.status is not None or found.error is not None else None

        return noted

    found = {path.split("/")[1]: wait_for(ended(path)) for path in paths}
    assert {kind: it.error for kind, it in found.items()} == {
        "twice": "the URL answered 500",
        "garbage": None,
        "hang": "the URL did not answer in full within 3 s",
        "redirect": "the URL answered 302; redirects are not followed",
        "gone": "the URL answered 410",
    }
    assert [kind for kind, it in found.items() if it.delivered_at is not None] == ["garbage"]
    assert [kind for kind, it in found.items() if it.dead_at is not None] == ["gone"]

    url = receiver.url("/twice/side")
    for tries in (2, 3):
        hurry(caller, url)
        arrived(receiver, "/twice/side", tries)
        wait_for(lambda: row(caller, url).failures == 2 or row(caller, url).delivered_at is not None)
    posts = receiver.at("/twice/side")
    assert len({(post.id, post.body) for post in posts}) == 1
    assert wait_for(lambda: row(caller, url).delivered_at)
    assert receiver.at("/ok") == []


def test_a_keeper_killed_while_it_sends_sends_the_same_again(caller: Caller, receiver: Receiver) -> None:
    url = receiver.url("/once/killed")
    caller.submit(webhook_url=url)
    [first] = arrived(receiver, "/once/killed")
    caller.server.kill("keeper")
    with caller.server.store() as connection:
        connection.execute(leaders.delete())  # else the next one leads when the dead one's lease is over,
    hurry(caller, url)  # and the message is due when the time that it had is
    _, second = arrived(receiver, "/once/killed", 2)
    assert (second.id, second.body) == (first.id, first.body)
    assert second.verified(secret_of(caller)) == first.verified(secret_of(caller))
    assert wait_for(lambda: row(caller, url).delivered_at)


def test_what_ends_while_no_keeper_runs_is_told_later(caller: Caller, receiver: Receiver, run: Run) -> None:
    keeper = caller.server.child("keeper")
    try:
        with caller.server.store():  # so that it has not the write lock when it stops, which all others would wait for
            keeper.send_signal(signal.SIGSTOP)
            wait_for(lambda: keeper.status() == psutil.STATUS_STOPPED)
        request_id = caller.submit(webhook_url=receiver.url("/gone/later"))
        caller.wait_for_state(request_id, "COMPLETED")
        assert row(caller, receiver.url("/gone/later")).attempt == 0
        assert receiver.at("/gone/later") == []
    finally:
        keeper.send_signal(signal.SIGCONT)
    [first] = arrived(receiver, "/gone/later")
    assert first.verified(run("secret", caller.key_id).strip())["data"]["request_id"] == request_id
    wait_for(lambda: row(caller, receiver.url("/gone/later")).dead_at)
    caller.expire(request_id)
    wait_for(lambda: caller.http.get(f"/v2/requests/{request_id}").status_code == 404)
    [line] = [line for line in run("list", "--dead").splitlines() if first.id in line]
    assert request_id in line
    assert "the URL answered 410" in line
    assert run("replay", first.id) == f"{first.id} is sent as soon as a server runs\n"  # its job is long gone
    _, second = arrived(receiver, "/gone/later", 2)
    assert (second.id, second.body) == (first.id, first.body)


def test_the_commands_say_what_there_is_not(caller: Caller, receiver: Receiver, run: Run) -> None:
    first = run("secret", caller.key_id)
    assert first == f"{secret_of(caller)}\n" == run("secret", caller.key_id)
    assert run("secret", caller.key_id, "--new") == f"{secret_of(caller)}\n" != first
    assert "there is no key with the id 'nobody'" in run("secret", "nobody", fails=True)
    assert "there is no message with the id 'msg_0'" in run("replay", "msg_0", fails=True)
    request_id = caller.submit(webhook_url=receiver.url("/ok/swept"))
    [post] = arrived(receiver, "/ok/swept")
    wait_for(lambda: row(caller, receiver.url("/ok/swept")).delivered_at)
    with caller.server.store() as connection:
        messages.sweep(connection, [request_id])
    assert request_id in run("list")
    assert f"the text of {post.id} was deleted with its job" in run("replay", post.id, fails=True)


@proves("lumaai", "generations.create", note="`callback_url` is told of dreaming, completed and failed.")
def test_luma_s_callback_has_the_generation(caller: Caller, receiver: Receiver) -> None:
    url = receiver.url("/ok/luma")
    with LumaAI(auth_token=caller.secret, base_url=f"{caller.server.url}/dream-machine/v1") as client:
        made = client.generations.create(
            model="scripted",  # type: ignore[arg-type]  # a test's model
            prompt="a red fox",
            callback_url=url,
        )
        posts = [post.verified(secret_of(caller)) for post in arrived(receiver, "/ok/luma", 2)]
    assert [post["state"] for post in posts] == ["dreaming", "completed"]
    assert {post["id"] for post in posts} == {made.id}
    assert posts[1]["assets"]["video"].startswith(f"{caller.server.url}/assets/")
    assert posts[1]["request"]["callback_url"] == url


@proves("replicate", "webhooks.default.secret", note="The key's own; `Webhooks.validate` takes it.")
@proves("replicate", "predictions.create", note="`webhook` is told of start, completed, or output alone; no logs.")
def test_replicate_s_webhook_is_validated_by_its_package(caller: Caller, receiver: Receiver) -> None:
    client = Client(api_token=caller.secret, base_url=f"{caller.server.url}/replicate")
    with closing(client._client):
        made = client.predictions.create(
            model="luma/scripted",
            input={"prompt": "a red fox"},
            webhook=receiver.url("/ok/replicate"),
            webhook_events_filter=["start", "completed"],
        )
        secret = client.webhooks.default.secret()
        posts = arrived(receiver, "/ok/replicate", 2)
        for post in posts:
            replicate.webhook.Webhooks.validate(
                headers=post.headers, body=post.body.decode(), secret=secret, tolerance=600
            )
        with pytest.raises(replicate.webhook.InvalidSignatureError):
            replicate.webhook.Webhooks.validate(headers=posts[0].headers, body="{}", secret=secret)
        begun, ended = (post.verified(secret.key) for post in posts)
    assert (begun["id"], begun["status"], ended["status"]) == (made.id, "processing", "succeeded")
    assert ended["urls"]["get"] == f"{caller.server.url}/replicate/v1/predictions/{made.id}"
    assert ended["output"].startswith(f"{caller.server.url}/assets/")
