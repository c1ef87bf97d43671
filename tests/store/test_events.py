"""Events are found, filed, passed on and followed; what was kept back is for people to decide."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from qa.errors import NotFoundError
from qa.records import Scope
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal, TransitionError
from qa.review.events import (
    Event,
    EventAction,
    EventKind,
    EventState,
    OmissionAction,
    OmissionKind,
)
from qa.store.audit import audit
from qa.store.call_status import calls_changed
from qa.store.event_finding import (
    find_heard,
    find_long_repairs,
    has_unscanned,
    scan_horizon,
)
from qa.store.events import (
    EventDraft,
    EventFilter,
    count_events,
    enter_event,
    find_event,
    list_events,
    take_step,
)
from qa.store.messages import MessageKind, messages_for
from qa.store.month_work import month_work
from qa.store.omissions import (
    Overdue,
    count_open_omissions,
    decide_omission,
    list_omissions,
    raise_candidates,
)
from qa.store.tables import CallRow, TicketRow
from qa.store.tables_labels import LabelSetRow, LabelStepRow, LabelTaskRow
from qa.store.tables_people import AuditRow
from qa.types import Match, Outcome, Role, Scorecard, ScoreLine, Span, Verdict
from tests.support.call_folders import open_store, settings_for
from tests.support.review_house import DAY, NOW, RULES, House, card, house

__all__ = ["open_store", "settings_for"]  # their names run this module on both databases
OVERDUE = Overdue(24, 31)
COMPLAINT = EventKind.REPAIRER_COMPLAINT


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as centre:
        yield centre


def hearing(call_id: str, *kinds: EventKind, version: str = "v1") -> Scorecard:
    """A scorecard on which events were heard at 3 s."""
    plain = card(call_id, "", version=version)
    heard = Verdict(
        Outcome.MET, "heard", matches=(Match(0, Role.CUSTOMER, Span(3000, 4000), "a", "b", 1.0),)
    )
    grade = RULES["SP01"][0]
    lines = tuple(ScoreLine(k.value, k.value, "all", grade, False, heard, 0) for k in kinds)
    return replace(plain, lines=(*plain.lines, *lines))


def heard(centre: House, call_id: str, *kinds: EventKind, agent_id: str = "108") -> None:
    centre.add_call(call_id, agent_id)
    centre.judge(hearing(call_id, *kinds))
    look(centre)


def look(centre: House, now: Any = NOW) -> tuple[int, int]:
    with centre.store.writing() as session:
        found = find_heard(session, now, scan_horizon(session))
        assert found.is_done and not has_unscanned(session)
    return found.events, found.gone


def seen(centre: House, who: str = "head", **wanted: Any) -> list[Event]:
    with centre.store.reading() as session:
        return list_events(session, centre.people[who], EventFilter(**wanted))


def act(
    centre: House, who: str, action: EventAction, event_id: int = 1, text: str = "已处理"
) -> Event:
    with centre.store.writing() as session:
        return take_step(session, centre.people[who], event_id, action, text, now=NOW)


def listened(centre: House, who: str, call_id: str, span: Span, at: Any = NOW) -> None:
    """Write down that somebody heard a stretch, as the page does, at a time of the test's."""
    with centre.store.writing() as session:
        details = {"from_ms": span.start_ms, "to_ms": span.end_ms}
        number = audit(session, centre.people[who], "call.listen", "call", call_id, details)
        session.execute(update(AuditRow).where(AuditRow.entry_id == number).values(happened_at=at))


def candidates(centre: House, now: Any = NOW + 2 * DAY) -> list[tuple[str, str]]:
    with centre.store.writing() as session:
        raise_candidates(session, now, OVERDUE)
        found = list_omissions(session, centre.people["head"], only_open=False)
    names = {user.user_id: login for login, user in centre.people.items()}
    return sorted(
        (one.kind.value, names.get(one.user_id or 0, one.agent_id or "")) for one in found
    )


def told(centre: House, who: str) -> list[MessageKind]:
    with centre.store.reading() as session:
        return [one.kind for one in messages_for(session, centre.people[who])]


def test_what_was_heard_is_found_once_with_its_words(centre: House) -> None:
    heard(centre, "c1", COMPLAINT, EventKind.OPINION)
    assert look(centre) == (0, 0)
    opinion, complaint = seen(centre)
    assert (complaint.kind, opinion.kind) == (COMPLAINT, EventKind.OPINION)
    assert (complaint.span, complaint.agent_id) == (Span(3000, 4000), "108")
    assert complaint.state is EventState.DETECTED and told(centre, "lead1") == []


def test_a_later_scorecard_without_it_takes_back_what_nobody_acted_on(centre: House) -> None:
    heard(centre, "c1", COMPLAINT, EventKind.OPINION)
    act(centre, "amy", EventAction.FILE, 1)
    centre.judge(hearing("c1", version="v2"))
    assert look(centre) == (0, 1)
    assert [event.state for event in seen(centre)] == [EventState.GONE, EventState.ESCALATED]
    assert candidates(centre) == []
    centre.judge(hearing("c1", EventKind.OPINION, version="v3"))
    assert look(centre) == (0, 0)
    assert seen(centre)[0].state is EventState.DETECTED


def test_a_scorecard_that_is_current_again_is_followed(centre: House) -> None:
    heard(centre, "c1", COMPLAINT)
    for version, kinds, state in (
        ("v2", (), EventState.GONE),
        ("v1", (COMPLAINT,), EventState.DETECTED),
        ("v2", (), EventState.GONE),
        ("v2", (), EventState.GONE),
    ):
        centre.judge(hearing("c1", *kinds, version=version))
        look(centre)
        assert [event.state for event in seen(centre)] == [state]
    actions = [step.action for step in seen(centre)[0].steps]
    assert actions == [EventAction.GONE, EventAction.FOUND, EventAction.GONE]


def test_an_event_goes_with_its_call_to_the_agent_whose_it_is(centre: House) -> None:
    heard(centre, "c1", COMPLAINT)
    assert [len(seen(centre, who)) for who in ("lead1", "lead2")] == [1, 0]
    with centre.store.writing() as session:
        values = {"agent_id": "136", "started_at": NOW - DAY}
        session.execute(update(CallRow).where(CallRow.call_id == "c1").values(**values))
        calls_changed(session, ["c1"], NOW)
    assert [len(seen(centre, who)) for who in ("lead1", "lead2")] == [0, 1]
    (event,) = seen(centre)
    assert (event.agent_id, event.happened_at, event.state) == (
        "136",
        NOW - DAY,
        EventState.DETECTED,
    )


def test_a_repair_over_four_hours_is_found_from_its_ticket(centre: House) -> None:
    for number, hours in ((1, 4), (2, 5)):
        centre.add_call(f"c{number}", "108")
        done = NOW + timedelta(hours=hours)
        with centre.store.writing() as session:
            session.execute(insert(TicketRow).values(ticket_id=f"T{number}", completed_at=done))
            own = CallRow.call_id == f"c{number}"
            values = {"ticket_id": f"T{number}", "direction": "inbound"}
            session.execute(update(CallRow).where(own).values(**values))
    with centre.store.writing() as session:
        assert find_long_repairs(session, NOW + DAY, 4) == 1
        assert find_long_repairs(session, NOW + DAY, 4) == 0
    (event,) = seen(centre)
    assert (event.kind, event.call_id) == (EventKind.OVER_FOUR_HOURS, "c2")


def test_a_repair_takes_from_the_time_of_report_as_in_the_reports(centre: House) -> None:
    for number, received in ((1, NOW - timedelta(hours=2)), (2, NOW + timedelta(hours=2))):
        centre.add_call(f"c{number}", "108")
        times = {
            "received_at": received,
            "completed_at": NOW + timedelta(hours=5 if number == 2 else 3),
        }
        with centre.store.writing() as session:
            session.execute(insert(TicketRow).values(ticket_id=f"T{number}", **times))
            own = CallRow.call_id == f"c{number}"
            values = {"ticket_id": f"T{number}", "direction": "inbound"}
            session.execute(update(CallRow).where(own).values(**values))
    with centre.store.writing() as session:
        # From the calls' starts it would be the other one.
        assert find_long_repairs(session, NOW + DAY, 4) == 1
    assert [event.call_id for event in seen(centre)] == ["c1"]


def test_an_event_that_moved_is_no_omission_of_the_earlier_agent(centre: House) -> None:
    heard(centre, "c1", COMPLAINT)
    assert candidates(centre) == [("missed", "108")]
    head = centre.people["head"]
    with centre.store.writing() as session:
        (one,) = list_omissions(session, head)
        decide_omission(
            session, head, one.omission_id, OmissionAction.CONFIRM, "没有上报", now=NOW + 2 * DAY
        )
        month = f"{NOW:%Y-%m}"
        everyone = Scope(everything=True)
        assert month_work(session, everyone, month, centre.store.zone)["108"].missed == 1
        own = CallRow.call_id == "c1"
        session.execute(update(CallRow).where(own).values(agent_id="136"))
        calls_changed(session, ["c1"], NOW + 2 * DAY)
        work = month_work(session, everyone, month, centre.store.zone)
        assert sum(one.missed for one in work.values()) == 0
        (known,) = list_omissions(session, head, only_open=False)
        assert known.is_moved and count_open_omissions(session, head) == 0
        with pytest.raises(TransitionError):
            decide_omission(
                session,
                head,
                known.omission_id,
                OmissionAction.REJECT,
                "不是他的",
                now=NOW + 3 * DAY,
            )
    assert ("missed", "136") in candidates(centre)
    with centre.store.writing() as session:
        session.execute(update(CallRow).where(CallRow.call_id == "c1").values(agent_id="108"))
        calls_changed(session, ["c1"], NOW + 2 * DAY)
        assert month_work(session, everyone, month, centre.store.zone)["108"].missed == 1


def test_a_complaint_is_passed_on_at_once_and_followed_to_a_result(centre: House) -> None:
    heard(centre, "c1", COMPLAINT)
    assert act(centre, "amy", EventAction.FILE, text="").state is EventState.ESCALATED
    assert told(centre, "lead1") == told(centre, "head") == [MessageKind.EVENT_ESCALATED]
    assert told(centre, "lead2") == told(centre, "amy") == []
    assert len(act(centre, "amy", EventAction.FILE, text="").steps) == 2  # a double click
    with pytest.raises(NotAllowedError):
        act(centre, "amy", EventAction.CLOSE)
    act(centre, "lead1", EventAction.FOLLOW, text="已联系维修站")
    with pytest.raises(InvalidRequestError):
        act(centre, "lead1", EventAction.CLOSE, text=" ")
    closed = act(centre, "lead1", EventAction.CLOSE, text="维修员已道歉")
    assert closed.state is EventState.CLOSED
    assert [step.done_by for step in closed.steps] == [
        *[centre.people["amy"].user_id] * 2,
        *[centre.people["lead1"].user_id] * 2,
    ]
    with pytest.raises(TransitionError):
        act(centre, "head", EventAction.FOLLOW)
    assert act(centre, "head", EventAction.REOPEN).state is EventState.FILED


def test_other_events_go_into_the_reports_unless_somebody_passes_them_on(centre: House) -> None:
    heard(centre, "c1", EventKind.PRAISE)
    assert act(centre, "amy", EventAction.FILE).state is EventState.FILED
    assert told(centre, "head") == []
    assert act(centre, "lead1", EventAction.ESCALATE).state is EventState.ESCALATED
    assert told(centre, "head") == [MessageKind.EVENT_ESCALATED] and told(centre, "lead1") == []


def enter(centre: House, who: str, **given: Any) -> Event:
    with centre.store.writing() as session:
        draft = EventDraft(EventKind.NOBODY_REACHED, "站里和手机都没人接", **given)
        return enter_event(session, centre.people[who], draft, now=NOW)


def test_a_person_enters_what_no_machine_hears(centre: House) -> None:
    centre.add_call("c1", "108")
    event = enter(centre, "amy", call_id="c1")
    assert (event.state, event.agent_id) == (EventState.FILED, "108")
    with pytest.raises(TransitionError) as caught:
        enter(centre, "lead1", call_id="c1")
    assert caught.value.refusal is Refusal.EVENT_KNOWN
    assert enter(centre, "amy").agent_id == "108"
    assert enter(centre, "amy").event_id == event.event_id + 1  # a form that was sent twice
    assert enter(centre, "lead1").event_id == event.event_id + 2
    assert candidates(centre) == []


def test_entering_what_was_found_files_that_one(centre: House) -> None:
    heard(centre, "c1", EventKind.NOBODY_REACHED)
    assert enter(centre, "amy", call_id="c1").event_id == 1
    assert [event.state for event in seen(centre)] == [EventState.FILED]


def test_events_of_other_teams_are_not_there(centre: House) -> None:
    heard(centre, "c1", COMPLAINT)
    assert [len(seen(centre, who)) for who in ("amy", "lead1", "head")] == [1, 1, 1]
    assert [len(seen(centre, who)) for who in ("sun", "lead2", "admin")] == [0, 0, 0]
    for who in ("sun", "lead2"):
        with pytest.raises(NotFoundError):
            act(centre, who, EventAction.FILE)
        with pytest.raises(NotFoundError):
            enter(centre, who, call_id="c1")
    with pytest.raises(NotFoundError):
        enter(centre, "lead1", agent_id="136")
    with pytest.raises(NotAllowedError):
        enter(centre, "admin")
    with centre.store.reading() as session, pytest.raises(NotFoundError):
        find_event(session, centre.people["sun"], 1)


def test_lists_are_filtered_and_counted(centre: House) -> None:
    heard(centre, "c1", COMPLAINT, EventKind.OPINION)
    act(centre, "amy", EventAction.FILE, 2)
    act(centre, "amy", EventAction.FOLLOW, 2)
    assert [e.event_id for e in seen(centre, states=(EventState.DETECTED,))] == [1]
    assert [e.event_id for e in seen(centre, states=(EventState.FILED,))] == [2]
    assert [e.event_id for e in seen(centre, kinds=(COMPLAINT,))] == [1]
    assert seen(centre, since=NOW + DAY) == seen(centre, agent_id="136") == []
    with centre.store.reading() as session:
        counts = count_events(session, centre.people["lead1"], EventFilter())
    assert counts == {EventState.DETECTED: 1, EventState.FILED: 1}


def test_found_and_not_filed_in_time_is_a_candidate(centre: House) -> None:
    heard(centre, "c1", COMPLAINT)
    assert candidates(centre, NOW + timedelta(hours=23)) == []
    assert candidates(centre) == candidates(centre) == [("missed", "108")]


def test_heard_and_not_filed_in_time_is_a_candidate_with_the_log(centre: House) -> None:
    heard(centre, "c1", COMPLAINT)
    listened(centre, "lead1", "c1", Span(0, 3500))
    listened(centre, "amy", "c1", Span(0, 2000))  # stopped before the words
    listened(centre, "lead3", "c1", Span(2500, 5000), NOW + 1.5 * DAY)  # not long ago
    assert candidates(centre) == [("missed", "108"), ("withheld", "lead1")]
    with centre.store.reading() as session:
        (found,) = [
            one
            for one in list_omissions(session, centre.people["head"])
            if one.kind is OmissionKind.WITHHELD
        ]
    assert len(found.evidence) == 1 and found.known_since == NOW


def test_what_was_heard_while_labelling_blind_obliges_nobody_to_file(centre: House) -> None:
    """The events of the call are closed to them then; what they hear afterwards counts."""
    heard(centre, "c1", COMPLAINT)
    lead, hour = centre.people["lead1"], timedelta(hours=1)
    with centre.store.writing() as session:
        named = {"kind": "calibration", "title": "t", "ruleset_id": "r", "ruleset_hash": "h"}
        made = LabelSetRow(**named, rules="[]", strata="{}", seed="s", made_at=NOW - hour)
        session.add(made)
        session.flush()
        task = {"position": 1, "call_id": "c1", "stratum": "clean", "user_id": lead.user_id}
        session.add(LabelTaskRow(set_id=made.set_id, **task))
        number = made.set_id
    listened(centre, "lead1", "c1", Span(0, 5000))
    assert candidates(centre) == [("missed", "108")]
    with centre.store.writing() as session:
        step = {"action": "hand_in", "done_by": lead.user_id, "done_at": NOW + hour}
        session.add(LabelStepRow(set_id=number, **step))
    assert candidates(centre) == [("missed", "108")], "nor once they have handed in"
    listened(centre, "lead1", "c1", Span(0, 5000), NOW + 2 * hour)
    assert candidates(centre) == [("missed", "108"), ("withheld", "lead1")]


def test_what_was_filed_or_dismissed_in_time_is_none(centre: House) -> None:
    heard(centre, "c1", COMPLAINT, EventKind.OPINION)
    listened(centre, "lead1", "c1", Span(0, 5000))
    act(centre, "amy", EventAction.FILE, 1)
    act(centre, "lead1", EventAction.DISMISS, 2)
    assert candidates(centre) == []


def test_people_decide_and_nobody_about_themselves(centre: House) -> None:
    heard(centre, "c1", COMPLAINT, agent_id="169")
    listened(centre, "lead3", "c1", Span(0, 5000))
    assert candidates(centre) == [("missed", "169"), ("withheld", "lead3")]

    def decide(who: str, number: int, action: OmissionAction = OmissionAction.CONFIRM) -> Any:
        with centre.store.writing() as session:
            return decide_omission(session, centre.people[who], number, action, "核实", now=NOW)

    with centre.store.reading() as session:
        numbers = {
            one.kind: one.omission_id for one in list_omissions(session, centre.people["head"])
        }
        lead2 = [one.kind for one in list_omissions(session, centre.people["lead2"])]
        assert lead2 == [OmissionKind.MISSED]  # what a lead kept back is for heads
    missed, withheld = numbers[OmissionKind.MISSED], numbers[OmissionKind.WITHHELD]
    for who, number, kind in (
        ("lead2", missed, NotAllowedError),  # the lead is agent 169
        ("lead3", withheld, NotFoundError),
        ("lead1", missed, NotFoundError),
        ("amy", missed, NotAllowedError),
    ):
        with pytest.raises(kind):
            decide(who, number)
    decide("lead3", missed)
    assert len(decide("lead3", missed).steps) == 1
    assert decide("head", missed, OmissionAction.REJECT).decision.action is OmissionAction.REJECT
    assert len(decide("head", withheld).steps) == 1
