"""The main job on real Ray nodes: shared work, faults, killed workers, nodes and clusters."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from benchlib.ray_nodes import RayNodes

from qa.batch.cluster_nodes import NodePlan, check_ports
from qa.batch.events import RecordingMarked, Retrying
from qa.batch.runner import RunOptions, RunReport, run_folder
from qa.config import Settings
from qa.errors import ClusterError, ConfigError
from tests.cluster.conftest import House
from tests.cluster.placed_files import ENGINE, factory
from tests.support.call_folders import (
    GOOD,
    damages_of,
    make_folder,
    open_store,
    rows_of,
    settings_for,
    settled,
    snapshot,
)
from tests.support.talking_files import let_go
from tests.support.waiting import SLOW_S, until

pytestmark = pytest.mark.ray
OPTIONS = RunOptions(factory=factory, engine=ENGINE)


def settings_of(tmp_path: Path, house: House, **cluster: float) -> Settings:
    chosen = {"cpu_workers": 4, "patience_s": SLOW_S, **cluster, "address": house.nodes.address}
    base = settings_for(tmp_path)
    return base.model_copy(update={"cluster": type(base.cluster).model_validate(chosen)})


def run(settings: Settings, folder: Path) -> tuple[RunReport, dict[str, str]]:
    """The report, and by file what was marked or, as `died`, tried again."""
    marked: dict[str, str] = {}

    def listen(event: object) -> None:
        if isinstance(event, RecordingMarked):
            marked[event.file] = event.fault
        elif isinstance(event, Retrying):
            marked[event.file] = "died" if "worker" in event.problem else "failed"

    with open_store(settings) as store:
        return run_folder(store, settings, folder, options=OPTIONS, listener=listen), marked


def when(ready: Callable[[], bool], do: Callable[[], object]) -> threading.Thread:
    """Do something as soon as it can be done, beside the run."""

    def watch() -> None:
        until(ready)
        do()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def places(house: House) -> Counter[str]:
    """Where recordings were begun with, and how many."""
    return Counter(line.split()[0] for line in house.places.read_text().splitlines())


def check_all_kept(settings: Settings, calls: int) -> None:
    """Every call once: one transcript, one scorecard, no try used up, no damage."""
    with open_store(settings) as store:
        assert rows_of(store, "SELECT count(*) FROM transcripts") == [(calls,)]
        assert rows_of(store, "SELECT count(*) FROM scorecards WHERE is_current") == [(calls,)]
        assert rows_of(store, "SELECT count(*) FROM scorecards") == [(calls,)]
        assert rows_of(store, "SELECT count(*) FROM recordings WHERE fault IS NOT NULL") == [(0,)]
        assert damages_of(store) == []


def test_two_nodes_share_the_work_and_give_what_one_machine_gives(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_folder(tmp_path / "in", 24, order="!held")
    settings = settings_of(tmp_path, house)
    both = when(lambda: {"node0", "node1"} <= places(house).keys(), house.let_go)
    report, _ = run(settings, folder)
    both.join()
    assert (report.hearing.transcribed, report.judging.scored) == (24, 24)
    assert places(house).keys() == {"node0", "node1"}
    alone = settings_for(tmp_path / "alone")
    for name in ("TALKING_LOG", "PLACES_LOG"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PLACE", "here")
    let_go(tmp_path / "TALKING_LOG")
    run(alone, folder)
    skip = ("runs", "run_tasks", "verdicts", "scorecards")
    with open_store(settings) as store, open_store(alone) as expected:
        assert snapshot(store, without=skip) == snapshot(expected, without=skip)
        cards = (
            "SELECT call_id, transcript_key, context, ruleset_hash, is_current, total, blob "
            "FROM scorecards ORDER BY call_id"
        )
        assert rows_of(store, cards) == rows_of(expected, cards)


def test_a_worker_on_a_gpu_sees_that_gpu_alone_and_the_others_none(
    tmp_path: Path, house: House
) -> None:
    folder = make_folder(tmp_path / "in", 12, order="!held")
    both = when(lambda: {"cuda", "cpu"} <= set(house.places.read_text().split()), house.let_go)
    run(settings_of(tmp_path, house, cpu_workers=1, gpu_workers=1), folder)
    both.join()
    lines = [line.split() for line in house.places.read_text().splitlines()]
    assert {(device, gpu) for _, device, gpu, _ in lines} == {("cuda", "0"), ("cpu", "-")}
    assert {place for place, device, _, _ in lines if device == "cuda"} == {"node0"}


def test_clusters_beside_each_other_have_ports_of_their_own(house: House) -> None:
    with RayNodes() as second, RayNodes() as third:
        addresses = {house.nodes.address, second.address, third.address}
    assert len(addresses) == 3


def test_a_port_in_use_is_told_at_once() -> None:
    with RayNodes() as free:
        head_port = int(free.address.partition(":")[2])
        plan = NodePlan("127.0.0.2", first_port=head_port + 1, head_port=head_port)
        check_ports(plan)
        for port in (head_port, head_port + 3):
            told = pytest.raises(ConfigError, match=f"port {port} is in use")
            with socket.create_server(("127.0.0.3", port)), told:
                check_ports(plan)


def test_bad_recordings_cost_only_themselves(tmp_path: Path, house: House) -> None:
    folder = make_folder(tmp_path / "in", 4)
    settled(folder / "bad.wav", "!refuse\n")
    settled(folder / "killer.wav", "!die\n")
    settled(folder / "shaky.wav", "!die-once\n" + GOOD.format(number=71))
    settled(folder / "moody.wav", "!engine-once\n" + GOOD.format(number=72))
    settings = settings_of(tmp_path, house)
    report, marked = run(settings, folder)
    assert report.hearing.transcribed == 6
    assert marked == {
        **{"bad.wav": "not_audio", "killer.wav": "worker_died"},
        **{"shaky.wav": "died", "moody.wav": "failed"},
    }
    with open_store(settings) as store:
        sql = "SELECT attempts FROM recordings JOIN files USING (recording_id) WHERE path LIKE "
        assert rows_of(store, sql + "'%killer.wav'") == [(3,)]


def test_a_killed_worker_loses_nothing(tmp_path: Path, house: House) -> None:
    folder = make_folder(tmp_path / "in", 16, order="!held")
    settings = settings_of(tmp_path, house)

    def kill() -> None:
        pid = int(house.places.read_text().splitlines()[0].split()[3])
        os.kill(pid, signal.SIGKILL)
        house.let_go()

    killer = when(lambda: house.places.read_text().endswith("\n"), kill)
    report, marked = run(settings, folder)
    killer.join()
    assert report.hearing.transcribed == 16
    assert list(marked.values()) == ["died"]
    check_all_kept(settings, 16)


def test_a_node_without_the_share_is_not_used(tmp_path: Path, house: House) -> None:
    house.nodes.kill(1)
    house.start(1, blind=1)
    house.nodes.wait(1)
    try:
        folder = make_folder(tmp_path / "in", 16, order="!slow 0.3")
        settings = settings_of(tmp_path, house)
        report, marked = run(settings, folder)
        assert (report.hearing.transcribed, marked) == (16, {})
        check_all_kept(settings, 16)
    finally:
        house.nodes.kill(1)
        house.start(1)
        house.nodes.wait(1)


def test_a_lost_node_costs_no_recording_anything(tmp_path: Path, house: House) -> None:
    folder = make_folder(tmp_path / "in", 40, order="!held")
    settings = settings_of(tmp_path, house)

    def kill_and_come_back() -> None:
        house.nodes.kill(1)
        house.start(1)
        house.let_go()

    killer = when(lambda: places(house)["node1"], kill_and_come_back)
    report, marked = run(settings, folder)
    killer.join()
    house.nodes.wait(1)
    assert (report.hearing.transcribed, marked) == (40, {})
    check_all_kept(settings, 40)


def test_one_run_outlives_the_whole_cluster(tmp_path: Path, house: House) -> None:
    folder = make_folder(tmp_path / "in", 30, order="!held-after 10")
    settings = settings_of(tmp_path, house)

    def kill_and_come_back() -> None:
        house.nodes.kill_all()
        house.let_go()
        house.start(0, cpus=1, gpus=1)
        house.nodes.wait(0)
        house.start(1)

    killer = when(lambda: places(house).total() > 4, kill_and_come_back)
    report, marked = run(settings, folder)
    killer.join()
    house.nodes.wait(1)
    assert (report.hearing.transcribed, marked) == (30, {})
    check_all_kept(settings, 30)


@pytest.mark.parametrize("token", ["wrong" * 8, None], ids=["wrong", "none"])
def test_nobody_without_the_token_gets_in(house: House, token: str | None) -> None:
    """Not even with Ray's own client: the nodes ask for the token."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("RAY_")}
    own |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token} if token else {}
    code = "import ray, sys; ray.init(address=sys.argv[1]); print(len(ray.nodes()))"
    command = [sys.executable, "-c", code, house.nodes.address]
    done = subprocess.run(command, env=own, capture_output=True, text=True, timeout=SLOW_S)
    assert done.returncode != 0
    assert "AuthenticationError" in done.stderr or "nauthenticated" in done.stderr


def test_a_wrong_token_is_told_at_once(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "wrong" * 8)
    with pytest.raises(ClusterError, match="is the token the same"):
        run(settings_of(tmp_path, house), make_folder(tmp_path / "in", 1))


def test_without_a_cluster_the_run_says_so(
    tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"cpu_workers": 1, "address": "127.0.0.9:16999"}
    base = settings_for(tmp_path)
    settings = base.model_copy(update={"cluster": type(base.cluster).model_validate(chosen)})
    with pytest.raises(ClusterError, match=r"127\.0\.0\.9:16999"):
        run(settings, make_folder(tmp_path / "in", 1))
    with open_store(settings) as store:
        assert rows_of(store, "SELECT count(*) FROM transcripts") == [(0,)]


def test_another_engine_on_the_nodes_ends_the_run(tmp_path: Path, house: House) -> None:
    settings = settings_of(tmp_path, house)
    options = RunOptions(factory=factory, engine="another")
    folder = make_folder(tmp_path / "in", 2)
    with (
        open_store(settings) as store,
        pytest.raises(ConfigError, match="another model or version"),
    ):
        run_folder(store, settings, folder, options=options)


def test_a_token_is_needed(tmp_path: Path, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="get-auth-token --generate"):
        run(settings_of(tmp_path, house), make_folder(tmp_path / "in", 1))
