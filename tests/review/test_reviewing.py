"""What counts of a scorecard, by the machine's own arithmetic; who is drawn, and by what."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.records import Basis, DrawnBy, FlagAction, FlagDecision
from qa.review.reviewing import (
    effective_card,
    machine_score,
    machine_severity,
    same_counts,
    unchanged_rules,
)
from qa.review.sampling import Candidate, Plan, chance, choose, draw, draw_daily, risk
from qa.types import Grade, Outcome
from tests.support.review_house import RULES, card

AT = datetime(2025, 11, 20, tzinfo=UTC)
DAY = date(2025, 11, 20)
MARKS = st.lists(
    st.tuples(st.sampled_from(["", "?", "+"]), st.sampled_from(sorted(RULES))),
    unique_by=lambda mark: mark[1],
).map(lambda marks: " ".join(sign + rule for sign, rule in marks))


def decided(rule_id: str, action: FlagAction, number: int = 1) -> FlagDecision:
    return FlagDecision(number, "c", 1, rule_id, action, None, None, "x", 1, AT, None)


@given(MARKS)
def test_confirming_everything_gives_what_scoring_gave(marks: str) -> None:
    one = card("c", marks)
    decisions = [decided(line.rule_id, FlagAction.CONFIRM) for line in one.flags]
    reviewed = effective_card(one, decisions)
    assert reviewed.score == one.total
    assert reviewed.critical_failure == one.critical_failure
    assert [group.deducted for group in reviewed.groups] == [sum(line.points for line in one.lines)]
    assert reviewed.machine == machine_score(one)
    assert not reviewed.flags or reviewed.basis is Basis.REVIEWED


@given(MARKS)
def test_rejecting_everything_gives_all_points(marks: str) -> None:
    one = card("c", marks)
    decisions = [decided(line.rule_id, FlagAction.REJECT) for line in one.flags]
    reviewed = effective_card(one, decisions)
    assert (reviewed.score, max(line.severity for line in reviewed.lines)) == (100, 0)


@given(MARKS)
def test_the_machine_alone_takes_nothing_for_fines(marks: str) -> None:
    one = card("c", marks)
    plain = " ".join(m for m in marks.split() if RULES[m.lstrip("?+")][0] is not Grade.FINE)
    assert machine_score(one) == card("c", plain).total
    reviewed = effective_card(one, [])
    assert (reviewed.score, reviewed.basis) == (machine_score(one), Basis.MACHINE)
    assert max(line.severity for line in reviewed.lines) == machine_severity(one)


@given(MARKS, MARKS)
def test_only_the_same_verdict_is_carried(before: str, after: str) -> None:
    old, new = card("c", before), card("c", after)
    same = {m for m in before.split() if m in after.split() and not m.startswith("+")}
    assert unchanged_rules(old, new) == {m.lstrip("?") for m in same}
    assert unchanged_rules(old, card("c", after, at_ms=7)) == frozenset()


def test_notes_decide_nothing_and_the_last_decision_counts() -> None:
    one = card("c", "CL01")
    steps = [
        decided("CL01", FlagAction.REJECT, 1),
        decided("CL01", FlagAction.CONFIRM, 2),
        decided("CL01", FlagAction.NOTE, 3),
    ]
    assert effective_card(one, steps[2:]).basis is Basis.MACHINE
    assert effective_card(one, steps[:1]).score == 100
    assert effective_card(one, steps).score == 90


def test_what_is_held_against_the_agent_is_compared_rule_by_rule() -> None:
    old = effective_card(card("c", "CL01"), [decided("CL01", FlagAction.CONFIRM)])
    hint = effective_card(card("c", "CL01 ?ID01"), [decided("CL01", FlagAction.CONFIRM)])
    other = effective_card(card("c", "CL01 SP01"), [decided("CL01", FlagAction.CONFIRM)])
    assert same_counts(old, hint)
    assert not same_counts(old, other)  # a hint violated now: nothing off, but held


def candidate(number: int, agent: str = "108", **given: int) -> Candidate:
    values = {"severity": 0, "undecided": 0, "duration_ms": 60_000, "earlier_calls": 99} | given
    return Candidate(f"c{number}", agent, **values)


def test_the_draw_is_the_same_for_everybody() -> None:
    calls = [candidate(n, str(n % 3)) for n in range(30)]
    first = draw_daily("seed", DAY, calls, Plan(3, 0.34))
    assert draw_daily("seed", DAY, calls[::-1], Plan(3, 0.34)) == first
    assert draw_daily("other", DAY, calls, Plan(3, 0.34)) != first
    assert draw_daily("seed", date(2025, 11, 21), calls, Plan(3, 0.34)) != first
    assert [one.drawn_by for one in first] == [DrawnBy.CHANCE, DrawnBy.CHANCE, DrawnBy.RISK] * 3
    assert len({one.call_id for one in first}) == 9


def test_a_lot_is_what_the_documents_say() -> None:
    import hashlib

    text = b"seed\n2025-11-20\n108\nc1"
    assert chance("seed", DAY, candidate(1)) == hashlib.sha256(text).hexdigest()


def test_every_call_has_the_same_chance() -> None:
    calls = [candidate(n, severity=n % 6) for n in range(20)]
    hits = [0] * 20
    for seed in range(2000):
        (one,) = draw(str(seed), DAY, calls, Plan(1, 0.0))
        hits[int(one.call_id[1:])] += 1
    assert min(hits) > 60  # 100 expected each; four standard deviations below are 61
    assert max(hits) < 140


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, 0.0),
        ({"severity": 5}, 0.40),
        ({"undecided": 2}, 0.125),
        ({"undecided": 9}, 0.25),
        ({"earlier_calls": 0}, 0.20),
        ({"earlier_calls": 25}, 0.10),
        ({"duration_ms": 480_000}, 0.075),
        ({"severity": 5, "undecided": 4, "earlier_calls": 0, "duration_ms": 780_000}, 1.0),
    ],
)
def test_risk_is_the_documented_sum(given: dict[str, int], expected: float) -> None:
    assert risk(candidate(1, **given)) == pytest.approx(expected)


def test_risk_takes_the_riskiest_of_what_chance_left() -> None:
    calls = [candidate(n, severity=5 if n == 7 else 0) for n in range(10)]
    drawn = draw("s", DAY, calls, Plan(2, 0.5))
    by_risk = [one.call_id for one in drawn if one.drawn_by is DrawnBy.RISK]
    by_chance = [one.call_id for one in drawn if one.drawn_by is DrawnBy.CHANCE]
    assert "c7" in by_chance or by_risk == ["c7"]
    assert draw("s", DAY, calls[:1], Plan(2, 0.5))[0].drawn_by is DrawnBy.CHANCE


def test_somebody_is_chosen_among_several_leads_or_nobody() -> None:
    assert choose("s", DAY, "108", []) is None
    chosen = {choose("s", DAY, str(agent), [9, 4, 7]) for agent in range(50)}
    assert chosen == {4, 7, 9}
    assert choose("s", DAY, "108", [9, 4, 7]) == choose("s", DAY, "108", [7, 9, 4])


def test_an_undecided_line_keeps_its_outcome_when_confirmed() -> None:
    reviewed = effective_card(card("c", "?IP01"), [decided("IP01", FlagAction.CONFIRM)])
    line = reviewed.line("IP01")
    assert line is not None
    assert (line.outcome, line.points, line.severity) == (Outcome.UNDECIDED, 0, 0)
