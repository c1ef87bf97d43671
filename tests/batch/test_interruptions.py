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
from tests.support.talking_files import let_go
from tests.support.waiting import finish, until

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


def wait_until_gone(process: "subprocess.Popen[str]") -> None:
    """Wait until nothing is left of what a run has started."""
    until(lambda: not workers_of(process))


def test_kill_9_at_random_points_then_running_again_finishes(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "in", CALLS, order="!slow 0.05")
    straight = start(tmp_path, folder, "straight")
    started = time.monotonic()
    code, _, err = finish(straight)
    assert code == 0, err
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
        wait_until_gone(process)
    process = start(tmp_path, folder)
    code, out, err = finish(process)
    assert code == 0, err
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
    folder, log = make_folder(tmp_path / "in", 8, order="!held-after 3"), tmp_path / "data.log"
    process = start(tmp_path, folder)
    until(lambda: len(kept(tmp_path)) >= 2, process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until_gone(process)
    before = kept(tmp_path)
    let_go(log)
    code, _, err = finish(start(tmp_path, folder))
    assert code == 0, err
    times = Counter(log.read_text().split())
    assert len(times) == 8
    assert {name: times[name] for name in before} == dict.fromkeys(before, 1)


def test_ctrl_c_ends_promptly_keeps_what_was_heard_and_leaves_no_process(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "in", 6, order="!held-after 3")
    process = start(tmp_path, folder)
    until(lambda: len(kept(tmp_path)) >= 2, process)
    os.killpg(process.pid, signal.SIGINT)  # what the terminal does
    code, _, err = finish(process)  # long before the one that is held is heard
    assert code == 130, err
    assert "run the same command again" in err
    assert "Traceback" not in err
    wait_until_gone(process)
    with open_store(settings_for(tmp_path)) as store:
        ((found,),) = rows_of(store, "SELECT count(*) FROM transcripts")
        assert 2 <= found <= 4
        assert rows_of(store, "SELECT transcribed, finished_at FROM runs") != []
        assert rows_of(store, "SELECT count(*) FROM runs WHERE finished_at IS NULL") == [(1,)]


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    folder, log = make_folder(tmp_path / "in", 6, order="!held"), tmp_path / "data.log"
    process = start(tmp_path, folder)
    until(log.with_suffix(".held").exists, process)
    leaders = [pid for pid in workers_of(process) if os.getpgid(pid) == pid]
    assert leaders, "workers lead their own process groups"
    os.kill(leaders[0], signal.SIGKILL)
    let_go(log)
    code, _, err = finish(process)
    assert code == 0, err
    with open_store(settings_for(tmp_path)) as store:
        assert rows_of(store, "SELECT count(*) FROM transcripts") == [(6,)]
        assert rows_of(store, "SELECT sum(attempts) FROM recordings") == [(0,)]
