"""URLs that lead back to this server: this key's uploads and published stills, and one sentence for all else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from flashreel.api.own import own_image
from flashreel.api.uploads import accept
from flashreel.errors import InvalidRequest
from flashreel.jobs import keys
from flashreel.jobs.keys import Key
from flashreel.jobs.schema import specs
from flashreel.jobs.uploads import Upload
from flashreel.spec import AssetImage
from flashreel.storage import Storage
from tests.api.conftest import Api, ApiMaker
from tests.support.store import claimed, complete

BASE = "http://api.test"
PNG = b"\x89PNG\r\n\x1a\n and the rest"
HEIC = b"\0\0\0\x14ftypheic\0\0\0\0heic"
UNKNOWN = "names a file of this server that does not exist or has expired"


def key_of(api: Api, key_id: str = "") -> Key:
    with api.state.database.reading() as connection:
        key = keys.get_key(connection, key_id or api.key_id)
    assert key is not None
    return key


def upload(api: Api, data: bytes = PNG) -> Upload:
    return api.runner.run(accept(api.request(), key_of(api), data, "", ""))


def own(api: Api, url: str, key: Key | None = None, host: str = "api.test", scheme: str = "http") -> AssetImage | None:
    return own_image(api.request(host, scheme), key or key_of(api), url)


def refusal(api: Api, url: str, key: Key | None = None) -> str:
    """The sentence of a 400, which names the field and quotes the URL."""
    with pytest.raises(InvalidRequest) as refused:
        own_image(api.request(), key or key_of(api), url, "end_image_url")
    said = str(refused.value)
    assert said.startswith("end_image_url ")
    assert f"'{url[:200]}'" in said
    assert refused.value.details["field"] == "end_image_url"
    return said.removeprefix("end_image_url ").partition(":")[0]


def publish(api: Api) -> Mapping[str, str]:
    """Paths of what a job published: its video and its stills."""
    api.submit()
    taken = claimed(api.state.database)
    storage = Storage(api.state.settings.assets)
    paths = {}
    for name, suffix in (("video", "mp4"), ("poster", "jpg"), ("thumbnail", "webp")):
        file = Path(api.state.settings.data / f"made.{suffix}")
        file.write_bytes(b"made")
        paths[name] = storage.put(taken, file)
    kinds = {"poster": "image/jpeg", "thumbnail": "image/webp"}
    stills = {name: {"path": paths[name], "content_type": kind, "file_size": 4} for name, kind in kinds.items()}
    assert complete(api.state.database, taken, path=paths["video"], stills=stills)
    return paths


@pytest.mark.parametrize("path", ["/assets/{0.path}", "/v1/files/{0.id}", "/replicate/v1/files/{0.id}"])
def test_an_upload_is_found_by_each_of_its_urls(api: Api, path: str) -> None:
    kept = upload(api)
    assert own(api, BASE + path.format(kept)) == AssetImage(kept.path)
    assert own(api, BASE + path.format(kept) + "?a=b#c") == AssetImage(kept.path)


def test_every_still_of_a_job_is_found_whoever_made_it(api: Api) -> None:
    paths = publish(api)
    stranger = key_of(api, api.new_key()[0])
    for name in ("poster", "thumbnail"):
        assert own(api, f"{BASE}/assets/{paths[name]}") == AssetImage(paths[name])
        assert own(api, f"{BASE}/assets/{paths[name]}", stranger) == AssetImage(paths[name])


def test_a_video_is_no_image(api: Api) -> None:
    said = refusal(api, f"{BASE}/assets/{publish(api)['video']}")
    assert said == "names a file of this server that is not an image"


def test_a_heic_image_is_an_image(api: Api) -> None:
    kept = upload(api, HEIC)
    assert own(api, f"{BASE}/assets/{kept.path}") == AssetImage(kept.path)


def test_unknown_expired_and_another_keys_are_one_sentence(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, made = upload(api), publish(api)
    secret = kept.path.rpartition("/")[2]
    job_id, attempt, poster = made["poster"].split("/")
    for path in (
        f"/assets/uploads/{'0' * 32}/{secret}",
        f"/assets/uploads/{kept.id}/{'0' * 32}.png",
        f"/assets/uploads/{kept.id}/{secret}/",
        f"/assets/uploads/{kept.id}",
        "/assets/uploads/",
        "/assets/",
        "/assets/x",
        f"/assets/{job_id}/2/{poster}",
        f"/assets/{job_id}/{attempt}/{'0' * 32}.jpg",
        f"/assets/{job_id}/",
        f"/assets/{job_id}/{attempt}/%2e%2e/{attempt}/{poster}",
        f"/v1/files/{'0' * 32}",
        "/v1/files/%00",
        "/replicate/v1/files/x",
    ):
        assert refusal(api, BASE + path) == UNKNOWN
    stranger = key_of(api, api.new_key()[0])
    for path in (f"/assets/{kept.path}", f"/v1/files/{kept.id}", f"/replicate/v1/files/{kept.id}"):
        assert refusal(api, BASE + path, stranger) == UNKNOWN
    for module in ("uploads", "store"):
        monkeypatch.setattr(f"flashreel.jobs.{module}.wall_seconds", lambda: 4e9)
    for path in (kept.path, made["poster"], made["video"]):
        assert refusal(api, f"{BASE}/assets/{path}") == UNKNOWN


@pytest.mark.parametrize(
    "url",
    [
        "http://me@api.test/assets/{0.path}",
        "http://other.test/v1/files/{0.id}",
        "https://api.test/v1/files/{0.id}",
        "http://api.test:8000/v1/files/{0.id}",
        "http://api.test.other.test/v1/files/{0.id}",
        "http://other.test/assets/uploads/{0.id}/x.png",
        "http://other.test/assets/uploads/{0.id}/00000000000000000000000000000000.png",
        "http://other.test/assets/{0.path}/",
        "http://other.test/?/assets/{0.path}",
        "http://other.test#/assets/{0.path}",
        "http://api.test/pictures/{0.path}",
        "http://api.test/xassets/{0.path}",
        "http://api.test/v2/files/{0.id}",
        "http://api.test/v1/files/{0.id}/content",
        "http://api.test",
        "//api.test/assets/{0.path}",
        "/assets/{0.path}",
        "asset:{0.path}",
        "ftp://api.test/assets/{0.path}",
        "http://[api.test/assets/{0.path}",
        "http://api.test:port/assets/{0.path}",
        "data:image/png;base64,AAAA",
        "",
    ],
)
def test_any_other_url_is_not_ours(api: Api, url: str) -> None:
    assert own(api, url.format(upload(api))) is None


def test_a_base_is_the_same_however_it_is_written(api: Api) -> None:
    kept = upload(api)
    assert own(api, f"HTTP://API.test:80/assets/{kept.path}") == AssetImage(kept.path)
    assert own(api, f"https://api.test/assets/{kept.path}", scheme="https", host="API.test:443") == AssetImage(
        kept.path
    )
    assert own(api, f"http://[::1]:8000/assets/{kept.path}", host="[::1]:8000") == AssetImage(kept.path)


def test_with_a_public_url_that_is_the_base(make_api: ApiMaker) -> None:
    api = make_api(public_url="https://video.example.com/api")
    kept = upload(api)
    assert own(api, f"https://video.example.com/api/assets/{kept.path}") == AssetImage(kept.path)
    assert own(api, f"https://video.example.com/api/v1/files/{kept.id}") == AssetImage(kept.path)
    assert own(api, f"{BASE}/v1/files/{kept.id}") is None
    assert own(api, f"https://video.example.com/v1/files/{kept.id}") is None
    assert own(api, f"https://video.example.com/apiassets/{kept.path}") is None


@pytest.mark.parametrize("base", ["http://other.test:8000", "https://api.test", "https://a.test/flashreel/v1"])
def test_a_secret_path_is_ours_by_whatever_name_the_server_goes(api: Api, base: str) -> None:
    kept, made = upload(api), publish(api)
    assert own(api, f"{base}/assets/{kept.path}") == AssetImage(kept.path)
    assert own(api, f"{base}/assets/{made['poster']}") == AssetImage(made["poster"])
    assert "is not an image" in refusal(api, f"{base}/assets/{made['video']}")
    stranger = key_of(api, api.new_key()[0])
    assert own(api, f"{base}/assets/{kept.path}", stranger) is None


def test_a_job_takes_our_own_file_by_its_path_and_says_what_is_wrong_with_any_other(api: Api) -> None:
    kept, made = upload(api), publish(api)
    answer = api.post(
        "/v2/tiny",
        {
            "prompt": "a fox",
            "start_image_url": f"{BASE}/assets/{kept.path}",
            "end_image_url": f"{BASE}/assets/{made['poster']}",
        },
    )
    assert answer.status_code == 200, answer.text
    query = sa.select(specs.c.spec).where(specs.c.job_id == answer.json()["request_id"])
    with api.state.database.reading() as connection:
        spec = connection.scalar(query) or ""
    assert f'"start_image":"asset:{kept.path}"' in spec
    assert f'"end_image":"asset:{made["poster"]}"' in spec
    wrong = api.post("/v2/tiny", {"prompt": "a fox", "end_image_url": f"{BASE}/assets/{made['video']}"})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "end_image_url")
    assert "video/mp4" in wrong.json()["error"]
