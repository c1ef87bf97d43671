"""Recordings are kept, read again, sealed, backed up; and deleted only as people decided."""

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sqlalchemy import select

import qa.batch.archive
import qa.batch.deleting
from qa.batch.archive import archive_of, keep_copies, rotate, verify
from qa.batch.archive_backup import attach_recordings, back_up_recordings, restore_recordings
from qa.batch.deleting import carry_out, prove
from qa.codec import decode
from qa.config import Settings
from qa.errors import ConfigError, ConflictError, NotFoundError, StoreError
from qa.records import User, UserRole
from qa.refusals import NotAllowedError, TransitionError
from qa.sections import ArchiveSettings
from qa.store import archive as rows
from qa.store.deletions import (
    DeletionState,
    decide_deletion,
    request_deletion,
    withdraw_deletion,
)
from qa.store.erasing import deletions_to_do, fail
from qa.store.queries_queue import known_files
from qa.store.retrying import failures_of, retry_deletion
from qa.store.tables import CallRow, FileRow, RecordingRow, ScorecardRow, TranscriptRow
from qa.store.tables_archive import DeletionStepRow, EmptyProofRow, TombstoneRow
from qa.store.tables_people import AuditRow
from qa.transcribe.audio import Decoder
from qa.transcribe.clips import cut_clip
from qa.types import Scorecard, Span, Transcript
from qa.vault import new_key
from tests.support.people import person
from tests.support.review_store import Review, review_store

REASON = "客户要求删除,已核实身份。"


@pytest.fixture
def review(backend: str, tmp_path: Path) -> Iterator[Review]:
    with review_store(tmp_path) as made:
        yield made


def _with(review: Review, tmp_path: Path, **more: object) -> Settings:
    return review.settings.model_copy(update={"archive": ArchiveSettings(**more)})  # type: ignore[arg-type]


def _sealing(review: Review, tmp_path: Path) -> Settings:
    file = tmp_path / "keys"
    if not file.exists():
        file.write_text(new_key())
        file.chmod(0o600)
    return _with(review, tmp_path, keep="copy", seal=True, key_file=file)


def _recording(review: Review, call_id: str) -> str:
    with review.store.reading() as session:
        return session.get_one(CallRow, call_id).recording_id or ""


def _file(review: Review, call_id: str) -> Path:
    with review.store.reading() as session:
        return Path(session.get_one(CallRow, call_id).path or "")


def _now() -> datetime:
    return datetime.now(UTC)


def _ask(review: Review, user: User, call_id: str, **more: bool) -> int:
    with review.store.writing() as session:
        made = request_deletion(session, user, call_id, REASON, now=_now(), **more)
        return made.deletion_id


def _decide(review: Review, user: User, number: int, *, approve: bool = True) -> None:
    with review.store.writing() as session:
        decide_deletion(session, user, number, approve=approve, note="同意", now=_now())


def test_sealed_copies_are_heard_cut_and_verified(review: Review, tmp_path: Path) -> None:
    settings = _sealing(review, tmp_path)
    plain = cut_clip(_file(review, "clean"), Span(2000, 4000))
    assert keep_copies(review.store, settings).failed == ()
    archive = archive_of(settings)
    recording_id = _recording(review, "clean")
    with review.store.reading() as session:
        files = [Path(f.path) for f in known_files(session, recording_id)]
    (copy,) = [f for f in files if f.is_relative_to(archive.folder)]
    assert _file(review, "clean").read_bytes()[:64] not in copy.read_bytes()
    with Decoder(settings.audio, archive.keys) as decoder:
        assert cut_clip(copy, Span(2000, 4000), decoder=decoder) == plain
        with decoder.decode(copy) as decoded:
            assert decoded.recording.recording_id == recording_id
        scratch = Path(decoder._scratch.path)  # type: ignore[union-attr]
        assert sorted(f.name for f in scratch.iterdir()) == ["decoder.log", "lock"]
    assert keep_copies(review.store, settings).done == 0
    assert verify(review.store, settings, everything=True).failed == ()


def test_uploads_move_into_the_archive_and_other_files_stay(review: Review, tmp_path: Path) -> None:
    settings = _sealing(review, tmp_path)
    upload = (settings.data_dir / "uploads" / "u.wav").absolute()
    upload.parent.mkdir(parents=True)
    upload.write_bytes(_file(review, "clean").read_bytes())
    recording_id, status = _recording(review, "clean"), upload.stat()
    with review.store.writing() as session:
        session.add(
            FileRow(
                path=str(upload),
                root=str(upload.parent),
                recording_id=recording_id,
                size_bytes=status.st_size,
                mtime_ns=status.st_mtime_ns,
            )
        )
    keep_copies(review.store, settings)
    assert not upload.exists() and _file(review, "clean").exists()
    with review.store.reading() as session:
        assert str(upload) not in [f.path for f in known_files(session, recording_id)]


def test_what_is_missing_changed_or_locked_is_an_alarm(review: Review, tmp_path: Path) -> None:
    verify(review.store, review.settings, everything=True)
    _file(review, "clean").unlink()
    score = _file(review, "score")
    score.write_bytes(score.read_bytes()[:-1] + b"\0")
    report = dict(verify(review.store, review.settings, everything=True).failed)
    assert report[_recording(review, "clean")] == "missing"
    assert report[_recording(review, "score")] == "changed"
    with review.store.reading() as session:
        found = rows.standing(session, _now())
    assert found.bad == {"changed": 1, "missing": 1}


def test_a_lost_or_wrong_key_is_an_alarm_and_no_loss(review: Review, tmp_path: Path) -> None:
    settings = _sealing(review, tmp_path)
    keep_copies(review.store, settings)
    other = tmp_path / "other"
    other.write_text(new_key())
    other.chmod(0o600)
    wrong = _with(review, tmp_path, keep="copy", seal=True, key_file=other)
    states = {state for _, state in verify(review.store, wrong, everything=True).failed}
    assert states == {"locked"}
    assert verify(review.store, settings, everything=True).failed == ()
    with pytest.raises(ConfigError, match="no key"):
        archive_of(_with(review, tmp_path, keep="copy", seal=True))
    with pytest.raises(ConfigError, match=r"archive\.keep"):
        archive_of(_with(review, tmp_path, seal=True, key_file=other))


def test_a_rotated_ring_opens_everything_with_the_new_key_alone(
    review: Review, tmp_path: Path
) -> None:
    settings = _sealing(review, tmp_path)
    keep_copies(review.store, settings)
    keys, old = tmp_path / "keys", (tmp_path / "keys").read_text()
    fresh = new_key()
    keys.write_text(f"{fresh}\n{old}\n")
    assert rotate(review.store, settings).done > 5
    keys.write_text(fresh)
    assert verify(review.store, settings, everything=True).failed == ()
    assert rotate(review.store, settings).done == 0


def test_copying_goes_on_after_it_was_killed_in_the_middle(
    review: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _sealing(review, tmp_path)
    real, count = os.fsync, 0

    def dies(fd: int) -> None:
        nonlocal count
        count += 1
        if count == 6:
            raise KeyboardInterrupt
        real(fd)

    monkeypatch.setattr(os, "fsync", dies)
    with pytest.raises(KeyboardInterrupt):
        keep_copies(review.store, settings)
    monkeypatch.undo()
    folder = archive_of(settings).folder
    assert not list(folder.rglob("*.partial"))
    assert keep_copies(review.store, settings).failed == ()
    assert verify(review.store, settings, everything=True).failed == ()


def test_a_copy_never_leads_out_of_the_archive(review: Review, tmp_path: Path) -> None:
    archive = archive_of(_sealing(review, tmp_path))
    for name in ("../../etc/passwd", "/etc/passwd", "a/../../b"):
        with pytest.raises(ConfigError):
            archive.path_of(name)


def test_a_backup_brings_back_what_was_lost(review: Review, tmp_path: Path) -> None:
    settings = _sealing(review, tmp_path)
    keep_copies(review.store, settings)
    backup = tmp_path / "backup"
    first = back_up_recordings(review.store, settings, backup)
    assert (
        first.failed == () and first.done == back_up_recordings(review.store, settings, backup).done
    )
    folder = archive_of(settings).folder
    lost = sorted(folder.rglob("*.sealed"))
    lost[0].unlink()
    data = bytearray(lost[1].read_bytes())
    data[-20] ^= 1
    lost[1].write_bytes(data)
    for file in backup.rglob("*.sealed"):
        assert b"RIFF" not in file.read_bytes()[:8]
    assert len(verify(review.store, settings, everything=True).failed) == 2
    assert restore_recordings(review.store, settings, backup).done == 2
    assert verify(review.store, settings, everything=True).failed == ()
    with pytest.raises(ConfigError, match="outside"):
        back_up_recordings(review.store, settings, folder / "backup")


def test_lost_recordings_are_found_by_content_under_any_name(
    review: Review, tmp_path: Path
) -> None:
    settings = _sealing(review, tmp_path)
    file = _file(review, "clean")
    elsewhere = tmp_path / "old disk" / "deep"
    elsewhere.mkdir(parents=True)
    shutil.copy(file, elsewhere / "upload-17.wav")
    (elsewhere / "other.wav").write_bytes(b"\0" * file.stat().st_size)  # as long, another content
    file.unlink()
    lost = len(verify(review.store, settings, everything=True).failed)
    assert lost >= 1
    found = attach_recordings(review.store, settings, tmp_path / "old disk")
    assert (found.done, len(found.failed)) == (1, lost - 1)
    assert len(verify(review.store, settings, everything=True).failed) == lost - 1
    assert attach_recordings(review.store, settings, tmp_path / "old disk").done == 0
    assert sorted(one.name for one in elsewhere.iterdir()) == ["other.wav", "upload-17.wav"]


def test_a_request_needs_another_person_and_leaves_a_tombstone(
    review: Review, tmp_path: Path
) -> None:
    settings = _sealing(review, tmp_path)
    keep_copies(review.store, settings)
    lead = person(review.store, UserRole.LEAD, teams=("一组",))
    head, other = person(review.store, UserRole.HEAD), person(review.store, UserRole.HEAD)
    recording_id, file = _recording(review, "clean"), _file(review, "clean")
    cache = settings.data_dir / "cache" / "audio"
    cache.mkdir(parents=True)
    (cache / f"{recording_id}.wav.sealed").write_bytes(b"x")
    number = _ask(review, head, "clean")
    with pytest.raises(NotAllowedError):
        _decide(review, head, number)
    with pytest.raises(NotAllowedError):
        _decide(review, lead, number)
    assert carry_out(review.store, settings) == ()
    assert file.exists()
    _decide(review, other, number)
    (done,) = carry_out(review.store, settings)
    assert done.state is DeletionState.DONE
    assert not file.exists()
    assert not list(archive_of(settings).folder.rglob(f"{recording_id}*"))
    assert not list(cache.iterdir())
    _assert_nothing_is_left(review, recording_id, head, other)
    assert carry_out(review.store, settings) == ()


def _assert_nothing_is_left(review: Review, recording_id: str, by: User, approver: User) -> None:
    with review.store.reading() as session:
        stone = session.get_one(TombstoneRow, recording_id)
        assert (stone.requested_by, stone.approved_by) == (by.user_id, approver.user_id)
        assert stone.reason == REASON and stone.calls == '["clean"]'
        assert known_files(session, recording_id) == []
        assert session.get_one(RecordingRow, recording_id).fault == "deleted"
        for row in session.scalars(select(TranscriptRow).filter_by(recording_id=recording_id)):
            assert decode(Transcript, row.blob).utterances == () and not row.is_current
            for card in session.scalars(
                select(ScorecardRow).filter_by(transcript_key=row.transcript_key)
            ):
                for line in decode(Scorecard, card.blob).lines:
                    assert all(not match.quote for match in line.verdict.matches)
        actions = session.scalars(
            select(AuditRow.action).where(AuditRow.action.like("archive.%"))
        ).all()
        assert {"archive.request_deletion", "archive.approve_deletion"} < set(actions)
        assert {"archive.erase", "archive.delete"} < set(actions)


def test_a_file_that_comes_back_is_not_played_again(review: Review, tmp_path: Path) -> None:
    head, other = person(review.store, UserRole.HEAD), person(review.store, UserRole.HEAD)
    file, recording_id = _file(review, "clean"), _recording(review, "clean")
    content = file.read_bytes()
    _decide(review, other, _ask(review, head, "clean"))
    carry_out(review.store, review.settings)
    file.write_bytes(content)
    status = file.stat()
    with review.store.writing() as session:
        session.add(
            FileRow(
                path=str(file),
                root=str(file.parent),
                recording_id=recording_id,
                size_bytes=status.st_size,
                mtime_ns=status.st_mtime_ns,
            )
        )
    with review.store.reading() as session:
        assert known_files(session, recording_id) == []
    with pytest.raises(TransitionError), review.store.writing() as session:
        request_deletion(session, head, "clean", REASON, now=_now())


def test_what_is_still_under_review_stays(review: Review) -> None:
    head = person(review.store, UserRole.HEAD)
    for call_id in ("open", "score", "fine", "critical"):
        with pytest.raises(TransitionError):
            _ask(review, head, call_id)


def test_what_is_needed_by_the_time_it_would_go_is_refused(review: Review) -> None:
    from qa.store.tables_review import CallStatusRow

    head, other = person(review.store, UserRole.HEAD), person(review.store, UserRole.HEAD)
    _decide(review, other, _ask(review, head, "clean"))
    with review.store.writing() as session:
        session.get_one(CallStatusRow, "clean").state = "appealed"
    (done,) = carry_out(review.store, review.settings)
    assert done.state is DeletionState.REFUSED and done.note == "review"
    assert _file(review, "clean").exists()


def test_agents_and_other_teams_ask_for_nothing(review: Review) -> None:
    agent = person(review.store, UserRole.AGENT, agent_id="108")
    admin = person(review.store, UserRole.ADMIN, reads_calls=True)
    for nobody in (agent, admin):
        for empty in (False, True):
            with pytest.raises(NotAllowedError):
                _ask(review, nobody, "clean", empty=empty)
    lead = person(review.store, UserRole.LEAD, teams=("二组",))
    with pytest.raises(NotFoundError):
        _ask(review, lead, "clean")


def test_one_decision_counts_when_two_approve_at_once(review: Review) -> None:
    head = person(review.store, UserRole.HEAD)
    others = [person(review.store, UserRole.HEAD) for _ in range(4)]
    number, results = _ask(review, head, "clean"), []
    gate = threading.Barrier(len(others))

    def decides(user: User, approve: bool) -> None:
        gate.wait()
        try:
            _decide(review, user, number, approve=approve)
            results.append(approve)
        except (TransitionError, ConflictError, StoreError):
            pass

    threads = [
        threading.Thread(target=decides, args=(user, k % 2 == 0)) for k, user in enumerate(others)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 1
    with review.store.reading() as session:
        states = session.scalars(
            select(DeletionStepRow.state).order_by(DeletionStepRow.position)
        ).all()
    assert states == ["requested", "approved" if results[0] else "rejected"]
    with pytest.raises(TransitionError), review.store.writing() as session:
        withdraw_deletion(session, head, number, now=_now())


def test_a_deletion_that_was_killed_in_the_middle_is_finished(
    review: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    head, other = person(review.store, UserRole.HEAD), person(review.store, UserRole.HEAD)
    recording_id = _recording(review, "clean")
    _decide(review, other, _ask(review, head, "clean"))

    def dies(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(qa.batch.deleting, "_remove", dies)
    with pytest.raises(KeyboardInterrupt):
        carry_out(review.store, review.settings)
    monkeypatch.undo()
    assert _file(review, "clean").exists()
    with review.store.reading() as session:
        assert known_files(session, recording_id) == []  # nobody hears it any more
    (done,) = carry_out(review.store, review.settings)
    assert done.state is DeletionState.DONE and not _file(review, "clean").exists()


def test_links_and_files_that_hold_something_else_are_left(review: Review, tmp_path: Path) -> None:
    head, other = person(review.store, UserRole.HEAD), person(review.store, UserRole.HEAD)
    file = _file(review, "clean")
    target = tmp_path / "elsewhere.wav"
    file.rename(target)
    file.symlink_to(target)
    _decide(review, other, _ask(review, head, "clean"))
    (done,) = carry_out(review.store, review.settings)
    assert (done.state, done.note) == (DeletionState.FAILED, "no_regular_file")
    assert target.exists()
    file.unlink()
    file.write_bytes(b"another file under the same name")
    (done,) = carry_out(review.store, review.settings, at_once=True)
    assert done.state is DeletionState.DONE
    assert file.read_bytes() == b"another file under the same name"


def test_what_fails_is_tried_less_and_less_often_or_when_asked(
    review: Review, tmp_path: Path
) -> None:
    head, other = person(review.store, UserRole.HEAD), person(review.store, UserRole.HEAD)
    lead = person(review.store, UserRole.LEAD, teams=("一组",))
    agent = person(review.store, UserRole.AGENT, agent_id="108")
    file = _file(review, "clean")
    file.rename(tmp_path / "elsewhere.wav")
    file.symlink_to(tmp_path / "elsewhere.wav")
    number = _ask(review, head, "clean")
    _decide(review, other, number)
    (failed,) = carry_out(review.store, review.settings)
    assert failed.state is DeletionState.FAILED
    assert carry_out(review.store, review.settings) == (), "it waits"
    now = datetime.now(UTC)
    waits = []
    for count in range(1, 9):
        with review.store.writing() as session:
            known = failures_of(session, [number])[number]
            assert known.count == count
            just_before = known.next_at - timedelta(seconds=1)
            assert deletions_to_do(session, just_before) == []
            assert len(deletions_to_do(session, known.next_at)) == 1
            waits.append(known.next_at - max(now, failed.changed_at))
            now = known.next_at
            fail(session, number, "no_regular_file", now)
    assert waits == sorted(waits) and waits[-1] == waits[-2] == timedelta(days=1)
    with review.store.writing() as session:
        with pytest.raises(NotAllowedError):
            retry_deletion(session, agent, number, now=now)
        assert retry_deletion(session, lead, number, now=now).state is DeletionState.RETRY
    with review.store.reading() as session:
        assert failures_of(session, [number]) == {}, "counted anew"
    (failed,) = carry_out(review.store, review.settings)
    assert failed.state is DeletionState.FAILED and file.is_symlink()
    with review.store.reading() as session:
        assert failures_of(session, [number])[number].count == 1
    file.unlink()
    with review.store.writing() as session:
        retry_deletion(session, head, number, now=datetime.now(UTC))
    (done,) = carry_out(review.store, review.settings)
    assert done.state is DeletionState.DONE
    with review.store.writing() as session, pytest.raises(TransitionError):
        retry_deletion(session, head, number, now=datetime.now(UTC))


def _silent_call(
    review: Review, content: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
) -> str:
    """Give the call `broken` another recording, which the machine found nothing in."""
    import hashlib

    path = _file(review, "broken")
    soundfile.write(path, content, 8000, format="WAV", subtype="ALAW")
    recording_id, status = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat()
    with review.store.writing() as session:
        session.add(
            RecordingRow(
                recording_id=recording_id,
                size_bytes=status.st_size,
                first_seen_at=_now(),
                fault="silent",
                attempts=0,
            )
        )
        session.flush()
        session.get_one(CallRow, "broken").recording_id = recording_id
        row = session.get_one(FileRow, str(path))
        row.recording_id, row.size_bytes = recording_id, status.st_size
        row.mtime_ns = status.st_mtime_ns
    return recording_id


def test_a_lead_deletes_only_what_is_proved_empty(review: Review) -> None:
    lead = person(review.store, UserRole.LEAD, teams=("一组",))
    with pytest.raises(NotAllowedError):
        _ask(review, lead, "clean", empty=True)
    recording_id = _silent_call(review, np.zeros((8000 * 4, 2)))
    with pytest.raises(NotAllowedError):
        _ask(review, lead, "broken", empty=True)
    assert prove(review.store, review.settings) == 1
    number = _ask(review, lead, "broken", empty=True)
    (done,) = carry_out(review.store, review.settings)
    assert (done.deletion_id, done.state) == (number, DeletionState.DONE)
    with review.store.reading() as session:
        assert len(session.scalars(select(EmptyProofRow)).all()) == 2  # again at the deletion
        assert session.get(TombstoneRow, recording_id) is not None


def test_a_voice_is_no_empty_recording_however_soft(review: Review) -> None:
    speech, rate = soundfile.read(
        next(Path(__file__).parents[1].joinpath("fixtures/audio").glob("*.wav")), always_2d=True
    )
    lead = person(review.store, UserRole.LEAD, teams=("一组",))
    _silent_call(review, speech[:: rate // 8000][: 8000 * 20] * 0.01)
    assert prove(review.store, review.settings) == 1
    with pytest.raises(NotAllowedError):
        _ask(review, lead, "broken", empty=True)


def test_a_proof_that_does_not_hold_at_the_end_stops_the_deletion(review: Review) -> None:
    lead = person(review.store, UserRole.LEAD, teams=("一组",))
    recording_id = _recording(review, "clean")
    with review.store.writing() as session:
        session.add(
            EmptyProofRow(
                recording_id=recording_id,
                proved_at=_now(),
                method="an older program",
                channels=2,
                duration_ms=1,
                speech_ms=0,
                is_empty=True,
            )
        )
    file = _file(review, "clean")
    speech = next(Path(__file__).parents[1].joinpath("fixtures/audio").glob("*.wav"))
    import hashlib

    file.write_bytes(speech.read_bytes())
    assert hashlib.sha256(file.read_bytes()).hexdigest() != recording_id
    _ask(review, lead, "clean", empty=True)
    (done,) = carry_out(review.store, review.settings)
    assert (done.state, done.note) == (DeletionState.REFUSED, "not_empty")
    assert file.exists()


def test_a_copy_made_while_its_recording_is_deleted_does_not_stay(
    review: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _with(review, tmp_path, keep="copy")
    recording_id = _recording(review, "clean")
    asks, approves = person(review.store, UserRole.HEAD), person(review.store, UserRole.HEAD)
    _decide(review, approves, _ask(review, asks, "clean"))
    noted = qa.batch.archive.note_file

    def deleted_first(*args: object, **more: object) -> None:
        if args[2] == recording_id:
            carry_out(review.store, settings)
        noted(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(qa.batch.archive, "note_file", deleted_first)
    report = keep_copies(review.store, settings)
    assert (recording_id, "deleted") in report.failed
    assert not list(archive_of(settings).folder.rglob(f"{recording_id}*"))


def test_a_deletion_finds_the_copy_of_an_archive_that_was_moved(
    review: Review, tmp_path: Path
) -> None:
    before = _with(review, tmp_path, keep="copy", folder=tmp_path / "before")
    assert keep_copies(review.store, before).failed == ()
    (tmp_path / "before").rename(tmp_path / "after")
    after = _with(review, tmp_path, keep="copy", folder=tmp_path / "after")
    recording_id = _recording(review, "clean")
    asks, approves = person(review.store, UserRole.HEAD), person(review.store, UserRole.HEAD)
    _decide(review, approves, _ask(review, asks, "clean"))
    assert list((tmp_path / "after").rglob(f"{recording_id}*"))
    carry_out(review.store, after)
    assert not list((tmp_path / "after").rglob(f"{recording_id}*"))


def test_a_backup_follows_the_key_before_the_old_one_goes(review: Review, tmp_path: Path) -> None:
    settings, backup = _sealing(review, tmp_path), tmp_path / "backup"
    keep_copies(review.store, settings)
    assert back_up_recordings(review.store, settings, backup).failed == ()
    keys = tmp_path / "keys"
    new, old = new_key(), keys.read_text()
    keys.write_text(f"{new}\n{old}\n")
    rotate(review.store, settings)
    assert back_up_recordings(review.store, settings, backup).failed == ()
    keys.write_text(new)
    for file in archive_of(settings).folder.rglob("*.sealed"):
        file.unlink()
    restored = restore_recordings(review.store, settings, backup)
    assert restored.failed == () and restored.done > 0
