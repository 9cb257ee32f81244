"""A real server's processes: what they know, what they leave, and what a bomb or a caller that goes costs."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flashreel.engines import capabilities as module
from flashreel.engines.capabilities import Capabilities
from flashreel.fleet.local import local_workers
from flashreel.sandbox import TemporaryFolder, make_private, worker_environment
from flashreel.settings import load_settings
from tests.security.files import noise
from tests.support.caller import Caller
from tests.support.images import png_header, saved
from tests.support.server import SCRIPT, Server, is_alive, wait_for
from tests.support.site import Site

SECRETS = {
    "FLASHREEL_ADMIN_SECRET": "s1",
    "LUMAAI_API_KEY": "s2",
    "OPENAI_API_KEY": "s3",
    "AWS_SECRET_ACCESS_KEY": "s4",
    "AWS_SESSION_TOKEN": "s5",
    "HF_TOKEN": "s6",
    "DATABASE_URL": "postgres://me:s7@db/flashreel",
    "HTTPS_PROXY": "http://me:s8@proxy:3128",
    "PGPASSWORD": "s9",
    "SSH_AUTH_SOCK": "/tmp/s10",
    "PYTHON_KEYRING_PASSWORD": "s11",
    "GOOGLE_APPLICATION_CREDENTIALS": "/s12.json",
}
NEEDED = {"PATH": "/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "CUDA_VISIBLE_DEVICES": "0", "HF_HOME": "/models"}

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc")


def test_a_worker_gets_what_it_needs_and_no_secret() -> None:
    assert worker_environment((), {**SECRETS, **NEEDED}) == NEEDED
    with_own = worker_environment(("LUMAAI_API_KEY", "NOT_THERE"), {**SECRETS, **NEEDED})
    assert with_own == {**NEEDED, "LUMAAI_API_KEY": "s2"}


def test_an_engine_gets_the_key_it_declares_and_the_operator_can_add_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = {"animatic": Capabilities(), "luma": Capabilities(env=("LUMAAI_API_KEY",))}
    monkeypatch.setattr(module, "CAPABILITIES", declared)
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    config = tmp_path / "flashreel.toml"
    config.write_text('[models.other]\nengine = "luma"\nprice_per_second = 0.1\n')
    settings = load_settings(config, {"data": tmp_path, "worker_env": "PGPASSWORD"})
    workers = {worker.payload["engine"]: worker for worker in local_workers(settings, tmp_path / "tmp")}
    assert set(workers["animatic"].env) & set(SECRETS) == {"PGPASSWORD"}
    assert set(workers["luma"].env) & set(SECRETS) == {"PGPASSWORD", "LUMAAI_API_KEY"}
    folders = {Path(worker.env["TMPDIR"]) for worker in workers.values()}
    assert folders == {tmp_path / "tmp" / "worker1", tmp_path / "tmp" / "worker2"}
    assert {Path(worker.payload["scratch"]) for worker in workers.values()} == folders


def test_a_folder_that_is_open_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    make_private(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    make_private(tmp_path / "nowhere")


def test_temporary_files_go_with_their_server_or_when_the_next_one_starts(tmp_path: Path) -> None:
    left_behind = tmp_path / "tmp-of-one-that-was-killed"
    left_behind.mkdir()
    (left_behind / "file").write_bytes(b"x")
    other = TemporaryFolder(tmp_path)
    with other.opened():
        (other.path / "file").write_bytes(b"x")
        assert not left_behind.exists()
        mine = TemporaryFolder(tmp_path)
        with mine.opened():
            assert stat.S_IMODE(mine.path.stat().st_mode) == 0o700
            assert (other.path / "file").exists()  # it is alive
        assert not mine.path.exists()
    assert not other.path.exists()


def test_a_place_that_cannot_be_written_is_no_reason_not_to_serve(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with TemporaryFolder(tmp_path / "file").opened():
        pass


# --- with real processes


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that was started with secrets in its environment and an open data folder."""
    data = tmp_path_factory.mktemp("guarded") / "data"
    data.mkdir(mode=0o755)
    left_behind = data / "scratch" / "tmp-of-one-that-was-killed"
    left_behind.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        server = Server(data, "--engine", SCRIPT)
    with closing(server.start()):
        assert not left_behind.exists()
        yield server


@needs_proc
def test_no_secret_reaches_a_worker_or_a_command_line(guarded: Server) -> None:
    processes = guarded.processes()
    known = processes["worker1"].environ()
    assert not set(known) & set(SECRETS)
    assert known["TMPDIR"].startswith(str(guarded.data / "scratch" / "tmp-"))
    assert Path(known["TMPDIR"]).is_dir()
    for name in ("serve", "api", "keeper"):  # those have what the operator gave, and their temporary files here too
        assert processes[name].environ()["OPENAI_API_KEY"] == "s3"
    assert processes["api"].environ()["TMPDIR"] == str(Path(known["TMPDIR"]).parent)
    for process in processes.values():
        said = " ".join(process.cmdline())
        assert guarded.first_key not in said
        assert not [value for value in SECRETS.values() if value in said.split()]


@needs_proc
def test_what_is_written_is_its_owners_alone(guarded: Server) -> None:
    with closing(Caller.create(guarded)) as caller:
        assert caller.result(caller.submit()).status_code == 200
    assert stat.S_IMODE(guarded.data.stat().st_mode) == 0o700
    found = [path for path in guarded.data.rglob("*") if not path.is_symlink()]
    assert {"flashreel.db", "assets", "scratch"} <= {path.name for path in found}
    # Folders that were there before keep their mode; the one above them is closed.
    open_to_others = [path for path in found if path.stat().st_mode & 0o077 and path.name != "scratch"]
    assert open_to_others == []
    for process in guarded.processes().values():
        status = Path(f"/proc/{process.pid}/status").read_text()
        assert "Umask:\t0077" in status


@pytest.fixture
def caller(server: Server) -> Iterator[Caller]:
    with closing(Caller.create(server)) as caller:
        yield caller


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (png_header(12000, 9000, bytes(10_000_000)), "is 12000x9000 pixels; at most 64 megapixels"),
        (saved(noise(), "HEIF")[:500], "is a damaged HEIF image"),
    ],
)
def test_a_bomb_costs_one_job_and_the_worker_keeps_its_engine(
    server: Server, caller: Caller, data: bytes, sentence: str
) -> None:
    before = server.child("worker1").pid
    credits = caller.credits()
    uri = "data:image/png;base64," + base64.b64encode(data).decode()
    answer = caller.result(caller.submit(end_image_url=uri))
    assert answer.status_code == 422
    body = answer.json()
    assert (body["status"], body["error"]) == ("FAILED", f"end_image_url {sentence}")
    assert caller.credits() == credits
    heic = base64.b64encode(saved(noise(), "HEIF")).decode()  # as bare base64
    assert caller.result(caller.submit(start_image_url=heic)).status_code == 200
    assert server.child("worker1").pid == before


def test_a_job_that_is_cancelled_does_not_wait_for_its_image(server: Server, caller: Caller, site: str) -> None:
    """The site says nothing until it is released, which is after the job's end."""
    Site.hung.clear()
    Site.released.clear()
    try:
        request_id = caller.submit(start_image_url=f"{site}/hang")
        assert Site.hung.wait(60)
        assert caller.http.post(f"/v2/requests/{request_id}/cancel").status_code == 200
        body = caller.wait_for_state(request_id, "FAILED")
        assert "cancelled" in str(body)
        worker = server.child("worker1")

        def has_no_decoder() -> bool:
            return not any(is_alive(child) for child in worker.children())

        wait_for(has_no_decoder)
    finally:
        Site.released.set()
    assert caller.result(caller.submit()).status_code == 200
