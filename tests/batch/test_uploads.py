"""What works beside the service: uploads and runs, in real processes, with talking files."""

import hashlib
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.batch.asked_runs import WorkOptions
from qa.batch.beside import Beside
from qa.batch.uploads import BROKEN, NOT_JUDGED, Workshop, sweep
from qa.config import Settings
from qa.errors import ConfigError, ConflictError
from qa.records import Scope, UserRole
from qa.store import runs, uploads
from qa.store.accounts import UserDraft, add_user
from qa.store.arrivals import Arrival
from qa.store.runs import RunState
from qa.store.store import Store
from qa.store.uploads import Upload, UploadState
from tests.support.call_folders import GOOD, make_folder, open_store, rows_of, settings_for
from tests.support.talking_files import ENGINE, factory, let_go, no_model
from tests.support.waiting import until

ALL = Scope(everything=True)
TALKING = WorkOptions(factory, ENGINE)
CURRENT = "SELECT call_id FROM scorecards WHERE is_current"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "log"))
    made = settings_for(tmp_path)
    inbox = make_folder(tmp_path / "inbox", 2)
    return made.model_copy(update={"serve": made.serve.model_copy(update={"inbox": inbox})})


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(settings) as opened:
        with opened.writing() as session:
            draft = UserDraft("lin", "林", UserRole.HEAD)
            add_user(session, draft, password_hash=None, actor=None, now=datetime.now(UTC))
        yield opened


def send(store: Store, settings: Settings, number: int, order: str = "") -> str:
    """Take in a talking file as the API does; returns the upload's id."""
    text = GOOD.format(number=number)
    data = (f"{order}\n{text}" if order else text).encode()
    folder = settings.data_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:032x}.wav"
    path.write_bytes(data)
    arrival = Arrival(
        f"{number:032x}",
        path,
        hashlib.sha256(data).hexdigest(),
        len(data),
        f"U{number}",
        {"agent_id": "108"},
    )
    with store.writing() as session:
        uploads.put_upload(session, arrival, ALL, user_id=1, now=datetime.now(UTC), zone=store.zone)
    return arrival.upload_id


def look(store: Store, upload_id: str) -> Upload:
    with store.reading() as session:
        return uploads.get_upload(session, upload_id)


def work(store: Store, settings: Settings, options: WorkOptions = TALKING) -> int:
    """Do all there is to do in this process; returns how many things were done."""
    workshop = Workshop(store, settings, options)
    try:
        count = 0
        while workshop.step():
            count += 1
        return count
    finally:
        workshop.close()


def is_free(store: Store) -> bool:
    """Whether nobody holds the lock of a run."""
    try:
        store.run_lock().close()
    except ConflictError:
        return False
    return True


def test_uploads_are_heard_and_judged_by_one_worker(store: Store, settings: Settings) -> None:
    first, second = send(store, settings, 1), send(store, settings, 2)
    assert look(store, first).state is UploadState.RECEIVED
    assert look(store, second).ahead == 1
    assert work(store, settings) == 2
    for upload_id in (first, second):
        found = look(store, upload_id)
        assert found.state is UploadState.SCORED and found.finished_at and not found.fault
    assert rows_of(store, "SELECT count(*) FROM scorecards") == [(2,)]


def test_what_cannot_be_used_fails_with_its_reason(store: Store, settings: Settings) -> None:
    bad, deadly, good = (
        send(store, settings, 1, "!refuse"),
        send(store, settings, 2, "!die"),
        send(store, settings, 3),
    )
    work(store, settings)
    assert (look(store, bad).state, look(store, bad).fault) == (UploadState.FAILED, "not_audio")
    assert "export it again" in (look(store, bad).advice or "")
    assert look(store, deadly).fault == "worker_died"
    assert look(store, good).state is UploadState.SCORED


def test_another_run_may_finish_an_upload(store: Store, settings: Settings) -> None:
    from qa.batch.runner import RunOptions, run_folder

    upload_id = send(store, settings, 1)
    inbox = settings.serve.inbox
    assert inbox is not None
    run_folder(store, settings, inbox, options=RunOptions(factory=factory, engine=ENGINE))
    assert look(store, upload_id).state is UploadState.SCORED
    work(store, settings)
    assert rows_of(store, "SELECT state FROM uploads") == [("scored",)]


def test_uploads_wait_while_another_run_works(store: Store, settings: Settings) -> None:
    upload_id = send(store, settings, 1)
    with store.run_lock():
        assert work(store, settings) == 0
        assert look(store, upload_id).state is UploadState.WAITING
    assert work(store, settings) == 1


def test_without_a_model_uploads_wait_and_are_not_lost(store: Store, settings: Settings) -> None:
    upload_id = send(store, settings, 1)
    with pytest.raises(ConfigError, match="no such model"):
        work(store, settings, WorkOptions(no_model, ENGINE))
    assert look(store, upload_id).state is UploadState.WAITING
    work(store, settings)
    assert look(store, upload_id).state is UploadState.SCORED


def test_a_call_that_no_ruleset_judges_says_so(store: Store, settings: Settings) -> None:
    upload_id = send(store, settings, 1)
    with store.writing() as session:
        from sqlalchemy import text

        session.execute(text("UPDATE calls SET ruleset = 'no-such-ruleset'"))
    work(store, settings)
    assert look(store, upload_id).fault == NOT_JUDGED


def test_a_bug_costs_one_upload(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    import qa.batch.uploads

    real = qa.batch.uploads.judge_calls
    calls = []

    def broken_once(*args: object) -> object:
        calls.append(args)
        if len(calls) == 1:
            raise ZeroDivisionError
        return real(*args)  # type: ignore[arg-type]

    first, second = send(store, settings, 1), send(store, settings, 2)
    monkeypatch.setattr(qa.batch.uploads, "judge_calls", broken_once)
    work(store, settings)
    assert look(store, first).fault == BROKEN
    assert look(store, second).state is UploadState.SCORED


@pytest.mark.parametrize("kind", ["run", "score", "rescore"])
def test_a_run_that_was_asked_for_is_done(store: Store, settings: Settings, kind: str) -> None:
    upload_id = send(store, settings, 1)
    work(store, settings)
    with store.writing() as session:
        asked, is_new = runs.request_run(session, kind, {}, 1, datetime.now(UTC))
        again, is_new_again = runs.request_run(session, kind, {}, 1, datetime.now(UTC))
    assert is_new and not is_new_again and again.run_id == asked.run_id
    assert work(store, settings) == 1
    with store.reading() as session:
        done = runs.get_run(session, asked.run_id)
    assert (done.state, done.fault) == (RunState.DONE, None)
    assert done.finished_at is not None and done.requested_by == 1
    assert done.progress.done == done.progress.total
    # The inbox holds two: one of the very bytes of the upload, which were heard already.
    assert done.transcribed == (1 if kind == "run" else 0)
    judged = {"A0", "A1", "U1"} if kind == "run" else {"U1"}
    assert {row[0] for row in rows_of(store, CURRENT)} == judged
    assert look(store, upload_id).state is UploadState.SCORED


def test_a_what_if_keeps_what_it_found(store: Store, settings: Settings) -> None:
    send(store, settings, 1)
    work(store, settings)
    text = Path(settings.scoring.ruleset).read_text("utf-8")
    with store.writing() as session:
        asked, _ = runs.request_run(session, "what_if", {"text": text}, 1, datetime.now(UTC))
        wrong, _ = runs.request_run(session, "what_if", {"text": "x: ["}, 1, datetime.now(UTC))
    work(store, settings)
    with store.reading() as session:
        done, failed = runs.get_run(session, asked.run_id), runs.get_run(session, wrong.run_id)
    assert done.state is RunState.DONE and done.result is not None
    assert done.result["calls"] == 1 and done.result["changed"] == 0
    assert failed.state is RunState.FAILED and failed.fault


def test_the_process_is_replaced_and_goes_on(store: Store, settings: Settings) -> None:
    held = send(store, settings, 1, "!held")
    with Beside(settings, TALKING) as beside:
        until(lambda: look(store, held).state is UploadState.TRANSCRIBING)
        first = beside.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: beside.pid not in (None, first))
        let_go(Path(os.environ["TALKING_LOG"]))
        until(lambda: look(store, held).state is UploadState.SCORED)
    assert rows_of(store, "SELECT count(*) FROM scorecards") == [(1,)]


def test_the_process_ends_in_the_middle_and_the_next_takes_up(
    store: Store, settings: Settings
) -> None:
    upload_id = send(store, settings, 1, "!held")
    with Beside(settings, TALKING) as beside:
        until(lambda: look(store, upload_id).state is UploadState.TRANSCRIBING)
        pid = beside.pid
    assert pid is not None
    until(lambda: not Path(f"/proc/{pid}").exists())
    until(lambda: is_free(store))  # a server sees a little later that who held it is gone
    let_go(Path(os.environ["TALKING_LOG"]))
    with Beside(settings, TALKING):
        until(lambda: look(store, upload_id).state is UploadState.SCORED)


def test_a_moved_data_folder_loses_no_upload(store: Store, settings: Settings) -> None:
    send(store, settings, 1)
    old = settings.data_dir / "uploads"
    moved = settings.model_copy(update={"data_dir": settings.data_dir.with_name("moved")})
    new = moved.data_dir / "uploads"
    new.mkdir(parents=True)
    sent = next(old.glob("*.wav"))
    (new / sent.name).write_bytes(sent.read_bytes())
    (new / "broken-off.part").write_bytes(b"RIFF")
    for file in new.iterdir():
        os.utime(file, (1, 1))
    assert sweep(store, moved) == 1
    assert [file.name for file in new.iterdir()] == [sent.name], "it may be all that is left"


def test_a_spare_copy_of_a_known_upload_goes(store: Store, settings: Settings) -> None:
    send(store, settings, 1)
    folder = settings.data_dir / "uploads"
    sent = next(folder.glob("*.wav"))
    spare = folder / "spare.wav"
    spare.write_bytes(sent.read_bytes())
    for file in (sent, spare):
        os.utime(file, (1, 1))
    assert sweep(store, settings) == 1
    assert list(folder.iterdir()) == [sent]
