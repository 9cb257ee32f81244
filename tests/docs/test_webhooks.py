"""The receiver that docs/webhooks.md prints takes what is signed, and nothing else."""

from __future__ import annotations

import re
import socket
import subprocess
import sys

from flashreel.deliveries import signed
from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.outbox import Delivery
from flashreel.media.dialling import Unreachable
from flashreel.media.post import post
from flashreel.media.urls import FetchPolicy
from tests.support.server import ROOT, environment, wait_for

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type": "request.completed", "timestamp": "2026-01-01T00:00:00Z", "data": {"request_id": "abc"}}'


def test_the_receiver_of_the_page_verifies() -> None:
    page = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    [code] = re.findall(r"^```python\n(.+?)^```$", page, re.MULTILINE | re.DOTALL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "9000" in code
    policy = FetchPolicy(allow_hosts=frozenset({"localhost"}), allow_ports=frozenset({port}))
    url = f"http://localhost:{port}/"
    delivery = Delivery("msg_1", 1, "abc", "key", None, "request.completed", url, "localhost", BODY, SECRET)
    headers = {**signed(delivery, wall_seconds()), "content-type": "application/json"}

    def sent(body: str) -> int | None:
        try:
            return post(url, body.encode(), headers, policy)
        except Unreachable:  # it still starts
            return None

    with subprocess.Popen(
        [sys.executable, "-c", code.replace("9000", str(port))],
        env=environment(WEBHOOK_SECRET=SECRET),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as receiver:
        try:
            assert wait_for(lambda: sent(BODY), 30) == 204
            assert sent(BODY.replace("abc", "abd")) == 400
        finally:
            receiver.kill()
        assert receiver.stdout is not None
        assert receiver.stdout.read() == "msg_1 request.completed abc\n"
