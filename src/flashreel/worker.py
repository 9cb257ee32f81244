"""One engine, one job after another: claim, prepare, render, encode, store, finish."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import sqlalchemy as sa
import sqlalchemy.exc
import structlog

from flashreel import signing
from flashreel.clip import Clip, fetcher, load_keyframes, make_clip
from flashreel.engines.base import Engine
from flashreel.engines.registry import load_engine
from flashreel.errors import FlashreelError, JobFailed, SetupError
from flashreel.jobs import ending, leases, workers
from flashreel.jobs.database import Database
from flashreel.jobs.leases import LEASE_SECONDS, Claim
from flashreel.jobs.workers import WorkerState
from flashreel.media.ingredients import Source
from flashreel.media.provenance import Signing
from flashreel.media.waiting import patiently
from flashreel.moderation.checker import Image
from flashreel.moderation.moderator import Log, Moderator, moderator
from flashreel.parameters import printable
from flashreel.settings import Settings
from flashreel.spec import AssetImage
from flashreel.storage import Storage
from flashreel.telemetry import traces
from flashreel.telemetry.stages import Stages

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_IDLE_SECONDS = 0.25
_LOOK_SECONDS = 0.5  # how often the cancel flag is read and progress may be written
_RENEW_SECONDS = LEASE_SECONDS / 3
_AGAIN_SECONDS = 0.5  # until what the store did not take is told again
_COURTESY_SECONDS = 3.0  # for others to renew leases that lapsed while nobody could reach the store

#: Where each stage lies in the job's progress.
_SPANS = {
    "starting": (0.0, 0.0),
    "preparing": (0.0, 0.05),
    "rendering": (0.05, 0.95),  # and encoding, frame by frame; "encoding" is what is left of it after the last one
    "encoding": (0.95, 0.97),
    "storing": (0.97, 1.0),
}


class Stopped(FlashreelError):
    """The worker was told to stop: the job goes back to the queue."""


class LeaseLost(FlashreelError):
    """The job is no longer this worker's: whatever it made is nobody's."""


class Lease:
    """Keeps a claim alive from a thread of its own and carries news both ways.

    `report` is called by whoever works, between steps; it raises when there is a reason to stop.
    """

    def __init__(self, database: Database, claim: Claim, stopping: Callable[[], bool]) -> None:
        self._database = database
        self._claim = claim
        self._stopping = stopping
        self._stage = "starting"
        self.stages = Stages(claim.id, claim.attempt)
        self._progress = 0.0
        self._cancelled = False
        self._lost = False
        self._over = threading.Event()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._news.set()
        self._thread.join()

    @property
    def is_lost(self) -> bool:
        return self._lost

    def report(self, stage: str, fraction: float) -> None:
        """Says how far the work is. Raises Stopped, LeaseLost, or JobFailed("cancelled")."""
        start, end = _SPANS.get(stage, _SPANS["preparing"])
        # Never back, whatever an engine says.
        self._progress = max(self._progress, start + (end - start) * min(1.0, max(0.0, fraction)))
        if stage != self._stage:
            self._stage = stage
            self.stages.enter(stage)
            self._news.set()
        if self._lost:
            raise LeaseLost("the lease was lost")
        if self._cancelled:
            raise JobFailed("cancelled", ending.CANCELLED)
        if self._stopping():
            raise Stopped("the worker stops")

    def _keep(self) -> None:
        renewed = time.monotonic()
        written: tuple[str, float] = ("starting", 0.0)
        while not self._over.is_set():
            now = (self._stage, self._progress)
            due = now != written or time.monotonic() - renewed >= _RENEW_SECONDS
            try:
                if due:
                    with self._database.transaction() as connection:
                        news = leases.renew(connection, self._claim, *now)
                    renewed, written = time.monotonic(), now
                else:
                    with self._database.reading() as connection:
                        news = leases.look(connection, self._claim)
            except sqlalchemy.exc.SQLAlchemyError as error:
                # Whether somebody else has taken the job meanwhile only the store can tell: a store that nobody reaches
                # gives it to nobody.
                _log.warning("lease not renewed; it is tried again", error=str(error))
            else:
                self._lost = self._lost or news is None
                self._cancelled = self._cancelled or (news is not None and news.cancel)
            self._news.wait(_LOOK_SECONDS)
            self._news.clear()


class _Presence:
    """Tells the store, from a thread of its own, that this worker lives and what it does."""

    def __init__(self, database: Database, name: str, engine: str, draining: Callable[[], bool]) -> None:
        self._database, self._name, self._engine = database, name, engine
        self._draining = draining
        self._now: tuple[WorkerState, str, float] = ("warming", "loading", 0.0)
        self._over = threading.Event()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._tell, name="presence", daemon=True)
        self._thread.start()

    def say(self, state: WorkerState, stage: str = "", progress: float = 0.0) -> None:
        changed = self._now[:2] != (state, stage)
        self._now = (state, stage, progress)
        if changed:
            self._news.set()

    def close(self) -> None:
        self._over.set()
        self._news.set()
        self._thread.join()
        try:
            with self._database.transaction() as connection:
                workers.remove(connection, self._name)
        except sqlalchemy.exc.SQLAlchemyError as error:
            _log.warning("presence not ended; it lapses", error=str(error))  # an end in good order all the same

    def _tell(self) -> None:
        while not self._over.is_set():
            self._news.clear()
            told = False
            try:
                state, stage, progress = self._now
                if self._draining():
                    state = "draining"
                with self._database.transaction() as connection:
                    workers.report(connection, self._name, os.getpid(), self._engine, state, stage, progress)
                told = True
            except sqlalchemy.exc.SQLAlchemyError as error:
                _log.warning("presence not told", error=str(error))
            # A warm-up shows its progress; else the state's own changes wake this thread.
            pause = 1.0 if self._now[0] == "warming" else workers.SEEN_SECONDS / 3
            self._news.wait(pause if told else _AGAIN_SECONDS)


class Worker:
    """The loop. `drain` ends it after the job in hand, `stop` gives the job in hand back."""

    def __init__(
        self, settings: Settings, name: str, engine_name: str, threads: int, scratch: Path | None = None
    ) -> None:
        """Writes its files to the folder `scratch` first, else to that of the settings."""
        self._settings = settings
        self._scratch = scratch or settings.scratch
        self._name = name
        self._engine_name = engine_name
        self._threads = threads
        self._models = [m.name for m in settings.catalogue if (m.engine or settings.engine) == engine_name]
        self._database = Database(settings.database)
        self._storage = Storage(settings.assets)
        self._moderator = moderator(settings.moderation_rules) if settings.moderation else None
        # Plain flags, set from signal handlers: a handler that takes a lock can meet itself.
        self._draining = False
        self._stopping = False
        self._out_since: float | None = None
        """When the store was first found out of reach, on the monotonic clock."""
        self._not_before = 0.0

    def drain(self) -> None:
        self._draining = True

    def stop(self) -> None:
        self._stopping = True
        self._draining = True

    def run(self) -> None:
        if not self._reach_store():
            return
        presence = _Presence(self._database, self._name, self._engine_name, lambda: self._draining)
        engine: Engine | None = None
        try:
            engine = load_engine(self._engine_name, self._threads)
            engine.warm_up(lambda stage, fraction: self._warming(presence, stage, fraction))
            _log.info("worker ready", engine=self._engine_name)
            while not self._draining:
                presence.say("idle")
                claim = self._claim()
                if claim is None:
                    time.sleep(_IDLE_SECONDS)
                    continue
                presence.say("busy", claim.id)
                self._work(engine, claim)
        except Stopped:
            pass
        finally:
            if engine is not None:
                engine.close()
            presence.close()

    def _reach_store(self) -> bool:
        """Waits until the store answers; False when the worker is to end. Raises SetupError for another's schema."""
        while not self._draining:
            try:
                self._database.check()
                return True
            except sqlalchemy.exc.OperationalError as error:
                _log.warning("the store cannot be reached; it is tried again", error=str(error))
                time.sleep(_AGAIN_SECONDS)
        return False

    def _warming(self, presence: _Presence, stage: str, fraction: float) -> None:
        presence.say("warming", stage, fraction)
        if self._stopping:
            raise Stopped("the worker stops")

    def _claim(self) -> Claim | None:
        if time.monotonic() < self._not_before:
            return None
        try:
            with self._database.reading() as connection:
                found = leases.has_claimable(connection, self._models)
            if self._is_back() or not found:
                return None
            with self._database.transaction() as connection:
                return leases.claim(
                    connection,
                    self._name,
                    self._models,
                    max_attempts=self._settings.max_attempts,
                    retention=self._settings.retention,
                )
        except sqlalchemy.exc.SQLAlchemyError as error:
            _log.warning("no job could be claimed", error=str(error))
            self._out_since = self._out_since or time.monotonic()
            return None

    def _is_back(self) -> bool:
        """Whether the store answers for the first time after others' leases may have lapsed: they renew them first."""
        if self._out_since is None:
            return False
        lapsed = time.monotonic() - self._out_since > LEASE_SECONDS - 2 * _RENEW_SECONDS
        self._out_since = None
        if lapsed:
            self._not_before = time.monotonic() + _COURTESY_SECONDS
        return lapsed

    def _work(self, engine: Engine, claim: Claim) -> None:
        log = _log.bind(request_id=claim.id, attempt=claim.attempt)
        scratch = self._scratch / f"{claim.id}-{claim.attempt}.mp4"
        about: dict[str, traces.Value] = {
            **traces.QUEUE,
            "messaging.message.id": claim.id,
            "flashreel.request_id": claim.id,
            "flashreel.attempt": claim.attempt,
            "flashreel.model": claim.spec.model,
        }
        # A child of its submit, not only linked to it as the conventions have it for batches: one job is one trace.
        attempt = traces.span("process jobs", "consumer", about, parent=claim.traceparent)
        with attempt as span, Lease(self._database, claim, lambda: self._stopping) as lease:
            end = "not kept"
            try:
                end = self._finish(engine, claim, scratch, lease, log)
            except sqlalchemy.exc.SQLAlchemyError as error:
                # Nothing is said that could not be kept: the lease lapses and the job is made again.
                log.warning("the store did not take the answer", error=str(error))
            finally:
                scratch.unlink(missing_ok=True)
                lease.stages.end(self._engine_name)
                traces.describe(span, {"flashreel.end": end})
                if end not in ("COMPLETED", "cancelled", "given back"):
                    traces.fail(span, end)

    def _finish(
        self, engine: Engine, claim: Claim, scratch: Path, lease: Lease, log: structlog.stdlib.BoundLogger
    ) -> str:
        """Makes the video and ends the job one way or another: how. Raises SQLAlchemyError when that cannot be kept."""
        try:
            result, warnings = self._produce(engine, claim, scratch, lease)
            retained, stages = self._settings.retention, lease.stages.seconds()
            end = self._tell(
                lease, lambda connection: ending.complete(connection, claim, result, warnings, retained, stages)
            )
            if end is None:
                log.warning("job was not ours")
            return {"COMPLETED": "COMPLETED", "FAILED": "cancelled", None: "lease lost"}[end]
        except Stopped:
            self._tell(lease, lambda connection: leases.give_back(connection, claim))
            return "given back"
        except LeaseLost:
            log.warning("lease lost")
            return "lease lost"
        except sqlalchemy.exc.SQLAlchemyError:
            raise
        except JobFailed as failure:
            self._fail(lease, claim, failure)
            return failure.code
        except Exception as error:
            log.exception("job crashed")
            self._fail(lease, claim, JobFailed("engine_failed", f"the engine failed ({type(error).__name__})"))
            return "engine_failed"

    def _produce(
        self, engine: Engine, claim: Claim, scratch: Path, lease: Lease
    ) -> tuple[dict[str, Any], tuple[str, ...]]:
        spec = claim.spec
        lease.report("preparing", 0.0)
        flagged = self._moderate(claim, lease, "preparing", lambda it, log: it.check_prompt(spec.prompt, log))
        sources: list[Source] = []
        load = signing.keeping(self._settings, self._loader(), sources)
        keyframes = load_keyframes(spec, load, lease.report)
        for what, image in (("start image", keyframes.start), ("end image", keyframes.end)):
            if image is not None:
                flagged += self._moderate(claim, lease, "preparing", _look_at(what, [image]))
        sampler = self._moderator.sampler(spec.frame_count) if self._moderator else None
        try:
            scratch.parent.mkdir(parents=True, exist_ok=True)
            signer = self._signer(engine, claim, sources)
            clip = make_clip(
                engine, spec, keyframes, scratch, lease.report, with_stills=True, signing=signer, sampler=sampler
            )
            if sampler is not None:
                flagged += self._moderate(claim, lease, "encoding", _look_at("video", sampler.images))
            lease.report("storing", 0.0)
            stills = [(still.data, still.suffix) for still in clip.stills.values()]
            path, *still_paths = self._storage.put_all(claim, [(scratch, scratch.suffix), *stills])
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise JobFailed("storage_failed", f"the video could not be stored: {reason}") from error
        lease.report("storing", 1.0)
        if clip.unknown:
            _log.info("not understood", request_id=claim.id, words=len(clip.unknown), understood=clip.understood)
        return _result(claim, clip, path, still_paths), clip.warnings + flagged

    def _moderate(
        self, claim: Claim, lease: Lease, stage: str, check: Callable[[Moderator, Log], tuple[str, ...]]
    ) -> tuple[str, ...]:
        """What was flagged. Heeds cancel and stop while a checker is asked. Raises JobFailed("content_blocked")."""
        if (asked := self._moderator) is None:
            return ()
        log = _log.bind(request_id=claim.id)
        return patiently(lambda: check(asked, log), lambda: lease.report(stage, 0.0))

    def _signer(self, engine: Engine, claim: Claim, sources: list[Source]) -> Signing | None:
        try:
            return signing.begin(self._settings, self._engine_name, engine, claim.spec, _file_name(claim), sources)
        except SetupError as error:
            _log.error("the video cannot be signed", request_id=claim.id, error=str(error))
            raise JobFailed("engine_failed", "the video cannot be signed: the server's set-up is at fault") from error

    def _loader(self) -> Callable[[str, str], bytes]:
        """The bytes behind an image reference: a stored file, or what a stranger's server sends."""
        fetch = fetcher(self._settings.fetch_policy)

        def load(reference: str, field: str) -> bytes:
            if (asset := AssetImage.parse(reference)) is None:
                return fetch(reference, field)
            try:
                return self._storage.get(asset.path)
            except FileNotFoundError:
                kind = "file" if asset.frame is None else "video"
                message = f"{field} names a {kind} that has expired or was deleted"
                raise JobFailed("image_unreachable", message) from None
            except OSError as error:
                reason = error.strerror or type(error).__name__
                raise JobFailed("storage_failed", f"{field} names a file that cannot be read: {reason}") from error

        return load

    def _fail(self, lease: Lease, claim: Claim, failure: JobFailed) -> None:
        message = printable(str(failure), 1000)  # it may quote what a stranger's server said
        retained, stages = self._settings.retention, lease.stages.seconds()
        self._tell(lease, lambda connection: ending.fail(connection, claim, failure.code, message, retained, stages))

    def _tell(self, lease: Lease, how: Callable[[sa.Connection], T]) -> T:
        """Writes how a job ended; where the store cannot be written (a full disk, an outage), again and again while the
        job is this worker's: what was made need not be made again. Raises SQLAlchemyError when it no longer is.

        An answer that was kept, though the store went away before it could say so, changes nothing the second time."""
        while True:
            try:
                with self._database.transaction() as connection:
                    return how(connection)
            except sqlalchemy.exc.OperationalError as error:
                self._out_since = self._out_since or time.monotonic()
                if lease.is_lost or self._stopping:
                    raise
                _log.warning("the store did not take the answer; it is told again", error=str(error))
                time.sleep(_AGAIN_SECONDS)


def _file_name(claim: Claim) -> str:
    return f"{claim.spec.model}-{claim.id[:8]}.mp4"


def _look_at(what: str, images: Sequence[Image]) -> Callable[[Moderator, Log], tuple[str, ...]]:
    return lambda moderator, log: moderator.check_images(what, images, log)


def _result(claim: Claim, clip: Clip, path: str, still_paths: Sequence[str]) -> dict[str, Any]:
    """What the job's row keeps of the finished video; `still_paths` are in the order of `clip.stills`."""
    return {
        "path": path,
        "content_type": "video/mp4",
        "file_name": _file_name(claim),
        "file_size": clip.info.file_size,
        "width": clip.info.width,
        "height": clip.info.height,
        "fps": round(clip.info.fps, 3),
        "frames": clip.info.frames,
        "understood": clip.understood,
        "stills": {
            name: {"path": still_path, "content_type": still.content_type, "file_size": len(still.data)}
            for (name, still), still_path in zip(clip.stills.items(), still_paths, strict=True)
        },
    }


def run_worker(settings: Settings, *, name: str, engine: str, threads: int, scratch: Path) -> None:
    """A worker process: SIGTERM drains it, SIGINT stops it."""
    worker = Worker(settings, name, engine, threads, scratch)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            worker.stop()
        else:
            worker.drain()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    worker.run()
