"""Files: only what a job published, whole or in part, for as long as the job lives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashreel.api.assets import _parse_range
from flashreel.storage import Storage
from tests.api.conftest import Api, ApiMaker
from tests.support.store import claimed, complete

VIDEO = b"0123456789"


def published(api: Api) -> str:
    """The path, from the root, of a file that a job published."""
    api.submit()
    return f"/assets/{api.finish(VIDEO)}"


# --- the parser


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes=2-9", (2, 10)),
        ("bytes=2-999999999999999999", (2, 10)),
        ("bytes=9-", (9, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-10", (0, 10)),
        ("bytes=-99", (0, 10)),
        ("Bytes=0-1", (0, 2)),
        ("  bytes=0-1  ", (0, 2)),
    ],
)
def test_one_range_is_read(header: str, part: tuple[int, int]) -> None:
    assert _parse_range(header, 10) == part


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-20", "bytes=999999999999999999-", "bytes=-0"])
def test_a_range_with_no_byte_of_the_file_cannot_be_had(header: str) -> None:
    with pytest.raises(ValueError, match="bytes="):
        _parse_range(header, 10)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=0-1,3-4",
        "bytes=5-2",
        "items=0-1",
        "bytes=0x1-2",
        "bytes=٣-٤",
        "bytes=9999999999999999999-",
        "bytes=0 - 1",
        "bytes=--1",
        "bytes=1-2-3",
    ],
)
def test_what_is_not_one_range_is_as_if_it_were_not_there(header: str) -> None:
    assert _parse_range(header, 10) is None


@given(header=st.one_of(st.text(), st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}")), size=st.integers(0, 10**12))
def test_no_header_is_a_crash_and_no_range_leaves_the_file(header: str, size: int) -> None:
    try:
        part = _parse_range(header, size)
    except ValueError as refusal:
        assert str(refusal) == header  # our own, no accident
        return
    if part is not None:
        start, end = part
        assert 0 <= start < end <= size


# --- over HTTP


def test_a_file_is_served_with_its_type_and_its_tag(api: Api) -> None:
    answer = api.get(published(api), key=None)
    assert (answer.status_code, answer.content) == (200, VIDEO)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == "10"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["x-content-type-options"] == "nosniff"
    tag = answer.headers["etag"]
    assert tag[0] == tag[-1] == '"'
    assert len(tag) > 2


def test_head_says_the_same_and_sends_nothing(api: Api) -> None:
    path = published(api)
    head, got = api.call("HEAD", path), api.get(path)
    assert head.content == b""
    assert (head.status_code, dict(head.headers)) == (200, dict(got.headers))
    assert api.call("HEAD", path, headers={"range": "bytes=0-1"}).status_code == 200  # ranges are for GET alone


def test_a_range_is_206_and_says_where_it_lies(api: Api) -> None:
    answer = api.get(published(api), headers={"range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")
    assert answer.headers["content-range"] == "bytes 2-4/10"
    assert answer.headers["content-length"] == "3"


def test_a_range_outside_is_416_and_says_the_size(api: Api) -> None:
    answer = api.get(published(api), headers={"range": "bytes=10-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */10")


@pytest.mark.parametrize("several", ["bytes=0-1,3-4", "lines=1-2"])
def test_other_ranges_get_the_whole(api: Api, several: str) -> None:
    answer = api.get(published(api), headers={"range": several})
    assert (answer.status_code, answer.content) == (200, VIDEO)


def test_who_has_it_already_gets_304(api: Api) -> None:
    path = published(api)
    tag = api.get(path).headers["etag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = api.get(path, headers={"if-none-match": header})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    for header in ('"other"', tag.strip('"'), ""):
        assert api.get(path, headers={"if-none-match": header}).status_code == 200


def test_a_range_of_something_else_is_the_whole(api: Api) -> None:
    path = published(api)
    tag = api.get(path).headers["etag"]
    same = api.get(path, headers={"range": "bytes=0-0", "if-range": tag})
    other = api.get(path, headers={"range": "bytes=0-0", "if-range": '"other"'})
    assert (same.status_code, other.status_code, other.content) == (206, 200, VIDEO)


@pytest.mark.parametrize("change", ["job", "attempt", "secret", "suffix", "up", "slash", "nul"])
def test_any_other_path_is_nothing(api: Api, change: str) -> None:
    path = published(api)
    job_id, attempt, name = path.removeprefix("/assets/").split("/")
    wrong = {
        "job": f"{'0' * 32}/{attempt}/{name}",
        "attempt": f"{job_id}/2/{name}",
        "secret": f"{job_id}/{attempt}/{'0' * 32}.mp4",
        "suffix": f"{job_id}/{attempt}/{name}#1",
        "up": f"{job_id}/{attempt}/%2e%2e/{attempt}/{name}",
        "slash": f"{job_id}/{attempt}//{name}",
        "nul": f"{job_id}/%00",
    }[change]
    answer = api.get(f"/assets/{wrong.replace('#', '%23')}")
    assert answer.status_code == 404
    assert answer.json()["error"] == "this file does not exist or has expired"


def test_a_file_that_no_job_published_is_nothing(api: Api) -> None:
    """What an attempt left behind that lost its lease, or has not finished."""
    job_id = api.submit()
    taken = claimed(api.state.database)
    made = api.state.settings.data / "made.mp4"
    made.write_bytes(VIDEO)
    storage = Storage(api.state.settings.assets)
    first, second = storage.put(taken, made), storage.put(taken, made)
    assert api.get(f"/assets/{first}").status_code == 404
    complete(api.state.database, taken, path=second)
    assert api.get(f"/assets/{first}").status_code == 404
    assert api.get(f"/assets/{second}").status_code == 200
    assert api.get(f"/assets/{job_id}/").status_code == 404


def test_stills_are_served_as_what_they_are_as_long_as_they_are_published(
    make_api: ApiMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = make_api()
    job_id = api.submit()
    taken = claimed(api.state.database)
    files = {"poster": (b"jpeg", ".jpg", "image/jpeg"), "thumbnail": (b"webp", ".webp", "image/webp")}
    storage = Storage(api.state.settings.assets)
    video, poster, thumbnail, never = storage.put_all(
        taken, [(VIDEO, ".mp4"), *((data, suffix) for data, suffix, _ in files.values()), (b"never", ".jpg")]
    )
    paths = {"poster": poster, "thumbnail": thumbnail}
    stills = {name: {"path": paths[name], "content_type": files[name][2], "file_size": 4} for name in files}
    complete(api.state.database, taken, path=video, file_size=len(VIDEO), stills=stills)
    for name, (data, suffix, kind) in files.items():
        path = f"/assets/{paths[name]}"
        answer = api.get(path, key=None)
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, data, kind)
        assert answer.headers["content-disposition"] == f'inline; filename="tiny-{name}{suffix}"'
        assert dict(api.call("HEAD", path).headers) == dict(answer.headers)
        part = api.get(path, headers={"range": "bytes=1-2"})
        assert (part.status_code, part.content, part.headers["content-type"]) == (206, data[1:3], kind)
        assert api.get(path, headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert api.get(f"/assets/{video}").headers["content-type"] == "video/mp4"
    assert api.get(f"/assets/{never}").status_code == 404
    assert api.get(f"/assets/{job_id}/stills").status_code == 404
    monkeypatch.setattr("flashreel.jobs.store.wall_seconds", lambda: 4e9)
    assert {api.get(f"/assets/{path}").status_code for path in (video, poster, thumbnail)} == {404}


def test_a_file_goes_with_its_job_though_nobody_swept_it(make_api: ApiMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    api = make_api()
    path = published(api)
    assert api.get(path).status_code == 200
    monkeypatch.setattr("flashreel.jobs.store.wall_seconds", lambda: 4e9)
    assert api.get(path).status_code == 404


def test_a_file_that_is_gone_is_a_404_and_no_crash(api: Api) -> None:
    path = published(api)
    (api.state.settings.assets / path.removeprefix("/assets/")).unlink()
    assert api.get(path).status_code == 404
