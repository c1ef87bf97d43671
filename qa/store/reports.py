"""Reports as they are kept: versions, and what people did with them; a sent one never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError, StoreError
from qa.records import Scope, User
from qa.refusals import InvalidRequestError, Refusal, TransitionError
from qa.review.report_model import (
    ReportBody,
    ReportDays,
    ReportKind,
    ReportState,
    body_text,
    compare,
    read_body,
    text_hash,
)
from qa.review.reviewing import MAX_TEXT
from qa.store.audit import Detail, audit
from qa.store.convert import chunks
from qa.store.tables_reports import ReportFileRow, ReportRow, ReportStepRow, ReportVersionRow
from qa.store.upsert import insert_into


class StepAction(StrEnum):
    """What a person does with a version of a report."""

    REMARK = "remark"
    """Something written on it, as what will be done about the figures; ends a review."""
    REVIEW = "review"
    SEND = "send"


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `done_by` is a user's id."""

    action: StepAction
    note: str
    done_by: int | None
    done_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A report: its newest version (the sent one, once it is sent) and what was done with it.

    Attributes:
        team: empty for the centre.
        made_by: user id; None for the program.
        steps: of this version, the oldest first; remarks on earlier versions stand before them.
    """

    report_id: int
    days: ReportDays
    team: str
    version_id: int
    number: int
    made_at: datetime
    made_by: int | None
    body: ReportBody
    body_hash: str
    steps: tuple[Step, ...]

    @property
    def state(self) -> ReportState:
        """Where it stands."""
        if self.last(StepAction.SEND):
            return ReportState.SENT
        ends = [s.action for s in self.steps if s.action in (StepAction.REVIEW, StepAction.REMARK)]
        reviewed = bool(ends) and ends[-1] is StepAction.REVIEW
        return ReportState.REVIEWED if reviewed else ReportState.DRAFT

    def last(self, action: StepAction) -> Step | None:
        """Find the last step of a kind."""
        return next((step for step in reversed(self.steps) if step.action is action), None)


@dataclass(frozen=True, slots=True)
class SentFile:
    """A sent report as a file."""

    format: str
    content: bytes
    sha256: str


def put_version(session: Session, body: ReportBody, user: User | None, *, now: datetime) -> int:
    """Keep what was just counted as the newest version; the same figures again add nothing.

    Returns:
        The report's number.

    Raises:
        TransitionError: the report is sent.
    """
    report_id = hold_report(session, ReportDays(body.kind, body.first, body.last), body.team)
    text = body_text(body)
    newest = _newest(session, [report_id]).get(report_id)
    if newest is not None:
        if _is_sent(session, report_id):
            raise TransitionError(Refusal.REPORT_SENT)
        if newest.body_hash == text_hash(text):
            return report_id
    session.execute(
        insert(ReportVersionRow).values(
            report_id=report_id,
            number=newest.number + 1 if newest else 1,
            made_at=now,
            made_by=user.user_id if user else None,
            body=text,
            body_hash=text_hash(text),
        )
    )
    details: dict[str, Detail] = {"kind": body.kind.value, "first": body.first.isoformat()}
    audit(session, user, "report.make", "report", str(report_id), details)
    return report_id


def hold_report(session: Session, days: ReportDays, team: str = "") -> int:
    """Find or make the row of a report, and keep others from it until the transaction ends.

    Who is to count it anew holds it before counting: so of two that count at once, the newer
    figures are the newest version.

    Returns:
        The report's number.
    """
    own = {"kind": days.kind.value, "first_day": days.first, "team": team}
    held = select(ReportRow.report_id).filter_by(**own).with_for_update()
    found = session.scalar(held)
    if found is None:
        # Another night, or a person at a page, may be making it in this very moment.
        new = insert_into(session, ReportRow).values(**own, last_day=days.last)
        session.execute(new.on_conflict_do_nothing(index_elements=list(own)))
        found = session.scalar(held)
    return int(found or 0)


def _is_sent(session: Session, report_id: int) -> bool:
    sent = select(ReportStepRow.step_id).where(
        ReportStepRow.report_id == report_id, ReportStepRow.action == StepAction.SEND.value
    )
    return session.execute(sent).first() is not None


def find_report(session: Session, scope: Scope, report_id: int) -> Report:
    """Load a report that a person may see: of the centre for all of it, of a team for its leads.

    Raises:
        NotFoundError: there is none.
    """
    found = _load(session, [report_id])
    if not found or not may_see(scope, found[0].team):
        raise NotFoundError("report", str(report_id))
    return found[0]


def report_on(session: Session, days: ReportDays, team: str = "") -> Report | None:
    """Find the report on some days; None where none was made."""
    report_id = session.scalar(
        select(ReportRow.report_id).where(
            ReportRow.kind == days.kind.value,
            ReportRow.first_day == days.first,
            ReportRow.team == team,
        )
    )
    found = _load(session, [report_id]) if report_id is not None else []
    return found[0] if found else None


def is_any_made(session: Session) -> bool:
    """Whether a report was ever made."""
    return session.scalar(select(ReportVersionRow.version_id).limit(1)) is not None


def may_see(scope: Scope, team: str) -> bool:
    """Whether a report of a team (empty for the centre) lies within a scope."""
    return scope.everything or team in scope.teams


def list_reports(
    session: Session,
    scope: Scope,
    *,
    kind: ReportKind | None = None,
    team: str | None = None,
    limit: int = 100,
) -> list[Report]:
    """List the reports that a person may see, the newest days first."""
    wanted = select(ReportRow.report_id)
    if not scope.everything:
        wanted = wanted.where(ReportRow.team.in_(sorted(scope.teams)))
    if kind is not None:
        wanted = wanted.where(ReportRow.kind == kind.value)
    if team is not None:
        wanted = wanted.where(ReportRow.team == team)
    order = (ReportRow.last_day.desc(), ReportRow.kind, ReportRow.team, ReportRow.report_id)
    return _load(session, list(session.scalars(wanted.order_by(*order).limit(limit))))


def add_step(
    session: Session,
    user: User,
    report: Report,
    action: StepAction,
    *,
    note: str = "",
    now: datetime,
) -> None:
    """Write down a remark on, or a review of, the version that the person had before them.

    Raises:
        InvalidRequestError: a remark without words, or too long.
        TransitionError: the report is sent, or was made anew meanwhile.
    """
    note = note.strip()
    if action is StepAction.REMARK and not note:
        raise InvalidRequestError(Refusal.TEXT_MISSING)
    if len(note) > MAX_TEXT:
        raise InvalidRequestError(Refusal.TEXT_TOO_LONG)
    _hold(session, report)
    _add(session, user, report, action, note, now)
    details: dict[str, Detail] = {"version": report.number, "hash": report.body_hash}
    audit(session, user, f"report.{action.value}", "report", str(report.report_id), details)


def mark_sent(
    session: Session,
    user: User,
    report: Report,
    recount: ReportBody,
    files: Mapping[str, bytes],
    *,
    now: datetime,
) -> None:
    """Make a reviewed report a sent one, with its files as they are.

    Args:
        report: as the person saw it.
        recount: the figures as the rows give them in this very transaction.
        files: by format.

    Raises:
        TransitionError: it is sent, not reviewed, was made anew meanwhile, or the recount differs.
    """
    newest = _hold(session, report)
    if newest.state is not ReportState.REVIEWED:
        raise TransitionError(Refusal.REPORT_NOT_REVIEWED)
    if compare(newest.body, recount):
        raise TransitionError(Refusal.REPORT_DIFFERS)
    for name, content in files.items():
        digest = file_hash(content)
        values = {"format": name, "sha256": digest, "content": content}
        session.execute(insert(ReportFileRow).values(version_id=newest.version_id, **values))
    _add(session, user, newest, StepAction.SEND, "", now)
    details: dict[str, Detail] = {"version": newest.number, "hash": newest.body_hash}
    details |= {name: file_hash(content) for name, content in files.items()}
    audit(session, user, "report.send", "report", str(report.report_id), details)


def file_hash(content: bytes) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    import hashlib

    return hashlib.sha256(content).hexdigest()


def sent_file(session: Session, report: Report, wanted: str) -> SentFile | None:
    """Load a file of a sent report, as it was sent; None where there is none.

    Raises:
        StoreError: it is not what was sent: somebody changed it in the database.
    """
    key = {"version_id": report.version_id, "format": wanted}
    row = session.get(ReportFileRow, key)
    if row is None:
        return None
    if file_hash(row.content) != row.sha256:
        raise StoreError(f"the {wanted} of report {report.report_id} was changed after sending")
    return SentFile(row.format, row.content, row.sha256)


def _hold(session: Session, report: Report) -> Report:
    """Keep others from the report until the transaction ends, and load it as it is now."""
    own = select(ReportRow.report_id).where(ReportRow.report_id == report.report_id)
    session.execute(own.with_for_update())
    newest = _load(session, [report.report_id])[0]
    if newest.state is ReportState.SENT:
        raise TransitionError(Refusal.REPORT_SENT)
    if newest.version_id != report.version_id or len(newest.steps) != len(report.steps):
        raise TransitionError(Refusal.REPORT_CHANGED)
    return newest


def _add(
    session: Session, user: User, report: Report, action: StepAction, note: str, now: datetime
) -> None:
    session.execute(
        insert(ReportStepRow).values(
            report_id=report.report_id,
            version_id=report.version_id,
            action=action.value,
            note=note,
            done_by=user.user_id,
            done_at=now,
        )
    )


def _newest(session: Session, report_ids: Sequence[int]) -> dict[int, ReportVersionRow]:
    wanted = select(ReportVersionRow).where(ReportVersionRow.report_id.in_(report_ids))
    ordered = session.scalars(wanted.order_by(ReportVersionRow.number))
    return {row.report_id: row for row in ordered}


def _load(session: Session, report_ids: Sequence[int]) -> list[Report]:
    """Load reports in the order given; of an unknown number there is none."""
    found: dict[int, Report] = {}
    for ids in chunks(report_ids):
        versions = _newest(session, ids)
        steps = list(
            session.scalars(
                select(ReportStepRow)
                .where(ReportStepRow.report_id.in_(ids))
                .order_by(ReportStepRow.step_id)
            )
        )
        for row in session.scalars(select(ReportRow).where(ReportRow.report_id.in_(ids))):
            version = versions.get(row.report_id)
            if version is not None:
                own = [step for step in steps if step.report_id == row.report_id]
                found[row.report_id] = _report(row, version, own)
    return [found[report_id] for report_id in report_ids if report_id in found]


def _report(row: ReportRow, version: ReportVersionRow, steps: list[ReportStepRow]) -> Report:
    if text_hash(version.body) != version.body_hash:
        raise StoreError(f"version {version.number} of report {row.report_id} was changed")
    kept = (StepAction.REMARK.value,)  # what was written of earlier versions goes on
    return Report(
        report_id=row.report_id,
        days=ReportDays(ReportKind(row.kind), row.first_day, row.last_day),
        team=row.team,
        version_id=version.version_id,
        number=version.number,
        made_at=version.made_at,
        made_by=version.made_by,
        body=read_body(version.body),
        body_hash=version.body_hash,
        steps=tuple(
            Step(StepAction(step.action), step.note, step.done_by, step.done_at)
            for step in steps
            if step.version_id == version.version_id or step.action in kept
        ),
    )
