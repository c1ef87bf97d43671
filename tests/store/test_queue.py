"""The lists: who sees what, in which order, page by page both ways, with counts that are right."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from qa.errors import NotFoundError
from qa.records import FlagAction, ReviewState, Scope
from qa.review.lists import Severity, Show
from qa.store import queue_filter
from qa.store.queue import neighbours, place_of, queue_page
from qa.store.queue_counts import Count, queue_counts, total_of
from qa.store.queue_filter import Cursor, Few, QueueFilter, few_by
from qa.store.queue_lines import QueueLine
from qa.store.queue_unscored import Progress, unscored_counts, unscored_page
from qa.store.reviews import decide_flag, release_call
from qa.store.tables import CallRow, RecordingRow
from qa.types import Outcome
from tests.support.call_folders import open_store, settings_for
from tests.support.review_house import DAY, NOW, House, house

EVERYTHING = Scope(everything=True)
__all__ = ["open_store", "settings_for"]  # their names run this module on both databases
AGENTS = ("108", "136", "169", "200", None)
MARKS = ("", "CL01", "IP01", "FP01", "?CL01", "SP01", "CL01 ?IP01", "+PR01")
TEAM_1, TEAM_2 = Scope(teams=frozenset({"一组"})), Scope(teams=frozenset({"二组"}))
SCOPES = (
    *(EVERYTHING, TEAM_1, TEAM_2, Scope(teams=frozenset({"一组", "二组"})), Scope()),
    *(Scope(agent_id="136"), Scope(teams=frozenset({"一组"}), agent_id="136")),
)


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[House]:
    """Forty calls of every kind, some at the same moment, one in ten without a time."""
    with house(tmp_path_factory.mktemp("queue")) as centre:
        for n in range(40):
            at = None if n % 10 == 9 else NOW - timedelta(hours=n // 2)
            centre.judged(f"c{n:02}", AGENTS[n % 5], MARKS[n * 3 % 8], at)
        lead = centre.people["lead3"]
        with centre.store.writing() as session:
            for line in queue_page(
                session, QueueFilter(Show.ALL), EVERYTHING, zone=centre.store.zone, limit=99
            ).lines:
                number = line.scorecard_id
                if line.agent_id not in ("108", "136") or int(line.call_id[1:]) % 4:
                    continue
                for flag in line.flags:
                    args = (line.call_id, number, flag.rule_id, FlagAction.REJECT)
                    decide_flag(session, lead, *args, reason="听过", now=NOW)
                release_call(session, lead, line.call_id, number, now=NOW)
        yield centre


def page(centre: House, wanted: QueueFilter, scope: Scope = EVERYTHING, **where: Any) -> Any:
    with centre.store.reading() as session:
        return queue_page(session, wanted, scope, zone=centre.store.zone, **where)


def everything(centre: House) -> list[QueueLine]:
    return list(page(centre, QueueFilter(Show.ALL), limit=99).lines)


def by_hand(lines: list[QueueLine], wanted: QueueFilter, scope: Scope) -> list[str]:
    """The list as a person would make it from all calls."""

    def fits(line: QueueLine) -> bool:
        at = line.started_at
        in_time = at is not None or (wanted.since is None and wanted.until is None)
        flags = [
            f for f in line.flags
            if wanted.rule_id in (None, f.rule_id) and wanted.outcome in (None, f.outcome)
        ]  # fmt: skip
        return all(
            (
                scope.everything or line.team in scope.teams
                or (scope.agent_id is not None and line.agent_id == scope.agent_id),
                wanted.agent_id in (None, line.agent_id),
                wanted.team in (None, line.team),
                in_time and (wanted.since is None or at >= wanted.since),  # type: ignore[operator]
                in_time and (wanted.until is None or at < wanted.until),  # type: ignore[operator]
                not wanted.rule_id or bool(flags),
                not wanted.states or line.state in wanted.states,
                wanted.min_score is None or line.score >= wanted.min_score,
                wanted.max_score is None or line.score <= wanted.max_score,
                wanted.severity in (None, line.severity),
                wanted.show is not Show.FLAGGED or line.severity is not Severity.NONE,
                wanted.show is not Show.REVIEW or line.state in ("open", "started"),
            )
        )  # fmt: skip

    kept = [line for line in lines if fits(line)]
    kept.sort(key=lambda line: line.call_id, reverse=True)
    kept.sort(key=lambda line: line.started_at.timestamp() if line.started_at else 0, reverse=True)
    if wanted.show is not Show.ALL:
        ranks = list(Severity)
        kept.sort(key=lambda line: ranks.index(line.severity), reverse=True)
    return [line.call_id for line in kept]


FILTERS = st.builds(
    QueueFilter,
    show=st.sampled_from(Show),
    agent_id=st.sampled_from([None, None, None, "108", "136", "nobody"]),
    team=st.sampled_from([None, None, "一组", "二组", "三组"]),
    since=st.sampled_from([None, None, NOW - timedelta(hours=12)]),
    until=st.sampled_from([None, None, NOW - timedelta(hours=3)]),
    rule_id=st.sampled_from([None, None, "CL01", "IP01", "ZZ99"]),
    states=st.sampled_from(
        [frozenset(), frozenset(), frozenset({ReviewState.RELEASED}),
         frozenset({ReviewState.OPEN, ReviewState.CLEAN})]
    ),
    severity=st.sampled_from([None, None, None, Severity.SCORE]),
    min_score=st.sampled_from([None, None, 90]),
    max_score=st.sampled_from([None, None, 95]),
)  # fmt: skip


@pytest.mark.parametrize("few", [5_000, 0])
def test_lists_are_what_a_person_would_make(
    centre: House, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_filter, "_FEW", few)
    lines = everything(centre)
    assert len(lines) == 40

    @settings(max_examples=80, suppress_health_check=list(HealthCheck))
    @given(FILTERS, st.sampled_from(SCOPES), st.integers(1, 7))
    def check(wanted: QueueFilter, scope: Scope, size: int) -> None:
        expected = by_hand(lines, wanted, scope)
        whole = page(centre, wanted, scope, limit=99)
        assert [line.call_id for line in whole.lines] == expected
        assert (whole.before, whole.after) == (None, None)
        forth: list[str] = []
        place: Cursor | None = None
        last: Any = None
        while place is not None or not forth:
            last = page(centre, wanted, scope, limit=size, after=place)
            forth += [line.call_id for line in last.lines]
            place = Cursor.parse(last.after.text()) if last.after else None
            if not last.lines:
                break
        assert forth == expected
        back = [line.call_id for line in last.lines]
        while last.before is not None:
            last = page(centre, wanted, scope, limit=size, before=last.before)
            back = [line.call_id for line in last.lines] + back
        assert back == expected
        with centre.store.reading() as session:
            counts = queue_counts(session, wanted, scope)
            assert total_of(counts) == Count(len(expected), True)
            if expected:
                middle = len(expected) // 2
                found = neighbours(session, wanted, scope, expected[middle])
                around = [None, *expected, None]
                near = [one.call_id if one else None for one in (found.before, found.after)]
                assert near == [around[middle], around[middle + 2]]

    check()


def test_counts_stop_and_say_so(centre: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from qa.store import queue_counts as module

    monkeypatch.setattr(module, "COUNT_CAP", 3)
    monkeypatch.setattr(module, "_LEAST", 1)
    with centre.store.reading() as session:
        counts = queue_counts(session, QueueFilter(Show.ALL), EVERYTHING)
        assert counts[Severity.NONE] == Count(3, False)
        assert not total_of(counts).is_exact


def test_the_next_call_is_still_the_next_after_a_decision(tmp_path: Path, backend: str) -> None:
    with house(tmp_path) as centre:
        for n in range(3):
            centre.judged(f"c{n}", "108", "CL01", NOW - n * DAY)
        wanted = QueueFilter()
        with centre.store.writing() as session:
            place = place_of(session, wanted, EVERYTHING, "c1")
            number = queue_page(session, wanted, EVERYTHING, zone=centre.store.zone).lines[1]
            args = ("c1", number.scorecard_id, "CL01", FlagAction.REJECT)
            decide_flag(session, centre.people["lead1"], *args, reason="说了", now=NOW)
            found = neighbours(session, wanted, EVERYTHING, "c1", place=place)
        near = [one.call_id if one else None for one in (found.before, found.after)]
        assert near == ["c0", "c2"]


def test_a_call_out_of_scope_has_no_neighbours(centre: House) -> None:
    with centre.store.reading() as session, pytest.raises(NotFoundError):
        neighbours(session, QueueFilter(), Scope(agent_id="108"), "c01")


def test_what_is_rare_leads(centre: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with centre.store.reading() as session:
        assert few_by(session, QueueFilter()) is None
        assert few_by(session, QueueFilter(rule_id="CL01")) is Few.RULE
        released = frozenset({ReviewState.RELEASED})
        assert few_by(session, QueueFilter(states=released)) is Few.STATE
        monkeypatch.setattr(queue_filter, "_FEW", 0)
        assert few_by(session, QueueFilter(rule_id="CL01", states=released)) is None


@pytest.mark.parametrize("text", ["", "1~2", "x~1~c", "1~y~c", f"1~{10**30}~c"])
def test_a_cursor_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Cursor.parse(text)


def test_a_cursor_keeps_any_call_id() -> None:
    one = Cursor(3, NOW, "a~b~年/1")
    assert Cursor.parse(one.text()) == one


def test_lines_show_what_was_decided(centre: House) -> None:
    decided = [line for line in everything(centre) if line.state is ReviewState.RELEASED]
    flags = [flag for line in decided for flag in line.flags]
    assert flags
    assert {flag.action for flag in flags} == {FlagAction.REJECT}
    undecided = page(centre, QueueFilter(Show.ALL, outcome=Outcome.UNDECIDED), limit=99).lines
    assert {line.undecided for line in undecided} == {1}


def test_calls_without_a_scorecard_are_found(tmp_path: Path, backend: str) -> None:
    with house(tmp_path) as centre:
        centre.judged("scored", "108", "")
        for call_id, agent_id in (("failed", "108"), ("unscored", "136"), ("waiting", "108")):
            centre.add_call(call_id, agent_id, None if call_id == "waiting" else NOW)
        with centre.store.writing() as session:
            own = RecordingRow.recording_id == "r-failed"
            session.execute(update(RecordingRow).where(own).values(fault="truncated"))
            recording = {"recording_id": "r2", "size_bytes": 1, "first_seen_at": NOW}
            session.execute(insert(RecordingRow).values(recording))
            waiting = CallRow.call_id == "waiting"
            session.execute(update(CallRow).where(waiting).values(recording_id="r2"))
            session.execute(
                insert(CallRow).values(
                    call_id="gone", has_metadata=True, started_at=NOW, agent_id=None, context="x"
                )
            )
        with centre.store.reading() as session:
            found = {
                progress: [
                    line.call_id
                    for line in unscored_page(session, EVERYTHING, progress, zone=centre.store.zone)
                ]
                for progress in Progress
            }
            assert found == {
                Progress.FAILED: ["failed"],
                Progress.NO_RECORDING: ["gone"],
                Progress.WAITING: ["waiting"],
                Progress.UNSCORED: ["unscored"],
            }
            assert set(unscored_counts(session, EVERYTHING).values()) == {1}
            assert unscored_counts(session, TEAM_2) == {
                Progress.FAILED: 0, Progress.NO_RECORDING: 0, Progress.WAITING: 0,
                Progress.UNSCORED: 1,
            }  # fmt: skip
