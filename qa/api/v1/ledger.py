"""The ledger of fines and rewards; money is an integer number of fen."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Query

from qa.api.access import Viewer
from qa.api.problems import declared
from qa.api.service import Service
from qa.api.v1.schemas import SpanOut
from qa.api.v1.schemas_ledger import (
    BookedOut,
    CaseList,
    CaseOut,
    ChargeIn,
    ChargeOut,
    ChargeStepIn,
    ClosedMonthOut,
    CloseIn,
    EntryOut,
    EntryPage,
    SheetOut,
    WithdrawalIn,
    YearMonthOut,
    YearOut,
)
from qa.api.v1.schemas_people import ReasonIn
from qa.api.v1.shared import (
    MAX_NUMBER,
    After,
    Limit,
    Reader,
    Running,
    next_cursor,
    now,
    number_after,
    who,
)
from qa.batch.fines import charge_rules_of, payer_of, reckoning_of
from qa.records import Right
from qa.refusals import InvalidRequestError, Refusal
from qa.review.booking import Entry
from qa.review.years import PersonYear
from qa.store import charges, fines
from qa.store.charges import ChargeAction, ChargeDraft, EnteredCharge
from qa.store.fine_months import close_month, sheet_of
from qa.store.fine_years import year_sheet_of
from qa.store.fines import EntryFilter
from qa.store.withdrawals import set_withdrawn
from qa.types import Span

router = APIRouter(prefix="/ledger", tags=["ledger"])
Appellant = Annotated[Viewer, who(Right.APPEAL)]
Keeper = Annotated[Viewer, who(Right.KEEP_LEDGER)]
Reviewer = Annotated[Viewer, who(Right.REVIEW)]
MONTH = r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"
YEAR = r"^(19|20)[0-9]{2}$"
_REFUSALS = declared("not_found", "conflict", "invalid", "not_allowed")


@router.get("/entries", summary="List entries", response_model=EntryPage)
def list_entries(
    service: Running,
    viewer: Reader,
    month: Annotated[str | None, Query(pattern=MONTH)] = None,
    agent_id: Annotated[str | None, Query(max_length=200)] = None,
    after: After = None,
    limit: Limit = 100,
) -> EntryPage:
    """List the entries of the agents that you may see, in the order in which they were booked."""
    wanted = EntryFilter(month, agent_id)
    with service.store.reading() as session:
        found = fines.list_entries(
            session, viewer.scope, wanted, after=number_after(after) or 0, limit=limit + 1
        )
    items = [_entry_out(entry) for entry in found[:limit]]
    return EntryPage(items=items, next=next_cursor(found, limit, lambda e: (e.entry_id,)))


@router.get(
    "/entries/{entry_id}",
    summary="Read an entry",
    response_model=EntryOut,
    responses=declared("not_found"),
)
def get_entry(
    entry_id: Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[12])],
    service: Running,
    viewer: Reader,
) -> EntryOut:
    """Give one entry, with what leads to its clip."""
    with service.store.reading() as session:
        return _entry_out(fines.find_entry(session, viewer.scope, entry_id))


@router.get("/cases", summary="Reckon the cases", response_model=CaseList)
def list_cases(service: Running, viewer: Reader) -> CaseList:
    """Say what each case of your scope costs as things stand, booked or not: the dry run."""
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.reading() as session:
        found = fines.cases_now(session, reckoning, now(), viewer.scope)
    items = [
        CaseOut(
            case=case.key,
            item=case.item,
            agent_id=case.agent_id,
            day=case.day,
            standing=case.standing,
            ordinal=case.ordinal,
            fen=case.fen,
            pending_fen=case.pending_fen,
            call_id=case.evidence.call_id,
            rules=sorted({c.evidence.rule_id for c in case.charges if c.evidence.rule_id}),
        )
        for case in found
    ]
    return CaseList(dry_run=reckoning.dry_run, items=items)


@router.post("/bookings", summary="Book what is due", response_model=BookedOut, responses=_REFUSALS)
def book(service: Running, viewer: Keeper) -> BookedOut:
    """Bring the ledger up to what people's decisions say; doing it again books nothing."""
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.writing() as session:
        return BookedOut(booked=len(fines.book(session, reckoning, now(), viewer.user)))


@router.post("/months", summary="Close a month", response_model=ClosedMonthOut, responses=_REFUSALS)
def close(service: Running, viewer: Keeper, wanted: CloseIn) -> ClosedMonthOut:
    """Freeze the sheets of a month that is over; what changes later counts in the next."""
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.writing() as session:
        done = close_month(session, viewer.user, wanted.month, reckoning, now())
    return ClosedMonthOut.model_validate(done)


@router.get(
    "/sheets/{month}/{agent_id:path}",
    summary="Read an assessment sheet",
    response_model=SheetOut,
    responses=declared("not_found"),
)
def get_sheet(
    month: Annotated[str, Path(pattern=MONTH, examples=["2025-11"])],
    agent_id: Annotated[str, Path(max_length=200, examples=["108"])],
    service: Running,
    viewer: Reader,
) -> SheetOut:
    """Give one agent's sheet of a month: frozen where it is closed, else as things stand."""
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.reading() as session:
        kept = sheet_of(session, viewer.scope, month, agent_id, reckoning)
    return SheetOut(
        month=month,
        agent_id=agent_id,
        is_frozen=kept.is_frozen,
        sheet_hash=kept.sheet_hash,
        text=kept.sheet.text,
        total_fen=kept.sheet.total,
    )


@router.get(
    "/years/{year}/{agent_id:path}",
    summary="Read a yearly assessment sheet",
    response_model=YearOut,
    responses=declared("not_found"),
)
def get_year(
    year: Annotated[str, Path(pattern=YEAR, examples=["2025"])],
    agent_id: Annotated[str, Path(max_length=200, examples=["108"])],
    service: Running,
    viewer: Reader,
) -> YearOut:
    """Add up one agent's monthly sheets of a year, and say of which months there is none."""
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.reading() as session:
        wanted = PersonYear(year, agent_id)
        found = year_sheet_of(session, viewer.scope, wanted, reckoning, now())
    return YearOut(
        year=year,
        agent_id=agent_id,
        is_final=found.is_final,
        work=asdict(found.work),
        excellent_months=found.excellent_months,
        rewarded_months=found.rewarded_months,
        fined_fen=found.fined,
        given_back_fen=found.given_back,
        rewards_fen=found.rewards,
        total_fen=found.total,
        months=[
            YearMonthOut(
                month=one.month,
                state=one.state,
                sheet_hash=one.sheet_hash,
                total_fen=one.sheet.total if one.sheet else None,
            )
            for one in found.months
        ],
    )


@router.post(
    "/rulesets", summary="Withdraw a ruleset version", response_model=BookedOut, responses=_REFUSALS
)
def withdraw(service: Running, viewer: Keeper, wanted: WithdrawalIn) -> BookedOut:
    """Withdraw a version or reinstate it; books what follows, unless the ledger tries out."""
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.writing() as session:
        set_withdrawn(
            session,
            viewer.user,
            wanted.ruleset_hash,
            withdrawn=wanted.withdrawn,
            reason=wanted.reason,
            payer=payer_of(service.settings),
            now=now(),
        )
        if reckoning.dry_run:
            return BookedOut(booked=0)
        return BookedOut(booked=len(fines.book(session, reckoning, now(), viewer.user)))


@router.post(
    "/charges",
    summary="Enter a charge",
    status_code=201,
    response_model=ChargeOut,
    responses=_REFUSALS,
)
def enter_charge(service: Running, viewer: Reviewer, wanted: ChargeIn) -> ChargeOut:
    """Enter what no rule finds; it costs nothing before another person confirms it."""
    if wanted.end_ms <= wanted.start_ms:
        raise InvalidRequestError(Refusal.CHARGE_WRONG)
    span = Span(wanted.start_ms, wanted.end_ms)
    draft = ChargeDraft(wanted.item, wanted.call_id, span, wanted.text)
    with service.store.writing() as session:
        one = charges.enter_charge(session, viewer.user, draft, now=now())
    return _charge_out(one, service.settings.review.appeal_days)


@router.post(
    "/charges/{charge_id}/steps",
    summary="Take a step with a charge",
    response_model=ChargeOut,
    responses=_REFUSALS,
)
def step_charge(
    charge_id: Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[2])],
    service: Running,
    viewer: Keeper,
    wanted: ChargeStepIn,
) -> ChargeOut:
    """Confirm it (another person than entered it), dismiss an objection, or withdraw it."""
    return _step(service, viewer, charge_id, ChargeAction(wanted.action), wanted.text)


@router.post(
    "/charges/{charge_id}/objection",
    summary="Object to a charge against you",
    response_model=ChargeOut,
    responses=_REFUSALS,
)
def object_to_charge(
    charge_id: Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[2])],
    service: Running,
    viewer: Appellant,
    wanted: ReasonIn,
) -> ChargeOut:
    """Object within the window; until that is decided the charge costs nothing."""
    return _step(service, viewer, charge_id, ChargeAction.OBJECT, wanted.reason)


def _step(
    service: Service, viewer: Viewer, charge_id: int, action: ChargeAction, text: str
) -> ChargeOut:
    rules = charge_rules_of(service.settings)
    with service.store.writing() as session:
        one = charges.take_charge_step(
            session, viewer.user, charge_id, action, text, now=now(), rules=rules
        )
    return _charge_out(one, rules.days)


def _charge_out(one: EnteredCharge, days: int) -> ChargeOut:
    return ChargeOut(
        charge_id=one.charge_id,
        item=one.draft.item,
        call_id=one.draft.call_id,
        agent_id=one.agent_id,
        stage=one.stage(now(), days).value,
    )


def _entry_out(entry: Entry) -> EntryOut:
    found = entry.evidence
    span = found.span if found else None
    return EntryOut(
        entry_id=entry.entry_id,
        kind=entry.kind,
        item=entry.item,
        agent_id=entry.agent_id,
        login=entry.login,
        fen=entry.fen,
        ordinal=entry.ordinal,
        day=entry.day,
        month=entry.month,
        why=entry.why,
        reverses=entry.reverses,
        call_id=found.call_id if found else None,
        scorecard_id=found.scorecard_id if found else None,
        rule_id=found.rule_id if found else None,
        decision_id=found.decision_id if found else None,
        charge_id=found.charge_id if found else None,
        span=SpanOut(start_ms=span.start_ms, end_ms=span.end_ms) if span else None,
        booked_at=entry.booked_at,
    )
