"""A disk that is full, and a database that another process holds: waited for, in the same night.

SQLite only: both are made for real there, with a limit on the file's pages and a second writer. On
which writes that is tried: `test_write_points.py`.
"""

from pathlib import Path

import pytest

from qa.errors import StoreUnavailableError
from tests import call_folders
from tests.batch import test_write_points as points_of
from tests.batch.test_nightly import contents, make_night
from tests.batch.test_write_points import EVERY, expected_of, night, reached, settings_in
from tests.call_folders import damages_of, rows_of
from tests.write_points import Fault, injected

quick = points_of.quick


@pytest.mark.parametrize("kind", ["full", "busy"])
def test_a_full_disk_or_a_locked_database_is_waited_for(tmp_path: Path, kind: str) -> None:
    source = make_night(tmp_path / "in")
    expected, points = expected_of(tmp_path, source, on_file=True)
    hits = 0
    for point in range(1, points + 1, EVERY):
        settings = settings_in(tmp_path / f"{kind}-{point}", on_file=True)
        path = tmp_path / f"{kind}-{point}" / "data" / "qa.sqlite3"
        with call_folders.open_store(settings) as store:
            with injected(Fault(kind, point, path)) as fault:
                _, waited = night(store, settings, source, fault)
            if not reached(fault.done, point, points):
                break
            hits += bool(waited)
            assert contents(store) == expected, f"point {point}"
            assert damages_of(store) == []
            states = rows_of(store, "SELECT state FROM run_tasks")
            assert states == [("done",)], "the very same night went on"
    assert hits >= 3, "the fault was met, and waited for"


def test_a_database_that_stays_locked_ends_the_night_for_the_next_one(
    tmp_path: Path,
) -> None:
    source = make_night(tmp_path / "in")
    expected, points = expected_of(tmp_path, source, on_file=True)
    settings = settings_in(tmp_path / "stuck", on_file=True)
    impatient = settings.batch.model_copy(update={"patience_s": 0.05})
    settings = settings.model_copy(update={"batch": impatient})
    path = tmp_path / "stuck" / "data" / "qa.sqlite3"
    with call_folders.open_store(settings) as store:
        stuck = Fault("busy", points // 3, path)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("qa.batch.runs._PATIENCE_S", 0.05)
            with injected(stuck), pytest.raises(StoreUnavailableError):
                night(store, settings, source)
        assert rows_of(store, "SELECT state FROM run_tasks") == [("running",)]
        night(store, settings, source)
        assert contents(store) == expected
        states = rows_of(store, "SELECT state FROM run_tasks ORDER BY run_id")
        assert states == [("interrupted",), ("done",)]
