"""A fault at each write of a night: it goes on by itself, or the next night does; nothing differs.

`scripts/prove-faults` tries every write; here it is every 53rd, each fault at others.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from benchlib import faults
from benchlib.faults import WAITED, Findings, PostgresGround, SqliteGround, Trials
from benchlib.write_points import COMMIT, Fault, Nothing, injected

from qa.batch.events import Event
from qa.batch.runs import recorded_run
from qa.errors import StoreUnavailableError
from qa.store.ledger import start_run
from qa.store.runs import RunState, add_task
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


@pytest.mark.postgres
def test_a_night_whose_beginning_is_unanswered_is_still_one(on_postgres: Trials) -> None:
    writes = on_postgres.writes
    row = next(n for n, what in enumerate(writes) if what.startswith("INSERT INTO run_tasks"))
    found = Findings("unanswered")
    on_postgres.try_at("unanswered", writes.index(COMMIT, row) + 1, found)
    assert found.wrong == []
    assert found.waited and not found.second


class Refused(Nothing):
    """The database refuses a commit, and nothing of it is done."""

    def begin(self, connection: Any, statement: str) -> str | None:
        assert statement == COMMIT
        raise StoreUnavailableError("no room")


def test_the_number_of_a_beginning_that_was_undone_may_be_anothers(on_sqlite: Trials) -> None:
    """As when somebody asks for a run on a page while a night waits to begin."""
    ground = on_sqlite.ground
    ground.renew()
    now = datetime.now(UTC)
    theirs: list[int] = []

    def ask(_: Event) -> None:
        with ground.store.writing() as session:
            theirs.append(start_run(session, "score", now))
            add_task(session, theirs[0], now, state=RunState.WAITING)

    writes = on_sqlite.writes
    row = next(n for n, what in enumerate(writes) if what.startswith("INSERT INTO run_tasks"))
    with (
        injected(Fault(Refused(), writes.index(COMMIT, row) + 1)),
        recorded_run(ground.store, "nightly", listener=ask) as run,
    ):
        pass
    rows = rows_of(ground.store, "SELECT run_id, state FROM run_tasks ORDER BY run_id")
    assert rows == [(theirs[0], "waiting"), (run.run_id, "done")]


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
