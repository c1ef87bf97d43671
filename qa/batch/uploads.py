"""What works beside the service: it transcribes and judges uploads, and does the runs asked for.

It holds no speech model itself: a worker process of the pool does, as long as there is work, and a
while longer. The tables are the ledger, so whatever ends this process costs at most the recording
in hand, and the next one takes it up again. One thing at a time, under the run lock: while a run
that was started elsewhere holds it, uploads wait.
"""

import hashlib
import logging
import time
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from qa.batch import local
from qa.batch.asked_runs import WorkOptions, do_run
from qa.batch.events import ignore
from qa.batch.judging import judge_calls, publish
from qa.batch.local import LocalPool
from qa.batch.rulesets import Rulesets
from qa.batch.transcribing import Terms, transcribe_with
from qa.config import Settings
from qa.errors import ConflictError, QAError
from qa.store import claims, erasing, runs, uploads
from qa.store.convert import chunks
from qa.store.runs import Run
from qa.store.store import Store
from qa.store.uploads import Upload, UploadState

NOT_JUDGED = "not_judged"
"""Fault of an upload whose call no ruleset can judge."""
BROKEN = "broken"
"""Fault of an upload on which the program itself failed; the log says where."""
PART_SUFFIX = ".part"
"""Ending of an upload that has not arrived whole."""
_ABANDONED_S = 24 * 3600
_POLL_S = 0.5
_PATIENCE_S = 5.0
_IDLE_S = 60.0
_JOBS_PER_POOL = 100
_JOBS_PER_LIFE = 1_000

_log = logging.getLogger("qa.uploads")

Wait = Callable[[float], bool]
"""Pauses for so many seconds; returns True when it is time to stop."""


class Workshop:
    """Does what is waiting, one thing at a time; close it when done.

    Args:
        options: how recordings are heard.
    """

    def __init__(self, store: Store, settings: Settings, options: WorkOptions) -> None:
        self._store, self._settings, self._options = store, settings, options
        self._warm = _WarmPool(settings, options)

    def close(self) -> None:
        """End the worker process."""
        self._warm.close()

    def step(self) -> bool:
        """Do one thing, if there is one: what has waited longest.

        Returns:
            Whether something was done; False also while another run holds the lock.

        Raises:
            QAError: nothing can be done at all now: no model, no usable ruleset, no database.
        """
        with self._store.reading() as session:
            upload, run = uploads.next_upload(session), runs.next_waiting(session)
        if upload is None and run is None:
            self._warm.cool()
            return False
        try:
            if upload is None or (run is not None and run.started_at < upload.uploaded_at):
                self._do_run(run)
            else:
                self._do_upload(upload)
        except ConflictError:  # another run is working
            if upload is not None and upload.state is not UploadState.WAITING:
                self._put_back()
            return False
        except QAError:
            self._put_back()
            raise
        return True

    def _do_run(self, run: Run | None) -> None:
        self._warm.close()  # a run starts workers of its own
        if run is not None:
            do_run(self._store, self._settings, run, self._options)

    def _do_upload(self, upload: Upload) -> None:
        if upload.state not in uploads.OVER:  # else another run has done it
            try:
                self._judge(upload)
            except QAError:
                raise
            except Exception as error:  # the fence around one call (style guide, section 7)
                # Frames without the error's text, which may hold words of the call.
                frames = "".join(traceback.format_tb(error.__traceback__))
                _log.error("an upload: %s\n%s", type(error).__name__, frames)
                self._warm.close()
                self._finish(replace(upload, state=UploadState.FAILED, fault=BROKEN))
                return
            with self._store.reading() as session:
                upload = uploads.get_upload(session, upload.upload_id)
        if upload.state not in uploads.OVER:  # heard, but no ruleset judges it
            upload = replace(upload, state=UploadState.FAILED, fault=NOT_JUDGED)
        self._finish(upload)

    def _judge(self, upload: Upload) -> None:
        engine = self._options.engine or _real_engine(self._settings)
        with self._store.run_lock():
            with self._store.writing() as session:
                claims.drop_all(session)
                uploads.mark_waiting(session)  # all that arrived has been seen
                uploads.mark_transcribing(session, upload.upload_id)
            rulesets = Rulesets.in_force(self._store, self._settings)
            with self._store.reading() as session:
                pending = uploads.pending_upload(session, upload, engine)
            if pending is not None:
                terms = Terms(engine, self._settings.batch)
                transcribe_with(self._warm.pool(rulesets), self._store, [pending], terms, ignore)
            if upload.call_id is not None:
                judged = [c for _, c in judge_calls(self._store, rulesets, [upload.call_id])]
                publish(self._store, rulesets, judged)

    def _finish(self, upload: Upload) -> None:
        with self._store.writing() as session:
            uploads.finish_upload(session, upload, datetime.now(UTC))

    def _put_back(self) -> None:
        with self._store.writing() as session:
            uploads.mark_waiting(session)


class _WarmPool:
    """A pool whose worker keeps its model between uploads that come close together.

    It is made anew when the rulesets change, after a number of recordings, and after a pause, so
    that neither old rules nor memory stay.
    """

    def __init__(self, settings: Settings, options: WorkOptions) -> None:
        self._settings, self._options = settings, options
        self._pool: LocalPool | None = None
        self._hashes: tuple[str, ...] = ()
        self._used_at = 0.0
        self._jobs = 0

    def pool(self, rulesets: Rulesets) -> LocalPool:
        """Give the pool for one recording, asking what these rulesets ask."""
        hashes = tuple(sorted(record.ruleset_hash for record in rulesets.used()))
        if self._pool is not None and (hashes != self._hashes or self._jobs >= _JOBS_PER_POOL):
            self.close()
        if self._pool is None:
            factory = self._options.factory or local.real_worker
            # One process: the other processors are for the people who wait for a page.
            self._pool = LocalPool(factory, self._settings, 1, rulesets)
            self._hashes, self._jobs = hashes, 0
        self._jobs += 1
        self._used_at = time.monotonic()
        return self._pool

    def cool(self) -> None:
        """Let the worker go once it has had nothing to do for a while."""
        if self._pool is not None and time.monotonic() - self._used_at > _IDLE_S:
            self.close()

    def close(self) -> None:
        """Let the worker go."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()


def work_until(settings: Settings, wait: Wait, options: WorkOptions | None = None) -> None:
    """Work until told to stop, or so much was done that a fresh process should go on.

    What cannot be done now is tried again later.

    Raises:
        QAError: the database cannot be opened.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store.open(settings.database_url, timezone=settings.timezone))
        workshop = Workshop(store, settings, options or WorkOptions())
        stack.callback(workshop.close)
        with store.writing() as session:
            uploads.mark_waiting(session)  # what an earlier process had in hand
        sweep(store, settings)
        said, jobs = "", 0
        while jobs < _JOBS_PER_LIFE:
            try:
                done, problem = workshop.step(), ""
            except QAError as error:
                done, problem = False, str(error)
            if problem and problem != said:
                _log.error("uploads wait: %s", problem)
            said, jobs = problem, jobs + done
            if wait(_PATIENCE_S if problem else 0.0 if done else _POLL_S):
                return


def upload_folder(settings: Settings) -> Path:
    """Name the folder where recordings lie that people sent in."""
    return (settings.data_dir / "uploads").absolute()


def archive_folder(settings: Settings) -> Path:
    """Name the folder where the archive's copies lie."""
    return (settings.archive.folder or settings.data_dir / "archive").absolute()


def sweep(store: Store, settings: Settings) -> int:
    """Remove what broken-off uploads left: parts, and spare files that no row names; old ones only.

    A whole file that no row names stays unless its recording lies in our folders under another
    name, or was deleted: where the data folder was moved or an older database was restored it may
    be all that is left of a call.

    Returns:
        How many files were removed.
    """
    folder = upload_folder(settings)
    homes = (folder, archive_folder(settings))
    count, kept, old = 0, 0, time.time() - _ABANDONED_S
    for some in chunks(path for path in folder.rglob("*") if path.is_file()):
        with store.reading() as session:
            known = uploads.known_paths(session, [str(path) for path in some])
        for path in some:
            if str(path) in known or path.stat().st_mtime >= old:
                continue
            if path.suffix == PART_SUFFIX or _is_spare(store, path, homes):
                path.unlink(missing_ok=True)
                count += 1
            else:
                kept += 1
    if kept:
        _log.warning("%d files in the upload folder belong to no known call; they are kept", kept)
    return count


def _is_spare(store: Store, path: Path, homes: tuple[Path, ...]) -> bool:
    """Whether a file's recording was deleted, or another known file of our folders holds it."""
    try:
        with path.open("rb") as file:
            recording_id = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return False
    with store.reading() as session:
        if erasing.is_deleted(session, recording_id):
            return True
        others = [
            (Path(file.path), file.size_bytes) for file in erasing.files_of(session, recording_id)
        ]
    return any(
        any(other.is_relative_to(home) for home in homes)
        and other.is_file()
        and other.stat().st_size == size
        for other, size in others
    )


def _real_engine(settings: Settings) -> str:
    from qa.pipeline import engine_fingerprint

    return engine_fingerprint(settings)
