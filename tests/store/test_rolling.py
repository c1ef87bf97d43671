"""Figures by day say what a scan of all calls says, whatever happened and whatever is added up."""

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select, update

from qa.ingest.entries import YEARS
from qa.records import Scope
from qa.store import rolling, team_figures
from qa.store.agent_series import Window, list_agents
from qa.store.agent_totals import agent_totals
from qa.store.call_status import calls_changed, rebuild
from qa.store.day_figures import Parts, overlaps, parts_of
from qa.store.day_touches import merged, touch_times
from qa.store.rolling import roll
from qa.store.selections import Selection
from qa.store.store import Store
from qa.store.tables import CallRow
from qa.store.tables_figures import AgentRuleRow, DayTouchRow, RolledDayRow
from tests.store.test_call_status import World
from tests.support.call_folders import open_store, settings_for
from tests.support.review_house import DAY, NOW, House, house

ZONE = ZoneInfo("Asia/Shanghai")
EVERYTHING = Scope(everything=True)
SCOPES = (
    EVERYTHING,
    Scope(teams=frozenset({"一组", "三组"})),
    Scope(teams=frozenset({"二组"}), agent_id="108"),
    Scope(agent_id="136"),
)
STEPS = (
    "judge",
    "decide",
    "finish",
    "release",
    "back",
    "appeal",
    "rule",
    "settle",
    "team",
    "close",
)
assert open_store is not None  # the module runs on both databases


def figures(session: Any) -> list[Any]:
    """All that pages ask, over several stretches of time."""
    midnight = NOW.astimezone(ZONE).replace(hour=0, minute=0)
    spans = [
        (midnight - 9 * DAY, midnight + 2 * DAY),
        (NOW - 5 * DAY, NOW + timedelta(minutes=7)),  # days in part
        (midnight, midnight + DAY),
    ]
    weeks = team_figures.weeks_until(midnight.date(), 3, ZONE)
    odd = [(NOW - 8 * DAY, NOW - 3 * DAY), (NOW - 3 * DAY, NOW + DAY)]
    found: list[Any] = []
    for scope in SCOPES:
        for since, until in spans[:2]:
            narrower = ((None, None), ("二组", None), (None, "none"))
            for team, ruleset in narrower if scope is EVERYTHING else narrower[:1]:
                wanted = Selection(scope, since, until, team=team, ruleset_id=ruleset)
                found += [
                    team_figures.totals(session, wanted),
                    team_figures.agents(session, wanted),
                    sorted(team_figures.histogram(session, wanted).items()),
                    team_figures.rules(session, wanted),
                    team_figures.progress(session, wanted),
                ]
        wanted = Selection(scope, *spans[0])
        found += [team_figures.weekly(session, wanted, some) for some in (weeks, odd)]
        found += [agent_totals(session, since, scope=scope) for since in (None, spans[1][0])]
        for window in (Window(), Window(since=spans[1][0]), Window(until=spans[2][0])):
            found.append(list_agents(session, scope, window, after=None, limit=50))
    return found


def agreed(store: Store) -> int:
    """Hold that figures are those of a scan; how many days counted by their own figures."""
    with store.writing() as session:
        by_day = figures(session)
        holding = parts_of(session, [NOW - 30 * DAY, NOW + 30 * DAY]).days
        session.execute(delete(RolledDayRow))
        scanned = figures(session)
        session.rollback()
    assert by_day == scanned
    return sum((last - first).days + 1 for first, last in holding)


def call_centre(centre: House, chance: random.Random) -> list[World]:
    worlds = []
    for number in range(4):
        world = World(centre, f"w{number}")
        for which in ("c1", "c2", "c3"):
            at = NOW - chance.randrange(10) * DAY + timedelta(hours=chance.randrange(24))
            agent = chance.choice(["108", "108", "136", "200", None])
            unknown = chance.random() < 0.1
            marks = "IP01 CL01 ?ID01"
            centre.judged(f"{world.name}-{which}", agent, marks, None if unknown else at)
        worlds.append(world)
    return worlds


def move(centre: House, chance: random.Random) -> None:
    """Change a call's own row: its time, its agent, or whether it was replaced."""
    name = f"w{chance.randrange(4)}-c{1 + chance.randrange(3)}"
    values = chance.choice(
        [
            {"started_at": NOW - chance.randrange(12) * DAY},
            {"started_at": None},
            {"agent_id": chance.choice(["108", "136", None])},
            {"replaced_by": chance.choice(["x", None])},
        ]
    )
    with centre.store.writing() as session:
        session.execute(update(CallRow).where(CallRow.call_id == name).values(**values))
        calls_changed(session, [name], NOW)


def test_figures_by_day_are_those_of_a_scan(tmp_path: Path) -> None:
    chance, held = random.Random(1), 0
    with house(tmp_path) as centre:
        worlds = call_centre(centre, chance)
        assert agreed(centre.store) == 0
        for number in range(10):
            for _ in range(chance.randrange(4)):
                world = chance.choice(worlds)
                what, which = chance.choice(STEPS), f"c{1 + chance.randrange(3)}"
                world.step(what, which, chance.randrange(10_000))
            if chance.random() < 0.4:
                move(centre, chance)
            if chance.random() < 0.5:
                moments = iter([True] * chance.randrange(1, 3))
                roll(centre.store, go_on=lambda left=moments: next(left, False))  # type: ignore[misc]
            if number % 5 == 4:
                held += agreed(centre.store)
        assert held > 2
        assert roll(centre.store)
        assert agreed(centre.store) >= 8
        with centre.store.writing() as session:
            rebuild(session, NOW)
        assert agreed(centre.store) < 8  # all that had calls may have changed
        assert roll(centre.store) and agreed(centre.store) >= 8


def test_all_touches_end_and_totals_hold(tmp_path: Path) -> None:
    with house(tmp_path) as centre:
        call_centre(centre, random.Random(5))
        assert roll(centre.store)
        with centre.store.reading() as session:
            assert session.scalar(select(func.count()).select_from(DayTouchRow)) == 0
            assert session.scalar(select(func.sum(AgentRuleRow.times))) == 24
        with centre.store.reading() as session:
            assert parts_of(session, [NOW - 2 * DAY, NOW + 20 * DAY]).days


def test_a_clock_that_stood_at_2000_makes_no_thousands_of_days(tmp_path: Path) -> None:
    with house(tmp_path) as centre:
        call_centre(centre, random.Random(7))
        odd = {"old": 2000, "new": 2055, "last": YEARS[-1]}
        for name, year in odd.items():
            end = datetime(year, 12, 31, 23, 30, tzinfo=UTC)
            centre.judged(name, "108", "IP01 CL01 ?ID01", end)
        assert roll(centre.store)
        assert agreed(centre.store) >= 8
        with centre.store.writing() as session:
            days = set(session.scalars(select(RolledDayRow.day)))
            assert {date(2001, 1, 1), date(2056, 1, 1)} < days  # in Shanghai
            assert len(days) < 100
            rebuild(session, NOW)  # touches all that lies between
        assert roll(centre.store)
        with centre.store.writing() as session:
            assert session.scalar(select(func.count()).select_from(DayTouchRow)) == 0
            moved = update(CallRow).where(CallRow.call_id == "old").values(started_at=NOW)
            session.execute(moved)
            calls_changed(session, ["old"], NOW)
        assert roll(centre.store)
        assert agreed(centre.store) >= 8


def test_another_zone_adds_up_anew(tmp_path: Path) -> None:
    with house(tmp_path) as centre:
        call_centre(centre, random.Random(6))
        assert roll(centre.store)
    settings = settings_for(tmp_path)
    with Store.open(settings.database_url, timezone="America/New_York") as store:
        assert agreed(store) > 0  # days of the old zone still hold what lies in them as a whole
        assert roll(store)
        assert agreed(store) >= 8


def test_a_change_that_ends_later_is_not_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written while days are added up stays touched, and is added up the next time."""
    with house(tmp_path) as centre:
        centre.judged("c1", "108", "CL01")
        forget = rolling._forget_touches

        def late(session: Any, before: Any, days: Any) -> None:
            touch_times(session, [NOW])
            forget(session, before, days)

        monkeypatch.setattr(rolling, "_forget_touches", late)
        roll(centre.store, go_on=iter([True, False]).__next__)
        monkeypatch.undo()
        with centre.store.reading() as session:
            assert session.scalar(select(func.count()).select_from(DayTouchRow)) == 1
        assert roll(centre.store)
        with centre.store.reading() as session:
            assert session.scalar(select(func.count()).select_from(DayTouchRow)) == 0


def test_stretches() -> None:
    one, two, three = (datetime(2025, 1, day, tzinfo=UTC) for day in (1, 2, 3))
    assert merged([(two, three), (one, two)]) == [(one, three)]
    assert overlaps([(one, two)], two, three) is False
    assert overlaps([(one, three)], two, two + DAY) is True
    assert overlaps([(two, three)], one, two) is False
    assert Parts((), ()).spans == ()
    assert rolling._rest(one, three, [(two, three)]) == [(one, two)]
    assert rolling._rest(one, three, [(one - DAY, one), (one, two)]) == [(two, three)]
