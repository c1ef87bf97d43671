"""Claims: nobody takes what another holds, what is expired is free, who is replaced stops."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qa.batch.events import Event, StageStarted, ignore
from qa.batch.runner import RunOptions, ingest_folder, run_folder
from qa.batch.transcribing import Workforce, transcribe_pending
from qa.config import BatchSettings, Settings
from qa.errors import ConflictError
from qa.store import claims, ledger
from qa.store.claims import Holder
from qa.store.store import Store
from tests.support import talking_files
from tests.support.call_folders import make_folder, open_store, rows_of, settings_for

NOW = datetime(2025, 11, 18, 2, tzinfo=UTC)
ONE, TWO = Holder("one", 60), Holder("two", 60)
ENGINE = talking_files.ENGINE


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def store(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "log"))
    folder = make_folder(tmp_path / "in", 4)
    with open_store(settings) as store:
        ingest_folder(store, folder)
        yield store


def ids_of(store: Store) -> list[str]:
    return [key for (key,) in rows_of(store, "SELECT recording_id FROM recordings ORDER BY 1")]


def test_a_claim_keeps_others_off_until_it_expires(store: Store) -> None:
    keys = ids_of(store)
    with store.writing() as session:
        assert claims.claim(session, ONE, keys[:2], ENGINE, NOW) == keys[:2]
        later = NOW + timedelta(seconds=59)
        assert claims.claim(session, TWO, keys, ENGINE, later) == keys[2:]
        assert claims.claim(session, ONE, keys, ENGINE, later) == keys[:2], "its own again"
        assert claims.renew(session, ONE, later) == 2
        over = NOW + timedelta(seconds=100)
        assert claims.claim(session, TWO, keys, ENGINE, over) == keys[2:]
        over = NOW + timedelta(seconds=120)
        assert claims.claim(session, TWO, keys[::-1], ENGINE, over) == keys[::-1]
        assert claims.renew(session, ONE, over) == 0
        claims.release(session, TWO, keys[:1])
        assert claims.claim(session, ONE, keys, ENGINE, over) == keys[:1]
        claims.release(session, TWO)
        assert claims.claim(session, ONE, keys, ENGINE, over) == keys
        claims.drop_all(session)
        assert claims.claim(session, TWO, keys, ENGINE, NOW) == keys


def test_a_run_claims_in_batches_and_leaves_none_behind(
    tmp_path: Path, settings: Settings, store: Store
) -> None:
    settings = settings.model_copy(update={"batch": BatchSettings(workers=2, claim=1)})
    options = RunOptions(factory=talking_files.factory, engine=ENGINE)
    report = run_folder(store, settings, tmp_path / "in", options=options)
    assert (report.hearing.transcribed, report.judging.scored) == (4, 4)
    assert rows_of(store, "SELECT * FROM claims") == []


def test_what_another_run_holds_or_has_done_meanwhile_is_not_heard(
    tmp_path: Path, settings: Settings, store: Store
) -> None:
    with store.reading() as session:
        pending = ledger.pending_recordings(session, ENGINE)
    with store.writing() as session:
        held = claims.claim(session, ONE, ids_of(store)[:1], ENGINE, datetime.now(UTC))
    workforce = Workforce(talking_files.factory, ENGINE)
    hearing = transcribe_pending(store, settings, pending, workforce, ignore)
    assert hearing.transcribed == 3
    again = transcribe_pending(store, settings, pending, workforce, ignore)
    assert again.transcribed == 0, "of those that it was told were pending, nothing is left to do"
    with store.writing() as session:
        claims.release(session, ONE)
    assert transcribe_pending(store, settings, pending, workforce, ignore).transcribed == 1
    assert len(held) == 1
    assert len((tmp_path / "log").read_text().split()) == 4


def test_a_run_whose_claims_were_taken_over_keeps_what_it_heard_and_stops(
    tmp_path: Path, settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = BatchSettings(workers=1, ahead=0).model_copy(update={"lease_s": 0.2})
    settings = settings.model_copy(update={"batch": batch})

    def take_over(event: Event) -> None:
        if isinstance(event, StageStarted):
            return
        with store.writing() as session:
            claims.drop_all(session)

    with store.reading() as session:
        pending = ledger.pending_recordings(session, ENGINE)
    workforce = Workforce(talking_files.factory, ENGINE)
    slow = [replace(r, path=str(_slow(tmp_path, r.path))) for r in pending]
    with pytest.raises(ConflictError, match="another run has taken over"):
        transcribe_pending(store, settings, slow, workforce, take_over)
    failed = rows_of(store, "SELECT count(*) FROM recordings WHERE fault IS NOT NULL")
    assert failed != [(0,)], "what came back before was written down"


def _slow(folder: Path, path: str) -> Path:
    """A file with other bytes than were taken in: each is marked as changed, and that is told."""
    slow = folder / f"slow-{Path(path).name}"
    slow.write_text("!slow 0.3\n" + Path(path).read_text("utf-8"), "utf-8")
    return slow
