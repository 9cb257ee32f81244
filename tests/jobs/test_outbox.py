"""The outbox: a row with the end of its job, taken by one at a time, tried again, given up, forgotten."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from flashreel.jobs import clock as clock_module
from flashreel.jobs import ending, leases, outbox, retention, store, webhooks
from flashreel.jobs.database import Database
from flashreel.jobs.outbox import BACK_OFF, LOG_SECONDS, TEXT_SECONDS, Delivery, Draft, Limits, Message, Outcome
from flashreel.jobs.schema import outbox as rows
from flashreel.jobs.webhooks import Hook, callback
from tests.support.store import PRICE, RETENTION, Clock, a_spec, claimed, complete, fail, new_key

WIDE = Limits(all=100, of_host=100, of_key=100)
HELD = 30.0
OK, BUSY, GONE = Outcome(204, None, 0.1), Outcome(503, "the URL answered 503", 0.1), Outcome(410, "gone", 0.1)
HOOK = Hook("https://example.com/hook", "segmind")


def printed(draft: Draft) -> str:
    return json.dumps([draft.event, draft.snapshot["job"]["state"], draft.snapshot["base"]])


def submitted(database: Database, key: str, *hooks: Hook) -> str:
    with database.transaction() as connection:
        told = callback("https://api.example", hooks or (HOOK,))
        job = store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE, callback=told)
    assert job is not None
    return job.id


def finished(database: Database, key: str, *hooks: Hook) -> str:
    job_id = submitted(database, key, *hooks)
    assert complete(database, claimed(database))
    return job_id


def take(database: Database, *in_hand: Delivery, limits: Limits = WIDE) -> list[Delivery]:
    with database.transaction() as connection:
        return outbox.claim(connection, in_hand, limits, HELD, printed)


def take_one(database: Database) -> Delivery:
    [taken] = take(database)
    return taken


def ended(database: Database, delivery: Delivery, outcome: Outcome) -> bool:
    with database.transaction() as connection:
        return outbox.ended(connection, delivery, outcome)


def messages(database: Database, *, dead: bool = False) -> list[Message]:
    with database.reading() as connection:
        return outbox.messages(connection, 100, dead=dead)


def message(database: Database) -> Message:
    [found] = messages(database)
    return found


def texts(database: Database) -> list[str]:
    """Whatever is still said of jobs."""
    with database.reading() as connection:
        found = connection.execute(sa.select(rows.c.body, rows.c.snapshot)).all()
    return [text for row in found for text in row if text is not None]


def test_a_message_is_written_with_the_end_of_its_job(database: Database, key: str) -> None:
    submitted(database, key)
    taken = claimed(database)
    assert messages(database) == []
    assert complete(database, taken)
    assert message(database).event == "request.completed"
    assert not fail(database, taken)
    assert len(messages(database)) == 1


def test_an_end_that_is_undone_tells_nobody(database: Database, key: str) -> None:
    submitted(database, key)
    taken = claimed(database)
    with pytest.raises(RuntimeError), database.transaction() as connection:
        assert ending.fail(connection, taken, "engine_failed", "no", RETENTION)
        raise RuntimeError
    assert messages(database) == []


def test_a_job_that_nobody_is_to_be_told_of_leaves_none(database: Database, key: str) -> None:
    with database.transaction() as connection:
        store.submit(connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE)
    assert complete(database, claimed(database))
    assert messages(database) == []


@pytest.mark.parametrize("way", ["cancelled", "lost"])
def test_however_a_job_ends_it_is_told(database: Database, key: str, way: str) -> None:
    job_id = submitted(database, key)
    with database.transaction() as connection:
        if way == "cancelled":
            ending.cancel(connection, job_id, key, RETENTION)
        else:
            ending.fail_unservable(connection, ["another"], RETENTION)
    assert json.loads(take_one(database).body) == ["request.failed", "FAILED", "https://api.example"]


def test_the_begin_is_told_once_and_as_it_was(database: Database, key: str, clock: Clock) -> None:
    submitted(database, key, Hook("https://example.com/hook", "luma"))
    taken = claimed(database)
    clock.advance(1)
    with database.transaction() as connection:
        leases.give_back(connection, taken)
    assert complete(database, claimed(database))
    first = take_one(database)
    assert json.loads(first.body)[:2] == ["dreaming", "PROCESSING"]
    assert ended(database, first, OK)
    assert json.loads(take_one(database).body)[:2] == ["completed", "COMPLETED"]


def test_a_message_is_one_taker_s_until_its_time_is_over(database: Database, key: str, clock: Clock) -> None:
    finished(database, key)
    first = take_one(database)
    assert take(database) == []
    clock.advance(HELD - 1)
    assert take(database) == []
    clock.advance(2)
    again = take_one(database)
    assert (again.id, again.body, again.secret) == (first.id, first.body, first.secret)
    assert (first.attempt, again.attempt) == (1, 2)
    assert not ended(database, first, OK)  # it is no longer its own
    assert message(database).state == "waiting"
    assert ended(database, again, OK)
    assert message(database).state == "delivered"
    clock.advance(10 * HELD)
    assert take(database) == []


def test_a_body_is_printed_once(database: Database, key: str, clock: Clock) -> None:
    finished(database, key)
    first = take_one(database)
    assert ended(database, first, BUSY)
    clock.advance(BACK_OFF[0])
    with database.transaction() as connection:
        [again] = outbox.claim(connection, (), WIDE, HELD, lambda _draft: pytest.fail("printed again"))
    assert again.body == first.body


def test_what_cannot_be_printed_is_dead_and_holds_up_no_other(database: Database, key: str) -> None:
    finished(database, key)
    finished(database, key)
    called: list[Draft] = []

    def broken(draft: Draft) -> str:
        called.append(draft)
        if len(called) == 1:
            raise TypeError("an unexpected argument")
        return printed(draft)

    with database.transaction() as connection:
        assert len(outbox.claim(connection, (), WIDE, HELD, broken)) == 1
    [dead] = messages(database, dead=True)
    assert "another version" in str(dead.error)


def test_it_is_tried_for_a_day_ever_more_rarely_and_then_given_up(database: Database, key: str, clock: Clock) -> None:
    finished(database, key)
    began = clock.wall
    for wait in BACK_OFF:
        assert ended(database, take_one(database), BUSY)
        clock.advance(wait - 0.5)
        assert take(database) == []
        clock.advance(0.5)
    assert ended(database, take_one(database), BUSY)
    assert 22 * 3600 < clock.wall - began < 24 * 3600
    found = message(database)
    assert (found.state, found.attempt, found.status) == ("dead", len(BACK_OFF) + 1, 503)
    assert messages(database, dead=True) == [found]
    clock.advance(86400)
    assert take(database) == []


def test_a_receiver_that_is_gone_is_told_no_more(database: Database, key: str) -> None:
    with database.transaction() as connection:
        standing = webhooks.add(connection, key, "https://example.com/standing", ("PIXELFLOW",))
    finished(database, key)
    first = take_one(database)
    assert ended(database, first, GONE)
    second = take_one(database)  # of one job one after another
    assert ended(database, second, GONE)
    assert {first.webhook_id, second.webhook_id} == {None, standing.id}
    assert [found.state for found in messages(database)] == ["dead", "dead"]
    with database.reading() as connection:
        assert webhooks.active(connection, key) == []


def test_a_webhook_of_another_url_by_now_outlives_a_410_of_the_old_one(
    database: Database, key: str, clock: Clock
) -> None:
    with database.transaction() as connection:
        standing = webhooks.add(connection, key, "https://old.example/", ("PIXELFLOW",))
        job = store.submit(
            connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE, callback=callback("", ())
        )
    assert job is not None
    assert complete(database, claimed(database))
    late = take_one(database)
    with database.transaction() as connection:
        webhooks.update(connection, key, standing.id, "https://new.example/", ("PIXELFLOW",))
    assert ended(database, late, GONE)
    with database.reading() as connection:
        assert [found.url for found in webhooks.active(connection, key)] == ["https://new.example/"]


def test_a_410_to_a_delivery_that_is_no_longer_ours_ends_nothing(database: Database, key: str, clock: Clock) -> None:
    with database.transaction() as connection:
        webhooks.add(connection, key, HOOK.url, ("PIXELFLOW",))
        job = store.submit(
            connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE, callback=callback("", ())
        )
    assert job is not None
    assert complete(database, claimed(database))
    first = take_one(database)
    clock.advance(HELD + 1)
    again = take_one(database)
    assert not ended(database, first, GONE)
    with database.reading() as connection:
        assert len(webhooks.active(connection, key)) == 1
    assert ended(database, again, OK)


def test_a_webhook_that_is_made_inactive_is_not_told_what_waits(database: Database, key: str, clock: Clock) -> None:
    with database.transaction() as connection:
        standing = webhooks.add(connection, key, "https://example.com/standing", ("PIXELFLOW",))
        other = webhooks.add(connection, key, "https://example.com/other", ("PIXELFLOW",))
        job = store.submit(
            connection, key, a_spec(), dialect="segmind", engine="animatic", price=PRICE, callback=callback("", ())
        )
    assert job is not None
    assert complete(database, claimed(database))
    for _ in range(2):
        assert ended(database, take_one(database), BUSY)
    with database.transaction() as connection:
        webhooks.end(connection, key, standing.id)
    clock.advance(BACK_OFF[0])
    assert take_one(database).webhook_id == other.id
    [dead] = messages(database, dead=True)
    assert (dead.url, dead.error) == (standing.url, "its webhook was made inactive")


def test_a_dead_or_delivered_message_can_be_replayed_with_its_id_and_body(
    database: Database, key: str, clock: Clock
) -> None:
    finished(database, key)
    for outcome in (GONE, OK):
        first = take_one(database)
        assert ended(database, first, outcome)
        clock.advance(100)
        assert take(database) == []
        with database.transaction() as connection:
            waiting = outbox.replay(connection, first.id)
        assert waiting is not None
        assert (waiting.state, waiting.has_text) == ("waiting", True)
        again = take_one(database)
        assert (again.id, again.body) == (first.id, first.body)
        assert ended(database, again, BUSY)
        clock.advance(BACK_OFF[0])  # a replayed one has all its tries again
    with database.transaction() as connection:
        assert outbox.replay(connection, "msg_0") is None


def test_limits_hold_for_all_and_for_each_host_and_key(database: Database, key: str, clock: Clock) -> None:
    other = new_key(database)
    urls = [*(f"https://one.example/{number}" for number in range(4)), "https://two.example/", "https://three.example/"]
    for url in urls:
        finished(database, other if "three" in url else key, Hook(url, "segmind"))
        clock.advance(1)
    in_hand: list[Delivery] = []
    hosts = []
    for limits in (Limits(3, 2, 9), Limits(9, 2, 3), Limits(9, 9, 9)):
        taken = take(database, *in_hand, limits=limits)
        in_hand += taken
        hosts.append([delivery.host for delivery in taken])
    assert hosts == [["one.example", "one.example", "two.example"], ["three.example"], ["one.example", "one.example"]]


def test_messages_of_one_job_go_one_after_another(database: Database, key: str) -> None:
    finished(database, key, HOOK, Hook("https://other.example/", "segmind"))
    first = take_one(database)
    assert take(database, first) == []
    assert ended(database, first, BUSY)
    [second] = take(database)
    assert second.id != first.id


def test_every_delivery_is_logged(database: Database, key: str, clock: Clock) -> None:
    with database.transaction() as connection:
        standing = webhooks.add(connection, key, "https://example.com/standing", ("PIXELFLOW",))
    job_id = submitted(database, key, Hook("https://example.com/hook", "luma"))
    taken = claimed(database)
    clock.advance(1)
    assert complete(database, taken)
    assert ended(database, take_one(database), OK)
    clock.advance(1)
    for outcome in (BUSY, OK):
        assert ended(database, take_one(database), outcome)
    with database.reading() as connection:
        found = outbox.dispatched(connection, key, None, 10)
        of_it = outbox.dispatched(connection, key, standing.id, 10)
        assert outbox.dispatched(connection, new_key(database), None, 10) == []
    assert [(log.event, log.attempt, log.status) for log in found[2:]] == [("dreaming", 1, 204)]
    assert {(log.job_id, log.at, log.seconds) for log in found[:2]} == {(job_id, clock.wall, 0.1)}
    assert [log for log in found if log.webhook_id == standing.id] == of_it
    assert len(of_it) == 1


def test_texts_go_with_their_job_or_a_day_later_where_they_still_wait(
    database: Database, key: str, clock: Clock
) -> None:
    sent = finished(database, key)
    clock.advance(1)
    unsent = finished(database, key)
    first, second = take(database)
    assert (first.job_id, second.job_id) == (sent, unsent)
    assert ended(database, first, OK)
    assert ended(database, second, BUSY)
    clock.advance(RETENTION + 1)
    with database.transaction() as connection:
        retention.sweep(connection, [sent, unsent])
        outbox.forget(connection)
    assert texts(database) == [second.body]
    with database.transaction() as connection:
        found = outbox.replay(connection, first.id)
    assert found is not None
    assert (found.has_text, found.state) == (False, "delivered")
    [again] = take(database)
    assert (again.id, again.body) == (second.id, second.body)
    clock.advance(TEXT_SECONDS)
    with database.transaction() as connection:
        outbox.forget(connection)
    assert texts(database) == []
    assert sorted(found.state for found in messages(database)) == ["dead", "delivered"]
    clock.advance(LOG_SECONDS)
    with database.transaction() as connection:
        outbox.forget(connection)
        assert outbox.dispatched(connection, key, None, 10) == []
    assert messages(database) == []


def test_what_its_owner_deletes_is_not_sent(database: Database, key: str) -> None:
    job_id = finished(database, key)
    finished(database, key)
    with database.transaction() as connection:
        outbox.drop(connection, [job_id])
    assert take_one(database).job_id != job_id


def test_messages_are_due_by_the_clock_of_the_database_whatever_the_hosts_think(
    postgresql: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "wall_clock", clock_module.wall_clock)
    monkeypatch.setattr(clock_module, "wall_seconds", lambda: clock.wall)
    finished(postgresql, new_key(postgresql))
    clock.advance(-86400)
    taken = take_one(postgresql)
    assert take(postgresql) == []
    assert ended(postgresql, taken, BUSY)
    clock.advance(2 * 86400)
    assert take(postgresql) == []
    with postgresql.transaction() as connection:
        connection.execute(rows.update().values(due_at=rows.c.due_at - BACK_OFF[0]))
    assert take_one(postgresql).attempt == 2
