"""Scorecards: what is taken off, what is not, and what names them."""

import dataclasses
import logging
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from qa.scoring.check import Check, Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Group, Rule, Ruleset, load_ruleset
from qa.scoring.scorecard import context_revision, score_call, transcript_key
from qa.types import (
    Call,
    Direction,
    Grade,
    Notice,
    Outcome,
    ReleasedBy,
    Role,
    Scorecard,
    Ticket,
    Transcript,
    Verdict,
)

TRANSCRIPT = parse_dialogue("坐席: 您好\n客户: 我叫张建国")
SHANGHAI = timezone(timedelta(hours=8))
CALL = Call(
    call_id="c1",
    started_at=datetime(2025, 10, 3, 9, 30, tzinfo=SHANGHAI),
    agent_id="108",
    direction=Direction.INBOUND,
    ring_count=2,
    released_by=ReleasedBy.CUSTOMER,
    caller_number="13904561827",
    ticket_id="t1",
    source="pbx",
    ruleset="heating-repair",
    ticket=Ticket("t1", "张建国", "幸福小区", "13904561827", "不热", "城东"),
    notices=(Notice("国庆节", date(2025, 10, 1), date(2025, 10, 8)),),
)


@dataclass(frozen=True)
class Fixed(Check):
    """A check that finds what it is told to find."""

    kind = "fixed"
    outcome: Outcome

    def run(self, scene: Scene) -> Verdict:
        return Verdict(self.outcome, "low_confidence")


@dataclass(frozen=True)
class Breaks(Check):
    """A check with a bug, whose error holds a customer's words."""

    kind = "breaks"

    def run(self, scene: Scene) -> Verdict:
        raise KeyError(scene.transcript.utterances[1].text)


def rule(
    rule_id: str,
    check: Check | Outcome,
    points: int = 10,
    *,
    grade: Grade = Grade.SCORE,
    critical: bool = False,
    group: str = "a",
) -> Rule:
    return Rule(
        rule_id=rule_id,
        title="规则",
        title_en="Rule",
        group=group,
        regulations=(),
        check=Fixed(check) if isinstance(check, Outcome) else check,
        parameters={},
        grade=grade,
        points=points,
        critical=critical,
        examples=(),
    )


def score(*rules: Rule) -> Scorecard:
    groups = (Group("a", "甲", "A"), Group("b", "乙", "B"))
    ruleset = Ruleset("set", "集", "Set", 1, {}, groups, rules, "h" * 64)
    return score_call(TRANSCRIPT, CALL, ruleset)


def test_only_violations_take_points() -> None:
    scorecard = score(*(rule(f"R{i}", outcome) for i, outcome in enumerate(Outcome)))
    assert scorecard.total == 90
    assert [line.points for line in scorecard.lines] == [
        10 if outcome is Outcome.VIOLATED else 0 for outcome in Outcome
    ]
    assert {flag.verdict.outcome for flag in scorecard.flags} == {
        Outcome.VIOLATED,
        Outcome.UNDECIDED,
    }


def test_hints_never_take_points() -> None:
    scorecard = score(rule("H1", Outcome.VIOLATED, 10, grade=Grade.HINT))
    assert (scorecard.total, scorecard.lines[0].points) == (100, 0)
    assert scorecard.lines[0].is_flag


def test_the_total_does_not_fall_below_zero() -> None:
    assert score(*(rule(f"R{i}", Outcome.VIOLATED, 60) for i in range(2))).total == 0


@pytest.mark.parametrize(
    ("outcome", "total", "failure"),
    [(Outcome.VIOLATED, 0, True), (Outcome.UNDECIDED, 100, False), (Outcome.MET, 100, False)],
)
def test_a_critical_rule_decides_alone(outcome: Outcome, total: int, failure: bool) -> None:
    scorecard = score(rule("C1", outcome, critical=True), rule("R1", Outcome.MET))
    assert (scorecard.total, scorecard.critical_failure) == (total, failure)


def test_groups_sum_up_their_lines_in_ruleset_order() -> None:
    scorecard = score(
        rule("B1", Outcome.VIOLATED, 7, group="b"),
        rule("A1", Outcome.VIOLATED, 3),
        rule("A2", Outcome.UNDECIDED),
        rule("A3", Outcome.VIOLATED, 2),
    )
    rows = [(g.group, g.title_en, g.deducted, g.violated, g.undecided) for g in scorecard.groups]
    assert rows == [("a", "A", 5, 2, 1), ("b", "B", 7, 1, 0)]
    assert scorecard.total == 100 - sum(group.deducted for group in scorecard.groups)
    assert [line.rule_id for line in scorecard.lines] == ["B1", "A1", "A2", "A3"]


def test_a_broken_check_is_undecided_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        scorecard = score(rule("X1", Breaks(), critical=True), rule("R1", Outcome.VIOLATED))
    broken = scorecard.lines[0]
    assert broken.verdict.outcome is Outcome.UNDECIDED
    assert broken.verdict.reason == "check_failed"
    assert broken.verdict.details == (("error", "KeyError"),)
    assert scorecard.total == 90
    assert "X1" in caplog.text and "KeyError" in caplog.text and "test_scorecard" in caplog.text
    assert "张建国" not in caplog.text


def test_what_names_a_scorecard() -> None:
    scorecard = score(rule("R1", Outcome.MET))
    assert scorecard.call_id == "c1"
    assert scorecard.transcript_key == f"{TRANSCRIPT.recording_id}:dialogue"
    assert scorecard.transcript_key == transcript_key(TRANSCRIPT)
    assert scorecard.context == context_revision(CALL)
    assert (scorecard.ruleset_id, scorecard.ruleset_hash) == ("set", "h" * 64)
    assert scorecard == score(rule("R1", Outcome.MET))


def test_the_context_follows_every_field_of_call_and_ticket() -> None:
    assert CALL.ticket is not None and CALL.started_at is not None
    changed = {
        "started_at": CALL.started_at + timedelta(minutes=1),
        "direction": Direction.OUTBOUND,
        "ring_count": 3,
        "released_by": ReleasedBy.AGENT,
        "notices": (),
        "ticket": None,
    }
    for field in dataclasses.fields(Call):
        other = replace(CALL, **{field.name: changed.get(field.name, "other")})
        assert context_revision(other) != context_revision(CALL), field.name
    for field in dataclasses.fields(Ticket):
        ticket = replace(CALL.ticket, **{field.name: "other"})
        assert context_revision(replace(CALL, ticket=ticket)) != context_revision(CALL), field.name


def test_only_notices_that_touch_the_day_change_the_context() -> None:
    (notice,) = CALL.notices
    past = Notice("元旦", date(2025, 1, 1), date(2025, 1, 3))
    last_day = Notice("中秋节", date(2025, 10, 1), date(2025, 10, 3))
    before = context_revision(CALL)
    assert context_revision(replace(CALL, notices=(past, notice))) == before
    both = context_revision(replace(CALL, notices=(last_day, notice)))
    assert both == context_revision(replace(CALL, notices=(notice, last_day))) != before
    undated = replace(CALL, started_at=None)
    assert context_revision(replace(undated, notices=(past, notice))) != context_revision(undated)


def test_the_day_is_the_call_centres_own() -> None:
    local = replace(CALL, started_at=datetime(2025, 10, 9, 0, 30, tzinfo=SHANGHAI))
    as_utc = replace(CALL, started_at=datetime(2025, 10, 8, 16, 30, tzinfo=UTC))
    assert context_revision(local) == context_revision(replace(local, notices=()))
    assert context_revision(as_utc) != context_revision(replace(as_utc, notices=()))


def doubtful(*roles: Role) -> Transcript:
    """A mono call of four utterances, by who is told to have said each."""
    said = (
        "您好，大龙供暖报修，请问您有什么问题？",
        "我家暖气一直都不热，怎么办呀？",
        "这个不归我们管。",
        "请问您的具体地址在哪里？",
    )
    heard = parse_dialogue("\n".join(f"坐席: {text}" for text in said))
    told = tuple(
        replace(u, role=role, role_confidence=0.0 if role is Role.UNKNOWN else 0.9)
        for u, role in zip(heard.utterances, roles, strict=True)
    )
    return replace(heard, utterances=told)


@pytest.mark.parametrize(
    ("third", "outcome"),
    [
        (Role.AGENT, Outcome.VIOLATED),
        (Role.CUSTOMER, Outcome.MET),
        (Role.UNKNOWN, Outcome.UNDECIDED),
    ],
)
def test_a_verdict_must_not_hang_on_who_said_a_doubtful_word(third: Role, outcome: Outcome) -> None:
    transcript = doubtful(Role.AGENT, Role.CUSTOMER, third, Role.AGENT)
    card = score_call(transcript, Call("c"), load_ruleset("heating-repair"))
    lines = {line.rule_id: line.verdict for line in card.lines}
    assert lines["FP02"].outcome is outcome
    assert lines["FP01"].outcome is Outcome.MET  # neither reading holds an insult
    assert (lines["FP02"].reason == "role_unknown") == (third is Role.UNKNOWN)


def test_a_call_of_which_too_much_is_doubtful_has_no_roles() -> None:
    transcript = doubtful(Role.AGENT, Role.UNKNOWN, Role.UNKNOWN, Role.AGENT)
    scene = Scene(transcript, Call("c"))
    assert scene.readings is None and not scene.roles_known
