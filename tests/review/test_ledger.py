"""What decisions cost, by the schedule; and that the order in which they came changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.review.booking import (
    Entry,
    EntryKind,
    Posting,
    Why,
    booking_month,
    differences,
    is_rewarded,
    next_month,
    postings,
    previous_month,
    streaks,
    totals,
    totals_due,
    yuan,
)
from qa.review.ledger import Charge, Evidence, Stage, Standing, reckon
from qa.review.schedule import ITEMS, Terms, item_of
from qa.types import Grade

FIRST = datetime(2025, 11, 3, 1, 0, tzinfo=UTC)
STAGES = list(Stage)


def charge(
    number: int,
    stage: Stage = Stage.FINAL,
    *,
    agent_id: str | None = "108",
    item: str | None = None,
    rule_id: str = "IP01",
    ruleset_id: str = "heating-repair",
    at: datetime | None = None,
    grade: Grade = Grade.FINE,
) -> Charge:
    at = at or FIRST + timedelta(hours=number)
    found = Evidence(f"c{number}", number, rule_id, number)
    return Charge(agent_id, at, at.date(), stage, found, item, ruleset_id, grade)


def costs(charges: list[Charge], terms: Terms = Terms()) -> list[int]:  # noqa: B008  # frozen
    return [case.fen for case in reckon(charges, lambda month: terms)]


def test_ten_yuan_each_and_fifty_more_from_the_fourth() -> None:
    assert costs([charge(n) for n in range(5)]) == [1000, 1000, 1000, 6000, 6000]
    assert costs([charge(n) for n in range(5)], Terms(repeat="instead"))[3:] == [5000, 5000]


@pytest.mark.parametrize(
    ("window", "fourth"), [("month", 1000), ("quarter", 6000), ("year", 6000), ("ever", 6000)]
)
def test_the_window_in_which_cases_are_counted(window: str, fourth: int) -> None:
    last = charge(9, at=datetime(2025, 12, 1, 1, tzinfo=UTC))
    assert costs([*(charge(n) for n in range(3)), last], Terms(window=window))[-1] == fourth


def test_each_agent_is_counted_alone() -> None:
    charges = [charge(n, agent_id=str(n % 2)) for n in range(6)]
    assert costs(charges) == [1000] * 6


def test_flags_of_one_call_are_one_case_unless_the_setting_says_otherwise() -> None:
    both = [charge(1, rule_id="TK01"), charge(1, rule_id="TK02")]
    assert costs(both) == [1000]
    assert costs(both, Terms(counts_per="flag")) == [1000, 1000]
    # One of the two is rejected: the case stands on the other one.
    assert costs([replace(both[0], stage=Stage.REJECTED), both[1]]) == [1000]


@pytest.mark.parametrize(
    ("stage", "standing"),
    [
        (Stage.CONFIRMED, Standing.WAITS),
        (Stage.RELEASED, Standing.WAITS),
        (Stage.FROZEN, Standing.FROZEN),
        (Stage.REJECTED, Standing.REJECTED),
        (Stage.RULESET_WITHDRAWN, Standing.RULESET_WITHDRAWN),
    ],
)
def test_only_what_is_final_costs(stage: Stage, standing: Standing) -> None:
    (case,) = reckon([charge(1, stage)], lambda month: Terms())
    assert (case.standing, case.fen) == (standing, 0)


def test_a_released_call_counts_at_once_where_the_setting_says_so() -> None:
    assert costs([charge(1, Stage.RELEASED)], Terms(books_at="released")) == [1000]
    assert costs([charge(1, Stage.FROZEN)], Terms(books_at="released")) == [0]


def test_what_waits_shows_what_it_would_cost() -> None:
    cases = reckon([*(charge(n) for n in range(3)), charge(3, Stage.FROZEN)], lambda m: Terms())
    assert [case.pending_fen for case in cases] == [1000, 1000, 1000, 6000]


@pytest.mark.parametrize(
    ("item", "fen"),
    [
        ("unanswered", 2000),
        ("unreported", 2000),
        ("private_call", 5000),
        ("shouting", 5000),
        ("emergency", 10000),
        ("complaint", 20000),
    ],
)
def test_the_sums_of_the_other_regulations_never_rise(item: str, fen: int) -> None:
    assert costs([charge(n, item=item) for n in range(5)]) == [fen] * 5


@pytest.mark.parametrize(
    ("ruleset", "rule", "grade", "terms", "item"),
    [
        ("heating-repair", "TK01", Grade.FINE, Terms(), "serious"),
        ("heating-callback", "CBV", Grade.FINE, Terms(), "serious"),
        ("heating-repair", "IP01", Grade.SCORE, Terms(), None),
        ("gas-service", "GS04", Grade.FINE, Terms(), "private_call"),
        ("gas-service", "GS04", Grade.HINT, Terms(), None),
        ("gas-service", "FP01", Grade.FINE, Terms(), None),
        ("gas-service", "FP01", Grade.FINE, Terms(abuse_is_fined=True), "shouting"),
        ("gas-service", "IP01", Grade.FINE, Terms(), None),
        ("trading", "FP01", Grade.FINE, Terms(), None),
        ("my-own", "IP01", Grade.FINE, Terms(), None),
        ("my-own", "IP01", Grade.FINE, Terms(regulations={"my-own": "001"}), "serious"),
    ],
)
def test_which_sentence_a_flag_falls_under(
    ruleset: str, rule: str, grade: Grade, terms: Terms, item: str | None
) -> None:
    assert item_of(ruleset, rule, grade, terms) == item


def test_a_fifth_falls_on_the_department_head_who_is_named() -> None:
    charges = [charge(1, item="unreported"), charge(2)]
    assert [case.login for case in reckon(charges, lambda m: Terms())] == [None, None]
    named = reckon(charges, lambda m: Terms(joint_person="wang"))
    assert [(c.login, c.fen) for c in named] == [(None, 2000), ("wang", 400), (None, 1000)]
    every = reckon(charges, lambda m: Terms(joint_person="wang", joint_covers="all"))
    assert totals_due(every) == {"108": 3000, "@wang": 600}


def test_nobody_pays_for_a_call_whose_agent_or_time_nobody_knows() -> None:
    unknown = replace(charge(1), happened_at=None, day=None)
    cases = reckon([charge(2, agent_id=None), unknown], lambda m: Terms())
    assert {(case.standing, case.fen) for case in cases} == {(Standing.UNPLACED, 0)}


def test_each_sum_names_its_sentence() -> None:
    for item in ITEMS.values():
        assert item.quote and item.regulation in ("000", "001", "002", "003")


class Ledger:
    """Books as the store does, in memory."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def bring_up(self, charges: list[Charge], terms: Terms, closed: str = "") -> list[Posting]:
        cases = reckon(charges, lambda month: terms)
        due = postings(self.entries, cases, closed_through=closed)
        for posting in due:
            self.entries.append(self._entry(posting))
        return due

    def _entry(self, posting: Posting) -> Entry:
        number, old, case = len(self.entries) + 1, posting.reverses, posting.case
        if old is not None:
            return replace(
                old,
                entry_id=number,
                kind=EntryKind.REVERSAL,
                fen=posting.fen,
                month=posting.month,
                why=posting.why,
                reverses=old.entry_id,
            )
        assert case is not None and case.item is not None and case.day is not None
        return Entry(
            number,
            case.key,
            posting.kind,
            case.item,
            case.agent_id,
            case.login,
            posting.fen,
            case.ordinal,
            case.day,
            posting.month,
            case.evidence,
            posting.why,
            None,
            case.terms,
        )


def test_what_is_taken_back_is_reversed_and_never_changed() -> None:
    ledger = Ledger()
    ledger.bring_up([charge(n) for n in range(4)], Terms())
    kept = list(ledger.entries)
    due = ledger.bring_up([charge(0, Stage.REJECTED), *(charge(n) for n in (1, 2, 3))], Terms())
    assert ledger.entries[:4] == kept
    # The first falls away, so the fourth becomes the third: it costs 10 instead of 60.
    assert [(p.fen, p.why) for p in due] == [
        (-1000, Why.VERDICT_WITHDRAWN),
        (-6000, Why.RECKONED_ANEW),
        (1000, Why.RECKONED_ANEW),
    ]
    assert totals(ledger.entries) == {"108": 3000}
    assert ledger.bring_up([charge(n) for n in (1, 2, 3)], Terms()) == []


def test_after_a_month_is_closed_its_reversals_count_in_the_next() -> None:
    ledger = Ledger()
    ledger.bring_up([charge(1)], Terms())
    (posting,) = ledger.bring_up([charge(1, Stage.FROZEN)], Terms(), closed="2025-11")
    assert (posting.month, posting.fen, posting.why) == ("2025-12", -1000, Why.FROZEN)
    assert [entry.month for entry in ledger.entries] == ["2025-11", "2025-12"]


MOVES = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(STAGES), st.sampled_from(["108", "136"])),
    max_size=40,
)
TERMS = st.builds(
    Terms,
    window=st.sampled_from(["month", "quarter", "year", "ever"]),
    repeat=st.sampled_from(["add", "instead"]),
    counts_per=st.sampled_from(["call", "flag"]),
    books_at=st.sampled_from(["final", "released"]),
    joint_person=st.sampled_from(["", "wang"]),
    joint_covers=st.sampled_from(["reports", "all"]),
)


@settings(max_examples=150, deadline=None)
@given(MOVES, TERMS, st.data())
def test_any_order_of_decisions_appeals_and_reversals_gives_the_same_total(
    moves: list[tuple[int, Stage, str]], terms: Terms, data: st.DataObject
) -> None:
    ledger, charges, closed = Ledger(), {}, ""
    for number, stage, agent_id in moves:
        at = FIRST + timedelta(days=9 * number)
        charges[number] = charge(number // 2, stage, agent_id=agent_id, at=at)
        ledger.bring_up(list(charges.values()), terms, closed)
        if not closed and data.draw(st.booleans()):
            closed = "2025-11"
    last = list(charges.values())
    replayed = reckon(data.draw(st.permutations(last)), lambda month: terms)
    assert differences(ledger.entries, replayed) == []
    booked = {who: fen for who, fen in totals(ledger.entries).items() if fen}
    assert booked == totals_due(replayed)
    # Booking once what was booked step by step gives the same, and books nothing more.
    once = Ledger()
    once.bring_up(last, terms)
    assert {w: f for w, f in totals(once.entries).items() if f} == booked
    assert ledger.bring_up(last, terms, closed) == []
    reversals = [entry.reverses for entry in ledger.entries if entry.reverses]
    assert len(reversals) == len(set(reversals))
    assert all(isinstance(entry.fen, int) for entry in ledger.entries)


def test_months_follow_each_other() -> None:
    assert (next_month("2025-12"), previous_month("2026-01")) == ("2026-01", "2025-12")
    assert (next_month("2025-09"), previous_month("2025-11")) == ("2025-10", "2025-10")
    assert booking_month(FIRST.date(), "2026-01") == "2026-02"


def test_three_excellent_months_in_a_row() -> None:
    months = {"2025-09": True, "2025-10": True, "2025-11": True, "2025-07": True}
    assert [streaks(months, month) for month in ("2025-10", "2025-11", "2025-12")] == [2, 3, 0]
    every, third = Terms(), Terms(streak_repeats="every_third")
    assert [is_rewarded(n, every) for n in (2, 3, 4, 6)] == [False, True, True, True]
    assert [is_rewarded(n, third) for n in (2, 3, 4, 6)] == [False, True, False, True]


@given(st.integers(-(10**9), 10**9))
def test_sums_in_yuan_are_exact(fen: int) -> None:
    text = yuan(fen)
    assert int(text.replace(".", "")) == fen and text[-3] == "."


def test_readings_are_kept_by_what_they_say() -> None:
    terms = Terms(window="year", regulations={"my-own": "001"})
    assert Terms.parse(terms.text) == terms and Terms.parse(terms.text).name == terms.name
    assert terms.name != Terms().name
