"""The right people decide flags and release calls, at the right time, on the right card."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.errors import NotFoundError
from qa.records import Basis, FlagAction, FlagDecision, ReviewState, Scope
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal, TransitionError
from qa.review.appeals import Release
from qa.store import queries
from qa.store.agent_totals import agent_totals
from qa.store.messages import MessageKind, messages_for
from qa.store.review_rows import CallReview
from qa.store.reviews import decide_flag, release_call, review_of, settle_judged_anew, take_back
from qa.types import Outcome
from tests.support.call_folders import open_store, rows_of, settings_for
from tests.support.review_house import DAY, NOW, House, card, house

CONFIRM, REJECT, CHANGE, NOTE = FlagAction
EVERYTHING = Scope(everything=True)
__all__ = ["open_store", "settings_for"]  # their names run this module on both databases


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as centre:
        yield centre


def review(centre: House, call_id: str = "c1", now: Any = NOW) -> CallReview:
    with centre.store.reading() as session:
        return review_of(session, EVERYTHING, call_id, now)


def decide(
    centre: House, who: str, rule_id: str, action: FlagAction, call_id: str = "c1", **given: Any
) -> FlagDecision:
    number = given.pop("scorecard_id", None) or review(centre, call_id).current_id
    now = given.pop("now", NOW)
    with centre.store.writing() as session:
        return decide_flag(
            session, centre.people[who], call_id, number, rule_id, action, now=now, **given
        )


def release(centre: House, who: str = "lead1", call_id: str = "c1", now: Any = NOW) -> Release:
    number = review(centre, call_id).current_id
    with centre.store.writing() as session:
        return release_call(session, centre.people[who], call_id, number, now=now)


def refused(kind: type[Any], refusal: Refusal, act: Any, *args: Any, **given: Any) -> None:
    with pytest.raises(kind) as caught:
        act(*args, **given)
    assert caught.value.refusal is refusal


def status(centre: House, call_id: str = "c1") -> tuple[Any, ...]:
    columns = "state, basis, machine, score, severity, priority, open_flags, confirmed_fines"
    sql = f"SELECT {columns} FROM call_status WHERE call_id = '{call_id}'"
    (row,) = rows_of(centre.store, sql)
    return row


def test_a_fine_counts_nothing_until_a_person_confirms_it(centre: House) -> None:
    centre.judged("c1", "108", "IP01 CL01 ?ID01 SP01")
    assert status(centre) == ("open", "machine", 90, 90, 4, 5, 4, 0)
    decide(centre, "lead1", "IP01", CONFIRM)
    assert status(centre) == ("started", "reviewed", 90, 70, 4, 5, 3, 1)
    decide(centre, "lead1", "IP01", REJECT, reason="问的是流程")
    assert status(centre) == ("started", "reviewed", 90, 90, 3, 4, 3, 0)
    assert review(centre).card.line("IP01").outcome is Outcome.MET  # type: ignore[union-attr]


def test_lists_and_totals_show_the_score_that_counts(centre: House) -> None:
    def listed() -> tuple[Any, ...]:
        with centre.store.reading() as session:
            (line,) = queries.list_calls(session, queries.CallFilter(), centre.store.zone)
            (agent,) = agent_totals(session)
        return line.total, line.score, line.basis, agent.mean_score, agent.lowest_score

    centre.judged("c1", "108", "IP01 CL01")
    assert listed() == (70, 90, "machine", 90, 90)
    decide(centre, "lead1", "IP01", CONFIRM)
    assert listed() == (70, 70, "reviewed", 70, 70)


def test_a_critical_fine_fails_the_call_only_when_confirmed(centre: House) -> None:
    centre.judged("c1", "108", "FP01")
    assert status(centre)[2:6] == (100, 100, 5, 6)
    decide(centre, "lead1", "FP01", CONFIRM)
    assert status(centre)[2:6] == (100, 0, 5, 6)
    decide(centre, "lead1", "FP01", CHANGE, points=12, reason="轻微")
    assert status(centre)[2:6] == (100, 88, 4, 5)
    assert not review(centre).card.critical_failure


def test_a_critical_score_line_fails_the_call_until_it_is_rejected(centre: House) -> None:
    centre.judged("c1", "108", "ID01")
    assert status(centre)[3] == 0
    decide(centre, "lead1", "ID01", REJECT, reason="工号说了")
    assert status(centre)[3] == 100


def test_undecided_lines_take_nothing_and_may_be_found_violated(centre: House) -> None:
    centre.judged("c1", "108", "?CL01 ?IP01")
    assert status(centre)[:5] == ("open", "machine", 100, 100, 1)
    refused(
        InvalidRequestError, Refusal.POINTS_MISSING,
        decide, centre, "lead1", "CL01", CHANGE, outcome=Outcome.VIOLATED, reason="没说",
    )  # fmt: skip
    decide(centre, "lead1", "CL01", CHANGE, outcome=Outcome.VIOLATED, points=10, reason="没说")
    assert status(centre)[3] == 90
    decide(centre, "lead1", "IP01", CONFIRM)  # agreed: nobody can tell
    assert status(centre)[3] == 90
    assert status(centre)[6] == 0


@pytest.mark.parametrize(
    ("action", "given", "refusal"),
    [
        (REJECT, {}, Refusal.TEXT_MISSING),
        (REJECT, {"reason": "  \n"}, Refusal.TEXT_MISSING),
        (NOTE, {}, Refusal.TEXT_MISSING),
        (CONFIRM, {"reason": "长" * 2001}, Refusal.TEXT_TOO_LONG),
        (CONFIRM, {"points": 3}, Refusal.POINTS_WRONG),
        (REJECT, {"reason": "错", "outcome": Outcome.MET}, Refusal.POINTS_WRONG),
        (CHANGE, {"reason": "错"}, Refusal.OUTCOME_MISSING),
        (CHANGE, {"reason": "错", "points": 101}, Refusal.POINTS_WRONG),
        (CHANGE, {"reason": "错", "points": -1}, Refusal.POINTS_WRONG),
        (CHANGE, {"reason": "错", "outcome": Outcome.MET, "points": 5}, Refusal.POINTS_WRONG),
    ],
)
def test_incomplete_rulings_are_refused(
    centre: House, action: FlagAction, given: dict[str, Any], refusal: Refusal
) -> None:
    centre.judged("c1", "108", "CL01")
    refused(InvalidRequestError, refusal, decide, centre, "lead1", "CL01", action, **given)
    assert rows_of(centre.store, "SELECT count(*) FROM flag_decisions") == [(0,)]


def test_only_flags_are_decided_but_every_line_takes_notes(centre: House) -> None:
    centre.judged("c1", "108", "CL01")
    refused(
        InvalidRequestError, Refusal.NOT_A_FLAG, decide, centre, "lead1", "IP01", REJECT, reason="x"
    )
    decide(centre, "lead1", "IP01", NOTE, reason="值得学习")
    assert status(centre)[:2] == ("open", "machine")
    with pytest.raises(NotFoundError):
        decide(centre, "lead1", "ZZ01", NOTE, reason="x")


def test_who_may_not_review(centre: House) -> None:
    centre.judged("c1", "108", "CL01")
    centre.judged("c2", "169", "CL01")
    refused(NotAllowedError, Refusal.NO_RIGHT, decide, centre, "amy", "CL01", CONFIRM)
    refused(NotAllowedError, Refusal.NO_RIGHT, decide, centre, "admin", "CL01", CONFIRM)
    with pytest.raises(NotFoundError):  # another team's call looks like none
        decide(centre, "lead2", "CL01", CONFIRM)
    refused(NotAllowedError, Refusal.OWN_CALL, decide, centre, "lead2", "CL01", CONFIRM, "c2")
    refused(NotAllowedError, Refusal.OWN_CALL, release, centre, "lead2", "c2")
    decide(centre, "lead3", "CL01", CONFIRM, "c2")


def test_a_stale_scorecard_is_a_conflict(centre: House) -> None:
    centre.judged("c1", "108", "CL01")
    seen = review(centre).current_id
    centre.judge(card("c1", "CL01 IP01", version="v2"))
    refused(
        TransitionError, Refusal.STALE_SCORECARD,
        decide, centre, "lead1", "CL01", CONFIRM, scorecard_id=seen,
    )  # fmt: skip
    with centre.store.writing() as session, pytest.raises(TransitionError):
        release_call(session, centre.people["lead1"], "c1", seen, now=NOW)


def test_a_double_click_leaves_one_decision_and_one_release(centre: House) -> None:
    centre.judged("c1", "108", "CL01")
    first = decide(centre, "lead1", "CL01", REJECT, reason="说了", after=0)
    again = decide(centre, "lead1", "CL01", REJECT, reason="说了 ", after=0)
    assert first == again
    notes = [decide(centre, "lead1", "CL01", NOTE, reason="语速快").decision_id for _ in range(2)]
    assert len(set(notes)) == 1
    assert release(centre) == release(centre)
    counts = "SELECT (SELECT count(*) FROM flag_decisions), (SELECT count(*) FROM releases)"
    assert rows_of(centre.store, counts) == [(2, 1)]
    audited = rows_of(centre.store, "SELECT action FROM audit_log WHERE action LIKE 'review.%'")
    assert sorted(audited) == [("review.decide",), ("review.decide",), ("review.release",)]


def test_two_reviewers_at_once(centre: House) -> None:
    centre.judged("c1", "108", "CL01")
    first = decide(centre, "lead1", "CL01", CONFIRM, after=0)
    refused(
        TransitionError, Refusal.DECIDED_MEANWHILE,
        decide, centre, "lead3", "CL01", REJECT, reason="说了", after=0,
    )  # fmt: skip
    decide(centre, "lead3", "CL01", REJECT, reason="说了", after=first.decision_id)
    assert [d.action for d in review(centre).card.line("CL01").history] == [CONFIRM, REJECT]  # type: ignore[union-attr]
    release(centre, "lead3")
    refused(TransitionError, Refusal.ALREADY_RELEASED, release, centre, "lead1")


def test_a_call_is_released_when_every_flag_that_matters_is_decided(centre: House) -> None:
    centre.judged("c1", "108", "IP01 CL01 ?ID01 SP01")
    decide(centre, "lead1", "IP01", REJECT, reason="没有承诺")
    refused(TransitionError, Refusal.FLAGS_OPEN, release, centre)
    decide(centre, "lead1", "CL01", CONFIRM)
    step = release(centre)  # the undecided line and the hint stay open
    assert (step.score, step.appeal_until) == (90, NOW + 7 * DAY)
    assert status(centre)[:4] == ("released", "reviewed", 90, 90)
    with centre.store.reading() as session:
        kinds = [m.kind for m in messages_for(session, centre.people["amy"])]
        assert kinds == [MessageKind.CALL_RELEASED]
        assert messages_for(session, centre.people["sun"]) == []
    refused(
        TransitionError, Refusal.ALREADY_RELEASED,
        decide, centre, "lead1", "CL01", REJECT, reason="看错了",
    )  # fmt: skip
    decide(centre, "lead1", "CL01", NOTE, reason="已谈话")  # at any time


def test_a_released_call_is_taken_back_with_a_reason(centre: House) -> None:
    centre.judged("c1", "108", "CL01")

    def back(reason: str, now: Any = NOW) -> None:
        with centre.store.writing() as session:
            take_back(session, centre.people["lead1"], "c1", reason, now=now)

    refused(TransitionError, Refusal.NOT_RELEASED, back, "看错了")
    decide(centre, "lead1", "CL01", CONFIRM)
    release(centre)
    refused(InvalidRequestError, Refusal.TEXT_MISSING, back, " ")
    refused(TransitionError, Refusal.FINAL, back, "看错了", NOW + 7 * DAY)
    back("看错了")
    assert status(centre)[:2] == ("started", "reviewed")
    decide(centre, "lead1", "CL01", REJECT, reason="说了")
    assert release(centre, now=NOW + DAY).appeal_until == NOW + 8 * DAY
    assert review(centre, now=NOW + 8 * DAY).basis is Basis.FINAL


def test_decisions_go_on_where_the_verdict_is_the_same(centre: House) -> None:
    centre.judged("c1", "108", "IP01 CL01")
    decide(centre, "lead1", "IP01", CONFIRM)
    decide(centre, "lead1", "CL01", REJECT, reason="说了")
    old = review(centre).current_id
    centre.judge(card("c1", "IP01 ?CL01 SP01", version="v2"))
    now = review(centre)
    assert now.current_id != old
    carried = now.card.line("IP01").decision  # type: ignore[union-attr]
    assert carried is not None
    assert carried.carried_from is not None
    assert carried.decided_by == centre.people["lead1"].user_id
    assert now.card.line("CL01").decision is None  # type: ignore[union-attr]
    assert (now.state, now.score) == (ReviewState.STARTED, 80)
    # Evidence elsewhere is another verdict.
    centre.judge(card("c1", "IP01", version="v3", at_ms=9000))
    assert review(centre).state is ReviewState.OPEN
    # The first card again, with what was decided on it.
    centre.judge(card("c1", "IP01 CL01"))
    back = review(centre)
    assert (back.current_id, back.score, len(back.card.lines)) == (old, 80, 6)
    assert sum(len(line.history) for line in back.card.lines) == 2


def test_the_latest_decision_goes_back_with_the_card(centre: House) -> None:
    centre.judged("c1", "108", "IP01")
    decide(centre, "lead1", "IP01", CONFIRM)
    centre.judge(card("c1", "IP01 SP01", version="v2"))
    decide(centre, "lead1", "IP01", REJECT, reason="没有")
    centre.judge(card("c1", "IP01"))
    line = review(centre).card.line("IP01")
    assert line is not None
    assert [d.action for d in line.history] == [CONFIRM, REJECT]
    assert line.history[1].carried_from is not None


def test_a_release_goes_on_only_where_nothing_that_counts_changed(centre: House) -> None:
    centre.judged("c1", "108", "CL01")
    decide(centre, "lead1", "CL01", CONFIRM)
    first = release(centre)
    centre.judge(card("c1", "CL01 ?ID01", version="v2"))
    on = review(centre)
    assert (on.state, on.is_judged_anew) == (ReviewState.RELEASED, False)
    assert on.release is not None
    assert (on.release.carried_from, on.release.done_at) == (first.release_id, first.done_at)
    centre.judge(card("c1", "CL01 IP01", version="v3"))
    opened = review(centre, now=NOW + 30 * DAY)  # time does not bring the release back
    assert (opened.state, opened.release, opened.score) == (ReviewState.STARTED, None, 90)
    with centre.store.reading() as session:
        kinds = [m.kind for m in messages_for(session, centre.people["amy"])]
    assert kinds == [MessageKind.CALL_REOPENED, MessageKind.CALL_RELEASED]


@pytest.mark.parametrize("reopen", [False, True])
def test_a_final_call_keeps_its_score_until_a_person_looks(centre: House, reopen: bool) -> None:
    centre.judged("c1", "108", "CL01")
    decide(centre, "lead1", "CL01", CONFIRM)
    release(centre)
    late = NOW + 8 * DAY
    centre.judge(card("c1", "CL01 IP01 ID01", version="v2"), now=late)
    kept = review(centre, now=late)
    assert (kept.state, kept.score, kept.is_judged_anew) == (ReviewState.FINAL, 90, True)
    assert status(centre)[:6] == ("final", "final", 90, 90, 3, 4)
    refused(
        TransitionError, Refusal.FINAL,
        decide, centre, "lead1", "CL01", REJECT, reason="x", scorecard_id=kept.current_id, now=late,
    )  # fmt: skip
    with centre.store.writing() as session:
        settle_judged_anew(
            session, centre.people["lead1"], "c1", reopen=reopen, reason="已听", now=late
        )
    settled = review(centre, now=late)
    assert not settled.is_judged_anew
    if reopen:
        assert (settled.state, settled.basis, settled.score) == (
            ReviewState.STARTED, Basis.REVIEWED, 0
        )  # fmt: skip
    else:
        assert (settled.state, settled.score) == (ReviewState.FINAL, 90)
        assert status(centre)[5] == 0
        centre.judge(card("c1", "CL01 FP01", version="v3"), now=late)
        assert review(centre, now=late).is_judged_anew  # another card, another look


def test_a_card_whose_check_broke_stays_where_people_worked_on_it(centre: House) -> None:
    from dataclasses import replace

    centre.add_call("c1", "108")
    centre.add_call("c2", "108")
    cards = []
    for call_id in ("c1", "c2"):
        one = card(call_id, "CL01 ?IP01")
        lines = [
            replace(x, verdict=replace(x.verdict, reason="check_failed"))
            if x.rule_id == "IP01" else x
            for x in one.lines
        ]  # fmt: skip
        cards.append(replace(one, lines=tuple(lines)))
    centre.judge(*cards)
    decide(centre, "lead1", "CL01", REJECT, reason="说了")
    centre.judge(card("c1", "CL01"), card("c2", "CL01"))  # the same key, the check repaired
    assert review(centre).state is ReviewState.STARTED  # what was decided of the rest goes on
    numbers = "SELECT call_id, count(*) FROM scorecards GROUP BY call_id ORDER BY call_id"
    assert rows_of(centre.store, numbers) == [("c1", 2), ("c2", 1)]


def test_people_who_click_at_the_same_moment_leave_one_decision_each(centre: House) -> None:
    """Two threads, two connections: nothing is lost, nothing is there twice."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    centre.judged("c1", "108", "CL01")
    number = review(centre).current_id
    start = Barrier(6)

    def click(who: str) -> Any:
        start.wait()
        try:
            with centre.store.writing() as session:
                person = centre.people[who]
                args = ("c1", number, "CL01", CONFIRM)
                return decide_flag(session, person, *args, after=0, now=NOW).decision_id
        except TransitionError as error:
            return error.refusal

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(click, ["lead1"] * 3 + ["lead3"] * 3))
    numbers = {one for one in found if isinstance(one, int)}
    assert len(numbers) == 1  # one person was first; the same person's other clicks are that one
    assert found.count(Refusal.DECIDED_MEANWHILE) == 3
    assert rows_of(centre.store, "SELECT count(*) FROM flag_decisions") == [(1,)]


def test_two_releases_at_the_same_moment_are_one(centre: House) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    centre.judged("c1", "108", "")
    number = review(centre).current_id
    start = Barrier(4)

    def click(who: str) -> Any:
        start.wait()
        try:
            with centre.store.writing() as session:
                return release_call(session, centre.people[who], "c1", number, now=NOW).release_id
        except TransitionError as error:
            return error.refusal

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(click, ["lead1", "lead1", "lead3", "head"]))
    assert len({one for one in found if isinstance(one, int)}) == 1
    assert rows_of(centre.store, "SELECT count(*) FROM releases") == [(1,)]
    assert rows_of(centre.store, "SELECT count(*) FROM messages") == [(1,)]
