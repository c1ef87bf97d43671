"""Whose call it is: nobody is outvoted, and near a hand-over the roster says nothing."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.ingest.attribution import (
    AgentState,
    Attribution,
    attribute,
    pack_claims,
    seated,
    unpack_claims,
)
from qa.ingest.rows import RosterEntry, Voice
from qa.ingest.sources.tables import TablesSource
from tests.support.call_folders import settled

HOUR = timedelta(hours=1)
NOON = datetime(2025, 11, 18, 4, tzinfo=UTC)
ROSTER = {
    "8001": [
        RosterEntry("8001", "108", NOON - timedelta(hours=4), NOON),
        RosterEntry("8001", "109", NOON, NOON + timedelta(hours=4)),
    ],
    "8002": [RosterEntry("8002", "109", NOON - timedelta(hours=4), NOON)],
}


@pytest.mark.parametrize(
    ("claims", "rostered", "settled_by", "expected"),
    [
        ({}, (), None, Attribution(None, None)),
        ({"name": ()}, (), None, Attribution(None, None)),
        ({"cdr": ("108",)}, (), None, Attribution("108", AgentState.NAMED)),
        ({"cdr": ("108",), "name": ("108",)}, ("108",), None, Attribution("108", AgentState.NAMED)),
        ({}, ("108",), None, Attribution("108", AgentState.ROSTER)),
        ({}, ("108", "109"), None, Attribution(None, AgentState.DISPUTED)),
        ({"table": ("108",), "name": ("109",)}, (), None, Attribution(None, AgentState.DISPUTED)),
        ({"cdr": ("108", "109")}, ("108",), None, Attribution(None, AgentState.DISPUTED)),
        ({"table": ("108",)}, ("109",), None, Attribution("108", AgentState.DISPUTED)),
        ({"table": ("108",)}, ("109",), "110", Attribution("110", AgentState.SETTLED)),
    ],
)
def test_whose_call_it_is(
    claims: dict[str, tuple[str, ...]],
    rostered: tuple[str, ...],
    settled_by: str | None,
    expected: Attribution,
) -> None:
    assert attribute(claims, rostered, settled_by) == expected


AGENTS = st.lists(st.sampled_from("ABC"), max_size=2).map(tuple)


@given(
    st.dictionaries(st.sampled_from([voice.value for voice in Voice]), AGENTS),
    st.sets(st.sampled_from("ABC"), max_size=2),
)
def test_two_names_in_the_metadata_charge_nobody(
    claims: dict[str, tuple[str, ...]], rostered: set[str]
) -> None:
    named = {agent for agents in claims.values() for agent in agents}
    found = attribute(claims, rostered, None)
    assert (found.agent_id is None) == (len(named) > 1 or (not named and len(rostered) != 1))
    assert (found.state is AgentState.DISPUTED) == (len(named | rostered) > 1)
    assert unpack_claims(pack_claims(claims)) == claims


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (-241, ()),
        (-240, ("108",)),
        (-6, ("108",)),
        (-5, ()),
        (0, ()),
        (4, ()),
        (5, ("109",)),
        (239, ("109",)),
        (240, ()),
    ],
)
def test_the_roster_around_a_swap(minutes: int, expected: tuple[str, ...]) -> None:
    assert seated(ROSTER, ["8001"], NOON + timedelta(minutes=minutes)) == expected


def test_the_roster_of_several_seats() -> None:
    assert seated(ROSTER, ["8001", "8002", "8003"], NOON - timedelta(hours=1)) == ("108", "109")
    assert seated(ROSTER, ["8001"], None) == ()


def test_rosters_are_read_with_every_bad_row_told(tmp_path: Path) -> None:
    rows = [
        "日期,分机,工号,上班,下班",
        "2025-11-18,8001,108,08:00,12:00",
        "2025/11/18,8001,109,20:00,4:00",
        "2025-11-18,8002,109,12:00,24:00",
        ",8003,110,2025-11-18 08:00,2025-11-18T12:00+09:00",
        "2025-11-18,8001,108,08:00,12:00",
        "2025-11-18,,108,08:00,12:00",
        "2025-11-18,8001,108,25:00,12:00",
        ",8001,108,08:00,12:00",
        ",8001,108,2025-11-18 12:00,2025-11-18 08:00",
        ",8001,108,2025-11-18 12:00,2025-11-20 08:00",
        "0001-01-01,8001,108,00:00,12:00",
    ]
    settled(tmp_path / "roster.csv", "\n".join(rows).encode("gbk"))
    intake = TablesSource(tmp_path, ZoneInfo("Asia/Shanghai")).read()
    assert intake.roster is not None
    times = [(e.seat, e.starts_at - NOON, e.ends_at - NOON) for e in intake.roster]
    hours = [(seat, first / HOUR, last / HOUR) for seat, first, last in times]
    assert hours == [("8001", -4, 0), ("8001", 8, 16), ("8002", 0, 12), ("8003", -4, -1)]
    assert [(i.line, i.code) for i in intake.issues] == [
        (6, "duplicate_key"),
        (7, "no_key"),
        (8, "bad_time"),
        (9, "bad_time"),
        (10, "bad_window"),
        (11, "bad_window"),
        (12, "bad_time"),
    ]
