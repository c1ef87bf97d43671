"""A fault at each write of a night: it goes on by itself, or the next night does; nothing differs.

`scripts/prove-faults` tries every write; here it is every 53rd, each fault at others.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from benchlib import faults
from benchlib.faults import WAITED, Findings, PostgresGround, SqliteGround, Trials
from benchlib.write_points import Fault, injected

from qa.errors import StoreUnavailableError
from tests.batch.test_nightly import contents
from tests.support.call_folders import rows_of
from tests.support.databases import Databases

EVERY = 53
SQLITE = ("exception", "kill", "pages", "busy")
POSTGRES = PostgresGround.faults


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("faults")
    with faults.quick_nights(folder / "log"):
        yield faults.make_full_night(folder / "in")


@pytest.fixture(scope="module")
def on_sqlite(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trials]:
    ground = SqliteGround(tmp_path_factory.mktemp("sqlite"))
    yield Trials(ground, source)
    ground.close()


@pytest.fixture(scope="module")
def on_postgres(
    source: Path, postgres: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trials]:
    ground = PostgresGround(tmp_path_factory.mktemp("postgres"), postgres.cluster)
    yield Trials(ground, source)
    ground.close()


def tried(trials: Trials, fault: str, first: int) -> Findings:
    found = Findings(fault)
    points = trials.points(fault)
    step = min(EVERY, len(points) // 3)
    for point in points[first % step :: step]:
        trials.try_at(fault, point, found)
    return found


def check(found: Findings) -> None:
    assert found.wrong == []
    assert found.tried >= 3
    if found.fault in WAITED:
        assert found.waited and not found.second, "it was met, and waited for"
    else:
        assert found.second == found.tried, "the next night had to go on"


@pytest.mark.parametrize("fault", SQLITE)
def test_a_night_recovers_from_a_fault_at_any_write(on_sqlite: Trials, fault: str) -> None:
    calls = on_sqlite.expected
    assert calls["scorecards"] and calls["tickets"] and calls["spot_checks"] and calls["drafts"]
    assert len(on_sqlite.writes) > 150
    check(tried(on_sqlite, fault, 7 * SQLITE.index(fault)))


@pytest.mark.postgres
@pytest.mark.parametrize("fault", POSTGRES)
def test_a_night_on_a_server_recovers_from_a_fault_at_any_write(
    on_postgres: Trials, fault: str
) -> None:
    assert len(on_postgres.writes) > 150
    check(tried(on_postgres, fault, 7 * POSTGRES.index(fault)))


def test_a_database_that_stays_locked_ends_the_night_for_the_next_one(on_sqlite: Trials) -> None:
    ground = on_sqlite.ground
    ground.renew()
    batch = ground.settings.batch.model_copy(update={"patience_s": 0.05})
    impatient = ground.settings.model_copy(update={"batch": batch})
    begins = on_sqlite.points("busy")
    stuck = Fault(ground.trouble("busy"), begins[len(begins) // 3])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("qa.batch.runs._PATIENCE_S", 0.05)
        with injected(stuck), pytest.raises(StoreUnavailableError):
            on_sqlite.night(settings=impatient)
    assert rows_of(ground.store, "SELECT state FROM run_tasks") == [("running",)]
    on_sqlite.night()
    assert contents(ground.store) == on_sqlite.expected
    states = rows_of(ground.store, "SELECT state FROM run_tasks ORDER BY run_id")
    assert states == [("interrupted",), ("done",)]
