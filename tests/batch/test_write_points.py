"""A fault at each write of a night: it goes on by itself, or the next night does; nothing differs.

`WRITE_POINTS=all` tries every point, `WRITE_POINTS=7` every seventh; without it every 41st.
"""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import qa.batch.patience
from qa.batch.events import Event, Waiting
from qa.batch.local import LocalPool
from qa.batch.nightly import NightReport, run_night
from qa.batch.runner import RunOptions
from qa.config import DatabaseSettings, Settings
from qa.ingest.sources.configured import NamedSource
from qa.ingest.sources.folder import FolderSource
from qa.store.store import Store
from tests import talking_files
from tests.batch.test_nightly import contents, make_night
from tests.call_folders import damages_of, open_store, rows_of, settings_for
from tests.write_points import Fault, InjectedError, InProcessPool, injected

EVERY = int(os.environ.get("WRITE_POINTS", "41").replace("all", "1"))
OPTIONS = RunOptions(factory=talking_files.factory, engine=talking_files.ENGINE, wait_s=10)


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "log"))
    for name in ("__init__", "__enter__", "__exit__", "unfinished", "submit", "poll"):
        monkeypatch.setattr(LocalPool, name, vars(InProcessPool)[name])  # whoever refers to it
    monkeypatch.setattr(qa.batch.patience, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr("qa.batch.runs._EVERY_S", 0.0)
    yield


def settings_in(folder: Path, *, on_file: bool) -> Settings:
    settings = settings_for(folder, workers=1)
    if not on_file:
        return settings
    (folder / "data").mkdir(parents=True, exist_ok=True)
    path = folder / "data" / "qa.sqlite3"
    if not path.exists():  # with pages so small that hardly a write needs none
        made = sqlite3.connect(path, isolation_level=None)
        made.executescript("PRAGMA page_size = 512; VACUUM;")
        made.close()
    own = DatabaseSettings(url=f"sqlite:///{path}")
    return settings.model_copy(update={"database": own})


def night(
    store: Store, settings: Settings, source: Path, fault: Fault | None = None
) -> tuple[NightReport, int]:
    waited = 0

    def listen(event: Event) -> None:
        nonlocal waited
        if isinstance(event, Waiting):
            waited += 1
            if fault is not None:
                fault.pass_by()

    sources = [NamedSource("night", FolderSource(source, store.zone), False)]
    return run_night(store, settings, sources, options=OPTIONS, listener=listen), waited


def expected_of(tmp_path: Path, source: Path, *, on_file: bool) -> tuple[dict[str, Any], int]:
    """What an undisturbed night leaves, and how many writes it takes."""
    settings = settings_in(tmp_path / "straight", on_file=on_file)
    with open_store(settings) as store, injected(Fault("count", 0)) as counted:
        night(store, settings, source)
        left = contents(store)
        assert left["scorecards"], "calls were heard and judged"
        return left, counted.seen


def reached(fault_met: bool, point: int, points: int) -> bool:
    """Whether a night had this write; how many it has depends a little on how long it took."""
    assert fault_met or point > points * 0.9, f"point {point} of {points} was never met"
    return fault_met


def test_an_exception_at_any_write_is_made_good_by_the_next_night(tmp_path: Path) -> None:
    source = make_night(tmp_path / "in")
    expected, points = expected_of(tmp_path, source, on_file=False)
    assert points > 40
    for point in range(1, points + 1, EVERY):
        settings = settings_in(tmp_path / f"exception-{point}", on_file=False)
        with open_store(settings) as store:
            with injected(Fault("exception", point)) as fault, suppress(InjectedError):
                night(store, settings, source)
                assert not fault.done, f"point {point}: the exception was swallowed"
            if not reached(fault.done, point, points):
                break
            night(store, settings, source)
            assert contents(store) == expected, f"point {point}"
            assert damages_of(store) == []


def killed_at(point: int, settings: Settings, source: Path) -> bool:
    """Do a night in another process that is killed at a write; whether it came so far."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with open_store(settings) as store, injected(Fault("kill", point)):
                night(store, settings, source)
            code = 0
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return status != 0


def test_a_night_killed_at_any_write_is_finished_by_the_next_night(tmp_path: Path) -> None:
    source = make_night(tmp_path / "in")
    expected, points = expected_of(tmp_path, source, on_file=False)
    for point in range(1, points + 1, EVERY):
        settings = settings_in(tmp_path / f"kill-{point}", on_file=False)
        if not reached(killed_at(point, settings, source), point, points):
            break
        with open_store(settings) as store:
            night(store, settings, source)
            assert contents(store) == expected, f"point {point}"
            assert damages_of(store) == []
            states = rows_of(store, "SELECT state FROM run_tasks ORDER BY run_id")
            assert states[-1] == ("done",)
            assert set(states[:-1]) <= {("interrupted",), ("done",)}, f"point {point}"
