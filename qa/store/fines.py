"""The ledger of fines: reckoned from people's decisions, booked as entries that never change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Right, Scope, User
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.review.booking import (
    Difference,
    Entry,
    EntryKind,
    Posting,
    Why,
    differences,
    postings,
)
from qa.review.ledger import Case, Charge, Evidence, flag_stage, reckon, stage_for
from qa.review.rights import rights_of
from qa.review.schedule import Terms
from qa.store.audit import audit
from qa.store.charges import entered_charges
from qa.store.convert import chunks
from qa.store.messages import MessageKind, calls_told, tell_agent_named, tell_user
from qa.store.review_rows import load_reviews
from qa.store.scope import agent_in_scope, call_in_scope, require_not_closed
from qa.store.tables import CallRow, VerdictRow
from qa.store.tables_fines import FineEntryRow, FineMonthRow, FineTermsRow
from qa.store.tables_people import AuditHeadRow, UserRow
from qa.store.tables_review import FlagDecisionRow
from qa.store.upsert import upsert
from qa.store.withdrawals import withdrawn_rulesets
from qa.types import Grade, Span


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How the ledger is reckoned.

    Attributes:
        terms: the present readings; closed months keep theirs.
        object_days: length of the window to object in.
        zone: the centre's, in which days and months are.
        dry_run: nothing is booked.
    """

    terms: Terms
    object_days: int
    zone: ZoneInfo
    dry_run: bool = False


def cases_now(
    session: Session, reckoning: Reckoning, now: datetime, scope: Scope | None = None
) -> list[Case]:
    """Reckon what every case costs as people's decisions stand, booked or not.

    Args:
        scope: only cases of these agents, of calls that are not closed to the person; joint
            penalties only for whoever sees everything.

    Raises:
        StoreError: a stored scorecard is damaged.
    """
    terms_at = terms_by_month(session, reckoning.terms)
    charges = flag_charges(session, now, reckoning.zone, scope)
    charges += entered_charges(session, now, reckoning.object_days, reckoning.zone, scope)
    cases = reckon(charges, terms_at)
    if scope is None:
        return cases
    # Only now: the sum of a case hangs on how many there were before it.
    return [
        case
        for case in cases
        if (scope.everything or case.login is None) and case.evidence.call_id not in scope.closed
    ]


def flag_charges(
    session: Session, now: datetime, zone: ZoneInfo, scope: Scope | None = None
) -> list[Charge]:
    """Load every `fine` flag that a person decided, as the ledger reckons with it."""
    of_scope = true() if scope is None else agent_in_scope(scope, CallRow.agent_id)
    rows = session.execute(
        select(CallRow.call_id, CallRow.agent_id, CallRow.started_at)
        .where(CallRow.call_id.in_(_calls_with_fines()), CallRow.replaced_by.is_(None), of_scope)
        .order_by(CallRow.call_id)
    )
    places = {row[0]: (row[1], row[2]) for row in rows}
    withdrawn = withdrawn_rulesets(session)
    told = calls_told(session, MessageKind.CALL_RELEASED, CallRow.call_id.in_(_calls_with_fines()))
    found: list[Charge] = []
    for ids in chunks(list(places)):
        for call_id, review in load_reviews(session, ids, now).items():
            agent_id, started_at = places[call_id]
            card = review.card.card
            is_withdrawn = card.ruleset_hash in withdrawn
            for line in review.card.lines:
                stage = flag_stage(line, review.state, is_withdrawn=is_withdrawn)
                if stage is None or line.decision is None:
                    continue
                matches = line.line.verdict.matches
                span = matches[0].span if matches else line.line.verdict.searched
                found.append(
                    Charge(
                        agent_id=agent_id,
                        happened_at=started_at,
                        day=started_at.astimezone(zone).date() if started_at else None,
                        stage=stage_for(stage, was_told=call_id in told),
                        evidence=Evidence(
                            call_id,
                            review.scorecard_id,
                            line.line.rule_id,
                            line.decision.decision_id,
                            span=span,
                        ),
                        ruleset_id=card.ruleset_id,
                        grade=line.line.grade,
                    )
                )
    return found


def _calls_with_fines() -> Any:
    return (
        select(FlagDecisionRow.call_id)
        .join(
            VerdictRow,
            (VerdictRow.scorecard_id == FlagDecisionRow.scorecard_id)
            & (VerdictRow.rule_id == FlagDecisionRow.rule_id),
        )
        .where(VerdictRow.grade == Grade.FINE.value)
    )


def terms_by_month(session: Session, present: Terms) -> Callable[[str], Terms]:
    """Say which readings hold for each month: a closed one keeps those of its closing."""
    rows = session.execute(
        select(FineMonthRow.month, FineTermsRow.text).join(
            FineTermsRow, FineTermsRow.terms == FineMonthRow.terms
        )
    )
    closed = {month: Terms.parse(text) for month, text in rows}
    return lambda month: closed.get(month, present)


def terms_named(session: Session, name: str, otherwise: Terms) -> Terms:
    """Load the readings of the schedule that an entry was booked under, by their name."""
    found = session.get(FineTermsRow, name)
    return Terms.parse(found.text) if found is not None else otherwise


def closed_through(session: Session) -> str:
    """Name the last closed month; empty where none is."""
    return session.scalar(select(func.max(FineMonthRow.month))) or ""


def book(
    session: Session, reckoning: Reckoning, now: datetime, user: User | None = None
) -> list[Entry]:
    """Bring the ledger up to what people's decisions say; harmless to repeat.

    Agents are told of what is booked and of what is given back.

    Args:
        user: who asked for it; None for the program itself.

    Returns:
        The new entries.

    Raises:
        NotAllowedError: the person lacks the right.
        TransitionError: the ledger only tries out.
        StoreError: a stored scorecard is damaged; nothing is booked.
    """
    if user is not None and Right.KEEP_LEDGER not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    if reckoning.dry_run:
        raise TransitionError(Refusal.DRY_RUN)
    hold_ledger(session)
    due = due_postings(session, reckoning, now)
    put_terms(session, reckoning.terms, now)
    made = []
    for posting in due:
        row = _row(posting, user, now)
        session.add(row)
        session.flush()
        entry = as_entry(row)
        made.append(entry)
        _tell(session, entry, now)
        details = {"fen": entry.fen, "why": entry.why.value, "month": entry.month}
        audit(session, user, "ledger.book", "entry", str(entry.entry_id), details)
    return made


def due_postings(session: Session, reckoning: Reckoning, now: datetime) -> list[Posting]:
    """Say what would be booked, without booking it: the dry run."""
    cases = cases_now(session, reckoning, now)
    return postings(list_entries(session), cases, closed_through=closed_through(session))


def hold_ledger(session: Session) -> None:
    """Keep other processes from booking until the transaction ends; SQLite has one writer anyway.

    It is the lock of the audit log, which every booking writes to.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(select(AuditHeadRow.head_id).with_for_update()).all()


def put_terms(session: Session, terms: Terms, now: datetime) -> None:
    """Keep readings of the schedule by their name."""
    row = {"terms": terms.name, "text": terms.text, "first_used_at": now}
    upsert(session, FineTermsRow, [row])


def _row(posting: Posting, user: User | None, now: datetime) -> FineEntryRow:
    made: dict[str, Any] = {
        "kind": posting.kind.value,
        "fen": posting.fen,
        "month": posting.month,
        "reason": posting.why.value,
        "booked_by": user.user_id if user else None,
        "booked_at": now,
    }
    if posting.reverses is not None:
        old = posting.reverses
        made |= {
            "case_key": old.case_key,
            "item": old.item,
            "agent_id": old.agent_id,
            "login": old.login,
            "ordinal": old.ordinal,
            "day": old.day,
            "terms": old.terms,
            "reverses": old.entry_id,
        }
        return FineEntryRow(**made, **_evidence_columns(old.evidence))
    case = posting.case
    if case is None or case.day is None:
        raise ValueError("an entry that reverses nothing is that of a case with a day")
    made |= {
        "case_key": case.key,
        "item": case.item,
        "agent_id": case.agent_id,
        "login": case.login,
        "ordinal": case.ordinal,
        "day": case.day,
        "terms": case.terms,
    }
    return FineEntryRow(**made, **_evidence_columns(case.evidence))


def _evidence_columns(found: Evidence | None) -> dict[str, Any]:
    if found is None:
        return {}
    return {
        "call_id": found.call_id,
        "scorecard_id": found.scorecard_id,
        "rule_id": found.rule_id,
        "decision_id": found.decision_id,
        "charge_id": found.charge_id,
        "start_ms": found.span.start_ms if found.span else None,
        "end_ms": found.span.end_ms if found.span else None,
    }


def _tell(session: Session, entry: Entry, now: datetime) -> None:
    """Tell whoever pays; of a case that is reckoned anew once, by the entry that takes it back."""
    is_reversal, is_anew = entry.kind is EntryKind.REVERSAL, entry.why is Why.RECKONED_ANEW
    if entry.evidence is None or (is_anew and not is_reversal):
        return
    kind = MessageKind.FINE_REVERSED if is_reversal else MessageKind.FINE_BOOKED
    if is_anew:
        kind = MessageKind.FINE_RECKONED
    if entry.agent_id is not None:
        tell_agent_named(session, kind, entry.agent_id, entry.evidence.call_id, now)
        return
    user_id = session.scalar(select(UserRow.user_id).where(UserRow.login == entry.login))
    if user_id is not None:
        tell_user(session, kind, user_id, entry.evidence.call_id, now)


def as_entry(row: FineEntryRow) -> Entry:
    """Read an entry from its row."""
    has_span = row.start_ms is not None and row.end_ms is not None
    span = Span(row.start_ms or 0, row.end_ms or 0) if has_span else None
    evidence = Evidence(
        row.call_id or "", row.scorecard_id, row.rule_id, row.decision_id, row.charge_id, span
    )
    return Entry(
        entry_id=row.entry_id,
        case_key=row.case_key,
        kind=EntryKind(row.kind),
        item=row.item,
        agent_id=row.agent_id,
        login=row.login,
        fen=row.fen,
        ordinal=row.ordinal,
        day=row.day,
        month=row.month,
        evidence=evidence if row.call_id is not None else None,
        why=Why(row.reason),
        reverses=row.reverses,
        terms=row.terms,
        booked_by=row.booked_by,
        booked_at=row.booked_at,
    )


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries a list shows; None shows all."""

    month: str | None = None
    agent_id: str | None = None


def list_entries(
    session: Session,
    scope: Scope | None = None,
    wanted: EntryFilter | None = None,
    *,
    after: int = 0,
    limit: int | None = None,
) -> list[Entry]:
    """List entries in the order in which they were booked.

    Args:
        scope: only those of these agents; joint penalties only for whoever sees everything.
        after: number of the last entry of the page before.
    """
    conditions: list[ColumnElement[bool]] = [FineEntryRow.entry_id > after]
    if scope is not None:
        conditions.append(call_in_scope(scope, FineEntryRow.agent_id, FineEntryRow.call_id))
    if wanted is not None and wanted.month is not None:
        conditions.append(FineEntryRow.month == wanted.month)
    if wanted is not None and wanted.agent_id is not None:
        conditions.append(FineEntryRow.agent_id == wanted.agent_id)
    statement = select(FineEntryRow).where(*conditions).order_by(FineEntryRow.entry_id)
    return [as_entry(row) for row in session.scalars(statement.limit(limit))]


def find_entry(session: Session, scope: Scope, entry_id: int) -> Entry:
    """Load one entry.

    Raises:
        NotFoundError: there is none of that number in the scope.
    """
    row = session.scalar(
        select(FineEntryRow).where(
            FineEntryRow.entry_id == entry_id, agent_in_scope(scope, FineEntryRow.agent_id)
        )
    )
    if row is None:
        raise NotFoundError("entry", str(entry_id))
    if row.call_id is not None:
        require_not_closed(scope, row.call_id)
    return as_entry(row)


def reversal_of(session: Session, entry_id: int) -> int | None:
    """Find the entry that takes an entry back; None while it stands."""
    return session.scalar(select(FineEntryRow.entry_id).where(FineEntryRow.reverses == entry_id))


def months_with_entries(session: Session) -> Sequence[str]:
    """List the months that entries count in, the newest first."""
    wanted = select(FineEntryRow.month).distinct().order_by(FineEntryRow.month.desc())
    return session.scalars(wanted).all()


def check_ledger(session: Session, reckoning: Reckoning, now: datetime) -> list[Difference]:
    """Replay the decisions and compare the sums with the entries; empty where they agree."""
    return differences(list_entries(session), cases_now(session, reckoning, now))
