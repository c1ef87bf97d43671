"""The audit log: a chain that shows every change, one however many processes write."""

import multiprocessing
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from qa.errors import StoreError
from qa.records import UserRole
from qa.store.audit import FIRST_HASH, audit, entry_hash
from qa.store.audit_reading import AuditFilter, every_entry, list_entries, verify_chain
from qa.store.store import Store
from qa.store.tables_people import AuditHeadRow, AuditRow
from tests.support.call_folders import open_store, settings_for
from tests.support.people import person
from tests.support.waiting import SLOW_S

ROWS = 12


class UndoError(Exception):
    """Roll back what a test did to the log."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Store]:
    with open_store(settings_for(tmp_path_factory.mktemp("log"))) as made:
        with made.writing() as session:
            for number in range(ROWS):
                audit(session, None, "call.listen", "call", f"通话{number}", {"from_ms": number})
        yield made


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    """A transaction that never happened."""
    with suppress(UndoError), store.writing() as made:
        yield made
        raise UndoError


def check(session: Session, expected: tuple[int, str] | None = None) -> tuple[int, int | None, str]:
    found = verify_chain(session, expected)
    return found.entries, found.broken, found.problem


def kept_of(session: Session) -> tuple[int, str]:
    """What somebody keeps outside: the length and the last hash."""
    found = verify_chain(session)
    return found.entries, found.head


def test_an_untouched_log_is_sound(session: Session) -> None:
    assert check(session) == (ROWS, None, "")


def test_an_empty_log_is_sound(tmp_path: Path) -> None:
    with open_store(settings_for(tmp_path)) as store, store.reading() as session:
        found = verify_chain(session)
        assert (found.entries, found.head, found.broken) == (0, FIRST_HASH, None)


CHANGES: dict[str, Any] = {
    "happened_at": AuditRow.happened_at,
    "actor": 99,
    "actor_login": "somebody",
    "action": "call.read",
    "subject_kind": "user",
    "subject": "通话99",
    "details": '{"from_ms":99}',
    "entry_hash": "f" * 64,
    "previous_hash": "f" * 64,
}


@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_row_is_named(session: Session, column: str) -> None:
    row = session.scalars(select(AuditRow).where(AuditRow.entry_id == 7)).one()
    if column == "happened_at":
        row.happened_at += timedelta(microseconds=1)
    else:
        setattr(row, column, CHANGES[column])
    entries, broken, problem = check(session)
    assert (entries, broken) == (6, 7) and problem


def test_every_column_is_covered() -> None:
    assert set(CHANGES) == {column.name for column in AuditRow.__table__.columns} - {"entry_id"}


@pytest.mark.parametrize("number", [1, 7, ROWS])
def test_a_row_that_is_gone_is_named(session: Session, number: int) -> None:
    session.execute(delete(AuditRow).where(AuditRow.entry_id == number))
    entries, broken, problem = check(session)
    assert (entries, broken) == (number - 1, number) and "missing" in problem


def test_a_tail_cut_off_is_missed(session: Session) -> None:
    session.execute(delete(AuditRow).where(AuditRow.entry_id > 5))
    assert check(session) == (5, 6, f"it and the rows up to {ROWS} are missing")


def test_a_row_put_in_between_or_at_the_end_is_named(session: Session) -> None:
    session.execute(text("UPDATE audit_log SET entry_id = entry_id + 100 WHERE entry_id > 5"))
    assert check(session)[:2] == (5, 6)


def forge(session: Session, first: int) -> tuple[int, str]:
    """Write the log anew from a row on, with right hashes, as somebody with the database could."""
    rows = session.scalars(select(AuditRow).order_by(AuditRow.entry_id)).all()
    head = FIRST_HASH
    for row in rows:
        if row.entry_id >= first:
            row.subject, row.previous_hash = "forged", head
            columns = {c.name: getattr(row, c.name) for c in AuditRow.__table__.columns}
            row.entry_hash = entry_hash(columns)
        head = row.entry_hash
    session.flush()
    return len(rows), head


def test_a_log_forged_with_its_head_is_found_by_what_was_kept_outside(
    session: Session,
) -> None:
    kept = kept_of(session)
    audit_more(session)
    count, head = forge(session, 4)
    assert check(session)[1] == ROWS + 2, "the head still ends as before"
    session.execute(update(AuditHeadRow).values(entries=count, entry_hash=head))
    assert check(session) == (count, None, ""), "nothing inside the database tells"
    entries, broken, problem = check(session, kept)
    assert (entries, broken) == (ROWS - 1, ROWS) and "written anew" in problem


def test_what_was_kept_outside_fits_a_log_that_has_grown(session: Session) -> None:
    kept = kept_of(session)
    audit_more(session)
    assert check(session, kept) == (ROWS + 1, None, "")


def test_a_log_cut_off_together_with_its_head_is_found_too(session: Session) -> None:
    kept = kept_of(session)
    session.execute(delete(AuditRow).where(AuditRow.entry_id > 5))
    head = session.scalars(select(AuditRow.entry_hash).where(AuditRow.entry_id == 5)).one()
    session.execute(update(AuditHeadRow).values(entries=5, entry_hash=head))
    assert check(session) == (5, None, "")
    assert check(session, kept)[:2] == (5, 6)


@pytest.mark.parametrize("change", ["DELETE FROM audit_head", "UPDATE audit_head SET entries = 3"])
def test_a_changed_head_is_told(session: Session, change: str) -> None:
    session.execute(text(change))
    entries, broken, problem = check(session)
    assert (entries, broken) == (ROWS, ROWS + 1) and "length of the log" in problem


def test_rows_that_cannot_be_read_are_named(session: Session, backend: str) -> None:
    if backend != "sqlite":
        with pytest.raises(DBAPIError):  # it keeps columns to their types
            session.execute(text("UPDATE audit_log SET happened_at = 'noon' WHERE entry_id = 8"))
        session.rollback()
        return
    session.execute(text("UPDATE audit_log SET happened_at = 'noon' WHERE entry_id = 8"))
    session.execute(text("UPDATE audit_log SET details = x'00ff' WHERE entry_id = 9"))
    assert check(session) == (7, 8, "it cannot be read")
    session.execute(delete(AuditRow).where(text("entry_id = 8")))
    assert check(session)[:2] == (7, 8)


def audit_more(session: Session) -> None:
    audit(session, None, "call.listen", "call", "更多", None)


def test_what_is_rolled_back_leaves_no_row(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as session:
        audit(session, None, "review.decide", "call", "1")
        raise ZeroDivisionError
    with store.reading() as session:
        assert check(session) == (ROWS, None, "")


def test_a_session_that_only_reads_cannot_write_it(store: Store) -> None:
    with store.reading() as session, pytest.raises(StoreError, match="only reading"):
        audit(session, None, "review.decide", "call", "1")


@pytest.mark.parametrize("action", ["Review.decide", "复核", "a b", "x;y", ""])
def test_odd_actions_are_refused(session: Session, action: str) -> None:
    with pytest.raises(ValueError, match="dotted lower case"):
        audit(session, None, action)


@pytest.mark.parametrize("value", [1.5, ("a",), "x" * 501])
def test_odd_details_are_refused(session: Session, value: Any) -> None:
    with pytest.raises(ValueError, match="detail what"):
        audit(session, None, "review.decide", details={"what": value})


def write_many(url: str, name: str, count: int) -> None:
    with Store.open(url) as store:
        for number in range(count):
            with store.writing() as session:
                audit(session, None, "call.listen", "call", f"{name}-{number}")


def test_processes_writing_at_once_make_one_chain(tmp_path: Path) -> None:
    url = settings_for(tmp_path).database_url
    with Store.open(url) as store:
        context = multiprocessing.get_context("spawn")
        writers = [
            context.Process(target=write_many, args=(url, name, 40)) for name in ("a", "b", "c")
        ]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join(SLOW_S)
        assert [writer.exitcode for writer in writers] == [0, 0, 0]
        with store.reading() as session:
            assert check(session) == (120, None, "")
            order = [entry.subject or "" for entry in every_entry(session, AuditFilter())]
    assert sorted(order) == sorted(f"{name}-{n}" for name in "abc" for n in range(40))


def test_filters(tmp_path: Path) -> None:
    with open_store(settings_for(tmp_path)) as store:
        someone = person(store, UserRole.LEAD, teams=("一组",))
        with store.writing() as session:
            for number in range(3):
                audit(session, None, "call.listen", "call", f"通话{number}")
            audit(session, someone, "review.decide", "call", "通话2", {"rule": "IP01"})
            audit(session, someone, "reviewing.none", "call", "通话_")
        with store.reading() as session:
            _filters_hold(session, someone.login)


def _filters_hold(session: Session, login: str) -> None:
    def found(**given: Any) -> list[str]:
        entries = list_entries(session, AuditFilter(**given), limit=100)
        return [entry.action for entry in entries]

    assert found(action="review") == ["review.decide"]
    assert found(action="call.listen", subject="通话2") == ["call.listen"]
    assert found(subject="通话2") == ["review.decide", "call.listen"]
    assert found(person=login) == ["reviewing.none", "review.decide", "user.add"]
    assert found(person="nobody") == [] and found(subject_kind="user") == ["user.add"]
    assert found(action="cal%") == [] and found(action="call_listen") == []
    newest = list_entries(session, AuditFilter(), limit=2)
    older = list_entries(session, AuditFilter(), before=newest[-1].entry_id, limit=100)
    assert [entry.entry_id for entry in older] == [4, 3, 2, 1]
    since = newest[0].happened_at
    assert len(found(since=since)) == 1 and len(found(until=since)) == 5
