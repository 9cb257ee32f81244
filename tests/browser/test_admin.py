"""The dashboard as an operator uses it, in a real browser on a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Page, expect

from flashreel.jobs.clock import wall_seconds
from flashreel.jobs.schema import outbox
from tests.browser.conftest import Visitor, Visitors
from tests.browser.test_look import assert_accessible, assert_fits
from tests.support.caller import Caller
from tests.support.server import Server, wait_for

TABS = {"Overview": "#workers > *", "Jobs": "#jobs > *", "Keys": "#keys > *", "Webhooks": "#messages > *"}


@pytest.fixture
def admin(server: Server) -> Iterator[Caller]:
    with closing(Caller.create(server, 0, scopes=("admin",))) as admin:
        yield admin


@pytest.fixture
def operator(visitors: Visitors, admin: Caller) -> Visitor:
    return visitors(caller=admin)


def sign_in(visitor: Visitor, path: str = "/admin", secret: str | None = None) -> Page:
    page = visitor.visit(path)
    page.get_by_label("Admin key").fill(secret or visitor.caller.secret)
    page.get_by_role("button", name="Sign in").click()
    if secret is None:
        expect(page.locator("#updated")).to_contain_text("as of")
    return page


def make(caller: Caller, prompt: str) -> str:
    """The id of a job that was accepted."""
    answer = caller.http.post("/v2/scripted", json={"prompt": prompt})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["request_id"])


def failed(caller: Caller) -> str:
    """The id of a job that has failed."""
    request_id = make(caller, "upstream of a secret wish")
    wait_for(lambda: caller.http.get(f"/v2/requests/{request_id}/status").json()["status"] == "FAILED")
    return request_id


def test_only_an_admin_key_opens_and_only_for_the_tab(operator: Visitor, caller: Caller) -> None:
    page = sign_in(operator, secret="fr_" + "0" * 48)
    error = page.locator("#sign-in-error")
    expect(error).to_have_text("This key is not valid, or no longer.")
    expect(page.get_by_label("Admin key")).to_be_focused()
    page.get_by_label("Admin key").fill(caller.secret)
    page.keyboard.press("Enter")
    expect(error).to_contain_text("has not the scope admin")
    expect(page.locator("#board")).to_be_hidden()
    page.get_by_label("Admin key").fill(operator.caller.secret)
    page.keyboard.press("Enter")
    expect(page.locator("#tiles li")).to_have_count(8)
    assert page.evaluate("[Object.keys(localStorage), Object.values(sessionStorage)]") == [[], [operator.caller.secret]]
    page.reload()
    expect(page.locator("#tiles li")).to_have_count(8)
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#tiles li")).to_have_count(0)
    assert page.evaluate("sessionStorage.length") == 0


def test_a_failure_is_found_looked_at_and_retried(operator: Visitor, caller: Caller) -> None:
    request_id = failed(caller)
    page = sign_in(operator)
    page.get_by_role("button", name="Jobs that failed with upstream_failed").click()
    row = page.locator(f'[data-key="{request_id}"]')
    expect(row).to_contain_text("upstream_failed")
    expect(page.locator("#seek-code")).to_have_value("upstream_failed")
    assert "secret wish" not in page.content()
    row.get_by_role("button", name=f"Details of the job {request_id}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("upstream of a secret wish")
    expect(dialog).to_contain_text("the upstream API answered 503")
    expect(dialog).to_contain_text("hold -0.375 credits, release 0.375 credits")
    dialog.get_by_role("button", name=f"Make the job {request_id} once more").click()
    expect(page.locator("#job-title")).not_to_contain_text(request_id)
    expect(page.locator("#job-title")).to_contain_text(re.compile("[0-9a-f]{32}"))
    expect(dialog).to_contain_text("upstream of a secret wish")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Reset").click()
    page.locator("#seek-key").select_option(caller.key_id)
    expect(page.locator("#jobs tbody tr")).to_have_count(2)


def test_to_cancel_is_asked_first(operator: Visitor, caller: Caller) -> None:
    request_id = make(caller, "seconds=100")
    page = sign_in(operator, "/admin#jobs")
    page.get_by_label("Id begins with").fill(request_id[:10])
    expect(page.locator("#jobs tbody tr")).to_have_count(1)
    page.get_by_role("button", name=f"Cancel the job {request_id}").click()
    expect(page.get_by_role("dialog")).to_contain_text(request_id)
    page.get_by_role("button", name="Leave it").click()
    assert caller.http.get(f"/v2/requests/{request_id}/status").json()["status"] != "FAILED"
    page.get_by_role("button", name=f"Cancel the job {request_id}").click()
    page.get_by_role("button", name="Cancel the job", exact=True).click()
    expect(page.locator("#jobs")).to_contain_text(re.compile("cancelling|cancelled"))
    wait_for(lambda: caller.credits() == 100)


def test_a_key_is_made_shown_once_given_limits_and_revoked(operator: Visitor, admin: Caller) -> None:
    page = sign_in(operator, "/admin#keys")
    page.get_by_role("button", name="New key").click()
    page.get_by_role("button", name="Make key").click()
    expect(page.locator("#key-error")).to_have_text("Give it a name: what it is for.")
    page.get_by_label("Name").fill("studio")
    page.get_by_label("Credits", exact=True).fill("much")
    page.get_by_role("button", name="Make key").click()
    expect(page.locator("#key-error")).to_have_text("Credits: “much” is not a number.")
    page.get_by_label("Credits", exact=True).fill("2,5")
    page.get_by_role("button", name="Make key").click()
    secret = page.locator("#secret")
    expect(secret).to_have_text(re.compile("^fr_[0-9a-f]{48}$"))
    made = secret.text_content() or ""
    used = {"headers": {"x-api-key": made}, "timeout": 60}
    found = httpx.get(f"{operator.base}/api/auth/authenticate", **used).json()  # type: ignore[arg-type]  # of one type each
    assert (found["name"], found["credits"]) == ("studio", 2.5)
    page.get_by_role("button", name="I have it").click()
    expect(secret).to_be_hidden()
    assert made not in page.content()
    page.get_by_role("button", name="Grant credits to studio").click()
    page.get_by_label("Credits to add").fill("-1")
    page.keyboard.press("Enter")
    row = page.locator("#keys tr", has_text="studio")
    expect(row).to_contain_text("1.5")
    page.get_by_role("button", name="Set limits of studio").click()
    page.get_by_label("Submits a minute").fill("0")
    page.get_by_role("button", name="Set limits", exact=True).click()
    expect(page.locator("#limits-error")).to_contain_text("Rate is 0; it must be a number from 0.001")
    page.get_by_label("Submits a minute").fill("30")
    page.get_by_role("button", name="Set limits", exact=True).click()
    expect(row).to_contain_text("30 submits a minute")
    page.get_by_role("button", name="Revoke studio").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(row).to_have_count(0)
    assert httpx.get(f"{operator.base}/api/auth/authenticate", **used).status_code == 401  # type: ignore[arg-type]  # as above
    own = page.locator("#keys tr", has_text=admin.key_id)
    own.get_by_role("button", name="Revoke").click()
    page.get_by_role("button", name="Revoke the key").click()
    expect(page.locator("#confirm-error")).to_contain_text("This is the key that asks")


def test_a_dead_message_is_sent_again(operator: Visitor, server: Server, caller: Caller) -> None:
    message_id, now = f"msg_of_{caller.key_id}", wall_seconds()
    told = {"url": "https://127.0.0.1:1/hook", "host": "127.0.0.1:1", "shape": "segmind", "event": "request.failed"}
    ended = {"due_at": now, "created_at": now, "dead_at": now, "text_until": now + 9000, "attempt": 9, "status": 500}
    with server.store() as connection:
        of = {"id": message_id, "job_id": "0" * 32, "key_id": caller.key_id, "body": "{}"}
        connection.execute(outbox.insert().values(**of, **told, **ended))
    page = sign_in(operator, "/admin#hooks")
    row = page.locator(f'[data-key="{message_id}"]')
    expect(row).to_contain_text("status 500")
    row.get_by_role("button", name=f"Send the message {message_id} again").click()
    expect(page.locator("#toast")).to_have_text("It is sent again now.")
    expect(row).to_have_count(0)
    page.get_by_label("Messages", exact=True).first.select_option("all")
    expect(row).to_contain_text("waiting")


def test_it_looks_again_by_itself_and_not_while_nobody_sees_it(operator: Visitor, caller: Caller) -> None:
    operator.page.clock.install()
    page = sign_in(operator, "/admin#jobs")
    make(caller, "upstream")
    page.locator("#seek-key").select_option(caller.key_id)
    rows = page.locator("#jobs tbody tr")
    expect(rows).to_have_count(1)
    page.evaluate("document.querySelector('#jobs tbody tr').mark = 'the same element'")
    make(caller, "upstream")
    page.clock.run_for(6000)
    expect(rows).to_have_count(2)
    assert page.evaluate("[...document.querySelectorAll('#jobs tbody tr')].map((row) => row.mark ?? '')") == [
        "",
        "the same element",
    ]
    page.evaluate("""() => {
        Object.defineProperty(document, "hidden", {value: true, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""")
    before = len(operator.sent)
    make(caller, "upstream")
    page.clock.run_for(60_000)
    assert len(operator.sent) == before
    page.evaluate("delete document.hidden, document.dispatchEvent(new Event('visibilitychange'))")
    expect(rows).to_have_count(3)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", 390)])
def test_it_is_accessible_and_fits(
    visitors: Visitors, admin: Caller, caller: Caller, scheme: Literal["light", "dark"], width: int
) -> None:
    failed(caller)
    visitor = visitors(caller=admin, scheme=scheme, width=width, motion="reduce")
    page = visitor.visit("/admin")
    expect(page.get_by_label("Admin key")).to_be_visible()
    if scheme == "light":
        assert_accessible(page)
    sign_in(visitor)
    for name, there in TABS.items():
        page.get_by_role("tab", name=name).click()
        expect(page.locator(there)).to_be_visible()
        assert_fits(page)
        if scheme == "light" or name == "Overview":
            assert_accessible(page)
    page.get_by_role("tab", name="Webhooks").press("ArrowLeft")
    expect(page.get_by_role("tab", name="Keys")).to_be_focused()
    page.get_by_role("button", name="New key").click()
    assert_accessible(page)
