"""Which ruleset is in force, step by step; and what a draft would change."""

import gc
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import pytest

import qa.batch.what_if
from qa.batch.events import Advanced, Event
from qa.batch.judging import score_pending
from qa.batch.publishing import (
    list_history,
    list_in_force,
    publish_file,
    published_now,
    sign,
    take_back,
)
from qa.batch.rescoring import RescoreOptions, rescore
from qa.batch.rulesets import Rulesets
from qa.batch.runner import ingest_folder
from qa.batch.what_if import WhatIfOptions, try_ruleset
from qa.config import Settings
from qa.errors import ConfigError, ConflictError, NotFoundError, RulesetError
from qa.reports.what_if import CallDiff
from qa.scoring.ruleset import Ruleset
from qa.store.queries import call_detail
from qa.store.store import Store
from qa.types import Call
from tests.support.call_folders import RULESET, hear_all, make_folder, open_store, settled, snapshot

SIGNED = sign("王丽", "new rings")


def draft(tmp_path: Path, *, version: int = 2, rings: int = 1, points: int = 5) -> Path:
    """The small ruleset with other values, its example's rings to match."""
    text = RULESET.read_text("utf-8").replace("version: 1", f"version: {version}")
    text = text.replace("max_rings: 3", f"max_rings: {rings}")
    text = text.replace("ring_count: 3", f"ring_count: {rings}")
    text = text.replace("points: 5", f"points: {points}", 1)
    path = tmp_path / f"draft-{version}-{rings}-{points}.yaml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The id `small` is not bundled: only what is published is in force for it."""
    return Settings(
        data_dir=tmp_path / "data",
        batch={"workers": 2},  # type: ignore[arg-type]
        scoring={"ruleset": "small"},  # type: ignore[arg-type]
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(settings) as store:
        yield store


@pytest.fixture
def archive(tmp_path: Path, store: Store, settings: Settings) -> Path:
    """Four calls of two rings, judged by the first publication."""
    folder = make_folder(tmp_path / "in", 4)
    publish_file(store, settings, RULESET, SIGNED)
    ingest_folder(store, folder)
    hear_all(store)
    assert score_pending(store, settings).scored == 4
    return folder


def in_force(store: Store, settings: Settings) -> Ruleset:
    return Rulesets.in_force(store, settings).default


def test_publish_and_roll_back_step_by_step(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    with pytest.raises(RulesetError, match="no such ruleset"):
        in_force(store, settings)
    first = publish_file(store, settings, RULESET, SIGNED)
    assert (first.ruleset.version, first.publication.previous) == (1, None)
    second = publish_file(store, settings, draft(tmp_path, version=2), SIGNED)
    third = publish_file(store, settings, draft(tmp_path, version=3, rings=2), SIGNED)
    assert in_force(store, settings).version == 3
    assert in_force(store, settings).hash == third.publication.ruleset_hash
    assert take_back(store, settings, "small", SIGNED, to=None).ruleset.version == 2
    assert take_back(store, settings, "small", SIGNED, to=None).ruleset.version == 1
    again = take_back(store, settings, "small", SIGNED, to=third.publication.number)
    assert again.ruleset.version == 3
    assert take_back(store, settings, "small", SIGNED, to=None).ruleset.version == 2
    steps = list_history(store, "small")
    assert [step.action for step in steps] == [*["rollback"] * 4, *["publish"] * 3]
    assert {step.published_by for step in steps} == {"王丽"}
    assert steps[0].text == second.publication.text
    assert list_history(store, "other") == []


def test_the_last_rollback_leads_to_the_bundled_ruleset(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    bundled = Rulesets.in_force(store, with_ruleset(settings, "heating-repair")).default
    text = RULESET.read_text("utf-8").replace("id: small", "id: heating-repair")
    own = tmp_path / "own.yaml"
    own.write_text(text, "utf-8")
    real = with_ruleset(settings, "heating-repair")
    publish_file(store, real, own, SIGNED)
    assert len(in_force(store, real).rules) < len(bundled.rules)
    step = take_back(store, real, "heating-repair", SIGNED, to=None)
    assert (step.publication.text, step.ruleset.hash) == (None, bundled.hash)
    with pytest.raises(ConflictError, match="nothing to take back"):
        take_back(store, real, "heating-repair", SIGNED, to=None)
    with pytest.raises(NotFoundError):
        take_back(store, real, "heating-repair", SIGNED, to=99)
    found = {each.ruleset_id: each for each in list_in_force(store, real)}
    assert found["heating-repair"].origin == "bundled"
    assert found["heating-repair"].is_default


def with_ruleset(settings: Settings, ruleset: str) -> Settings:
    scoring = settings.scoring.model_copy(update={"ruleset": ruleset})
    return settings.model_copy(update={"scoring": scoring})


def test_taking_back_the_only_ruleset_of_an_id_changes_nothing(
    store: Store, settings: Settings
) -> None:
    publish_file(store, settings, RULESET, SIGNED)
    with pytest.raises(RulesetError, match="no such ruleset"):
        take_back(store, settings, "small", SIGNED, to=None)
    assert in_force(store, settings).version == 1
    assert len(list_history(store)) == 1


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("check: ring_count", "check: no_such", "no check 'no_such'"),
        ("version: 1", "version: 1\nversion: 2", "stands here twice"),
        ("max_rings: $max_rings", "max_rings: $other", "no value"),
        ("{outcome: MET, call: {ring_count: 3}", "{outcome: MET, call: {ring_count: 9}", "TM01"),
    ],
)
def test_a_wrong_draft_is_not_published(
    tmp_path: Path, store: Store, settings: Settings, old: str, new: str, problem: str
) -> None:
    publish_file(store, settings, RULESET, SIGNED)
    text = RULESET.read_text("utf-8")
    assert old in text
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(RulesetError, match=problem):
        publish_file(store, settings, broken, SIGNED)
    assert in_force(store, settings).version == 1
    assert len(list_history(store)) == 1


def test_a_file_in_the_settings_is_in_force_itself(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    publish_file(store, settings, draft(tmp_path), SIGNED)
    by_file = with_ruleset(settings, str(RULESET))
    assert in_force(store, by_file).version == 1
    named = Rulesets.in_force(store, by_file).of(Call("A", ruleset="small"))
    assert named is not None
    assert named.version == 1
    with pytest.raises(ConfigError, match=r"scoring\.ruleset"):
        publish_file(store, by_file, draft(tmp_path, version=9), SIGNED)
    (small,) = [e for e in list_in_force(store, by_file) if e.ruleset_id == "small"]
    assert (small.origin, small.detail) == ("file", str(RULESET))


def test_nothing_is_published_while_a_run_works(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    with store.run_lock(), pytest.raises(ConflictError):
        publish_file(store, settings, RULESET, SIGNED)
    assert published_now(store, "small") is None


def test_a_published_ruleset_judges_new_calls_and_old_ones_when_asked(
    tmp_path: Path, store: Store, settings: Settings, archive: Path
) -> None:
    step = publish_file(store, settings, draft(tmp_path), SIGNED)
    assert step.outdated == 4
    assert score_pending(store, settings).scored == 0
    make_folder(archive, 5)
    ingest_folder(store, archive)
    hear_all(store)
    assert score_pending(store, settings).violated == 1
    result = rescore(store, settings, RescoreOptions("small"))
    assert (result.calls, len(result.changes)) == (5, 4)
    back = take_back(store, settings, "small", SIGNED, to=None)
    assert back.outdated == 5
    rescore(store, settings, RescoreOptions())
    with store.reading() as session:
        history = call_detail(session, "A0", store.zone).history
    assert [(v.is_current, v.total) for v in history] == [(True, 100), (False, 95)]


def test_a_draft_is_tried_without_a_trace(
    tmp_path: Path, store: Store, settings: Settings, archive: Path
) -> None:
    before = snapshot(store, without=())
    diffs: list[CallDiff] = []
    options = WhatIfOptions(str(draft(tmp_path, points=7)), every_call=diffs.append)
    trial = try_ruleset(store, settings, options)
    assert snapshot(store, without=()) == before
    result = trial.result
    assert (result.calls, result.changed, result.without_card, result.outdated) == (4, 4, 0, 0)
    assert (result.before.points, result.after.points) == (0, 28)
    ((rule_id, rule),) = result.changed_rules()
    assert (rule_id, rule.changed, rule.points) == ("TM01", 4, (0, 28))
    assert rule.fines == (0, 0)
    assert (rule.before["MET"], rule.after["VIOLATED"]) == (4, 4)
    assert [len(kept) for kept in rule.examples.values()] == [3]
    agent = result.agents["108"]
    assert (agent.calls, agent.before.totals, agent.after.totals) == (4, 400, 372)
    assert [(d.call_id, d.before, d.after) for d in diffs] == [(f"A{n}", 100, 93) for n in range(4)]
    assert "振铃" in diffs[0].lines[0].after.reason
    # The same ruleset changes nothing, and other points alone are a change.
    assert try_ruleset(store, settings, WhatIfOptions(str(RULESET))).result.changed == 0


def test_processes_count_the_same_as_one(
    tmp_path: Path,
    store: Store,
    settings: Settings,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = WhatIfOptions(str(draft(tmp_path)))
    alone = try_ruleset(store, settings, options).result
    monkeypatch.setattr(qa.batch.what_if, "_FEW", 0)
    monkeypatch.setattr(qa.batch.what_if, "BATCH", 1)
    diffs: list[CallDiff] = []
    together = try_ruleset(store, settings, replace(options, every_call=diffs.append)).result
    assert [diff.call_id for diff in diffs] == ["A0", "A1", "A2", "A3"]
    assert together.biggest_calls() == alone.biggest_calls()
    assert together == replace(alone, biggest=together.biggest)


def test_ctrl_c_ends_the_processes_at_once(
    tmp_path: Path,
    store: Store,
    settings: Settings,
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(qa.batch.what_if, "_FEW", 0)
    monkeypatch.setattr(qa.batch.what_if, "BATCH", 1)
    before = set(active_children())

    def interrupt(event: Event) -> None:
        if isinstance(event, Advanced):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        try_ruleset(store, settings, WhatIfOptions(str(draft(tmp_path))), listener=interrupt)
    gc.collect()  # the generator that holds the processes goes with the traceback
    assert set(active_children()) <= before


def test_what_cannot_be_compared_is_told(
    tmp_path: Path, store: Store, settings: Settings, archive: Path
) -> None:
    make_folder(archive, 5)
    ingest_folder(store, archive)
    hear_all(store)  # the fifth call has no scorecard yet
    publish_file(store, settings, draft(tmp_path), SIGNED)
    result = try_ruleset(store, settings, WhatIfOptions(str(draft(tmp_path, version=3)))).result
    assert (result.calls, result.without_card, result.outdated) == (4, 1, 4)
    other = tmp_path / "other.yaml"
    other.write_text(RULESET.read_text("utf-8").replace("id: small", "id: other"), "utf-8")
    assert try_ruleset(store, settings, WhatIfOptions(str(other))).result.calls == 0
    with pytest.raises(RulesetError):
        try_ruleset(store, settings, WhatIfOptions(str(tmp_path / "none.yaml")))


def test_a_station_table_of_a_folder_is_a_value_of_the_rules(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    asking = Path(__file__).parents[1] / "fixtures" / "rulesets" / "asking.yaml"
    by_file = with_ruleset(settings, str(asking))
    before = in_force(store, by_file)
    assert before.values["stations"] == {}
    folder = tmp_path / "in"
    settled(folder / "stations.csv", "小区,维修站\n幸福小区,城东\n阳光花园,城西\n")
    ingest_folder(store, folder)
    after = in_force(store, by_file)
    assert after.values["stations"] == {"幸福小区": "城东", "阳光花园": "城西"}
    assert after.hash != before.hash
    other = tmp_path / "other"
    settled(other / "stations.csv", "小区,维修站\n幸福小区,城北\n龙泽苑,城南\n")
    report = ingest_folder(store, other)
    assert [issue.code for issue in report.issues] == ["disputed_station"]
    assert in_force(store, by_file).values["stations"] == {"阳光花园": "城西", "龙泽苑": "城南"}
    settled(other / "stations.csv", "小区,维修站\n")
    ingest_folder(store, other)
    assert in_force(store, by_file).hash == after.hash


def test_tables_that_the_settings_name(tmp_path: Path, store: Store, settings: Settings) -> None:
    asking = Path(__file__).parents[1] / "fixtures" / "rulesets" / "asking.yaml"
    csv, yaml = tmp_path / "s.csv", tmp_path / "k.yaml"
    csv.write_bytes("小区,维修站\n幸福小区,城东\n".encode("gbk"))
    yaml.write_text("- {id: K01, topic: 阀门}\n- {id: K02, topic: 收费}\n", "utf-8")

    def named(**tables: Path) -> Settings:
        section = settings.scoring.tables.model_copy(update=tables)
        scoring = settings.scoring.model_copy(update={"tables": section, "ruleset": str(asking)})
        return settings.model_copy(update={"scoring": scoring})

    values = in_force(store, named(stations=csv, knowledge=yaml)).values
    assert values["stations"] == {"幸福小区": "城东"}
    assert [entry["id"] for entry in values["knowledge"]] == ["K01", "K02"]
    csv.write_text("小区,维修站\n幸福小区,城东\n,城西\n", "utf-8")
    with pytest.raises(ConfigError, match=r"s\.csv.*line 3"):
        in_force(store, named(stations=csv))
    yaml.write_text("- {id: K01}\n- {id: K01}\n- {topic: x}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"line 2: the id stands here twice\n  line 3"):
        in_force(store, named(knowledge=yaml))
    yaml.write_text("幸福小区: 城东\n阳光花园: 3\n", "utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        in_force(store, named(stations=yaml))
    with pytest.raises(ConfigError, match="cannot be read"):
        in_force(store, named(knowledge=tmp_path / "none.yaml"))
