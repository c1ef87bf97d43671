"""Real processes that are killed or interrupted: nothing lost, nothing doubled, no child left."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests.support.call_folders import (
    RULESET,
    damages_of,
    make_folder,
    open_store,
    rows_of,
    settings_for,
    snapshot,
)
from tests.support.databases import environment_of

ROOT = Path(__file__).resolve().parents[2]
CALLS = 12


def environment(tmp_path: Path, data: str) -> dict[str, str]:
    settings = settings_for(tmp_path).model_copy(update={"data_dir": tmp_path / data})
    return {
        **environment_of(settings),
        "QA_BATCH__WORKERS": "2",
        "QA_SCORING__RULESET": str(RULESET),
        "TALKING_LOG": str(tmp_path / f"{data}.log"),
    }


def start(tmp_path: Path, folder: Path, data: str = "data") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.talking_qa", "run", str(folder)],
        cwd=ROOT,
        env=environment(tmp_path, data),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def workers_of(process: "subprocess.Popen[str]") -> list[int]:
    """Process ids of what the run has started, by its session: workers and their helpers."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != process.pid:
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == process.pid and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def wait_until_gone(process: "subprocess.Popen[str]", limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while (left := workers_of(process)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == [], "processes outlived the run"


def wait_for_hearing(process: "subprocess.Popen[str]", log: Path, calls: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        if log.exists() and len(log.read_text().split()) >= calls:
            return
        time.sleep(0.01)


def test_kill_9_at_random_points_then_running_again_finishes(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "in", CALLS, order="!slow 0.05")
    straight = start(tmp_path, folder, "straight")
    started = time.monotonic()
    _, err = straight.communicate(timeout=60)
    assert straight.returncode == 0, err
    whole_s = time.monotonic() - started
    source = random.Random(2)
    # Spread over the whole run: while it starts, takes in, hears, and judges.
    for share in (source.uniform(0.2, 0.5), source.uniform(0.5, 0.75), source.uniform(0.75, 1.0)):
        process = start(tmp_path, folder)
        try:
            process.wait(whole_s * share)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        wait_until_gone(process, 5)
    process = start(tmp_path, folder)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "judged" in out
    expected_settings = settings_for(tmp_path).model_copy(
        update={"data_dir": tmp_path / "straight"}
    )
    with open_store(settings_for(tmp_path)) as store, open_store(expected_settings) as expected:
        assert damages_of(store) == []
        # Row numbers of scorecards may have gaps or another order; their contents may not differ.
        skip = ("runs", "run_tasks", "verdicts", "scorecards")
        assert snapshot(store, without=skip) == snapshot(expected, without=skip)
        cards = (
            "SELECT call_id, transcript_key, context, ruleset_hash, is_current, total, s.blob, "
            "count(*) FROM scorecards s LEFT JOIN verdicts USING (scorecard_id) "
            "GROUP BY scorecard_id ORDER BY call_id"
        )
        assert rows_of(store, cards) == rows_of(expected, cards)
        assert len(rows_of(store, cards)) == CALLS


def kept(tmp_path: Path) -> set[str]:
    with open_store(settings_for(tmp_path)) as store:
        found = "SELECT path FROM files JOIN transcripts USING (recording_id)"
        return {Path(path).name for (path,) in rows_of(store, found)}


def test_what_was_kept_before_a_kill_is_not_heard_again(tmp_path: Path) -> None:
    folder, log = make_folder(tmp_path / "in", 8, order="!slow 0.4"), tmp_path / "data.log"
    process = start(tmp_path, folder)
    wait_for_hearing(process, log, 1)
    while len(before := kept(tmp_path)) < 2 and process.poll() is None:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until_gone(process, 5)
    process = start(tmp_path, folder)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    times = Counter(log.read_text().split())
    assert len(times) == 8
    assert before
    assert {name: times[name] for name in before} == dict.fromkeys(before, 1)


def test_ctrl_c_ends_promptly_keeps_what_was_heard_and_leaves_no_process(tmp_path: Path) -> None:
    folder, log = make_folder(tmp_path / "in", 6, order="!slow 0.2"), tmp_path / "data.log"
    (folder / "day" / "0.wav").write_text("!slow 60\n坐席: 您好")
    process = start(tmp_path, folder)
    wait_for_hearing(process, log, 3)
    time.sleep(0.1)  # results cross the pipe
    os.killpg(process.pid, signal.SIGINT)  # what the terminal does
    _, err = process.communicate(timeout=40)  # long before the slow one is heard
    assert process.returncode == 130, err
    assert "run the same command again" in err
    assert "Traceback" not in err
    wait_until_gone(process, 1)
    with open_store(settings_for(tmp_path)) as store:
        ((kept,),) = rows_of(store, "SELECT count(*) FROM transcripts")
        assert kept >= 2
        assert rows_of(store, "SELECT transcribed, finished_at FROM runs") != []
        assert rows_of(store, "SELECT count(*) FROM runs WHERE finished_at IS NULL") == [(1,)]


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    folder, log = make_folder(tmp_path / "in", 6, order="!slow 0.3"), tmp_path / "data.log"
    process = start(tmp_path, folder)
    wait_for_hearing(process, log, 1)
    leaders = [pid for pid in workers_of(process) if os.getpgid(pid) == pid]
    assert leaders, "workers lead their own process groups"
    os.kill(leaders[0], signal.SIGKILL)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    with open_store(settings_for(tmp_path)) as store:
        assert rows_of(store, "SELECT count(*) FROM transcripts") == [(6,)]
        assert rows_of(store, "SELECT sum(attempts) FROM recordings") == [(0,)]
