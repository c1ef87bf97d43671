"""The row of each call is what a rebuild makes of everything else, whatever happened before."""

import itertools
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, text, update

from qa.errors import QAError
from qa.ingest.rows import RecordEntry
from qa.records import FlagAction, Scope, User
from qa.review.appeals import AppealChange
from qa.store.appeals import AppealRuling, decide_appeal, submit_appeal, withdraw_appeal
from qa.store.call_status import close_windows, rebuild, write_status
from qa.store.intake import put_agents
from qa.store.reviews import decide_flag, release_call, review_of, settle_judged_anew, take_back
from qa.store.store import Store
from qa.store.tables import CallRow
from qa.store.tables_review import AppealRow, CallStatusRow
from qa.types import Outcome
from tests.support.call_folders import open_store, rows_of, settings_for
from tests.support.review_house import DAY, NOW, House, card, house

EVERYTHING = Scope(everything=True)
CALLS = ("c1", "c2", "c3")
MARKS = ("", "CL01", "IP01 CL01", "?CL01 FP01", "ID01 SP01", "IP01 CL01 ?ID01 +PR01", "?IP01")
WHAT = (
    *("judge", "judge", "decide", "finish", "finish", "release", "back", "appeal", "appeal"),
    *("withdraw", "rule", "settle", "team", "close", "later"),
)
STEPS = st.lists(
    st.tuples(st.sampled_from(WHAT), st.sampled_from(CALLS), st.integers(0, 10_000)),
    min_size=5,
    max_size=40,
)


_SETTLED = (("settle", "c1", 1), ("judge", "c1", 2), ("settle", "c1", 0), ("decide", "c1", 1))


_APPEALED = (("finish", "c1", 0), ("appeal", "c1", 1), ("withdraw", "c1", 0), ("appeal", "c1", 5))
_DECIDED = (("rule", "c1", 1), ("finish", "c2", 0), ("back", "c2", 0), ("release", "c2", 0))


class World:
    """A call centre in which things happen, some of them refused."""

    def __init__(self, centre: House, name: str) -> None:
        self.centre = centre
        self.name = name
        self.now: datetime = NOW
        self.done: list[str] = []

    def step(self, what: str, which: str, number: int) -> None:
        call_id = f"{self.name}-{which}"
        with suppress(QAError), self.centre.store.writing() as session:
            getattr(self, what)(session, call_id, number)
            self.done.append(what)

    def _who(self, number: int, *logins: str) -> User:
        return self.centre.people[logins[number % len(logins)]]

    def _current(self, session: Any, call_id: str) -> int:
        return review_of(session, EVERYTHING, call_id, self.now).current_id

    def judge(self, session: Any, call_id: str, number: int) -> None:
        from qa.store.scorecards import publish

        marks = MARKS[number % len(MARKS)]
        version = f"v{number % 5}-{marks}"
        publish(session, [card(call_id, marks, version=version)], self.now)

    def decide(self, session: Any, call_id: str, number: int) -> None:
        rule_id = ("IP01", "CL01", "FP01", "ID01", "SP01")[number % 5]
        action = list(FlagAction)[number // 5 % 4]
        change = action is FlagAction.CHANGE
        decide_flag(
            session, self._who(number, "lead3", "head"), call_id,
            self._current(session, call_id), rule_id, action,
            outcome=Outcome.VIOLATED if change else None, points=number % 40 if change else None,
            reason=f"因为{number % 3}", now=self.now,
        )  # fmt: skip

    def finish(self, session: Any, call_id: str, number: int) -> None:
        review = review_of(session, EVERYTHING, call_id, self.now)
        lead = self.centre.people["lead3"]
        for line in review.card.lines:
            if line.must_be_decided:
                action = (FlagAction.CONFIRM, FlagAction.REJECT)[number % 2]
                args = (call_id, review.current_id, line.line.rule_id, action)
                decide_flag(session, lead, *args, reason="听过", now=self.now)
        release_call(session, lead, call_id, review.current_id, now=self.now)

    def release(self, session: Any, call_id: str, number: int) -> None:
        who = self._who(number, "lead3", "head")
        release_call(session, who, call_id, self._current(session, call_id), now=self.now)

    def back(self, session: Any, call_id: str, number: int) -> None:
        take_back(session, self._who(number, "lead3", "head"), call_id, "再看", now=self.now)

    def appeal(self, session: Any, call_id: str, number: int) -> None:
        rule_id = (None, "CL01", "IP01", "ID01")[number % 4]
        who = self.centre.people["amy"]
        submit_appeal(session, who, call_id, rule_id, f"不对{number}", now=self.now)

    def withdraw(self, session: Any, call_id: str, number: int) -> None:
        row = session.query(AppealRow).filter_by(call_id=call_id).first()
        if row is not None:
            withdraw_appeal(session, self.centre.people["amy"], row.appeal_id, now=self.now)

    def rule(self, session: Any, call_id: str, number: int) -> None:
        for row in session.query(AppealRow).filter_by(call_id=call_id).all():
            changes = (AppealChange(row.rule_id or "CL01", number % 5 or None),)
            ruling = AppealRuling(number % 2 == 0, "听过了", changes if number % 2 == 0 else ())
            decide_appeal(session, self.centre.people["head2"], row.appeal_id, ruling, now=self.now)

    def settle(self, session: Any, call_id: str, number: int) -> None:
        settle_judged_anew(
            session, self.centre.people["head"], call_id, reopen=number % 2 == 0, reason="听过",
            now=self.now,
        )  # fmt: skip

    def team(self, session: Any, call_id: str, number: int) -> None:
        teams = ("一组", "二组", "三组")
        put_agents(session, [RecordEntry("108", {"team": teams[number % 3]})])

    def close(self, session: Any, call_id: str, number: int) -> None:
        close_windows(session, self.now)

    def later(self, session: Any, call_id: str, number: int) -> None:
        self.now += timedelta(hours=number % 200)


def rows(store: Store) -> list[Any]:
    return rows_of(store, "SELECT * FROM call_status ORDER BY call_id")


def test_the_rows_are_what_a_rebuild_makes(tmp_path: Path) -> None:
    seen: set[str] = set()
    with house(tmp_path) as centre:
        worlds = itertools.count()

        @settings(max_examples=40, suppress_health_check=list(HealthCheck))
        @given(STEPS)
        @example([("finish", "c1", 0), ("later", "c1", 199), ("judge", "c1", 3), *_SETTLED])
        @example([*_APPEALED, *_DECIDED, ("team", "c1", 2), ("close", "c1", 0)])
        def check(steps: list[tuple[str, str, int]]) -> None:
            world = World(centre, f"w{next(worlds)}")
            for which in CALLS:
                centre.judged(f"{world.name}-{which}", "108", "IP01 CL01 ?ID01")
            for step in steps:
                world.step(*step)
            with centre.store.writing() as session:
                close_windows(session, world.now)
                written = all_rows(session, world.name)
                write_status(session, [f"{world.name}-{which}" for which in CALLS], world.now)
                assert all_rows(session, world.name) == written
            seen.update(world.done)

        check()
        assert seen == set(WHAT)
        with centre.store.writing() as session:
            close_windows(session, NOW + 999 * DAY)
            written = all_rows(session, "")
            assert rebuild(session, NOW + 999 * DAY) == len(written) > 100
            assert all_rows(session, "") == written


def all_rows(session: Any, name: str) -> list[Any]:
    sql = "SELECT * FROM call_status WHERE call_id LIKE :name ORDER BY call_id"
    return [tuple(row) for row in session.execute(text(sql), {"name": f"{name}%"})]


def test_teams_and_replaced_calls_are_followed(tmp_path: Path) -> None:
    from qa.store.call_status import calls_changed

    with house(tmp_path) as centre:
        centre.judged("c1", "108", "CL01")
        centre.judged("c2", None, "CL01", None)
        assert rows_of(centre.store, "SELECT call_id, team FROM call_status ORDER BY 1") == [
            ("c1", "一组"), ("c2", None)
        ]  # fmt: skip
        centre.move("108", "三组")
        sql = "SELECT team FROM call_status WHERE call_id = 'c1'"
        assert rows_of(centre.store, sql) == [("三组",)]
        with centre.store.writing() as session:
            own = CallRow.call_id == "c2"
            session.execute(update(CallRow).where(own).values(agent_id="136", started_at=NOW))
            calls_changed(session, ["c2"], NOW)
            session.execute(update(CallRow).where(CallRow.call_id == "c1").values(replaced_by="x"))
            calls_changed(session, ["c1"], NOW)
        now = rows_of(centre.store, "SELECT call_id, agent_id, team FROM call_status")
        assert now == [("c2", "136", "二组")]
        with centre.store.writing() as session:
            session.execute(update(CallRow).where(CallRow.call_id == "c1").values(replaced_by=None))
            calls_changed(session, ["c1"], NOW)
        assert len(rows(centre.store)) == 2


def test_missing_rows_are_made_when_the_database_is_opened(tmp_path: Path) -> None:
    with house(tmp_path) as centre:
        for number in range(3):
            centre.judged(f"c{number}", "108", MARKS[number + 1])
        written = rows(centre.store)
        with centre.store.writing() as session:
            session.execute(delete(CallStatusRow))
    with open_store(settings_for(tmp_path)) as store:
        assert rows(store) == written


def test_a_damaged_scorecard_keeps_only_its_own_call_out(tmp_path: Path) -> None:
    with house(tmp_path) as centre:
        for number in range(3):
            centre.judged(f"c{number}", "108", "CL01")
        with centre.store.writing() as session:
            session.execute(
                text("UPDATE scorecards SET blob = :junk WHERE call_id = 'c1'"), {"junk": b"x"}
            )
            assert rebuild(session, NOW + DAY) == 2
