"""Take in a source: read, join, hash what is new, and keep it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from qa.batch.events import Advanced, Listener, Stage, StageFinished, StageStarted, ignore
from qa.ingest.join import JoinedCall, join, paths_of_answers
from qa.ingest.rows import FoundFile, Intake, Issue, Source
from qa.ingest.scan import is_unchanged
from qa.store import intake as rows
from qa.store.convert import chunks
from qa.store.reattributing import put_roster
from qa.store.stations import disputed_compounds, put_stations
from qa.store.store import Store

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class IntakeReport:
    """What an ingest found and changed.

    Attributes:
        hashed: files that were read, because they were new or changed.
        no_metadata, no_recording: calls of this source that lack one half, by id.
    """

    files: int
    hashed: int
    calls: int
    new_calls: int
    changed_calls: int
    no_metadata: tuple[str, ...]
    no_recording: tuple[str, ...]
    issues: tuple[Issue, ...]

    @property
    def rejected(self) -> tuple[Issue, ...]:
        """The issues that cost a row or a file."""
        return tuple(issue for issue in self.issues if issue.rejected)


class Memory:
    """What a process that looks again and again has kept already, so that it is not done anew."""

    def __init__(self) -> None:
        self._calls: dict[tuple[str, str | None], tuple[JoinedCall, str | None]] = {}

    def is_known(self, call: JoinedCall, recording_id: str | None) -> bool:
        """Whether the very same was kept before."""
        return self._calls.get(_key(call)) == (call, recording_id)

    def keep(self, calls: Sequence[JoinedCall], recordings: Mapping[str, str]) -> None:
        """Take note that calls have been kept."""
        for call in calls:
            self._calls[_key(call)] = (call, _recording_of(call, recordings))


def take_in(store: Store, source: Source, *, listener: Listener = ignore) -> IntakeReport:
    """Take in all that a source holds; a second time it changes nothing.

    Raises:
        IngestError: the source as a whole cannot be read.
    """
    return take_in_all(store, source.read(), listener=listener)


def take_in_all(
    store: Store, intake: Intake, *, memory: Memory | None = None, listener: Listener = ignore
) -> IntakeReport:
    """Take in what a source handed in.

    Args:
        memory: what this process has kept before; calls that are unchanged are passed over.
    """
    memory = memory or Memory()
    listener(StageStarted(Stage.INGEST, len(intake.files)))
    _put_tables(store, intake)
    hasher = _Hasher(store, intake.origin, listener)
    recordings = hasher.take(intake.files)
    joined, join_issues = join(intake)
    if intake.files:  # none at all: the share may not be mounted
        with store.writing() as session:  # before the calls, so that a renamed file is known
            rows.forget_files(session, intake.origin, recordings)
    usable = tuple(_without_lost_file(call, recordings) for call in joined)
    calls = [call for call in usable if call is not None]
    fresh = [c for c in calls if not memory.is_known(c, _recording_of(c, recordings))]
    new, changed = _put_calls(store, fresh, recordings)
    memory.keep(fresh, recordings)
    issues = (*intake.issues, *join_issues, *hasher.issues, *_put_answers(store, intake))
    issues += _put_rest(store, intake, recordings, issues)
    listener(StageFinished(Stage.INGEST))
    return IntakeReport(
        files=len(intake.files),
        hashed=hasher.hashed,
        calls=len(calls),
        new_calls=new,
        changed_calls=changed,
        no_metadata=tuple(call.call_id for call in calls if call.values is None),
        no_recording=tuple(call.call_id for call in calls if call.file is None),
        issues=issues,
    )


def merge_reports(reports: Sequence[IntakeReport]) -> IntakeReport:
    """Sum up what several sources brought."""
    whole = IntakeReport(0, 0, 0, 0, 0, (), (), ())
    for report in reports:
        names = [field.name for field in fields(IntakeReport)]
        whole = IntakeReport(*(getattr(whole, n) + getattr(report, n) for n in names))
    return whole


def _key(call: JoinedCall) -> tuple[str, str | None]:
    return call.call_id, str(call.file.path) if call.file else None


def _recording_of(call: JoinedCall, recordings: Mapping[str, str]) -> str | None:
    return recordings.get(str(call.file.path)) if call.file else None


def _put_tables(store: Store, intake: Intake) -> None:
    """Keep what stands in tables of its own, before the calls that refer to it."""
    with store.writing() as session:
        rows.put_agents(session, intake.agents)
        if intake.notices is not None:
            rows.put_notices(session, intake.origin, intake.notices, store.zone)
        if intake.stations is not None:
            put_stations(session, intake.origin, intake.stations)
        if intake.roster is not None:
            now = datetime.now(UTC)
            put_roster(session, intake.origin, intake.roster, store.zone, now)
    for tickets in chunks(intake.tickets):
        with store.writing() as session:
            rows.put_tickets(session, tickets, store.zone)


def _put_calls(
    store: Store, calls: Sequence[JoinedCall], recordings: dict[str, str]
) -> tuple[int, int]:
    new = changed = 0
    for some in chunks(calls):
        with store.writing() as session:
            more_new, more_changed = rows.put_calls(session, some, recordings, store.zone)
        new, changed = new + more_new, changed + more_changed
    return new, changed


def _put_answers(store: Store, intake: Intake) -> tuple[Issue, ...]:
    issues: list[Issue] = []
    for some in chunks(paths_of_answers(intake)):
        with store.writing() as session:
            issues += rows.put_answers(session, some, store.zone)
    return tuple(issues)


def _put_rest(
    store: Store, intake: Intake, recordings: dict[str, str], issues: tuple[Issue, ...]
) -> tuple[Issue, ...]:
    """Report shared recordings and keep all issues; returns those that this adds."""
    with store.writing() as session:
        shared = rows.shared_recordings(session)
        reason = "another call has a recording of the same bytes; it is transcribed once for both"
        added = tuple(
            Issue(file.relative, None, False, "same_recording", reason)
            for file in intake.files
            if file.size_bytes and recordings.get(str(file.path)) in shared
        )
        if intake.stations and (disputed := disputed_compounds(session)):
            reason = f"{disputed} compounds have another station in another folder: none is used"
            added += (Issue("stations", None, False, "disputed_station", reason),)
        rows.put_issues(session, intake.origin, (*issues, *added))
    return added


def _without_lost_file(call: JoinedCall, recordings: dict[str, str]) -> JoinedCall | None:
    """Leave out a file that could not be hashed; its metadata, if any, stays a call."""
    if call.file is None or str(call.file.path) in recordings:
        return call
    if call.values is None:
        return None
    return replace(call, file=None)


class _Hasher:
    """Hashes new files in batches that are kept at once, so that a kill costs one batch."""

    def __init__(self, store: Store, origin: str, listener: Listener) -> None:
        self._store, self._origin, self._listener = store, origin, listener
        self.issues: list[Issue] = []
        self.hashed = 0

    def take(self, files: Sequence[FoundFile]) -> dict[str, str]:
        """Find the recording id of every file, by path."""
        with self._store.reading() as session:
            recordings = rows.known_recordings(session, files)
        self._listener(Advanced(Stage.INGEST, len(recordings)))
        fresh = [file for file in files if str(file.path) not in recordings]
        for some in chunks(fresh, 100):
            hashed = [h for h in map(self._hash, some) if h is not None]
            with self._store.writing() as session:
                rows.put_files(session, self._origin, hashed, datetime.now(UTC))
            recordings.update((str(h.file.path), h.recording_id) for h in hashed)
        return recordings

    def _hash(self, file: FoundFile) -> rows.HashedFile | None:
        digest = hashlib.sha256()
        try:
            with file.path.open("rb") as stream:
                while block := stream.read(_BLOCK):
                    digest.update(block)
        except FileNotFoundError:
            self._refuse(file, "vanished_file", "gone before it was read; put it back, or ignore")
            return None
        except OSError as error:
            self._refuse(file, "unreadable_file", f"cannot be read: {error.strerror}")
            return None
        if not is_unchanged(file):
            self._refuse(
                file, "unfinished_file", "changed while it was read; it is taken next time"
            )
            return None
        self.hashed += 1
        self._listener(Advanced(Stage.INGEST))
        return rows.HashedFile(file, digest.hexdigest())

    def _refuse(self, file: FoundFile, code: str, reason: str) -> None:
        self.issues.append(Issue(file.relative, None, True, code, reason))
        self._listener(Advanced(Stage.INGEST))
