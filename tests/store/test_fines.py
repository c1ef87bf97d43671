"""Entries follow people's decisions: booked once, frozen, reversed, closed; never changed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from qa.errors import NotFoundError
from qa.records import AppealState, FlagAction, ReviewState, Scope, User, UserRole
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal, TransitionError
from qa.review.appeals import ReleaseAction
from qa.review.booking import Entry, Why
from qa.review.ledger import Stage, Standing
from qa.review.rights import scope_of
from qa.review.schedule import Terms
from qa.review.years import MonthState, PersonYear
from qa.store.appeals import AppealRuling, decide_appeal, submit_appeal
from qa.store.audit_reading import AuditFilter
from qa.store.audit_reading import list_entries as audit_entries
from qa.store.call_status import calls_changed
from qa.store.charges import ChargeAction, ChargeDraft, ChargeRules, enter_charge, take_charge_step
from qa.store.fine_months import broken_months, close_month, sheet_of
from qa.store.fine_years import year_sheet_of, year_sheets_of
from qa.store.fines import (
    Reckoning,
    book,
    cases_now,
    check_ledger,
    find_entry,
    list_entries,
)
from qa.store.messages import MessageKind, messages_for
from qa.store.reviews import decide_flag, release_call, review_of
from qa.store.tables import CallRow
from qa.store.tables_fines import FineSheetRow
from qa.store.withdrawals import set_withdrawn
from qa.types import Outcome, Span
from tests.support.call_folders import open_store, settings_for
from tests.support.people import person
from tests.support.review_house import DAY, NOW, House, house

__all__ = ["open_store", "settings_for"]  # their names run this module on both databases
LATER = NOW + 8 * DAY
HASH = "f" * 64
RULES = ChargeRules(7, Terms())
DECEMBER = datetime(2025, 12, 3, 4, 0, tzinfo=UTC)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as centre:
        yield centre


def reckoning(centre: House, **terms: Any) -> Reckoning:
    return Reckoning(Terms(**terms), 7, centre.store.zone)


def confirm(centre: House, call_id: str, *, who: str = "lead3", now: datetime = NOW) -> None:
    """Confirm the fine of a call and release it."""
    with centre.store.writing() as session:
        number = review_of(session, Scope(everything=True), call_id, now).current_id
        user = centre.people[who]
        decide_flag(session, user, call_id, number, "IP01", FlagAction.CONFIRM, now=now)
        release_call(session, user, call_id, number, now=now)


def fined(centre: House, *numbers: int, agent_id: str = "108") -> None:
    for number in numbers:
        centre.judged(f"c{number}", agent_id, "IP01", NOW + timedelta(minutes=number))
        confirm(centre, f"c{number}")


def booked(centre: House, now: datetime = LATER, **terms: Any) -> list[tuple[int, str, str]]:
    with centre.store.writing() as session:
        made = book(session, reckoning(centre, **terms), now)
        assert check_ledger(session, reckoning(centre, **terms), now) == []
    return [(entry.fen, entry.why.value, entry.month) for entry in made]


def entries(centre: House, scope: Scope | None = None) -> list[Entry]:
    with centre.store.reading() as session:
        return list_entries(session, scope)


def appeal(centre: House, call_id: str, now: datetime = NOW) -> int:
    with centre.store.writing() as session:
        amy = centre.people["amy"]
        return submit_appeal(session, amy, call_id, "IP01", "没有承诺", now=now).appeal_id


def ruled(centre: House, appeal_id: int, *, upheld: bool, now: datetime = LATER) -> None:
    with centre.store.writing() as session:
        ruling = AppealRuling(upheld=upheld, answer="听过录音")
        decide_appeal(session, centre.people["head"], appeal_id, ruling, now=now)


def test_a_fine_is_booked_once_the_call_is_final_and_only_once(centre: House) -> None:
    fined(centre, 1)
    assert booked(centre, NOW) == []
    assert booked(centre) == [(1000, "confirmed", "2025-11")]
    assert booked(centre) == []
    (entry,) = entries(centre)
    with centre.store.reading() as session:
        review = review_of(session, Scope(everything=True), "c1", LATER)
        line = review.card.line("IP01")
        assert line is not None and line.decision is not None and entry.evidence is not None
        assert entry.evidence.decision_id == line.decision.decision_id
        assert entry.evidence.scorecard_id == review.scorecard_id
        assert entry.evidence.span == line.line.verdict.matches[0].span
        kinds = [one.kind for one in messages_for(session, centre.people["amy"])]
        assert kinds == [MessageKind.FINE_BOOKED, MessageKind.CALL_RELEASED]
        (logged,) = audit_entries(session, AuditFilter(action="ledger.book"), limit=9)
        assert logged.subject == str(entry.entry_id)


def test_confirming_twice_costs_once(centre: House) -> None:
    centre.judged("c1", "108", "IP01 FP01")
    with centre.store.writing() as session:
        number = review_of(session, Scope(everything=True), "c1", NOW).current_id
        for who in ("lead1", "lead1", "lead3"):
            for rule in ("IP01", "FP01"):
                user = centre.people[who]
                decide_flag(session, user, "c1", number, rule, FlagAction.CONFIRM, now=NOW)
        release_call(session, centre.people["lead1"], "c1", number, now=NOW)
    assert booked(centre) == [(1000, "confirmed", "2025-11")]


def test_what_nobody_confirmed_or_somebody_rejected_costs_nothing(centre: House) -> None:
    centre.judged("c1", "108", "IP01 CL01")
    centre.judged("c2", "108", "IP01")
    with centre.store.writing() as session:
        number = review_of(session, Scope(everything=True), "c2", NOW).current_id
        lead = centre.people["lead1"]
        decide_flag(session, lead, "c2", number, "IP01", FlagAction.REJECT, reason="误听", now=NOW)
        release_call(session, lead, "c2", number, now=NOW)
    assert booked(centre) == []


def test_an_appeal_freezes_and_its_end_decides(centre: House) -> None:
    fined(centre, 1, 2)
    one = appeal(centre, "c1")
    assert booked(centre) == [(1000, "confirmed", "2025-11")]  # c2 alone
    with centre.store.reading() as session:
        standings = {c.key: c.standing for c in cases_now(session, reckoning(centre), LATER)}
    assert standings["serious|108|c1"] is Standing.FROZEN
    ruled(centre, one, upheld=False)
    assert booked(centre) == [(1000, "confirmed", "2025-11")]
    assert [entry.why for entry in entries(centre)] == [Why.CONFIRMED] * 2


def test_where_released_calls_count_an_appeal_takes_the_entry_back(centre: House) -> None:
    fined(centre, 1)
    at_once = {"books_at": "released"}
    assert booked(centre, NOW, **at_once) == [(1000, "confirmed", "2025-11")]
    one = appeal(centre, "c1")
    assert booked(centre, NOW, **at_once) == [(-1000, "frozen", "2025-11")]
    ruled(centre, one, upheld=True)
    assert booked(centre, **at_once) == []
    assert sum(entry.fen for entry in entries(centre)) == 0


def test_the_fourth_case_costs_more_and_less_again(centre: House) -> None:
    fined(centre, 1, 2, 3, 4)
    one = appeal(centre, "c1")
    assert [fen for fen, _, _ in booked(centre)] == [1000] * 3
    ruled(centre, one, upheld=False)
    assert sorted(fen for fen, _, _ in booked(centre)) == [-1000, 1000, 6000]
    assert sum(entry.fen for entry in entries(centre)) == 9000


def test_a_withdrawn_ruleset_version_gives_back_and_can_be_reinstated(centre: House) -> None:
    fined(centre, 1)
    booked(centre)

    def withdraw(who: str, *, withdrawn: bool = True) -> None:
        with centre.store.writing() as session:
            user = centre.people[who]
            set_withdrawn(session, user, HASH, withdrawn=withdrawn, reason="词表有误", now=LATER)

    with pytest.raises(NotAllowedError):
        withdraw("lead3")
    withdraw("head")
    with pytest.raises(TransitionError):
        withdraw("head")
    assert booked(centre) == [(-1000, "ruleset_withdrawn", "2025-11")]
    withdraw("head", withdrawn=False)
    assert booked(centre) == [(1000, "confirmed", "2025-11")]


def test_another_reading_is_booked_as_a_reversal_and_a_new_entry(centre: House) -> None:
    fined(centre, 1, 2, 3, 4)
    booked(centre)
    assert [fen for fen, _, _ in booked(centre, repeat="instead")] == [-6000, 5000]


def test_a_closed_month_stays_and_what_comes_later_counts_in_the_next(centre: House) -> None:
    fined(centre, 1, 2)
    at_once = reckoning(centre, books_at="released", repeat="instead")
    head = centre.people["head"]
    with centre.store.writing() as session:
        with pytest.raises(TransitionError) as caught:
            close_month(session, head, "2025-11", at_once, NOW)
        assert caught.value.refusal is Refusal.MONTH_NOT_OVER
    with centre.store.writing() as session:
        closed = close_month(session, head, "2025-11", at_once, DECEMBER)
        assert close_month(session, head, "2025-11", at_once, DECEMBER) == closed
        kept = sheet_of(session, scope_of(head), "2025-11", "108", at_once)
    assert (kept.is_frozen, kept.sheet.total, kept.sheet.work.calls) == (True, 2000, 2)
    # A ruleset version is withdrawn after the month was closed.
    with centre.store.writing() as session:
        set_withdrawn(session, head, HASH, withdrawn=True, reason="词表有误", now=DECEMBER)
    made = booked(centre, DECEMBER, window="year")
    assert made == [(-1000, "ruleset_withdrawn", "2025-12")] * 2
    with centre.store.writing() as session:
        after = sheet_of(session, scope_of(head), "2025-11", "108", reckoning(centre))
        assert after == kept and broken_months(session) == []
        december = sheet_of(session, scope_of(head), "2025-12", "108", reckoning(centre))
        assert (december.sheet.total, december.is_frozen) == (-2000, False)
        text = FineSheetRow.text
        session.execute(update(FineSheetRow).values(text=kept.sheet.text.replace("1000", "9000")))
        assert text is not None and broken_months(session) == ["2025-11"]
        session.rollback()


def test_a_year_adds_up_its_sheets_and_says_what_became_of_each_month(centre: House) -> None:
    fined(centre, 1, 2)
    head, everything = centre.people["head"], Scope(everything=True)
    with centre.store.writing() as session:
        close_month(session, head, "2025-11", reckoning(centre), DECEMBER)
        set_withdrawn(session, head, HASH, withdrawn=True, reason="词表有误", now=DECEMBER)
        book(session, reckoning(centre), DECEMBER)
    centre.judged("d1", "136", "", DECEMBER - DAY)
    wanted = PersonYear("2025", "108")
    with centre.store.reading() as session:
        year = year_sheet_of(session, everything, wanted, reckoning(centre), DECEMBER)
        months = [
            sheet_of(session, everything, month, "108", reckoning(centre))
            for month in ("2025-11", "2025-12")
        ]
        assert [one.sheet.total for one in months] == [2000, -2000]
        assert year.sheets == tuple(one.sheet for one in months)
        assert (year.fined, year.given_back, year.total, year.work.calls) == (2000, 2000, 0, 2)
        assert [one.state for one in year.months[10:]] == [MonthState.CLOSED, MonthState.OPEN]
        assert len(year.in_state(MonthState.BEFORE)) == 10, "nothing was known of them before"
        assert year.in_state(MonthState.MISSING) == () and not year.is_final
        assert year.months[10].sheet_hash == months[0].sheet_hash
        other = PersonYear("2025", "136")
        theirs = year_sheet_of(session, everything, other, reckoning(centre), DECEMBER)
        assert theirs.in_state(MonthState.NOTHING) == ("2025-11",)
        assert len(theirs.in_state(MonthState.BEFORE)) == 10
        everybody = year_sheets_of(session, everything, "2025", reckoning(centre), DECEMBER)
        assert {year.agent_id: year, "136": theirs}.items() <= {
            one.agent_id: one for one in everybody
        }.items()
        own = scope_of(centre.people["amy"])
        mine = year_sheets_of(session, own, "2025", reckoning(centre), DECEMBER)
        assert mine == [year]
        assert year_sheet_of(session, own, wanted, reckoning(centre), DECEMBER) == year
        before = year_sheet_of(session, everything, wanted, reckoning(centre), NOW)
        assert before.months[11].state is MonthState.AHEAD and before.total == 2000
        for scope, year_of in ((Scope(agent_id="136"), "2025"), (everything, "2024")):
            with pytest.raises(NotFoundError):
                other = PersonYear(year_of, "108")
                year_sheet_of(session, scope, other, reckoning(centre), DECEMBER)


def test_earlier_months_are_closed_first_and_a_trial_closes_nothing(centre: House) -> None:
    fined(centre, 1)
    booked(centre)
    head, now = centre.people["head"], DECEMBER + 40 * DAY
    for given, refusal in (
        (reckoning(centre), Refusal.EARLIER_MONTH_OPEN),
        (replace(reckoning(centre), dry_run=True), Refusal.DRY_RUN),
    ):
        with centre.store.writing() as session, pytest.raises(TransitionError) as caught:
            close_month(session, head, "2025-12", given, now)
        assert caught.value.refusal is refusal
    with centre.store.writing() as session, pytest.raises(NotAllowedError):
        close_month(session, centre.people["lead3"], "2025-11", reckoning(centre), now)


def test_a_month_with_calls_is_not_left_out_between_closed_ones(centre: House) -> None:
    head = centre.people["head"]
    for month in (9, 10):
        centre.judged(f"m{month}", "108", "", datetime(2025, month, 5, tzinfo=UTC))
    with centre.store.writing() as session:
        close_month(session, head, "2025-09", reckoning(centre), DECEMBER)
    for month, refusal in (("2025-11", Refusal.EARLIER_MONTH_OPEN), ("2025-10", None)):
        with centre.store.writing() as session:
            if refusal is None:
                assert close_month(session, head, month, reckoning(centre), DECEMBER).sheets == 1
                continue
            with pytest.raises(TransitionError) as caught:
                close_month(session, head, month, reckoning(centre), DECEMBER)
            assert caught.value.refusal is refusal


def give(centre: House, call_id: str, agent_id: str) -> None:
    """Give a call to another agent."""
    with centre.store.writing() as session:
        own = CallRow.call_id == call_id
        session.execute(update(CallRow).where(own).values(agent_id=agent_id))
        calls_changed(session, [call_id], LATER)


def test_a_call_given_to_another_agent_costs_them_nothing_before_they_were_told(
    centre: House,
) -> None:
    fined(centre, 1)
    entered(centre)
    step(centre, "head", ChargeAction.CONFIRM)
    assert sorted(fen for fen, _, _ in booked(centre)) == [1000, 20_000]
    give(centre, "c1", "136")
    assert sorted(booked(centre)) == [
        (-20_000, "verdict_withdrawn", "2025-11"),
        (-1000, "verdict_withdrawn", "2025-11"),
    ]
    with centre.store.reading() as session:
        cases = cases_now(session, reckoning(centre), LATER)
        assert {(c.agent_id, c.standing, c.fen) for c in cases} == {("136", Standing.WAITS, 0)}
        told = [one.kind for one in messages_for(session, centre.people["amy"])]
        assert told.count(MessageKind.FINE_REVERSED) == 2
        assert messages_for(session, centre.people["sun"]) == []
    give(centre, "c1", "108")
    assert sorted(fen for fen, _, _ in booked(centre)) == [20_000]
    confirm(centre, "c1", who="head", now=LATER)  # released anew, with a new window
    assert sorted(fen for fen, _, _ in booked(centre, LATER + 8 * DAY)) == [1000]


def test_a_call_given_to_another_agent_is_reviewed_anew_and_told_to_them(centre: House) -> None:
    fined(centre, 1)
    booked(centre)
    give(centre, "c1", "136")
    booked(centre)
    everything = Scope(everything=True)
    with centre.store.writing() as session:
        review = review_of(session, everything, "c1", LATER)
        assert review.state is ReviewState.STARTED and review.release is None
        assert review.steps[-1].action is ReleaseAction.REOPEN and review.steps[-1].done_by is None
        line = review.card.line("IP01")
        assert line is not None and line.decision is not None  # what people decided stays
        told = [one.kind for one in messages_for(session, centre.people["amy"])]
        assert MessageKind.CALL_MOVED in told
        (logged,) = audit_entries(session, AuditFilter(action="review.moved"), limit=9)
        assert logged.subject == "c1"
        calls_changed(session, ["c1"], LATER)  # harmless to repeat
        assert len(review_of(session, everything, "c1", LATER).steps) == len(review.steps)
        head = centre.people["head"]
        release_call(session, head, "c1", review.current_id, now=LATER)
        assert MessageKind.CALL_RELEASED in [
            one.kind for one in messages_for(session, centre.people["sun"])
        ]
    assert booked(centre, LATER + 8 * DAY) == [(1000, "confirmed", "2025-11")]
    assert entries(centre)[-1].agent_id == "136"


def test_a_call_under_appeal_is_reviewed_anew_once_that_is_decided(centre: House) -> None:
    fined(centre, 1)
    number = appeal(centre, "c1")
    give(centre, "c1", "136")
    everything = Scope(everything=True)
    with centre.store.reading() as session:
        assert review_of(session, everything, "c1", NOW).state is ReviewState.APPEALED
    ruled(centre, number, upheld=False)
    with centre.store.reading() as session:
        assert review_of(session, everything, "c1", LATER).state is ReviewState.STARTED
        told = [one.kind for one in messages_for(session, centre.people["amy"])]
        assert MessageKind.APPEAL_DISMISSED in told  # the answer is hers, not the new agent's
        assert messages_for(session, centre.people["sun"]) == []
    assert booked(centre) == []


def test_the_department_head_has_a_sheet_and_is_told_and_decides_nothing_of_it(
    centre: House,
) -> None:
    centre.judged("c1", "108", "")
    entered(centre, item="unreported")
    terms = Terms(joint_person="head")
    with pytest.raises(NotAllowedError) as caught:
        step(centre, "head", ChargeAction.WITHDRAW, rules=ChargeRules(7, terms))
    assert caught.value.refusal is Refusal.ABOUT_ONESELF
    step(centre, "head2", ChargeAction.CONFIRM, rules=ChargeRules(7, terms))
    assert sorted(fen for fen, _, _ in booked(centre, joint_person="head")) == [400, 2000]
    own = reckoning(centre, joint_person="head")
    with centre.store.reading() as session:
        everyone, team = Scope(everything=True), scope_of(centre.people["lead1"])
        kept = sheet_of(session, everyone, "2025-11", "@head", own)
        assert (kept.sheet.total, kept.sheet.is_excellent) == (400, False)
        assert [line.kind for line in kept.sheet.lines] == ["joint"]
        with pytest.raises(NotFoundError):
            sheet_of(session, team, "2025-11", "@head", own)
        told = [one.kind for one in messages_for(session, centre.people["head"])]
        assert MessageKind.FINE_BOOKED in told
    with centre.store.writing() as session:
        close_month(session, centre.people["head2"], "2025-11", own, DECEMBER)
        assert broken_months(session) == []
        assert sheet_of(session, everyone, "2025-11", "@head", own).is_frozen


def test_who_pays_a_share_of_every_fine_takes_none_back(centre: House) -> None:
    """Confirming and dismissing cost them money, and stay theirs; others take fines back."""
    head, other = centre.people["head"], centre.people["head2"]
    centre.judged("c1", "108", "IP01 CL01")
    with centre.store.reading() as session:
        number = review_of(session, Scope(everything=True), "c1", NOW).current_id

    def decide(user: User, rule: str, action: FlagAction, **more: Any) -> None:
        with centre.store.writing() as session:
            args = ("c1", number, rule, action)
            decide_flag(session, user, *args, reason="听过", payer="head", now=NOW, **more)

    changing = {"outcome": Outcome.MET}
    for action, more in ((FlagAction.REJECT, {}), (FlagAction.CHANGE, changing)):
        with pytest.raises(NotAllowedError) as caught:
            decide(head, "IP01", action, **more)
        assert caught.value.refusal is Refusal.ABOUT_ONESELF
    decide(head, "CL01", FlagAction.REJECT)  # costs nobody money
    decide(head, "IP01", FlagAction.CONFIRM)
    decide(other, "IP01", FlagAction.REJECT)
    decide(other, "IP01", FlagAction.CONFIRM)
    with centre.store.writing() as session:
        release_call(session, centre.people["lead1"], "c1", number, now=NOW)
    one = appeal(centre, "c1")
    third = person(centre.store, UserRole.HEAD)
    with centre.store.writing() as session:
        ruling = AppealRuling(upheld=True, answer="听过录音")
        with pytest.raises(NotAllowedError) as caught:
            decide_appeal(session, third, one, ruling, payer=third.login, now=LATER)
        assert caught.value.refusal is Refusal.ABOUT_ONESELF
        session.rollback()
    with centre.store.writing() as session:
        kept = decide_appeal(
            session, third, one, AppealRuling(False, "听过"), payer=third.login, now=LATER
        )
        assert kept.state is AppealState.DISMISSED
    with centre.store.writing() as session:
        for payer in ("head", "head2"):
            args = {"withdrawn": True, "reason": "词表有误", "payer": payer, "now": LATER}
            if payer == "head":
                with pytest.raises(NotAllowedError):
                    set_withdrawn(session, head, HASH, **args)
            else:
                set_withdrawn(session, head, HASH, **args)


def test_an_agent_is_told_once_that_a_fine_was_reckoned_anew(centre: House) -> None:
    fined(centre, 1, 2, 3, 4)
    one = appeal(centre, "c1")
    booked(centre)
    ruled(centre, one, upheld=False)
    assert sorted(fen for fen, _, _ in booked(centre)) == [-1000, 1000, 6000]
    with centre.store.reading() as session:
        told = [one.kind for one in messages_for(session, centre.people["amy"])]
    assert told.count(MessageKind.FINE_RECKONED) == 1
    assert told.count(MessageKind.FINE_BOOKED) == 4


def test_three_excellent_months_are_rewarded_once(centre: House) -> None:
    terms = {"excellent_calls": 1, "excellent_score": 90, "reward_fen": 10_000}
    head = centre.people["head"]
    for month in (9, 10, 11):
        centre.judged(f"m{month}", "108", "", datetime(2025, month, 5, tzinfo=UTC))
        with centre.store.writing() as session:
            now = datetime(2025, month + 1, 2, tzinfo=UTC)
            for _ in range(2):
                close_month(session, head, f"2025-{month:02d}", reckoning(centre, **terms), now)
    with centre.store.reading() as session:
        sheet = sheet_of(session, scope_of(head), "2025-11", "108", reckoning(centre)).sheet
    assert (sheet.streak, sheet.rewarded, sheet.total, sheet.rewards) == (3, True, -10_000, 10_000)
    assert [(entry.fen, entry.month) for entry in entries(centre)] == [(-10_000, "2025-11")]


def test_each_sees_the_entries_of_their_own_scope(centre: House) -> None:
    fined(centre, 1)
    fined(centre, 2, agent_id="136")
    booked(centre, joint_person="head", joint_covers="all")
    seen = {
        who: [entry.agent_id for entry in entries(centre, scope_of(centre.people[who]))]
        for who in ("amy", "sun", "lead1", "lead2", "head", "admin")
    }
    assert seen["amy"] == seen["lead1"] == ["108"]
    assert seen["sun"] == seen["lead2"] == ["136"]
    assert sorted(str(one) for one in seen["head"]) == ["108", "136", "None", "None"]
    assert seen["admin"] == []
    with centre.store.reading() as session, pytest.raises(NotFoundError):
        find_entry(session, scope_of(centre.people["sun"]), 1)


def entered(centre: House, who: str = "lead1", **given: Any) -> int:
    draft = ChargeDraft("complaint", "c1", Span(100, 2000), "用户投诉，已核实")
    with centre.store.writing() as session:
        user = centre.people[who]
        return enter_charge(session, user, replace(draft, **given), now=NOW).charge_id


def step(
    centre: House,
    who: str,
    action: ChargeAction,
    number: int = 1,
    now: datetime = NOW,
    rules: ChargeRules | None = None,
) -> Stage:
    with centre.store.writing() as session:
        user = centre.people[who]
        done = take_charge_step(
            session, user, number, action, "听过了", now=now, rules=rules or RULES
        )
        return done.stage(now, 7)


def test_what_a_person_enters_needs_another_person_and_hears_the_agent(centre: House) -> None:
    centre.judged("c1", "108", "")
    assert entered(centre, "head") == entered(centre, "head") == 1
    with pytest.raises(NotAllowedError) as caught:
        step(centre, "head", ChargeAction.CONFIRM)
    assert caught.value.refusal is Refusal.OWN_CHARGE
    assert booked(centre) == []
    assert step(centre, "head2", ChargeAction.CONFIRM) is Stage.RELEASED
    assert booked(centre, NOW) == []
    with pytest.raises(NotFoundError):
        step(centre, "sun", ChargeAction.OBJECT)
    assert step(centre, "amy", ChargeAction.OBJECT) is Stage.FROZEN
    assert booked(centre) == []
    with pytest.raises(NotAllowedError):
        step(centre, "head2", ChargeAction.DISMISS, now=LATER)
    assert step(centre, "head2", ChargeAction.WITHDRAW, now=LATER) is Stage.REJECTED
    assert booked(centre) == []
    with pytest.raises(TransitionError):
        step(centre, "amy", ChargeAction.OBJECT, now=LATER)


def test_a_charge_nobody_objects_to_is_booked_and_can_be_withdrawn(centre: House) -> None:
    centre.judged("c1", "108", "")
    entered(centre)
    step(centre, "head", ChargeAction.CONFIRM)
    assert booked(centre) == [(20_000, "confirmed", "2025-11")]
    (entry,) = entries(centre)
    assert entry.evidence is not None
    assert (entry.evidence.charge_id, entry.evidence.span) == (1, Span(100, 2000))
    step(centre, "head2", ChargeAction.WITHDRAW, now=LATER)
    assert booked(centre) == [(-20_000, "verdict_withdrawn", "2025-11")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"item": "streak"},
        {"item": "unheard-of"},
        {"span": Span(0, 60_001)},
        {"span": Span(5, 5)},
        {"text": " "},
    ],
)
def test_a_charge_without_a_clip_is_refused(centre: House, wrong: dict[str, Any]) -> None:
    centre.judged("c1", "108", "")
    with pytest.raises(InvalidRequestError):
        entered(centre, **wrong)


def test_nobody_enters_charges_for_other_teams_or_themselves(centre: House) -> None:
    centre.judged("c1", "169", "")
    for who, kind in (
        ("lead1", NotFoundError),
        ("lead2", NotAllowedError),
        ("amy", NotAllowedError),
    ):
        with pytest.raises(kind):
            entered(centre, who)
