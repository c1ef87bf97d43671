"""What is personal is found ahead and taken by readers; it goes with the words it was found in."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from qa.codec import encode
from qa.masking import apply, listen
from qa.scoring.dialogue import parse_dialogue
from qa.store import personal
from qa.store.convert import load_calls
from qa.store.erasing import _erase_words
from qa.store.personal import hear, keep, search_ahead, search_next
from qa.store.tables import CallRow, TicketRow, TranscriptRow
from qa.store.tables_personal import PersonalRow, PersonalScanRow
from qa.types import Call, Transcript
from tests.support.call_folders import open_store, settings_for
from tests.support.review_house import House, house

__all__ = ["open_store", "settings_for"]  # their names run this module on both databases
TALK = "坐席: 您贵姓，电话多少？\n客户: 我叫蒋立文，电话13644205519。\n坐席: 好的，再见。"


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as centre:
        for number in range(5):
            centre.judged(f"c{number}", "108", "CL01")
            say(centre, f"c{number}", TALK)
        yield centre


def say(centre: House, call_id: str, talk: str) -> None:
    with centre.store.writing() as session:
        key = key_of(session, call_id)
        words = replace(parse_dialogue(talk), recording_id=key.partition(":")[0])
        at = TranscriptRow.transcript_key == key
        session.execute(update(TranscriptRow).where(at).values(blob=encode(words)))


def key_of(session: Any, call_id: str) -> str:
    wanted = (
        select(TranscriptRow.transcript_key)
        .join(CallRow, CallRow.recording_id == TranscriptRow.recording_id)
        .where(CallRow.call_id == call_id)
    )
    return str(session.scalars(wanted).one())


def kept_keys(session: Any) -> set[str]:
    return set(session.scalars(select(PersonalRow.transcript_key)))


def read(centre: House, call_id: str) -> tuple[tuple[str, ...], int]:
    """The call's words as a reader sees them, and how often somebody searched for that."""
    searches = 0
    search = apply.find_personal

    def counted(transcript: Transcript, call: Call) -> Any:
        nonlocal searches
        searches += 1
        return search(transcript, call)

    with centre.store.reading() as session, pytest.MonkeyPatch.context() as patch:
        patch.setattr(apply, "find_personal", counted)
        call = load_calls(session, [call_id], centre.store.zone)[call_id]
        key = key_of(session, call_id)
        words = personal.decode(Transcript, session.get_one(TranscriptRow, key).blob)
        return hear(session, key, words, call).masked, searches


def test_a_reader_takes_what_was_found_and_searches_for_the_rest(centre: House) -> None:
    hidden, searches = read(centre, "c0")
    assert (
        searches == 1 and "蒋立文" not in "".join(hidden) and "13644205519" not in "".join(hidden)
    )
    assert search_ahead(centre.store)
    assert read(centre, "c0") == (hidden, 0)
    with centre.store.reading() as session:
        assert kept_keys(session) == {key_of(session, f"c{n}") for n in range(5)}


def test_what_no_longer_follows_is_searched_for_anew(centre: House) -> None:
    search_ahead(centre.store)
    say(centre, "c1", TALK.replace("蒋立文", "欧阳雪"))
    assert read(centre, "c1")[1] == 1 and "欧阳雪" not in "".join(read(centre, "c1")[0])
    with centre.store.writing() as session:
        session.execute(insert(TicketRow).values(ticket_id="T1", name="再见梅"))
        of_call = update(CallRow).where(CallRow.call_id == "c2")
        session.execute(of_call.values(ticket_id="T1"))
        of_row = update(PersonalRow).where(PersonalRow.transcript_key == key_of(session, "c3"))
        session.execute(of_row.values(found=b"[{},[],[]"))
    assert read(centre, "c2")[1] == 1
    hidden, searches = read(centre, "c3")
    assert searches == 1 and "蒋立文" not in "".join(hidden)


def test_new_calls_come_first_then_ever_older_ones(
    centre: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(personal, "AT_ONCE", 2)
    looks = iter([True, False])
    assert not search_ahead(centre.store, go_on=lambda: next(looks))
    with centre.store.reading() as session:
        assert kept_keys(session) == {key_of(session, "c4"), key_of(session, "c3")}
    centre.judged("c9", "136", "CL01")
    centre.judged("c10", "136", "CL01")  # its words cannot be read
    say(centre, "c9", TALK)
    looks = iter([True, False])
    assert not search_ahead(centre.store, go_on=lambda: next(looks))
    with centre.store.reading() as session:
        assert key_of(session, "c9") in kept_keys(session)
        assert key_of(session, "c2") not in kept_keys(session)
    assert search_ahead(centre.store) and search_ahead(centre.store)
    with centre.store.reading() as session:
        assert len(kept_keys(session)) == 6


def test_another_program_begins_anew(centre: House, monkeypatch: pytest.MonkeyPatch) -> None:
    search_ahead(centre.store)
    with centre.store.writing() as session:
        session.execute(update(PersonalScanRow).values(searched_by="an older program"))
        session.execute(delete(PersonalRow))
    assert search_ahead(centre.store)
    with centre.store.reading() as session:
        assert len(kept_keys(session)) == 5


def test_erased_words_leave_nothing_that_was_found_in_them(centre: House) -> None:
    search_ahead(centre.store)
    with centre.store.writing() as session:
        recording_id = session.scalar(select(CallRow.recording_id).where(CallRow.call_id == "c0"))
        _erase_words(session, str(recording_id))
    with centre.store.reading() as session:
        assert key_of(session, "c0") not in kept_keys(session) and len(kept_keys(session)) == 4


def test_what_was_found_before_the_words_were_erased_is_not_kept(centre: House) -> None:
    with centre.store.reading() as session:
        found = search_next(session, centre.store.zone)
    assert found is not None and len(found.rows) == 5
    with centre.store.writing() as session:
        recording_id = session.scalar(select(CallRow.recording_id).where(CallRow.call_id == "c0"))
        _erase_words(session, str(recording_id))
    with centre.store.writing() as session:
        keep(session, found)
    with centre.store.reading() as session:
        assert key_of(session, "c0") not in kept_keys(session) and len(kept_keys(session)) == 4
    assert listen(None, Call("")).masked == ()
