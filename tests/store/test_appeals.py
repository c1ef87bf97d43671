"""Appeals: who, when, how often; decided by somebody else; then the call is final."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from qa.batch.reviewing import close_passed_windows
from qa.errors import NotFoundError
from qa.records import Appeal, AppealState, Basis, FlagAction, ReviewState, Scope
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal, TransitionError
from qa.review.appeals import AppealChange
from qa.store.appeals import (
    AppealRuling,
    decide_appeal,
    find_appeal,
    list_appeals,
    submit_appeal,
    withdraw_appeal,
)
from qa.store.call_status import close_windows, has_windows_to_close
from qa.store.messages import MessageKind, messages_for
from qa.store.review_rows import CallReview
from qa.store.reviews import decide_flag, release_call, review_of, settle_judged_anew, take_back
from tests.support.call_folders import open_store, rows_of, settings_for
from tests.support.review_house import DAY, NOW, House, card, house

EVERYTHING = Scope(everything=True)
__all__ = ["open_store", "settings_for"]  # their names run this module on both databases


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[House]:
    """One released call of agent 108: CL01 and ID01 confirmed, so that its score is 0."""
    with house(tmp_path) as centre:
        centre.judged("c1", "108", "CL01 ID01 ?IP01")
        centre.judged("c2", "136", "CL01")
        lead = centre.people["lead1"]
        number = review(centre).current_id
        with centre.store.writing() as session:
            for rule_id in ("CL01", "ID01"):
                args = ("c1", number, rule_id, FlagAction.CONFIRM)
                decide_flag(session, lead, *args, now=NOW)
            release_call(session, lead, "c1", number, now=NOW)
        yield centre


def review(centre: House, now: datetime = NOW) -> CallReview:
    with centre.store.reading() as session:
        return review_of(session, EVERYTHING, "c1", now)


def submit(
    centre: House, rule_id: str | None = "CL01", text: str = "我说了再见", *, who: str = "amy",
    call_id: str = "c1", now: datetime = NOW,
) -> Appeal:  # fmt: skip
    with centre.store.writing() as session:
        return submit_appeal(session, centre.people[who], call_id, rule_id, text, now=now)


def decide(centre: House, who: str, appeal: Appeal, *ruling: Any, now: datetime = NOW) -> Appeal:
    with centre.store.writing() as session:
        return decide_appeal(
            session, centre.people[who], appeal.appeal_id, AppealRuling(*ruling), now=now
        )


def refused(kind: type[Any], refusal: Refusal, act: Any, *args: Any, **given: Any) -> None:
    with pytest.raises(kind) as caught:
        act(*args, **given)
    assert caught.value.refusal is refusal


def kinds(centre: House, who: str = "amy") -> list[MessageKind]:
    with centre.store.reading() as session:
        return [message.kind for message in messages_for(session, centre.people[who])]


def test_only_the_agent_appeals_and_only_with_a_text(centre: House) -> None:
    refused(NotAllowedError, Refusal.NO_RIGHT, submit, centre, who="lead3")
    with pytest.raises(NotFoundError):
        submit(centre, who="sun")
    refused(InvalidRequestError, Refusal.TEXT_MISSING, submit, centre, "CL01", "  ")
    refused(InvalidRequestError, Refusal.NOT_A_FLAG, submit, centre, "IP01", "没有承诺")
    with pytest.raises(NotFoundError):
        submit(centre, "ZZ01")
    refused(TransitionError, Refusal.NOT_RELEASED, submit, centre, who="sun", call_id="c2")


def test_one_open_appeal_for_each_rule(centre: House) -> None:
    first = submit(centre)
    assert submit(centre) == first  # a double click
    assert review(centre).state is ReviewState.APPEALED
    refused(TransitionError, Refusal.APPEAL_OPEN, submit, centre, "CL01", "另外")
    submit(centre, "ID01", "工号报了")
    submit(centre, None, "整通电话")
    with centre.store.reading() as session:
        lines = list_appeals(session, Scope(teams=frozenset({"一组"})))
        assert [line.appeal.rule_id for line in lines] == ["CL01", "ID01", None]
        assert list_appeals(session, Scope(teams=frozenset({"二组"}))) == []
        with pytest.raises(NotFoundError):
            find_appeal(session, Scope(agent_id="136"), first.appeal_id)


def test_the_window_closes(centre: House) -> None:
    end = NOW + 7 * DAY
    refused(TransitionError, Refusal.WINDOW_PASSED, submit, centre, now=end)
    with centre.store.writing() as session:
        assert not has_windows_to_close(session, end - DAY)
        assert close_windows(session, end - DAY) == 0
        assert has_windows_to_close(session, end)
        assert close_windows(session, end) == 1
        assert close_windows(session, end) == 0
    state = "SELECT state, basis FROM call_status WHERE call_id = 'c1'"
    assert rows_of(centre.store, state) == [("final", "final")]
    assert review(centre, end).basis is Basis.FINAL


def test_a_list_that_is_read_is_not_behind_the_clock(centre: House) -> None:
    end = NOW + 7 * DAY
    assert close_passed_windows(centre.store, end - DAY) == 0
    assert close_passed_windows(centre.store, end) == 1
    assert close_passed_windows(centre.store, end) == 0
    assert rows_of(centre.store, "SELECT state FROM call_status WHERE call_id = 'c1'") == [
        ("final",)
    ]


def test_an_open_appeal_outlives_the_window_but_no_new_one_begins(centre: House) -> None:
    appeal = submit(centre, now=NOW + 6 * DAY)
    late = NOW + 9 * DAY
    with centre.store.writing() as session:
        assert close_windows(session, late) == 0
    refused(TransitionError, Refusal.WINDOW_PASSED, submit, centre, "ID01", now=late)
    decide(centre, "head", appeal, True, "录音里有再见", now=late)
    assert review(centre, late).state is ReviewState.FINAL


def test_a_withdrawn_appeal_leaves_the_window_open(centre: House) -> None:
    appeal = submit(centre)
    with centre.store.writing() as session, pytest.raises(NotFoundError):
        withdraw_appeal(session, centre.people["sun"], appeal.appeal_id, now=NOW)
    with centre.store.writing() as session:
        gone = withdraw_appeal(session, centre.people["amy"], appeal.appeal_id, now=NOW)
    assert gone.state is AppealState.WITHDRAWN
    refused(TransitionError, Refusal.APPEAL_CLOSED, decide, centre, "head", appeal, False, "不")
    assert review(centre).state is ReviewState.RELEASED
    assert submit(centre, text="再想了想").appeal_id != appeal.appeal_id


def test_who_decides(centre: House) -> None:
    appeal = submit(centre)
    refused(NotAllowedError, Refusal.NO_RIGHT, decide, centre, "amy", appeal, True, "对")
    refused(NotAllowedError, Refusal.NO_RIGHT, decide, centre, "admin", appeal, True, "对")
    refused(NotAllowedError, Refusal.OWN_DECISION, decide, centre, "lead1", appeal, False, "不")
    with pytest.raises(NotFoundError):
        decide(centre, "lead2", appeal, True, "对")
    refused(InvalidRequestError, Refusal.TEXT_MISSING, decide, centre, "lead3", appeal, True, " ")
    decided = decide(centre, "lead3", appeal, False, "没有听到")
    assert (decided.state, decided.answer) == (AppealState.DISMISSED, "没有听到")
    assert kinds(centre) == [MessageKind.APPEAL_DISMISSED, MessageKind.CALL_RELEASED]
    final = review(centre)
    assert (final.state, final.basis, final.score) == (ReviewState.FINAL, Basis.FINAL, 0)
    assert decide(centre, "lead3", appeal, False, "没有听到") == decided  # a double click
    refused(TransitionError, Refusal.APPEAL_CLOSED, decide, centre, "head", appeal, True, "对")
    refused(TransitionError, Refusal.APPEAL_CLOSED, submit, centre)
    refused(TransitionError, Refusal.FINAL, submit, centre, "ID01")


def test_the_releaser_alone_may_not_decide_either(centre: House) -> None:
    with centre.store.writing() as session:
        take_back(session, centre.people["lead1"], "c1", "再看", now=NOW)
        number = review(centre).current_id
        release_call(session, centre.people["head"], "c1", number, now=NOW)
    appeal = submit(centre)
    refused(NotAllowedError, Refusal.OWN_DECISION, decide, centre, "head", appeal, False, "不")
    decide(centre, "head2", appeal, False, "不")


def test_nobody_decides_about_a_call_of_their_own(centre: House) -> None:
    centre.judged("c9", "169", "CL01")
    with centre.store.reading() as session:
        number = review_of(session, EVERYTHING, "c9", NOW).current_id
    with centre.store.writing() as session:
        args = ("c9", number, "CL01", FlagAction.CONFIRM)
        decide_flag(session, centre.people["lead3"], *args, now=NOW)
        release_call(session, centre.people["lead3"], "c9", number, now=NOW)
    # A lead has no right to appeal, so the agent's appeal is one that was kept from before.
    from sqlalchemy import insert

    from qa.store.tables_review import AppealRow

    with centre.store.writing() as session:
        row = {"call_id": "c9", "scorecard_id": number, "rule_id": "CL01", "text": "说了"}
        user_id = centre.people["lead2"].user_id
        session.execute(
            insert(AppealRow).values(
                **row, appeal_id=77, submitted_by=user_id, submitted_at=NOW, release_id=2
            )
        )
    with centre.store.reading() as session:
        (appeal,) = review_of(session, EVERYTHING, "c9", NOW).appeals
    refused(NotAllowedError, Refusal.OWN_CALL, decide, centre, "lead2", appeal, True, "对")


def test_an_upheld_appeal_changes_the_flag(centre: House) -> None:
    appeal = submit(centre, "ID01", "工号报了")
    decide(centre, "head", appeal, True, "听到了工号")
    final = review(centre)
    assert (final.state, final.score) == (ReviewState.FINAL, 90)
    line = final.card.line("ID01")
    assert line is not None
    assert line.decision is not None
    assert (line.decision.appeal_id, line.decision.action) == (appeal.appeal_id, FlagAction.REJECT)
    assert len(line.history) == 2  # the first decision stays


def test_several_appeals_may_have_the_same_judge(centre: House) -> None:
    first, second = submit(centre, "ID01", "工号报了"), submit(centre, "CL01", "说了再见")
    decide(centre, "head", first, True, "听到了工号")
    assert review(centre).state is ReviewState.APPEALED
    decide(centre, "head", second, True, "少扣", (AppealChange("CL01", 4),))
    assert (review(centre).state, review(centre).score) == (ReviewState.FINAL, 96)


@pytest.mark.parametrize(
    ("rule_id", "upheld", "changes", "refusal"),
    [
        (None, True, (), Refusal.OUTCOME_MISSING),
        ("CL01", False, (AppealChange("CL01"),), Refusal.NO_CHANGE),
        ("CL01", True, (AppealChange("ID01"),), Refusal.NOT_OF_APPEAL),
        ("CL01", True, (AppealChange("CL01", 10),), Refusal.NO_CHANGE),
        ("CL01", True, (AppealChange("CL01", 11),), Refusal.SCORE_WOULD_FALL),
        (None, True, (AppealChange("IP01"),), Refusal.NOT_A_FLAG),
        (None, True, (AppealChange("ZZ01"),), Refusal.NOT_OF_APPEAL),
    ],
)
def test_rulings_on_appeals_that_are_refused(
    centre: House,
    rule_id: str | None,
    upheld: bool,
    changes: tuple[AppealChange, ...],
    refusal: Refusal,
) -> None:
    appeal = submit(centre, rule_id)
    refused(InvalidRequestError, refusal, decide, centre, "head", appeal, upheld, "因为", changes)
    assert review(centre).state is ReviewState.APPEALED


def test_an_appealed_call_that_is_judged_anew_is_decided_first(centre: House) -> None:
    appeal = submit(centre, "ID01", "工号报了")
    with pytest.raises(TransitionError), centre.store.writing() as session:
        take_back(session, centre.people["lead1"], "c1", "看错了", now=NOW)
    centre.judge(card("c1", "CL01 ID01 IP01", version="v2"))
    waiting = review(centre)
    assert (waiting.state, waiting.is_judged_anew) == (ReviewState.APPEALED, True)
    with centre.store.writing() as session, pytest.raises(TransitionError):
        settle_judged_anew(
            session, centre.people["head"], "c1", reopen=True, reason="新结果", now=NOW
        )
    decide(centre, "head", appeal, True, "听到了工号")
    final = review(centre)
    assert (final.state, final.score, final.is_judged_anew) == (ReviewState.FINAL, 90, True)
    assert rows_of(centre.store, "SELECT priority FROM call_status WHERE call_id = 'c1'") == [(4,)]
