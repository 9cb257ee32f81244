"""`make demo`: a server, the page's own sample through the official SDK, demo.mp4; says what each part took."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from flashreel.media.video import probe

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "examples" / "sample.py"
RESULT = ROOT / "demo.mp4"
DATA = ROOT / ".cache" / "demo"
SAMPLES_PORT = 8000


def main() -> int:
    port = SAMPLES_PORT if _is_free(SAMPLES_PORT) else 0
    if not port:
        print(f"port {SAMPLES_PORT} is taken; the demo takes another")
    begun = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, "-m", "flashreel", "serve", "--data", str(DATA), "--port", str(port), "--log-format", "json"],
        stdout=subprocess.PIPE,
        stderr=(_log_file()),
        text=True,
    )
    try:
        url = _wait_for_url(server)
        _wait_until_ready(url)
        ready = time.monotonic()
        print(f"server ready at {url}\n\n$ python {SAMPLE.relative_to(ROOT)}")
        output = _run_sample(url)
        print(output)
        made = time.monotonic()
        found = re.search(r"^https?://\S+\.mp4$", output, re.MULTILINE)
        if found is None:
            print("the sample printed no video URL; the server's log is", DATA / "server.log")
            return 1
        RESULT.write_bytes(httpx.get(found[0]).raise_for_status().content)
        info = probe(RESULT)
        saved = time.monotonic()
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(10)
    print(f"{RESULT}  {info.width}x{info.height}, {info.frames} frames, {info.file_size / 1e6:.2f} MB")
    print(f"start and warm-up {ready - begun:.1f} s, sample {made - ready:.1f} s, download {saved - made:.1f} s")
    return 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe_socket:
        return probe_socket.connect_ex(("127.0.0.1", port)) != 0


def _log_file() -> int:
    DATA.mkdir(parents=True, exist_ok=True)
    return os.open(DATA / "server.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def _wait_for_url(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        found = re.search(r" on (http://\S+)", line)
        if found is not None:
            return found[1]
    raise SystemExit(f"the server did not start: {(DATA / 'server.log').read_text()}")


def _wait_until_ready(url: str) -> None:
    said = ""
    while True:
        answer = httpx.get(f"{url}/health/ready")
        if answer.status_code == 200:
            return
        reason = f"waiting: {answer.json()['reason']}"
        if reason != said:
            if "compiling" in reason and "compiling" not in said:
                print("\nthe first start compiles the engine for this processor; later ones do not wait for it")
            print(f"\r{reason:<70}", end="" if sys.stdout.isatty() else "\n", flush=True)
            said = reason
        time.sleep(0.2)


def _run_sample(url: str) -> str:
    source = SAMPLE.read_text(encoding="utf-8")
    if url != f"http://127.0.0.1:{SAMPLES_PORT}":
        source = source.replace(f"http://127.0.0.1:{SAMPLES_PORT}", url)
    made = subprocess.run(
        [sys.executable, "-c", source],
        env={**os.environ, "SEGMIND_API_KEY": _key()},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return made.stdout.rstrip()


def _key() -> str:
    made = subprocess.run(
        [sys.executable, "-m", "flashreel", "keys", "create", "--name", "demo", "--credits", "10", "--data", str(DATA)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return made.stdout.split()[-1]


if __name__ == "__main__":
    sys.exit(main())
