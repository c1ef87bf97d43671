"""The main job on a folder: faults, retries, and that nothing is done twice."""

import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from qa.batch.events import Event, RecordingMarked, Retrying, StageStarted
from qa.batch.runner import RunOptions, RunReport, ingest_folder, run_folder
from qa.config import Settings
from qa.errors import ConfigError, ConflictError, EngineError, IngestError, RulesetError
from qa.store.problems import calls_without_recording, failed_recordings
from qa.store.store import Store
from tests.support import talking_files
from tests.support.call_folders import (
    GOOD,
    make_folder,
    open_store,
    rows_of,
    settings_for,
    settled,
    snapshot,
)
from tests.support.waiting import SLOW_S

OPTIONS = RunOptions(factory=talking_files.factory, engine=talking_files.ENGINE)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "heard.log"
    path.touch()
    monkeypatch.setenv("TALKING_LOG", str(path))
    return path


def run(
    store: Store, settings: Settings, folder: Path, options: RunOptions = OPTIONS
) -> tuple[RunReport, list[Event]]:
    events: list[Event] = []
    return run_folder(store, settings, folder, options=options, listener=events.append), events


def heard(log: Path) -> Counter[str]:
    return Counter(log.read_text().split())


def test_a_second_run_changes_nothing(tmp_path: Path, log: Path) -> None:
    settings, folder = settings_for(tmp_path), make_folder(tmp_path / "in", 4)
    with open_store(settings) as store:
        report, events = run(store, settings, folder)
        assert (report.hearing.transcribed, report.judging.scored) == (4, 4)
        assert report.is_clean
        assert [e.total for e in events if isinstance(e, StageStarted)] == [4, 4, 4]
        before = snapshot(store)
        again, events = run(store, settings, folder)
        assert snapshot(store) == before
        assert (again.intake.hashed, again.hearing.transcribed, again.judging.scored) == (0, 0, 0)
        assert rows_of(store, "SELECT transcribed, scored, finished_at > started_at FROM runs") == [
            (4, 4, 1),
            (0, 0, 1),
        ]
    assert heard(log) == {f"{n}.wav": 1 for n in range(4)}


def test_one_bad_recording_never_stops_a_night(tmp_path: Path, log: Path) -> None:
    settings, folder = settings_for(tmp_path), make_folder(tmp_path / "in", 2)
    settled(folder / "bad.wav", "!refuse\n")
    settled(folder / "killer.wav", "!die\n")
    settled(folder / "shaky.wav", "!die-once\n" + GOOD.format(number=71))
    settled(folder / "moody.wav", "!engine-once\n" + GOOD.format(number=72))
    with open_store(settings) as store:
        report, events = run(store, settings, folder)
        assert report.hearing.transcribed == 4
        assert report.hearing.failed == {"not_audio": 1, "worker_died": 1}
        assert not report.is_clean
        marked = {e.file: e.fault for e in events if isinstance(e, RecordingMarked)}
        assert marked == {"bad.wav": "not_audio", "killer.wav": "worker_died"}
        retried = Counter(e.file for e in events if isinstance(e, Retrying))
        assert retried == {"killer.wav": 2, "shaky.wav": 1, "moody.wav": 1}
        with store.reading() as session:
            failed = {f.call_id: (f.fault, f.advice) for f in failed_recordings(session)}
        assert failed["bad"] == ("not_audio", "not audio; export it again")
        assert "3 worker processes ended" in failed["killer"][1]

        again, events = run(store, settings, folder)  # a failed recording is not tried again …
        assert again.hearing.transcribed == 0
        assert not again.hearing.failed
        settled(folder / "bad.wav", GOOD.format(number=73))  # … until its bytes change
        mended, _ = run(store, settings, folder)
        assert (mended.hearing.transcribed, mended.judging.scored) == (1, 1)
        with store.reading() as session:
            assert [f.call_id for f in failed_recordings(session)] == ["killer"]
    assert heard(log)["moody.wav"] == 1


def test_an_engine_failure_is_tried_three_times_then_marked(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.batch.transcribing._BACK_OFF_S", 0.02)
    settings, folder = settings_for(tmp_path, workers=1), tmp_path / "in"
    settled(folder / "stuck.wav", "!engine\n" + GOOD.format(number=1))
    with open_store(settings) as store:
        report, events = run(store, settings, folder)
        assert report.hearing.failed == {"engine_failed": 1}
        assert sum(isinstance(e, Retrying) for e in events) == 2
        ((advice,),) = rows_of(store, "SELECT advice FROM recordings")
        assert "RuntimeError in test" in advice
        assert run(store, settings, folder)[0].hearing.failed == {}
        asked = replace(OPTIONS, retry_failed=True)
        assert run(store, settings, folder, asked)[0].hearing.failed == {"engine_failed": 1}
        other = replace(OPTIONS, engine="another engine")  # it may do better
        assert run(store, settings, folder, other)[0].hearing.failed == {"engine_failed": 1}


def test_a_full_disk_is_not_held_against_the_recording(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.batch.transcribing._BACK_OFF_S", 0.02)
    settings, folder = settings_for(tmp_path, workers=1), tmp_path / "in"
    settled(folder / "a.wav", "!full-disk\n" + GOOD.format(number=1))
    with open_store(settings) as store:
        assert run(store, settings, folder)[0].hearing.failed == {"no_scratch_space": 1}
        (folder / "a.freed").touch()
        assert run(store, settings, folder)[0].hearing.transcribed == 1
        assert rows_of(store, "SELECT fault FROM recordings") == [(None,)]


def test_what_cannot_start_ends_the_run_before_anything_is_marked(
    tmp_path: Path, log: Path
) -> None:
    settings, folder = settings_for(tmp_path, workers=1), make_folder(tmp_path / "in", 1)
    with open_store(settings) as store:
        with pytest.raises(ConfigError, match="no such model"):
            run(store, settings, folder, replace(OPTIONS, factory=talking_files.no_model))
        with pytest.raises(EngineError, match="end while they start"):
            run(store, settings, folder, replace(OPTIONS, factory=talking_files.dies_at_start))
        with pytest.raises(IngestError):
            run(store, settings, tmp_path / "none")
        wrong = settings.model_copy(
            update={"scoring": settings.scoring.model_copy(update={"ruleset": "no-such"})}
        )
        with pytest.raises(RulesetError):
            run(store, wrong, folder)
        assert rows_of(store, "SELECT fault FROM recordings") == [(None,)]
        assert run(store, settings, folder)[0].hearing.transcribed == 1


def test_two_runs_at_once(tmp_path: Path, log: Path) -> None:
    settings, folder = settings_for(tmp_path), make_folder(tmp_path / "in", 1)
    with open_store(settings) as store, open_store(settings) as other:
        with store.run_lock(), pytest.raises(ConflictError, match="another run is working"):
            run(other, settings, folder)
        assert snapshot(store)["files"] == []


def test_a_run_waits_a_bounded_time_for_another(tmp_path: Path, log: Path) -> None:
    settings, folder = settings_for(tmp_path, workers=1), make_folder(tmp_path / "in", 1)
    told: list[str] = []
    with open_store(settings) as store, open_store(settings) as other:
        lock = store.run_lock()  # as an upload that is being heard holds it

        def tell() -> None:
            told.append("waiting")
            lock.close()

        other.wait_for_others(SLOW_S, tell)
        assert run(other, settings, folder)[0].hearing.transcribed == 1
        assert told == ["waiting"]
        with store.run_lock():
            began = time.monotonic()
            with pytest.raises(ConflictError, match="another run is working"):
                other.run_lock(0.2)
            assert time.monotonic() - began >= 0.2


def test_the_same_bytes_twice_are_heard_once_for_two_calls(tmp_path: Path, log: Path) -> None:
    settings, folder = settings_for(tmp_path), make_folder(tmp_path / "in", 2)
    settled(folder / "copy.wav", GOOD.format(number=0))
    with open_store(settings) as store:
        report, _ = run(store, settings, folder)
        assert (report.hearing.transcribed, report.judging.scored) == (2, 3)
        shared = [i.file for i in report.intake.issues if i.code == "same_recording"]
        assert shared == ["copy.wav", "day/0.wav"]
        assert report.is_clean


def test_a_file_that_vanishes_before_its_turn_comes_back(tmp_path: Path, log: Path) -> None:
    settings, folder = settings_for(tmp_path), make_folder(tmp_path / "in", 2)
    with open_store(settings) as store:
        ingest_folder(store, folder)
        content = (folder / "day" / "1.wav").read_bytes()
        (folder / "day" / "1.wav").unlink()
        assert run(store, settings, folder)[0].hearing.transcribed == 1
        with store.reading() as session:
            assert calls_without_recording(session) == ["A1"]
        settled(folder / "day" / "1.wav", content)
        assert run(store, settings, folder)[0].hearing.transcribed == 1
        with store.reading() as session:
            assert calls_without_recording(session) == []


def test_a_file_exchanged_while_it_waits_is_not_booked_under_the_old_bytes(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, folder = settings_for(tmp_path), make_folder(tmp_path / "in", 1)
    import qa.batch.runner

    real = qa.batch.runner.transcribe_pending

    def exchange_first(*arguments: object, **named: object) -> object:
        settled(folder / "day" / "0.wav", GOOD.format(number=99))
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(qa.batch.runner, "transcribe_pending", exchange_first)
    with open_store(settings) as store:
        assert run(store, settings, folder)[0].hearing.failed == {"changed": 1}
        monkeypatch.undo()
        monkeypatch.setenv("TALKING_LOG", os.fspath(log))
        assert run(store, settings, folder)[0].hearing.transcribed == 1
        assert rows_of(store, "SELECT count(*) FROM scorecards") == [(1,)]
