"""A check finds what is broken and names the calls, and finds nothing where nothing is."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from qa.config import Settings
from qa.store.audit import audit
from qa.store.backup import back_up
from qa.store.checking import NAMED, CheckOptions, Finding, Part, check_database
from qa.store.copying import move
from qa.store.hearings import put_hearings
from qa.store.store import Store
from qa.store.tables import CallRow, HearingsRow, ScorecardRow, TranscriptRow
from qa.store.tables_review import CallStatusRow
from qa.types import Hearing, Span
from tests.support.databases import Databases
from tests.support.review_archive import AGENTS, fill

EVERYTHING = CheckOptions(datetime(2026, 2, 1, tzinfo=UTC), sample=0)
BACKENDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@dataclass(frozen=True)
class Made:
    """An archive with a few recordings that lie in `sound`."""

    url: str
    sound: Path
    calls: tuple[str, ...]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("archive")
    url = f"sqlite:///{folder / 'qa.sqlite3'}"
    with Store.open(url) as store:
        settings, sound = Settings(data_dir=folder), folder / "sound"
        archive = fill(store, settings, agents=AGENTS[:2], sound=sound)
        with store.writing() as session:
            key = session.scalars(select(TranscriptRow.transcript_key)).first()
            heard = Hearing(0, Span(0, 500), "您好", -3.5, 2)
            assert put_hearings(session, str(key), [heard], EVERYTHING.now) == 1
            for number in range(5):
                audit(session, None, "call.listen", "call", f"c{number}")
    return Made(url, sound, archive.call_ids)


@pytest.fixture
def opened(
    made: Made, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> Iterator[Store]:
    """A copy of the archive in the database that `kind` says."""
    url = f"sqlite:///{tmp_path / 'qa.sqlite3'}"
    with Store.open(made.url) as store:
        if kind == "postgres":
            databases: Databases = request.getfixturevalue("postgres")
            url = databases.empty()
            move(store, url)
        else:
            back_up(store, tmp_path / "qa.sqlite3")
    with Store.open(url) as store:
        yield store


def check(store: Store, options: CheckOptions = EVERYTHING) -> dict[Part, Finding]:
    with store.reading() as session:
        return {one.part: one for one in check_database(session, options)}


def only(found: dict[Part, Finding], part: Part) -> Finding:
    """Give the finding of the one part that is wrong."""
    assert [one.part for one in found.values() if not one.is_sound] == [part]
    assert found[part].problem and found[part].advice
    return found[part]


@pytest.mark.parametrize("kind", BACKENDS)
def test_nothing_is_wrong_with_what_the_program_wrote(opened: Store, made: Made) -> None:
    seen: dict[Part, list[tuple[int, int]]] = {part: [] for part in Part}
    with opened.reading() as session:
        found = list(
            check_database(
                session, EVERYTHING, lambda part, done, total: seen[part].append((done, total))
            )
        )
    assert [one.part for one in found] == list(Part)
    assert all(one.is_sound and not one.named and not one.advice for one in found)
    counts = {one.part: one.checked for one in found}
    for part in (Part.TRANSCRIPTS, Part.SCORECARDS, Part.LISTS):
        assert counts[part] == len(made.calls) > 80
    assert (counts[Part.HEARINGS], counts[Part.AUDIT_LOG], counts[Part.RECORDINGS]) == (1, 5, 40)
    assert all(seen.values())


def _transcript(store: Store, call_id: str) -> None:
    with store.writing() as session:
        own = select(CallRow.recording_id).where(CallRow.call_id == call_id).scalar_subquery()
        of_call = update(TranscriptRow).where(TranscriptRow.recording_id == own)
        session.execute(of_call.values(blob=b"\x28\xb5\x2f\xfd broken"))


def _scorecard(store: Store, call_id: str) -> None:
    with store.writing() as session:
        blob = session.scalar(select(ScorecardRow.blob).where(ScorecardRow.call_id == call_id))
        assert blob is not None
        cut = update(ScorecardRow).where(ScorecardRow.call_id == call_id)
        session.execute(cut.values(blob=blob[: len(blob) // 2]))


def _status(store: Store, call_id: str) -> None:
    with store.writing() as session:
        of_call = update(CallStatusRow).where(CallStatusRow.call_id == call_id)
        session.execute(of_call.values(score=CallStatusRow.score + 1))


def _no_status(store: Store, call_id: str) -> None:
    with store.writing() as session:
        session.execute(
            text("DELETE FROM call_status WHERE call_id = :call_id"), {"call_id": call_id}
        )


@pytest.mark.parametrize("kind", BACKENDS)
@pytest.mark.parametrize(
    ("part", "spoil"),
    [
        (Part.TRANSCRIPTS, _transcript),
        (Part.SCORECARDS, _scorecard),
        (Part.LISTS, _status),
        (Part.LISTS, _no_status),
    ],
)
def test_the_call_of_what_is_broken_is_named(
    opened: Store, made: Made, part: Part, spoil: Callable[[Store, str], None]
) -> None:
    spoil(opened, made.calls[7])
    finding = only(check(opened), part)
    assert finding.broken == 1 and finding.named == (made.calls[7],)


@pytest.mark.parametrize("kind", BACKENDS)
def test_broken_answers_of_the_sound_are_found(opened: Store, made: Made) -> None:
    with opened.writing() as session:
        session.execute(update(HearingsRow).values(blob=b""))
    assert only(check(opened), Part.HEARINGS).named[0] in made.calls


@pytest.mark.parametrize("kind", BACKENDS)
def test_a_changed_row_of_the_log_is_found(opened: Store) -> None:
    with opened.writing() as session:
        session.execute(text("UPDATE audit_log SET subject = 'x' WHERE entry_id = 3"))
    assert "row 3" in only(check(opened), Part.AUDIT_LOG).problem


@pytest.mark.parametrize("kind", ["sqlite"])
def test_many_broken_things_are_counted_and_some_named(opened: Store, made: Made) -> None:
    for call_id in made.calls[:30]:
        _transcript(opened, call_id)
    finding = only(check(opened), Part.TRANSCRIPTS)
    assert finding.broken == 30 and len(finding.named) == NAMED
    assert set(finding.named) <= set(made.calls[:30])


@pytest.mark.parametrize("kind", ["sqlite"])
def test_missing_and_changed_recordings_are_found(opened: Store, made: Made) -> None:
    gone, longer = sorted(made.sound.iterdir())[:2]
    gone.rename(gone.with_suffix(".away"))
    with longer.open("ab") as more:
        more.write(b"\0")
    try:
        finding = only(check(opened), Part.RECORDINGS)
        assert set(finding.named) == {gone.stem, longer.stem} and finding.checked == 40
        assert Part.RECORDINGS not in check(opened, CheckOptions(EVERYTHING.now, files=False))
    finally:
        gone.with_suffix(".away").rename(gone)
        with longer.open("r+b") as back:
            back.truncate(longer.stat().st_size - 1)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_sample_of_the_lists_is_spread_over_all(opened: Store, made: Made) -> None:
    finding = check(opened, CheckOptions(EVERYTHING.now, sample=10))[Part.LISTS]
    assert 10 <= finding.checked < 20 and finding.is_sound


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_row_that_refers_to_nothing_is_found(opened: Store, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "qa.sqlite3")) as other:
        other.execute("DELETE FROM rulesets")  # sqlite3 itself minds no foreign keys
        other.commit()
    finding = check(opened)[Part.REFERENCES]
    assert finding.named == (f"scorecards.ruleset_hash ({len(list_calls(opened))})",)


def list_calls(store: Store) -> list[str]:
    with store.reading() as session:
        return list(session.scalars(select(CallRow.call_id)))


@pytest.mark.postgres
@pytest.mark.parametrize("kind", BACKENDS[1:])
def test_a_constraint_that_does_not_hold_is_found(opened: Store) -> None:
    with opened.writing() as session:
        session.execute(text("UPDATE scorecards SET open_questions = -1"))
        session.execute(
            text("ALTER TABLE scorecards ADD CONSTRAINT few CHECK (open_questions >= 0) NOT VALID")
        )
    assert only(check(opened), Part.STRUCTURE).named == ("few",)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_damaged_pages_are_found_and_the_rest_is_still_looked_at(
    opened: Store, tmp_path: Path
) -> None:
    opened.close()
    path = tmp_path / "qa.sqlite3"
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = other.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'verdicts'"
        ).fetchone()
        size = other.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page[0] - 1) * size[0])
        file.write(b"\xff" * size[0])
    found = check(opened)
    assert list(found) == list(Part)
    assert not found[Part.STRUCTURE].is_sound and found[Part.TRANSCRIPTS].is_sound
