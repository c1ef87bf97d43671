"""The pool of workers on one machine: what each may take, and whom a death is blamed on."""

import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from qa.batch import machine
from qa.batch.jobs import Heard, Job, Result, WorkerDied, WorkerFactory
from qa.batch.local import LocalPool
from qa.batch.rulesets import Rulesets
from qa.config import BatchSettings, HearingSettings, Settings
from qa.errors import ModelNotFoundError
from tests.support import pool_workers


def settings_with(**batch: Any) -> Settings:
    return Settings(batch=BatchSettings(**batch))


def results_of(
    names: Sequence[str],
    settings: Settings,
    *,
    size: int = 1,
    factory: WorkerFactory = pool_workers.obedient,
) -> list[Result]:
    with LocalPool(factory, settings, size) as pool:
        pool.submit([Job(name, f"/{name}", None) for name in names])
        results: list[Result] = []
        while pool.unfinished:
            results += pool.poll(1.0)
    return results


def results_once_all_were_given(
    folder: Path, paths: Sequence[Path], settings: Settings
) -> list[Result]:
    """Hand in jobs whose first is held until the pool has given out as many as it may."""
    with LocalPool(pool_workers.obedient, settings, 1) as pool:
        pool.submit([Job(path.name, str(path), None) for path in paths])
        results: list[Result] = []
        while pool.unfinished:
            results += pool.poll(0.1)
            if pool_workers.has_begun(folder):
                # Whoever gave out the first has given the others before `poll` was over.
                pool_workers.let_go(folder)
    return results


def heard_by(results: Sequence[Result]) -> dict[str, str]:
    """Which process heard what."""
    return {r.job.recording_id: r.transcript.notes[0] for r in results if isinstance(r, Heard)}


def test_a_worker_that_has_done_its_share_is_replaced_and_nothing_is_lost() -> None:
    names = [f"n{number}" for number in range(7)]
    results = results_of(names, settings_with(worker_recordings=3))
    assert [r.job.recording_id for r in results] == names
    processes = list(heard_by(results).values())
    # Three each; what it had been given ahead before its third result it does as well.
    assert len(set(processes)) >= 2
    assert processes == sorted(processes, key=processes.index), "one after another"
    assert max(processes.count(one) for one in processes) <= 3 + 2


def test_jobs_that_wait_are_announced_to_the_worker_and_no_more_than_the_bound(
    tmp_path: Path,
) -> None:
    names = ["held-n", *(f"n{number}" for number in range(9))]
    paths = [tmp_path / name for name in names]
    results = results_once_all_were_given(tmp_path, paths, settings_with(ahead=2))
    announced = [len(r.transcript.notes) - 1 for r in results if isinstance(r, Heard)]
    in_advance = [seen - done for done, seen in enumerate(announced, start=1)]
    assert max(in_advance) >= 1, "while one is heard, the next are known"
    assert max(in_advance) <= 2
    alone = results_of(names[1:5], settings_with(ahead=0))
    assert [len(r.transcript.notes) - 1 for r in alone if isinstance(r, Heard)] == [1, 2, 3, 4]


def test_one_worker_hears_several_recordings_at_once_and_answers_in_order(tmp_path: Path) -> None:
    names = ["first", "second", "third", "n1", "n2"]
    paths = [*[str(tmp_path / "meet-3")] * 3, "/n1", "/n2"]
    with LocalPool(pool_workers.obedient, settings_with(together=3, ahead=2), 1) as pool:
        pool.submit([Job(name, path, None) for name, path in zip(names, paths, strict=True)])
        results: list[Result] = []
        while pool.unfinished:
            results += pool.poll(1.0)
    assert [r.job.recording_id for r in results] == names
    assert len(set(heard_by(results).values())) == 1, "one process"


def test_several_at_once_and_one_that_kills_the_worker() -> None:
    results = results_of(["a", "b", "die", "c", "d"], settings_with(together=3, ahead=1))
    died = [r.job.recording_id for r in results if isinstance(r, WorkerDied)]
    # The first in hand is blamed; what the worker had is then done alone, so the next is sure.
    assert died in (["die"], ["a", "die"], ["b", "die"])
    assert set(heard_by(results)) == {"a", "b", "c", "d"} - set(died)


def test_a_death_is_blamed_on_the_job_in_hand_and_the_others_go_on() -> None:
    results = results_of(["a", "die", "b", "c"], settings_with(ahead=3))
    died = [r for r in results if isinstance(r, WorkerDied)]
    assert [(r.job.recording_id, r.exit_code) for r in died] == [("die", -9)]
    assert set(heard_by(results)) == {"a", "b", "c"}


def test_what_a_dead_worker_had_is_done_alone_next_time(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("held-die", "a", "b", "c")]
    results = results_once_all_were_given(tmp_path, paths, settings_with(ahead=3))
    assert [r.job.recording_id for r in results if isinstance(r, WorkerDied)] == ["held-die"]
    notes = [r.transcript.notes[1:] for r in results if isinstance(r, Heard)]
    # Nothing was announced while another one of them was in hand.
    assert notes == [("a",), ("a", "b"), ("a", "b", "c")]


def test_a_worker_beyond_its_memory_is_ended_and_says_why() -> None:
    results = results_of(["a", "eat-400", "b"], settings_with(worker_memory_mb=250))
    died = [r for r in results if isinstance(r, WorkerDied)]
    assert [r.job.recording_id for r in died] == ["eat-400"]
    assert died[0].took_mb is not None and died[0].took_mb > 250
    assert "batch.worker_memory_mb" in died[0].how
    assert set(heard_by(results)) == {"a", "b"}


def test_a_model_that_is_lost_during_the_night_ends_the_run_and_blames_no_recording(
    tmp_path: Path,
) -> None:
    (tmp_path / "model").touch()
    settings = settings_with(worker_recordings=2, ahead=0).model_copy(update={"data_dir": tmp_path})
    with LocalPool(pool_workers.loses_its_model, settings, 1) as pool:
        pool.submit([Job(str(number), f"/{number}", None) for number in range(5)])
        results: list[Result] = []
        with pytest.raises(ModelNotFoundError):
            while pool.unfinished:
                results += pool.poll(1.0)
    assert all(isinstance(r, Heard) for r in results) and len(results) == 2


def test_each_worker_sees_one_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "gpu_count", lambda settings: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    with LocalPool(pool_workers.shows_its_gpu, settings_with(ahead=0, together=1), 2) as pool:
        pool.submit([Job(name, str(tmp_path / "meet-2"), None) for name in ("a", "b")])
        results: list[Result] = []
        while pool.unfinished:
            results += pool.poll(1.0)
    assert {r.transcript.notes[1] for r in results if isinstance(r, Heard)} == {"4", "7"}
    assert machine.gpu_environment(3, 2, {}) == {"CUDA_VISIBLE_DEVICES": "1"}
    assert machine.gpu_environment(0, 0, {}) == {}


def test_a_worker_that_gets_rulesets_loads_no_database(tmp_path: Path) -> None:
    """Half a second of every start, and memory that each worker would take."""
    code = (
        "import pickle, sys; import qa.batch.local, qa.batch.working\n"
        "rulesets = pickle.loads(sys.stdin.buffer.read())\n"
        "assert rulesets.default.rules\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    rulesets = Rulesets.in_force(None, Settings(data_dir=tmp_path))
    given = pickle.dumps(rulesets)
    done = subprocess.run(
        [sys.executable, "-c", code], input=given, capture_output=True, check=True
    )
    loaded = set(done.stdout.decode().split())
    assert "qa" in loaded
    assert not loaded & {"sqlalchemy", "alembic", "fastapi", "typer", "ctranslate2", "av"}


def test_the_number_of_workers_follows_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "core_count", lambda: 12)
    assert machine.worker_count(Settings(), at_most=100) == 12
    assert machine.worker_count(Settings(), at_most=3) == 3
    assert machine.worker_count(settings_with(workers=5), at_most=100) == 5
    monkeypatch.setattr(machine, "gpu_count", lambda settings: 2)
    on_gpu = Settings(hearing=HearingSettings(device="cuda"))
    assert machine.worker_count(on_gpu, at_most=100) == 2
    assert machine.decoder_count(on_gpu, 2) == 6
    assert machine.decoder_count(Settings(), 0) == 1
    assert machine.worker_memory_mb(settings_with(worker_memory_mb=700), 3) == 700
    monkeypatch.setattr(machine, "memory_mb", lambda: 10_000)
    assert machine.worker_memory_mb(Settings(), 4) == 2_000
