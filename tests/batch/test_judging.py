"""Scorecards: pending ones, superseded ones, and what a rescoring would change."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import qa.batch.judging
from qa.batch.judging import score_pending
from qa.batch.rescoring import CallChange, RescoreOptions, RuleChange, rescore
from qa.batch.runner import ingest_folder
from qa.config import Settings
from qa.errors import NotFoundError, RulesetError
from qa.store.agent_totals import agent_totals
from qa.store.ledger import use_engine
from qa.store.queries import CallFilter, call_detail, list_calls, transcript_by_key
from qa.store.store import Store
from tests.support.call_folders import (
    GOOD,
    RULESET,
    hear_all,
    make_folder,
    open_store,
    rows_of,
    settings_for,
    settled,
    snapshot,
)

JUDGED = ("rulesets", "scorecards", "verdicts", "promises", "call_status", "agent_days")
TICKETS = "ticket_id,name,address\nT0,张三,一号楼\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(settings) as store:
        yield store


@pytest.fixture
def folder(tmp_path: Path, store: Store, settings: Settings) -> Path:
    """Three calls, taken in, heard and judged."""
    folder = make_folder(tmp_path / "in", 3)
    ingest_folder(store, folder)
    hear_all(store)
    assert score_pending(store, settings).scored == 3
    return folder


def strict_ruleset(tmp_path: Path, **values: Any) -> str:
    """The same ruleset, but one ring is already late where `max_rings` says so."""
    text = RULESET.read_text("utf-8").replace("max_rings: 3", f"max_rings: {values['max_rings']}")
    text = text.replace("ring_count: 3", f"ring_count: {values['max_rings']}")
    path = tmp_path / f"strict-{values['max_rings']}.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def detail(store: Store, call_id: str) -> Any:
    with store.reading() as session:
        return call_detail(session, call_id, store.zone)


def test_many_calls_are_judged_in_several_processes_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts and every row are those of one process; batches are small, so that order matters."""
    found, rows = [], []
    for name, spread_from in (("one", 100), ("several", 1)):
        monkeypatch.setattr(qa.batch.judging, "SPREAD_FROM", spread_from)
        monkeypatch.setattr(qa.batch.judging, "BATCH", 2)
        settings = settings_for(tmp_path / name)
        with open_store(settings) as store:
            ingest_folder(store, make_folder(tmp_path / name / "in", 5))
            hear_all(store, text="坐席: 您好。\n坐席: 这个不归我们管。\n客户: 啊？")
            found.append(score_pending(store, settings))
            tables = snapshot(store)
            rows.append({name: tables[name] for name in JUDGED})
    assert found[0].scored == 5 and found[0].violated > 0
    assert found[0] == found[1]
    assert rows[0] == rows[1]


def test_nothing_is_pending_twice(store: Store, settings: Settings, folder: Path) -> None:
    before = snapshot(store)
    assert score_pending(store, settings).scored == 0
    ingest_folder(store, folder)
    assert score_pending(store, settings).scored == 0
    assert snapshot(store) == before


def test_a_ticket_that_arrives_late_judges_its_call_again(
    store: Store, settings: Settings, folder: Path
) -> None:
    assert detail(store, "A0").call.ticket is None
    settled(folder / "tickets.csv", TICKETS.encode("gbk"))
    ingest_folder(store, folder)
    assert score_pending(store, settings).scored == 1
    after = detail(store, "A0")
    assert after.call.ticket.name == "张三"
    assert [version.is_current for version in after.history] == [False, True]
    settled(folder / "tickets.csv", TICKETS.replace("一号楼", "二号楼"))
    ingest_folder(store, folder)
    assert score_pending(store, settings).scored == 1
    assert score_pending(store, settings).scored == 0
    settled(folder / "tickets.csv", TICKETS)  # back to what was judged before: no third card
    ingest_folder(store, folder)
    assert score_pending(store, settings).scored == 1
    assert [v.is_current for v in detail(store, "A0").history] == [False, True, False]


def test_a_notice_judges_only_the_calls_of_its_days_again(
    store: Store, settings: Settings, folder: Path
) -> None:
    text = settled(folder / "calls.csv", (folder / "calls.csv").read_bytes()).read_text()
    settled(folder / "calls.csv", text.replace("A2,2025-11-18 09:02:30", "A2,2025-11-20 23:59:59"))
    ingest_folder(store, folder)
    assert score_pending(store, settings).scored == 1
    settled(folder / "notices.csv", "festival,from,to\n春节,2025-11-19,2025-11-20\n")
    ingest_folder(store, folder)
    assert score_pending(store, settings).scored == 1
    assert [n.festival for n in detail(store, "A2").call.notices] == ["春节"]
    assert detail(store, "A1").call.notices == ()
    settled(folder / "notices.csv", "festival,from,to\n")  # taken back
    ingest_folder(store, folder)
    assert score_pending(store, settings).scored == 1
    assert detail(store, "A2").call.notices == ()


def test_a_changed_ruleset_waits_for_rescore(
    tmp_path: Path, store: Store, settings: Settings, folder: Path
) -> None:
    ruleset = strict_ruleset(tmp_path, max_rings=1)
    scoring = settings.scoring.model_copy(update={"ruleset": ruleset})
    strict = settings.model_copy(update={"scoring": scoring})
    assert score_pending(store, strict).scored == 0
    before = snapshot(store)
    dry = rescore(store, settings, RescoreOptions(ruleset=ruleset, dry_run=True))
    after = snapshot(store, without=())
    asked = {name: after[name] for name in ("runs", "run_tasks")}
    assert after == {**before, **asked}
    assert dry.calls == 3
    assert dry.changes[0] == CallChange(
        "A0", "108", 100, 95, (RuleChange("TM01", "MET", "VIOLATED"),)
    )
    assert (dry.rules["TM01"].before, dry.rules["TM01"].after) == ({"MET": 3}, {"VIOLATED": 3})
    assert (dry.agents["108"].before, dry.agents["108"].after) == (100, 95)

    done = rescore(store, settings, RescoreOptions(ruleset=ruleset))
    assert done == dry
    after = detail(store, "A1")
    assert (after.scorecard.total, after.line.violated_rules) == (95, ("TM01",))
    assert [(v.total, v.is_current) for v in after.history] == [(100, False), (95, True)]
    with store.reading() as session:
        heard = transcript_by_key(session, after.scorecard.transcript_key)
        (agent,) = agent_totals(session)
    assert heard.utterances[0].text.startswith("您好")
    assert (agent.calls, agent.mean_score, agent.missed) == (3, 95, (("TM01", 3),))
    assert not rescore(store, settings, RescoreOptions(ruleset=ruleset)).changes


def test_rescoring_back_makes_the_old_scorecard_current_again_and_changes_none(
    tmp_path: Path, store: Store, settings: Settings, folder: Path
) -> None:
    first = rows_of(store, "SELECT * FROM scorecards ORDER BY scorecard_id")
    rescore(store, settings, RescoreOptions(ruleset=strict_ruleset(tmp_path, max_rings=1)))
    back = rescore(store, settings, RescoreOptions())
    assert len(back.changes) == 3
    rows = rows_of(store, "SELECT * FROM scorecards ORDER BY scorecard_id")
    assert rows[:3] == first
    assert len(rows) == 6
    assert rows_of(store, "SELECT count(*) FROM scorecards WHERE is_current") == [(3,)]
    assert (
        rows_of(store, "SELECT kind, scored FROM runs WHERE kind = 'rescore'")
        == [("rescore", 3)] * 2
    )


def test_rescore_since_and_by_ruleset_id(
    tmp_path: Path, store: Store, settings: Settings, folder: Path
) -> None:
    since = RescoreOptions(since=datetime(2025, 11, 18, 1, 1, tzinfo=UTC), dry_run=True)
    assert rescore(store, settings, since).calls == 2
    other = tmp_path / "other.yaml"
    other.write_text(RULESET.read_text("utf-8").replace("id: small", "id: other"), "utf-8")
    assert rescore(store, settings, RescoreOptions(ruleset=str(other))).calls == 0
    with pytest.raises(RulesetError):
        rescore(store, settings, RescoreOptions(ruleset="no-such-ruleset"))


def test_a_call_that_names_an_unusable_ruleset_waits_and_says_so(
    store: Store, settings: Settings, folder: Path
) -> None:
    settled(folder / "9.wav", GOOD.format(number=9))
    settled(folder / "calls.jsonl", '{"file": "9.wav", "call_id": "A9", "ruleset": "no-such"}')
    ingest_folder(store, folder)
    hear_all(store)
    judging = score_pending(store, settings)
    assert (judging.scored, judging.unjudged, list(judging.problems)) == (0, 1, ["no-such"])
    assert detail(store, "A9").line.status == "unscored"


def test_another_engine_replaces_the_transcript_and_the_first_can_come_back(
    store: Store, settings: Settings, folder: Path
) -> None:
    hear_all(store, engine="newer", text="坐席: 这个不归我们管。\n客户: 啊？")
    assert score_pending(store, settings).scored == 3
    assert detail(store, "A0").line.violated_rules == ("FP02",)
    with store.writing() as session:
        use_engine(session, "typed")
    assert score_pending(store, settings).scored == 3
    assert detail(store, "A0").scorecard.total == 100
    assert rows_of(
        store, "SELECT count(*), sum(CASE WHEN is_current THEN 1 ELSE 0 END) FROM transcripts"
    ) == [(6, 3)]
    assert rows_of(
        store, "SELECT count(*), sum(CASE WHEN is_current THEN 1 ELSE 0 END) FROM scorecards"
    ) == [(6, 3)]


def test_verdict_rows_agree_with_the_blob(store: Store, settings: Settings, folder: Path) -> None:
    hear_all(store, engine="newer", text="坐席: 您好。\n坐席: 这个不归我们管。\n客户: 啊？")
    score_pending(store, settings)
    found = detail(store, "A0")
    line = next(line for line in found.scorecard.lines if line.rule_id == "FP02")
    span = line.verdict.matches[0].span
    row = (
        "SELECT outcome, grade, points, start_ms, end_ms FROM verdicts JOIN scorecards "
        "USING (scorecard_id) WHERE is_current AND rule_id = 'FP02' AND call_id = 'A0'"
    )
    assert rows_of(store, row) == [("VIOLATED", "score", 10, span.start_ms, span.end_ms)]
    with store.reading() as session:
        listed = list(list_calls(session, CallFilter(flagged=True, limit=2), store.zone))
    assert [(c.call_id, c.total, c.violated_rules) for c in listed] == [
        ("A0", 90, ("FP02",)),
        ("A1", 90, ("FP02",)),
    ]


def test_an_unknown_call_is_not_found(store: Store, folder: Path) -> None:
    with pytest.raises(NotFoundError, match="no call 'A77'"):
        detail(store, "A77")
