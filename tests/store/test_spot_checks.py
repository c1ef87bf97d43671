"""Spot checks: drawn once for each agent on duty, whose they are, done only in writing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from qa.batch.reviewing import do_daily_work, draw_settings
from qa.errors import NotFoundError
from qa.records import CheckKind, DrawnBy, FlagAction, Scope, SpotCheck, User
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal
from qa.review.sampling import Candidate, Plan
from qa.review.sampling import draw as lots
from qa.store import accounts
from qa.store.check_draw import draw_checks
from qa.store.messages import MessageKind, messages_for
from qa.store.reviews import decide_flag, review_of
from qa.store.spot_checks import (
    CheckFilter,
    checks_for,
    list_checks,
    overdue_checks,
    record_result,
    results_of,
)
from tests.support.call_folders import open_store, rows_of, settings_for
from tests.support.review_house import DAY, House, house

EVERYTHING = Scope(everything=True)
SUNDAY = date(2025, 11, 16)
NIGHT = datetime(2025, 11, 16, 17, 0, tzinfo=UTC)  # Monday, 1 o'clock in Shanghai
RESULT = "用语规范，跟读完整。"
__all__ = ["open_store", "settings_for"]  # their names run this module on both databases


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[House]:
    """Calls on Sunday 16 and Monday 17 November; one at 00:30 on Monday in the centre's zone."""
    with house(tmp_path) as centre:
        noon = datetime(2025, 11, 16, 4, 0, tzinfo=UTC)
        for n in range(4):
            centre.judged(f"a{n}", "108", "FP01" if n == 2 else "", noon + n * timedelta(hours=1))
        centre.judged("b0", "136", "", noon)
        centre.judged("b1", "169", "", noon)
        centre.judged("x0", "200", "", noon)  # an agent without a team
        centre.judged("n0", None, "FP01", noon)  # nobody's
        centre.judged("late", "108", "", datetime(2025, 11, 16, 16, 30, tzinfo=UTC))
        centre.add_call("unscored", "136", noon)
        yield centre


def draw(
    centre: House, tmp_path: Path, day: date = SUNDAY, *, weekly: int = 0, now: datetime = NIGHT,
    count: int = 2,
) -> list[SpotCheck]:  # fmt: skip
    wanted = draw_settings(settings_for(tmp_path))
    wanted = replace(wanted, daily=Plan(count, 0.5), weekly=Plan(weekly, 0.4))
    with centre.store.writing() as session:
        return draw_checks(session, day, now, wanted, centre.store.zone)


def done(centre: House, who: str, check: SpotCheck, text: str = RESULT) -> SpotCheck:
    with centre.store.writing() as session:
        return record_result(session, centre.people[who], check.check_id, text, now=NIGHT)


def refused(kind: type[Any], refusal: Refusal, act: Any, *args: Any) -> None:
    with pytest.raises(kind) as caught:
        act(*args)
    assert caught.value.refusal is refusal


def test_each_agent_on_duty_is_drawn_by_chance_and_by_risk(centre: House, tmp_path: Path) -> None:
    checks = draw(centre, tmp_path)
    assert {(c.agent_id, c.drawn_by) for c in checks} == {
        ("108", DrawnBy.CHANCE), ("108", DrawnBy.RISK),
        ("136", DrawnBy.CHANCE), ("169", DrawnBy.CHANCE), ("200", DrawnBy.CHANCE),
    }  # fmt: skip
    assert {c.day for c in checks} == {SUNDAY}
    assert "late" not in {c.call_id for c in checks}  # Monday's, where the centre stands
    assert {"a2"} & {c.call_id for c in checks if c.agent_id == "108"}  # the risky one is in
    assert len({c.call_id for c in checks}) == 5
    leads = {centre.people[login].user_id for login in ("lead1", "lead3")}
    assert {c.assigned_to for c in checks if c.agent_id == "108"} <= leads
    # Lead 2 is agent 169: somebody else listens to their calls. Agent 200 has no lead.
    (own,) = [c for c in checks if c.agent_id == "169"]
    assert own.assigned_to == centre.people["lead3"].user_id
    (nobodys,) = [c for c in checks if c.agent_id == "200"]
    assert nobodys.assigned_to is None
    assert all(c.due_at == NIGHT + DAY for c in checks)  # drawn an hour after the day's end


def test_drawing_again_adds_nothing_but_what_is_missing(centre: House, tmp_path: Path) -> None:
    first = draw(centre, tmp_path)
    assert draw(centre, tmp_path) == []
    noon = datetime(2025, 11, 16, 4, 0, tzinfo=UTC)
    centre.judged("b9", "136", "", noon)  # came late
    more = draw(centre, tmp_path)
    assert [c.call_id for c in more] == ["b9"]
    raised = draw(centre, tmp_path, count=3)
    assert [c.agent_id for c in raised] == ["108"]
    seen = [c.call_id for c in (*first, *more, *raised)]
    assert len(set(seen)) == len(seen)


def test_the_same_seed_draws_the_same_calls(tmp_path: Path, backend: str) -> None:
    drawn = []
    for name in ("one", "two"):
        with house(tmp_path / name) as centre:
            noon = datetime(2025, 11, 16, 4, 0, tzinfo=UTC)
            for n in range(9) if name == "one" else reversed(range(9)):
                centre.judged(f"a{n}", "108", "", noon)
            drawn.append({c.call_id for c in draw(centre, tmp_path / name)})
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("is_reviewed", [False, True])
def test_a_reviewed_call_is_no_risk(centre: House, tmp_path: Path, is_reviewed: bool) -> None:
    if is_reviewed:
        with centre.store.writing() as session:
            number = review_of(session, EVERYTHING, "a2", NIGHT).current_id
            args = ("a2", number, "FP01", FlagAction.CONFIRM)
            decide_flag(session, centre.people["lead1"], *args, now=NIGHT)
    risky = replace(draw_settings(settings_for(tmp_path)), daily=Plan(1, 1.0), weekly=Plan(0, 0))
    risky = replace(risky, seed="night")
    with centre.store.writing() as session:
        checks = draw_checks(session, SUNDAY, NIGHT, risky, centre.store.zone)
    (drawn,) = [check.call_id for check in checks if check.agent_id == "108"]
    alike = [Candidate(f"a{n}", "108", 0, 0, 60_000, 0) for n in range(4)]
    by_lot = lots(risky.seed, SUNDAY, alike, Plan(1, 0.0))[0].call_id
    assert by_lot != "a2"  # or this test could not tell the two apart
    assert drawn == (by_lot if is_reviewed else "a2")


def test_the_week_of_the_head(centre: House, tmp_path: Path) -> None:
    checks = draw(centre, tmp_path, weekly=3)
    weekly = [c for c in checks if c.kind is CheckKind.WEEKLY]
    daily = {c.call_id for c in checks if c.kind is CheckKind.DAILY}
    assert len(weekly) == 2  # seven calls, five of them drawn for the leads
    assert not daily & {c.call_id for c in weekly}
    assert {c.day for c in weekly} == {date(2025, 11, 10)}
    heads = {centre.people[login].user_id for login in ("head", "head2")}
    assert {c.assigned_to for c in weekly} <= heads
    assert draw(centre, tmp_path, weekly=3) == []
    assert [c for c in draw(centre, tmp_path, date(2025, 11, 17), weekly=3)
            if c.kind is CheckKind.WEEKLY] == []  # fmt: skip


def test_a_check_is_only_done_in_writing(centre: House, tmp_path: Path) -> None:
    (check,) = [c for c in draw(centre, tmp_path) if c.agent_id == "136"]
    refused(InvalidRequestError, Refusal.TEXT_MISSING, done, centre, "head", check, "好")
    refused(InvalidRequestError, Refusal.TEXT_MISSING, done, centre, "head", check, " " * 30)
    written = done(centre, "head", check)
    assert (written.result, written.done_by) == (RESULT, centre.people["head"].user_id)
    assert done(centre, "head", check) == written  # a double click
    again = done(centre, "head", check, "又听一遍，没有问题。")
    assert again.result == RESULT  # the first one stays
    with centre.store.reading() as session:
        assert [one.result for one in results_of(session, check.check_id)] == [
            RESULT, "又听一遍，没有问题。"
        ]  # fmt: skip
    audited = rows_of(centre.store, "SELECT count(*) FROM audit_log WHERE action = 'check.done'")
    assert audited == [(2,)]


def test_who_may_do_a_check(centre: House, tmp_path: Path) -> None:
    checks = draw(centre, tmp_path)
    (own,) = [c for c in checks if c.agent_id == "169"]
    refused(NotAllowedError, Refusal.OWN_CALL, done, centre, "lead2", own)
    refused(NotAllowedError, Refusal.NO_RIGHT, done, centre, "amy", own)
    refused(NotAllowedError, Refusal.NO_RIGHT, done, centre, "admin", own)
    with pytest.raises(NotFoundError):
        done(centre, "lead1", own)  # another team's
    mine = next(c for c in checks if c.agent_id == "108")
    other = "lead1" if mine.assigned_to == centre.people["lead3"].user_id else "lead3"
    refused(NotAllowedError, Refusal.NOT_ASSIGNED, done, centre, other, mine)
    assert done(centre, "head2", mine).result == RESULT  # above


def test_lists_of_checks(centre: House, tmp_path: Path) -> None:
    checks = draw(centre, tmp_path)
    lead3: User = centre.people["lead3"]
    with centre.store.reading() as session:
        own = checks_for(session, lead3)
        assert {c.check_id for c in own} == {
            c.check_id for c in checks if c.assigned_to == lead3.user_id
        }
        assert [c.agent_id for c in checks_for(session, centre.people["head"])] == ["200"]
        assert overdue_checks(session, EVERYTHING, NIGHT + DAY) == []
        late = NIGHT + DAY + timedelta(seconds=1)
        assert len(overdue_checks(session, EVERYTHING, late)) == 5
        assert len(overdue_checks(session, Scope(teams=frozenset({"一组"})), late)) == 2
        assert list_checks(session, EVERYTHING, CheckFilter(since=date(2025, 11, 17))) == []
        kinds = [m.kind for m in messages_for(session, lead3)]
        assert kinds == [MessageKind.CHECK_ASSIGNED] * len(own)
    done(centre, "lead3", own[0])
    with centre.store.reading() as session:
        assert len(overdue_checks(session, EVERYTHING, late)) == 4
        assert len(checks_for(session, lead3)) == len(own) - 1
        assert len(checks_for(session, lead3, only_open=False)) == len(own)
        assert list_checks(session, EVERYTHING, CheckFilter())[-1].result == RESULT


def test_a_disabled_lead_gets_nothing(centre: House, tmp_path: Path) -> None:
    with centre.store.writing() as session:
        for login in ("lead1", "lead3"):
            user_id = centre.people[login].user_id
            accounts.set_disabled(session, user_id, True, actor=None)
    checks = draw(centre, tmp_path)
    assert {c.assigned_to for c in checks if c.agent_id == "108"} == {None}


def test_the_days_that_are_over_are_caught_up(centre: House, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    work = do_daily_work(centre.store, settings, NIGHT)
    assert {c.day for c in work.drawn} == {SUNDAY, date(2025, 11, 10)}
    assert do_daily_work(centre.store, settings, NIGHT).drawn == ()
    monday = do_daily_work(centre.store, settings, NIGHT + DAY).drawn
    assert [c.call_id for c in monday] == ["late"]
    assert do_daily_work(centre.store, settings, NIGHT + 60 * DAY).drawn == ()
