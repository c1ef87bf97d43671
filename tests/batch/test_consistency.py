"""四个一样 from files to page and command: an archive taken in, judged and drawn from for real."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select
from typer.testing import CliRunner

from qa.api.app import create_app
from qa.batch.judging import score_pending
from qa.batch.reviewing import draw_day
from qa.batch.runner import ingest_folder
from qa.cli.app import app
from qa.config import ReviewSettings, Settings
from qa.records import UserRole
from qa.store.store import Store
from qa.store.tables_review import CallStatusRow, SpotCheckRow
from tests.support.call_folders import hear_all, open_store, settings_for, settled
from tests.support.people import log_in, person

ZONE = ZoneInfo("Asia/Shanghai")
DAYS = (date(2025, 11, 18), date(2025, 11, 19))
SHOWN = "since=2025-11-10&until=2025-11-30"
HEADER = ("file", "call_id", "started_at", "agent_id", "direction", "ring_count", "caller_number")
MAYBE = "坐席: 您好，请讲。\n客户: 不热，第{number}通。\n坐席: {words}再见。\n"


@dataclass(frozen=True)
class Planned:
    """A call as the folder holds it; its score is 100, less 10 where it is bad, 5 where slow."""

    call_id: str
    agent_id: str
    at: datetime
    caller: str
    bad: bool
    slow: bool

    @property
    def score(self) -> int:
        return 100 - 10 * self.bad - 5 * self.slow


def planned() -> list[Planned]:
    """Five agents, each with one way of not serving alike; 202 has calls enough for none."""
    found: list[Planned] = []

    def add(agent_id: str, at: datetime, *, bad: bool, caller: str = "") -> None:
        number = len(found)
        own = caller or f"0431{number:07d}"
        found.append(Planned(f"C{number:03d}", agent_id, at, own, bad, number % 3 == 0))

    for day in DAYS:
        morning = datetime.combine(day, datetime.min.time(), ZONE) + timedelta(hours=9)
        for n in range(8):  # idle until one, then a call every six minutes, and those are bad
            add("108", morning + timedelta(minutes=30 * n), bad=False)
        for n in range(16):
            add("108", morning + timedelta(hours=4, minutes=6 * n), bad=n > 3)
        for n in range(20):  # every other household calls again after an hour, and that is bad
            caller = f"0432{day.day}{n // 2:05d}"
            add("109", morning + timedelta(minutes=15 * n), bad=n % 2 == 1, caller=caller)
        for n in range(24):  # the last of six hours is bad
            add("110", morning + timedelta(minutes=15 * n), bad=n >= 16)
        for n in range(30):  # nobody knows what will be drawn
            add("111", morning + timedelta(minutes=12 * n), bad=n % 5 == 0)
        for n in range(3):
            add("202", morning + timedelta(minutes=40 * n), bad=False)
    return found


@dataclass(frozen=True)
class Centre:
    """The archive as it stands, and what was planned."""

    store: Store
    settings: Settings
    calls: list[Planned]

    def of(self, agent_id: str) -> list[Planned]:
        return [one for one in self.calls if one.agent_id == agent_id]


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Centre]:
    base = tmp_path_factory.mktemp("alike")
    folder, calls = base / "in", planned()
    rows = [HEADER]
    for number, one in enumerate(calls):
        words = "这个不归我们管，" if one.bad else ""
        settled(folder / f"{number}.wav", MAYBE.format(number=number, words=words))
        moment = one.at.strftime("%Y-%m-%d %H:%M:%S")
        rings = "5" if one.slow else "2"
        row = (f"{number}.wav", one.call_id, moment, one.agent_id, "inbound", rings, one.caller)
        rows.append(row)
    settled(folder / "calls.csv", "\n".join(",".join(row) for row in rows) + "\n")
    settings = settings_for(base).model_copy(
        update={"review": ReviewSettings(daily_checks=16, risk_share=0.5)}
    )
    with open_store(settings) as store:
        ingest_folder(store, folder)
        hear_all(store)
        assert score_pending(store, settings).scored == len(calls)
        person(store, UserRole.LEAD, teams=("一组",))
        for day in DAYS:
            draw_day(store, settings, day, datetime(2025, 11, 21, tzinfo=UTC))
        yield Centre(store, settings, calls)


def mean(calls: list[Planned]) -> float:
    return sum(one.score for one in calls) / len(calls)


def by_command(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """Ask `qa consistency` for every agent's comparisons."""
    monkeypatch.setenv("QA_DATA_DIR", str(centre.settings.data_dir))
    monkeypatch.setenv("QA_DATABASE__URL", centre.settings.database_url)
    monkeypatch.setenv("QA_SCORING__RULESET", str(centre.settings.scoring.ruleset))
    done = CliRunner().invoke(app, ["consistency", "--days", "3660", "--json"])
    assert done.exit_code == 0, done.output
    return {
        one["agent_id"]: {each["pairing"]: each for each in one["comparisons"]}
        for one in json.loads(done.stdout)["agents"]
    }


def test_the_archive_is_as_it_was_planned(centre: Centre) -> None:
    with centre.store.reading() as session:
        found = dict(
            session.execute(select(CallStatusRow.call_id, CallStatusRow.machine)).all()  # type: ignore[arg-type]
        )
        drawn = session.execute(select(SpotCheckRow.call_id, SpotCheckRow.drawn_by)).all()
    assert found == {one.call_id: one.score for one in centre.calls}
    assert {how for _, how in drawn} == {"chance", "risk"}


def test_each_of_the_four_is_found_and_nothing_else(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = by_command(centre, monkeypatch)
    # One at a time: what each agent does differently, worked out here from the plan alone.
    repeats = [one for one in centre.of("109") if one.bad]
    others = [one for one in centre.of("109") if not one.bad]
    hours = {one.call_id: one.at.hour + one.at.minute / 60 for one in centre.of("110")}
    span = (9, 9 + 15 * 23 / 60)
    third = (span[1] - span[0]) / 3
    late = [one for one in centre.of("110") if hours[one.call_id] >= span[1] - third]
    early = [one for one in centre.of("110") if hours[one.call_id] <= span[0] + third]
    with centre.store.reading() as session:
        drawn = dict(session.execute(select(SpotCheckRow.call_id, SpotCheckRow.drawn_by)).all())  # type: ignore[arg-type]
    chance = [one for one in centre.of("111") if drawn.get(one.call_id) == "chance"]
    undrawn = [one for one in centre.of("111") if one.call_id not in drawn]
    assert len(chance) == 16 and len(undrawn) == 28
    for agent_id, pairing, first, second in (
        ("109", "repeat", repeats, others),
        ("110", "shift", late, early),
        ("111", "sampled", undrawn, chance),
    ):
        one = found[agent_id][pairing]
        assert (one["first"]["calls"], one["second"]["calls"]) == (len(first), len(second))
        assert one["difference"] == pytest.approx(mean(first) - mean(second))
        assert one["low"] < one["difference"] < one["high"]
    busy = found["108"]["busy"]
    assert busy["first"]["calls"] >= 10 and busy["second"]["calls"] >= 10
    assert -12 < busy["difference"] < -8 and busy["high"] < 0
    for agent_id, pairing in (("108", "busy"), ("109", "repeat"), ("110", "shift")):
        one = found[agent_id][pairing]
        assert one["difference"] < 0 and one["high"] < 0 and one["chance"] < 0.05
    for agent_id, pairing in (("109", "shift"), ("110", "repeat"), ("111", "shift")):
        one = found[agent_id][pairing]
        assert one["chance"] is None or one["chance"] >= 0.05, "nothing was planned there"
    assert all(one["difference"] is None for one in found["202"].values()), "too few"


def test_the_page_the_api_and_the_command_say_the_same(
    centre: Centre, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = by_command(centre, monkeypatch)
    head = person(centre.store, UserRole.HEAD)
    app_ = create_app(centre.store, centre.settings)
    with TestClient(app_, base_url="https://localhost") as browser:
        log_in(browser, centre.store, head)
        told = browser.get(f"/api/v1/consistency?{SHOWN}").json()["agents"]
        for one in told:
            for each in one["comparisons"]:
                known = found[one["agent_id"]][each["pairing"]]
                assert each["difference"] == pytest.approx(known["difference"])
                assert each["low"] == pytest.approx(known["low"])
                assert (each["first"]["calls"], each["second"]["calls"]) == (
                    *(known["first"]["calls"], known["second"]["calls"]),
                )
        pages = {
            agent_id: [
                browser.get(f"/consistency/{agent_id}?{SHOWN}&lang={lang}").text
                for lang in ("zh", "en")
            ]
            for agent_id in found
        }
    for agent_id, pairing in (("108", "busy"), ("109", "repeat"), ("110", "shift")):
        one, sign = found[agent_id][pairing], "−"
        values = [f"{one[key]:+.1f}".replace("-", sign) for key in ("difference", "low", "high")]
        for page, differs in zip(pages[agent_id], ("有差别", "differs"), strict=True):
            cells = re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
            (row,) = [cell for cell in cells if all(value in cell for value in values)]
            assert differs in row
    for page, few in zip(pages["202"], ("太少，不比", "too few"), strict=True):
        assert page.count(few) == 4
    done = CliRunner().invoke(app, ["consistency", "--days", "3660", "--agent", "202"])
    assert done.stdout.count("too few (") == 4
