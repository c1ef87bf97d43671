"""The ledger: entries with their clips, what waits, entered charges, closing, sheets."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.clip_views import read_calls
from qa.api.display import format_moment
from qa.api.ledger_views import case_views, charge_views, entry_views, person_sums
from qa.api.pages.events import REFUSALS, STATUS, why
from qa.api.pages.shared import Number
from qa.api.rendering import flash, language, page
from qa.api.service import Service, service_of
from qa.batch.fines import charge_rules_of, payer_of, reckoning_of
from qa.errors import NotFoundError
from qa.records import Right
from qa.refusals import InvalidRequestError, Refusal
from qa.reports.assessment import reading_lines, work_lines
from qa.review.booking import Entry, next_month, previous_month, yuan
from qa.review.ledger import Standing, month_of
from qa.review.schedule import ENTERABLE, ITEMS, Terms
from qa.store.charges import (
    ChargeAction,
    ChargeDraft,
    enter_charge,
    list_charges,
    take_charge_step,
)
from qa.store.fine_months import broken_months, close_month, closed_months, sheet_of
from qa.store.fines import (
    EntryFilter,
    book,
    cases_now,
    due_postings,
    find_entry,
    list_entries,
    months_with_entries,
    reversal_of,
    terms_named,
)
from qa.store.names import user_names
from qa.store.queries import agent_names
from qa.store.review_rows import load_histories
from qa.store.withdrawals import ruleset_versions, set_withdrawn
from qa.types import Span

MONTH = r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"
WAITING = (Standing.FROZEN, Standing.WAITS, Standing.NO_SUM, Standing.UNPLACED)

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(service_of)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_CALLS))]
Reviewer = Annotated[Viewer, Depends(needs(Right.REVIEW))]
Appellant = Annotated[Viewer, Depends(needs(Right.APPEAL))]
Keeper = Annotated[Viewer, Depends(needs(Right.KEEP_LEDGER))]
MonthPath = Annotated[str, Path(pattern=MONTH)]
View = Literal["entries", "cases", "charges", "months"]


@dataclass(frozen=True, slots=True)
class Tried:
    """What was refused, so that nothing written is lost."""

    said: str = ""
    text: str = ""
    status: int = 200


_NOTHING = Tried()


@router.get("/ledger")
def show_ledger(
    request: Request,
    service: Running,
    viewer: Reader,
    view: Annotated[View, Query()] = "entries",
    month: Annotated[str, Query(pattern=rf"{MONTH}|^$")] = "",
) -> Response:
    """Show a part of the ledger of a month."""
    return _shown(request, service, viewer, view, month)


@router.post("/ledger/book")
def book_now(request: Request, service: Running, viewer: Keeper) -> Response:
    """Book what is due."""
    reckoning = reckoning_of(service.settings, service.store)
    try:
        with service.store.writing() as session:
            book(session, reckoning, datetime.now(UTC), viewer.user)
    except REFUSALS as error:
        return _refused(request, service, viewer, "entries", error)
    return _back("/ledger", "flash_ledger_booked")


@router.post("/ledger/close")
def close(
    request: Request,
    service: Running,
    viewer: Keeper,
    month: Annotated[str, Form(pattern=MONTH)],
) -> Response:
    """Close a month."""
    reckoning = reckoning_of(service.settings, service.store)
    try:
        with service.store.writing() as session:
            close_month(session, viewer.user, month, reckoning, datetime.now(UTC))
    except REFUSALS as error:
        return _refused(request, service, viewer, "months", error)
    return _back("/ledger?view=months", "flash_ledger_closed")


@router.post("/ledger/rulesets")
def withdraw_ruleset(
    request: Request,
    service: Running,
    viewer: Keeper,
    ruleset_hash: Annotated[str, Form(max_length=200)],
    action: Annotated[Literal["withdraw", "reinstate"], Form()],
    reason: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Withdraw a ruleset version from the ledger, or let it count again; book what follows."""
    now, reckoning = datetime.now(UTC), reckoning_of(service.settings, service.store)
    try:
        with service.store.writing() as session:
            withdrawn = action == "withdraw"
            set_withdrawn(
                session,
                viewer.user,
                ruleset_hash,
                withdrawn=withdrawn,
                reason=reason,
                payer=payer_of(service.settings),
                now=now,
            )
            if not reckoning.dry_run:
                book(session, reckoning, now, viewer.user)
    except REFUSALS as error:
        return _refused(request, service, viewer, "months", error, text=reason)
    return _back("/ledger?view=months", "flash_ledger_ruleset")


@dataclass(frozen=True, slots=True)
class ChargeForm:
    """What is entered; seconds with at most three decimals."""

    item: Annotated[str, Form(max_length=50)]
    call_id: Annotated[str, Form(max_length=200)]
    start: Annotated[str, Form(pattern=r"^[0-9]{1,6}(\.[0-9]{1,3})?$")]
    end: Annotated[str, Form(pattern=r"^[0-9]{1,6}(\.[0-9]{1,3})?$")]
    text: Annotated[str, Form(max_length=8000)] = ""


@router.post("/ledger/charges")
def enter(
    request: Request, service: Running, viewer: Reviewer, form: Annotated[ChargeForm, Depends()]
) -> Response:
    """Enter a charge on a call."""
    try:
        start_ms, end_ms = _milliseconds(form.start), _milliseconds(form.end)
        if end_ms <= start_ms:
            raise InvalidRequestError(Refusal.CHARGE_WRONG)
        draft = ChargeDraft(form.item, form.call_id, Span(start_ms, end_ms), form.text)
        with service.store.writing() as session:
            enter_charge(session, viewer.user, draft, now=datetime.now(UTC))
    except (*REFUSALS, NotFoundError) as error:
        return _refused(request, service, viewer, "charges", error, text=form.text)
    return _back("/ledger?view=charges", "flash_ledger_charge")


@router.post("/ledger/charges/{charge_id}")
def charge_step(
    request: Request,
    charge_id: Number,
    service: Running,
    viewer: Keeper,
    action: Annotated[Literal["confirm", "dismiss", "withdraw"], Form()],
    text: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Confirm a charge, dismiss the objection to it, or withdraw it."""
    return _step(request, service, viewer, charge_id, ChargeAction(action), text)


@router.post("/ledger/charges/{charge_id}/objection")
def object_to_charge(
    request: Request,
    charge_id: Number,
    service: Running,
    viewer: Appellant,
    text: Annotated[str, Form(max_length=8000)] = "",
) -> Response:
    """Object to a charge against oneself."""
    return _step(request, service, viewer, charge_id, ChargeAction.OBJECT, text)


def _step(
    request: Request,
    service: Service,
    viewer: Viewer,
    charge_id: int,
    action: ChargeAction,
    text: str,
) -> Response:
    try:
        with service.store.writing() as session:
            take_charge_step(
                session,
                viewer.user,
                charge_id,
                action,
                text,
                now=datetime.now(UTC),
                rules=charge_rules_of(service.settings),
            )
    except REFUSALS as error:
        return _refused(request, service, viewer, "charges", error, text=text)
    return _back("/ledger?view=charges", "flash_ledger_charge")


def _milliseconds(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole) * 1000 + int(rest.ljust(3, "0") if rest else 0)


@router.get("/ledger/entries/{entry_id}")
def show_entry(request: Request, entry_id: Number, service: Running, viewer: Reader) -> Response:
    """Show where an entry comes from: sentence, decision, scorecard line, clip."""
    lang, zone = language(request), service.store.zone
    with service.store.reading() as session:
        entry = find_entry(session, viewer.scope, entry_id)
        present = reckoning_of(service.settings, service.store).terms
        values = _trace(session, entry, lang, service)
        values |= {
            "entry": entry_views([entry], agent_names(session), lang)[0],
            "item": ITEMS[entry.item],
            "readings": reading_lines(terms_named(session, entry.terms, present), lang),
            "reversed_by": reversal_of(session, entry.entry_id),
            "reverses": entry.reverses,
            "booked_by": user_names(session, [entry.booked_by]).get(entry.booked_by or 0, ""),
            "booked_at": format_moment(entry.booked_at.astimezone(zone)) if entry.booked_at else "",
            "viewer": viewer,
        }
    return page(request, "ledger_entry.html", values)


def _trace(session: Any, entry: Entry, lang: str, service: Service) -> dict[str, Any]:
    """Load the decision and the clip that an entry rests on."""
    found, zone = entry.evidence, service.store.zone
    values: dict[str, Any] = {"clip": None, "decision": None, "charge": None}
    if found is None:
        return values
    now = datetime.now(UTC)
    call = read_calls(session, [found.call_id], zone, now).get(found.call_id)
    if call is not None and found.rule_id is not None:
        values["clip"] = call.clip(found.rule_id, zone, lang)
    history = load_histories(session, [found.call_id]).get(found.call_id)
    decided = (
        [d for d in history.decisions if d.decision_id == found.decision_id] if history else []
    )
    if decided:
        names = user_names(session, [decided[0].decided_by])
        values["decision"] = {
            "number": decided[0].decision_id,
            "who": names.get(decided[0].decided_by, "–"),
            "when": format_moment(decided[0].decided_at.astimezone(zone)),
            "reason": call.written(decided[0].reason) if call else "",
        }
    return values | {"scorecard_id": found.scorecard_id, "charge": found.charge_id}


@router.get("/ledger/sheets/{month}/{agent_id:path}")
def show_sheet(
    request: Request, month: MonthPath, agent_id: str, service: Running, viewer: Reader
) -> Response:
    """Show one agent's assessment sheet, to read and to print."""
    lang, reckoning = language(request), reckoning_of(service.settings, service.store)
    with service.store.reading() as session:
        kept = sheet_of(session, viewer.scope, month, agent_id, reckoning)
        agents = agent_names(session)
    sheet, items = kept.sheet, sorted({line.item for line in kept.sheet.lines})
    values = {
        "viewer": viewer,
        "held": kept,
        "sheet": sheet,
        "who": f"{agent_id} {agents.get(agent_id, '')}".strip(),
        "work": work_lines(sheet, lang),
        "readings": reading_lines(Terms.parse(sheet.terms), lang),
        "items": [ITEMS[item] for item in items],
        "yuan": yuan,
        "span": lambda line: Span(line.start_ms, line.end_ms),
        "dry_run": reckoning.dry_run,
    }
    return page(request, "ledger_sheet.html", values)


def _back(address: str, word_key: str) -> Response:
    response = RedirectResponse(address, 303)
    flash(response, word_key)
    return response


def _refused(
    request: Request,
    service: Service,
    viewer: Viewer,
    view: View,
    error: Exception,
    *,
    text: str = "",
) -> Response:
    status = STATUS.get(type(error), 409)
    tried = Tried(why(error, language(request)), text, status)
    return _shown(request, service, viewer, view, "", tried=tried)


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    view: View,
    month: str,
    *,
    tried: Tried = _NOTHING,
) -> Response:
    lang, zone, now = language(request), service.store.zone, datetime.now(UTC)
    reckoning = reckoning_of(service.settings, service.store)
    with service.store.reading() as session:
        this_month = month_of(now.astimezone(zone).date())
        known = list(months_with_entries(session))
        month = month or (known[0] if known else this_month)
        entries = list_entries(session, viewer.scope, EntryFilter(month=month))
        agents = agent_names(session)
        values: dict[str, Any] = {
            "entries": entry_views(entries, agents, lang),
            "people": person_sums(entries, agents),
            "sum": yuan(sum(entry.fen for entry in entries)),
            "cases": [],
            "charges": [],
            "months": [],
            "versions": [],
            "due": 0,
        }
        keeps = viewer.may(Right.KEEP_LEDGER)
        if view == "cases" or reckoning.dry_run:
            cases = cases_now(session, reckoning, now, viewer.scope)
            wanted = (*WAITING, Standing.COUNTS) if reckoning.dry_run else WAITING
            values["cases"] = case_views(
                [case for case in cases if case.standing in wanted], agents, lang
            )
        if view == "charges":
            found = list_charges(session, viewer.scope)
            rules = charge_rules_of(service.settings)
            values["charges"] = charge_views(session, found, viewer, lang, zone, now, rules)
        if view == "months":
            broken = broken_months(session)
            values["months"] = [(one, one.month in broken) for one in closed_months(session)]
            values["versions"] = ruleset_versions(session) if keeps else []
        if keeps and view == "entries":
            values["due"] = len(due_postings(session, reckoning, now))
    values |= {
        "viewer": viewer,
        "view": view,
        "month": month,
        "months_known": sorted({*known, month, this_month}, reverse=True),
        "before": previous_month(month),
        "after": next_month(month),
        "last_month": previous_month(this_month),
        "keeps": keeps,
        "reviews": viewer.may(Right.REVIEW),
        "readings": reading_lines(reckoning.terms, lang),
        "enterable": ENTERABLE,
        "items": ITEMS,
        "dry_run": reckoning.dry_run,
        "tried": tried,
        "zone": zone,
    }
    return page(request, "ledger.html", values, status=tried.status)
