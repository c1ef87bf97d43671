"""Reports: every figure is the number of its rows, and what is sent stays as it is."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from qa.errors import NotFoundError, StoreError
from qa.records import FlagAction, Scope
from qa.refusals import TransitionError
from qa.review.report_model import (
    FIGURES,
    GROUPINGS,
    MEANS,
    SECTIONS,
    Counted,
    ReportBody,
    ReportDays,
    ReportKind,
    ReportState,
    Terms,
    body_text,
    compare,
    days_of,
    last_over,
    read_body,
)
from qa.store.appeals import submit_appeal
from qa.store.report_rows import count_report, list_rows, recount
from qa.store.report_sources import SOURCES
from qa.store.reports import (
    Report,
    StepAction,
    add_step,
    find_report,
    list_reports,
    mark_sent,
    put_version,
    sent_file,
)
from qa.store.reviews import decide_flag, release_call
from qa.store.tables import AnswersRow, CallRow, TicketRow
from qa.store.tables_events import EventRow, EventScanRow, EventStepRow
from qa.store.tables_fines import ChargeRow, ChargeStepRow
from qa.store.tables_reports import ReportFileRow, ReportVersionRow
from qa.store.tables_review import CallStatusRow, SpotCheckResultRow, SpotCheckRow
from tests.support.call_folders import open_store, settings_for
from tests.support.review_house import NOW, House, house

__all__ = ["open_store", "settings_for"]  # their names run this module on both databases

ZONE = ZoneInfo("Asia/Shanghai")
DAY = date(2025, 11, 20)
DAYS = ReportDays(ReportKind.DAILY, DAY, DAY)
EVERYTHING = Scope(everything=True)


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


TICKETS = {  # id: received, completed, station, problem
    "R1": (at(8), at(9), "东站", "暖气不热"),
    "R2": (at(9), at(14), "东站", "漏水"),
    "R3": (at(10), None, "西站", "不热"),
    "R4": (at(22), None, None, None),
    "R5": (at(20, day=date(2025, 11, 19)), at(0, 30), "西站", "嗡嗡响"),
    "R6": (at(9, day=date(2025, 11, 19)), at(11, day=date(2025, 11, 21)), "西站", "钥匙丢了"),
    "R7": (None, at(15), "西站", "不热"),
    "R8": (at(0, day=date(2025, 11, 21)), None, "东站", "不热"),
}


def counted(days: ReportDays = DAYS, scope: Scope = EVERYTHING) -> Counted:
    return Counted(days, scope, ZONE, Terms(4.0, ("heating-callback",)))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[House]:
    """A day with everything that a report counts."""
    with house(tmp_path_factory.mktemp("reports")) as made:
        calls(made)
        tickets(made)
        work(made)
        yield made


def calls(house: House) -> None:
    house.judged("a1", "108", "IP01 CL01", at(8, 5))
    house.judged("a2", "108", "", at(9, 5))
    house.judged("b1", "136", "?CL01 +PR01", at(9, 50))
    house.judged("b2", "136", "CL01", at(23, 59))
    house.judged("late", "136", "CL01", at(0, day=date(2025, 11, 21)))
    house.judged("back", "169", "", at(16))
    house.add_call("unjudged", "108", at(10))
    with house.store.writing() as session:
        for call_id, direction, ticket in (
            ("a1", "inbound", "R1"),
            ("b1", "inbound", "R7"),
            ("back", "outbound", "R2"),
        ):
            own = update(CallRow).where(CallRow.call_id == call_id)
            session.execute(own.values(direction=direction, ticket_id=ticket))
        keyed = {"solved": True, "attitude": "满意", "charged": False, "points": 9}
        session.execute(insert(AnswersRow).values(call_id="back", **keyed, remark="再快些"))


def tickets(house: House) -> None:
    with house.store.writing() as session:
        for ticket_id, (received, completed, station, problem) in TICKETS.items():
            session.execute(
                insert(TicketRow).values(
                    ticket_id=ticket_id,
                    received_at=received,
                    completed_at=completed,
                    station=station,
                    problem=problem,
                )
            )


def work(house: House) -> None:
    """Reviews, an appeal, spot checks and events."""
    now, head, amy = at(12), house.people["head"], house.people["amy"]
    with house.store.writing() as session:
        found = session.execute(select(CallStatusRow.call_id, CallStatusRow.scorecard_id))
        card_of = {row[0]: row[1] for row in found}

        def decide(call_id: str, rule_id: str, action: FlagAction, when: datetime) -> None:
            card = card_of[call_id]
            decide_flag(session, head, call_id, card, rule_id, action, reason="because", now=when)

        decide("a1", "IP01", FlagAction.CONFIRM, now)
        decide("a1", "CL01", FlagAction.CONFIRM, now)
        decide("a1", "CL01", FlagAction.REJECT, at(13))
        decide("b1", "CL01", FlagAction.NOTE, now)
        decide("b2", "CL01", FlagAction.REJECT, at(8, day=date(2025, 11, 21)))
        release_call(session, head, "a1", card_of["a1"], appeal_days=7, now=at(14))
        submit_appeal(session, amy, "a1", None, "I did not", now=at(15))
        for number, (kind, due, done) in enumerate(
            (("daily", at(20), at(10)), ("daily", at(9), None), ("weekly", at(9), at(23)))
        ):
            key = session.execute(
                insert(SpotCheckRow).values(
                    kind=kind, day=DAY, agent_id="108", position=number,
                    call_id=("a1", "a2", "b1")[number], drawn_by="chance", seed="s",
                    drawn_at=NOW, due_at=due,
                )
            ).inserted_primary_key[0]  # fmt: skip
            if done:
                row = {"result": "heard", "done_by": head.user_id, "done_at": done}
                session.execute(insert(SpotCheckResultRow).values(check_id=key, **row))
        session.execute(insert(EventScanRow).values(scan_id=1, scorecard_id=99))
        for kind, call_id, step in (
            ("EV06", "a1", None), ("EV05", "b1", None), ("EV08", "a2", "dismiss")
        ):  # fmt: skip
            row = {"kind": kind, "call_id": call_id, "happened_at": at(9), "created_at": NOW}
            agent = {"a1": "108", "a2": "108", "b1": "136"}[call_id]
            made = insert(EventRow).values(**row, agent_id=agent)
            key = session.execute(made).inserted_primary_key[0]
            if step:
                session.execute(
                    insert(EventStepRow).values(event_id=key, action=step, done_at=at(11))
                )


def report_of(house: House, wanted: Counted) -> ReportBody:
    with house.store.reading() as session:
        return count_report(session, wanted)


EXPECTED = {
    **{"repairs_received": 4, "repairs_completed": 4, "repairs_open": 3, "repairs_long_open": 2},
    **{"repairs_long": 2, "repairs_untimed": 1, "callbacks_planned": 4, "callbacks_reached": 1},
    **{"callbacks_missing": 3, "callbacks_done": 1, "answers_solved": 1, "answers_unsolved": 0},
    **{"answers_satisfied": 1, "answers_charged": 0, "answers_points": 9, "answers_remarks": 1},
    **{"answers_none": 0, "calls_all": 6, "calls_inbound": 2, "calls_outbound": 1},
    **{"calls_unscored": 1, "calls_praised": 1, "calls_undecided": 1, "calls_by_people": 2},
    **{"flags_confirmed": 1, "flags_rejected": 1, "flags_changed": 0, "fines_confirmed": 1},
    **{"appeals_made": 1, "appeals_open": 1, "appeals_upheld": 0, "checks_daily": 1},
    **{"checks_weekly": 1, "checks_overdue": 1, "events_all": 2, "events_complaints": 1},
    **{"events_waiting": 1, "promises_made": 0},
    **{"kpi_satisfied": 100, "kpi_solved": 100, "kpi_complaints": 16.67, "kpi_completed": 50},
    **{"kpi_hours": 3.5, "kpi_adopted": None},  # of 1, 5 and 4.5 hours; its event was dismissed
}


def test_figures_are_what_happened(filled: House) -> None:
    body = report_of(filled, counted())
    assert {key: body.figure(key).value for key in EXPECTED} == EXPECTED
    assert body.figure("score_mean").value == 96  # of 80, 100, 100, 100, 100
    stations = body.breakdown("repairs_received", "station")
    assert stations is not None
    assert {part.name: part.rows for part in stations.parts} == {"东站": 2, "西站": 1, "": 1}
    faults = body.breakdown("repairs_received", "fault")
    assert faults is not None
    assert {part.name: part.rows for part in faults.parts} == {"cold": 2, "leak": 1, "": 1}


def test_rates_say_of_how_many_and_lead_to_those_of_the_kind(filled: House) -> None:
    body = report_of(filled, counted())
    assert (body.figure("kpi_complaints").rows, body.figure("kpi_completed").rows) == (6, 4)
    parts = body.breakdown("kpi_complaints", "met")
    assert parts is not None and {p.name: p.rows for p in parts.parts} == {"yes": 1, "no": 5}
    with filled.store.reading() as session:
        found = list_rows(session, counted(), "kpi_complaints", by="met", name="yes")
        done = list_rows(session, counted(), "kpi_completed", by="met", name="yes")
    assert [row.call_id for row in found] == ["a1"]
    assert [row.row_id for row in done] == ["R1", "R2"]


def test_complaints_about_agents_count_once_confirmed_and_adopted_suggestions_once_closed(
    tmp_path: Path,
) -> None:
    day = days_of(ReportKind.DAILY, DAY)
    with house(tmp_path) as made:
        for name in ("c1", "c2", "c3"):
            made.judged(name, "108", "", at(9))
        lead, head = made.people["head"], made.people["admin"]
        with made.store.writing() as session:
            session.execute(insert(EventScanRow).values(scan_id=1, scorecard_id=99))
            for call_id, steps in (
                ("c1", ()),
                ("c2", ("confirm",)),
                ("c3", ("confirm", "withdraw")),
            ):
                row = ChargeRow(
                    item="complaint", call_id=call_id, start_ms=0, end_ms=1, text="heard",
                    entered_by=lead.user_id, entered_at=at(10),
                )  # fmt: skip
                session.add(row)
                session.flush()
                for step in steps:
                    session.add(
                        ChargeStepRow(
                            charge_id=row.charge_id, action=step, text="", done_by=head.user_id,
                            done_at=at(11),
                        )
                    )  # fmt: skip
            for call_id, steps in (("c1", ("file", "adopt")), ("c2", ("file", "close"))):
                times = {"happened_at": at(9), "created_at": NOW}
                own = insert(EventRow).values(kind="EV08", call_id=call_id, agent_id="108", **times)
                key = session.execute(own).inserted_primary_key[0]
                for step in steps:
                    values = {"event_id": key, "action": step, "done_at": at(12)}
                    session.execute(insert(EventStepRow).values(**values))
        body = report_of(made, counted(day))
        assert body.figure("kpi_complaints").value == 33.33  # c2: entered alone is no complaint
        assert body.figure("kpi_adopted").value == 50
        assert body.figure("events_waiting").value == 0


def test_a_year_is_broken_down_by_month(filled: House) -> None:
    body = report_of(filled, counted(days_of(ReportKind.YEARLY, DAY)))
    months = body.breakdown("calls_all", "month")
    assert months is not None and [(p.name, p.rows) for p in months.parts] == [("2025-11", 7)]
    assert (
        body.breakdown("calls_all", "day") is None and body.breakdown("calls_all", "hour") is None
    )
    rates = body.breakdown("kpi_completed", "month")
    assert rates is not None and rates.parts[0].mean == body.figure("kpi_completed").value


def test_a_report_of_an_older_program_does_not_differ_for_figures_it_never_had(
    filled: House,
) -> None:
    body = report_of(filled, counted())
    older = replace(
        body,
        figures=tuple(one for one in body.figures if not one.key.startswith("kpi")),
        breakdowns=tuple(one for one in body.breakdowns if not one.figure.startswith("kpi")),
    )
    assert compare(older, body) == ()
    assert next(one.key for one in compare(body, older)) == "kpi_satisfied"


@pytest.mark.parametrize("team", ["", "一组", "二组"])
@pytest.mark.parametrize("kind", list(ReportKind))
def test_every_figure_is_the_number_of_its_rows(filled: House, kind: ReportKind, team: str) -> None:
    scope = Scope(teams=frozenset({team})) if team else EVERYTHING
    wanted = counted(days_of(kind, DAY), scope)
    body = report_of(filled, wanted)
    with filled.store.reading() as session:
        assert compare(body, recount(session, wanted)) == ()
        for one in body.figures:
            if one.value is None:
                continue
            rows = list_rows(session, wanted, one.key)
            assert len(rows) == one.rows
            assert len({row.row_id for row in rows}) == len(rows)
            if one.key in MEANS:
                values = [row.value for row in rows if row.value is not None]
                assert not values or one.value == round(sum(values) / len(values), 2)
            else:
                assert one.value == one.rows
        for part_of in body.breakdowns:
            assert sum(part.rows for part in part_of.parts) == body.figure(part_of.figure).rows
            for part in part_of.parts:
                found = list_rows(session, wanted, part_of.figure, by=part_of.by, name=part.name)
                assert len(found) == part.rows


def test_teams_add_up_where_calls_have_one(filled: House) -> None:
    centre = report_of(filled, counted())
    parts = [
        report_of(filled, counted(scope=Scope(teams=frozenset({team}))))
        for team in ("一组", "二组")
    ]
    for key in ("calls_all", "flags_confirmed", "checks_overdue", "events_all"):
        assert centre.figure(key).value == sum(part.figure(key).value or 0 for part in parts)
    assert parts[0].figure("repairs_received").value == 1  # R1 alone is named by a call of 一组


def test_what_never_came_is_unknown_and_not_0(tmp_path: Path) -> None:
    with house(tmp_path) as empty:
        body = report_of(empty, counted())
        unknown = {one.key for one in body.figures if one.value is None}
        sections = ("kpi", "repairs", "callbacks", "calls", "scores", "promises", "events")
        assert unknown == {key for name in sections for key in SECTIONS[name]}
        empty.judged("a1", "108", "", at(9))
        body = report_of(empty, counted())
        assert body.figure("calls_all").value == 1
        assert body.figure("callbacks_done").value == 0
        assert body.figure("repairs_received").value is None
        assert body.figure("answers_points").value is None
        assert report_of(empty, counted(days_of(ReportKind.DAILY, date(2025, 11, 21)))).figure(
            "calls_all"
        ) == replace(body.figure("calls_all"), value=None, rows=0)


def test_every_figure_has_a_source() -> None:
    assert {key for key in FIGURES if not key.startswith("promises")} == set(SOURCES)
    assert set(GROUPINGS) <= set(FIGURES)


def test_days() -> None:
    assert days_of(ReportKind.WEEKLY, DAY).first == date(2025, 11, 17)
    february = days_of(ReportKind.MONTHLY, date(2024, 2, 29))
    assert (february.first, february.last) == (date(2024, 2, 1), date(2024, 2, 29))
    assert last_over(ReportKind.MONTHLY, date(2026, 1, 1)).last == date(2025, 12, 31)
    assert last_over(ReportKind.WEEKLY, date(2025, 11, 24)).last == date(2025, 11, 23)
    assert last_over(ReportKind.DAILY, DAY).last == DAY - timedelta(days=1)
    year = last_over(ReportKind.YEARLY, date(2025, 1, 1))
    assert (year.first, year.last) == (date(2024, 1, 1), date(2024, 12, 31))


def load(house: House, report_id: int) -> Report:
    with house.store.reading() as session:
        return find_report(session, EVERYTHING, report_id)


def put(house: House, body: ReportBody) -> int:
    with house.store.writing() as session:
        return put_version(session, body, None, now=NOW)


def step(house: House, report: Report, action: StepAction, note: str = "") -> None:
    with house.store.writing() as session:
        add_step(session, house.people["head"], report, action, note=note, now=NOW)


def send(house: House, report: Report, body: ReportBody) -> None:
    with house.store.writing() as session:
        files = {"html": b"<p>", "xlsx": b"PK"}
        mark_sent(session, house.people["head"], report, body, files, now=NOW)


def test_a_report_is_reviewed_then_sent_and_never_changes(filled: House) -> None:
    body = report_of(filled, counted(days_of(ReportKind.WEEKLY, DAY)))
    assert read_body(body_text(body)) == body
    number = put(filled, body)
    assert put(filled, body) == number and load(filled, number).number == 1
    with pytest.raises(TransitionError):
        send(filled, load(filled, number), body)  # nobody has reviewed it
    step(filled, load(filled, number), StepAction.REVIEW)
    assert load(filled, number).state is ReportState.REVIEWED
    stale = load(filled, number)
    step(filled, load(filled, number), StepAction.REMARK, "a new boiler by Friday")
    assert load(filled, number).state is ReportState.DRAFT
    with pytest.raises(TransitionError):
        step(filled, stale, StepAction.REVIEW)
    step(filled, load(filled, number), StepAction.REVIEW)
    other = replace(body, figures=(replace(body.figures[0], value=99, rows=99), *body.figures[1:]))
    assert [one.key for one in compare(body, other)] == [body.figures[0].key]
    with pytest.raises(TransitionError):
        send(filled, load(filled, number), other)  # the rows say otherwise
    assert load(filled, number).state is ReportState.REVIEWED
    send(filled, load(filled, number), body)
    sent = load(filled, number)
    assert sent.state is ReportState.SENT and sent.body == body
    for act in (
        lambda: put(filled, other),
        lambda: send(filled, sent, body),
        lambda: step(filled, sent, StepAction.REMARK, "late"),
    ):
        with pytest.raises(TransitionError):
            act()
    assert load(filled, number) == sent
    with filled.store.reading() as session:
        file = sent_file(session, sent, "html")
    assert file is not None and file.content == b"<p>"


def test_a_sent_file_or_body_changed_in_the_database_is_noticed(filled: House) -> None:
    body = report_of(filled, counted(days_of(ReportKind.MONTHLY, DAY)))
    number = put(filled, body)
    step(filled, load(filled, number), StepAction.REVIEW)
    send(filled, load(filled, number), body)
    sent = load(filled, number)
    with filled.store.writing() as session:
        own = ReportFileRow.version_id == sent.version_id
        session.execute(update(ReportFileRow).where(own).values(content=b"other"))
    with pytest.raises(StoreError), filled.store.reading() as session:
        sent_file(session, sent, "html")
    changed = sent and body_text(replace(body, team="x"))
    with filled.store.writing() as session:
        mine = ReportVersionRow.version_id == sent.version_id
        session.execute(update(ReportVersionRow).where(mine).values(body=changed))
    with pytest.raises(StoreError):
        load(filled, number)
    with filled.store.writing() as session:
        session.execute(update(ReportVersionRow).where(mine).values(body=body_text(body)))


def test_a_new_version_asks_for_a_new_review(filled: House) -> None:
    body = report_of(filled, counted())
    number = put(filled, body)
    step(filled, load(filled, number), StepAction.REVIEW)
    other = replace(body, figures=(replace(body.figures[0], value=99, rows=99), *body.figures[1:]))
    put(filled, other)
    again = load(filled, number)
    assert (again.number, again.state) == (2, ReportState.DRAFT)


def test_leads_see_the_reports_of_their_teams_only(filled: House) -> None:
    for team in ("一组", "二组"):
        put(filled, replace(report_of(filled, counted()), team=team))
    lead = Scope(teams=frozenset({"一组"}))
    with filled.store.reading() as session:
        assert {one.team for one in list_reports(session, lead)} == {"一组"}
        everything = list_reports(session, EVERYTHING)
        assert {"", "一组", "二组"} <= {one.team for one in everything}
        foreign = next(one for one in everything if one.team == "二组")
        with pytest.raises(NotFoundError):
            find_report(session, lead, foreign.report_id)
        centre = next(one for one in everything if not one.team)
        with pytest.raises(NotFoundError):
            find_report(session, lead, centre.report_id)
