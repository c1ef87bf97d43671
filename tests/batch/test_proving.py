"""A ruleset against labels, and the gate before it is published."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.batch.judging import score_pending
from qa.batch.proving import BacktestOptions, backtest, gate_of
from qa.batch.publishing import list_history, publish_file, sign
from qa.batch.rulesets import RulesetLoader
from qa.batch.runner import ingest_folder
from qa.config import Settings
from qa.refusals import NotProvedError
from qa.review.gate import Standing
from qa.store.audit_reading import AuditFilter, list_entries
from qa.store.label_sets import SetDraft, SetKind
from qa.store.labels import FileLabel, add_labels
from qa.store.store import Store
from qa.types import Outcome
from tests.support.call_folders import RULESET, hear_all, make_folder, open_store
from tests.support.review_store import NOW

MET, VIOLATED = Outcome.MET, Outcome.VIOLATED
SIGNED = sign("王丽", "new rings")


def draft(tmp_path: Path, *, version: int, rings: int) -> Path:
    """The small ruleset with a fine rule for rings."""
    text = RULESET.read_text("utf-8").replace("version: 1", f"version: {version}")
    text = text.replace("max_rings: 3", f"max_rings: {rings}")
    text = text.replace("ring_count: 3", f"ring_count: {rings}")
    path = tmp_path / f"draft-{version}.yaml"
    path.write_text(text.replace("grade: score", "grade: fine", 1), "utf-8")
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        scoring={"ruleset": "small"},  # type: ignore[arg-type]
        proof={"min_labels": 3, "min_precision": 0.3},  # type: ignore[arg-type]
    )


@pytest.fixture
def store(settings: Settings, tmp_path: Path) -> Iterator[Store]:
    with open_store(settings) as store:
        folder = make_folder(tmp_path / "in", 4)
        publish_file(store, settings, draft(tmp_path, version=1, rings=3), SIGNED)
        ingest_folder(store, folder)
        hear_all(store)
        assert score_pending(store, settings).scored == 4
        yield store


def asking(settings: Settings, share: float) -> Settings:
    """Ask for another precision."""
    return settings.model_copy(
        update={"proof": settings.proof.model_copy(update={"min_precision": share})}
    )


def call_ids(store: Store) -> list[str]:
    from qa.store.scorecards import calls_since

    with store.reading() as session:
        return calls_since(session, None)


def fine_rule(store: Store, settings: Settings) -> str:
    ruleset = RulesetLoader.of(store, settings).load("small")
    return next(rule.rule_id for rule in ruleset.rules if rule.grade.value == "fine")


def keep(store: Store, rule: str, outcome: Outcome) -> None:
    draft = SetDraft(SetKind.FILE, "t", "small", "h", (rule,), (), 4, "")
    labels = [FileLabel(call_id, rule, outcome) for call_id in call_ids(store)]
    with store.writing() as session:
        add_labels(session, None, draft, labels, NOW)


def test_a_draft_is_judged_by_labels_of_a_file(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    rule = fine_rule(store, settings)
    first, *others = call_ids(store)
    labels = [FileLabel(first, rule, VIOLATED), *(FileLabel(i, rule, MET) for i in others)]
    labels.append(FileLabel("nowhere", rule, MET))
    labels.append(FileLabel(first, "XX99", MET))
    strict = draft(tmp_path, version=2, rings=1)  # flags every call
    found = backtest(store, settings, BacktestOptions(str(strict), labels))
    proof = found.rule(rule)
    assert proof is not None and proof.precision is not None
    assert (proof.precision.count, proof.precision.whole) == (1, 4)
    assert proof.recall is None  # everything was flagged: nothing tells what was missed
    assert (found.calls, found.left_out, found.unknown_rules) == (4, 1, ("XX99",))
    mild = backtest(store, settings, BacktestOptions("small", labels)).rule(rule)
    assert mild is not None and mild.recall is not None
    assert (mild.precision, mild.recall.value) == (None, 0.0)


def test_the_gate_says_not_proved_and_lets_through(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    step = publish_file(store, settings, draft(tmp_path, version=2, rings=1), SIGNED)
    assert step.publication.standing == "not_proved"
    assert step.publication.override is None
    strict = settings.model_copy(
        update={"proof": settings.proof.model_copy(update={"unproved": "refuse"})}
    )
    with pytest.raises(NotProvedError, match="not proved"):
        publish_file(store, strict, draft(tmp_path, version=3, rings=2), SIGNED)


def test_a_refuted_version_needs_a_written_reason(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    settings = asking(settings, 0.7)
    rule = fine_rule(store, settings)
    keep(store, rule, MET)
    worse = draft(tmp_path, version=2, rings=1)
    loaded = RulesetLoader.of(store, settings).load(str(worse))
    gate = gate_of(store, settings, loaded)
    # None of four is right: at most 60 % could be, which is less than the 70 % asked for.
    assert (gate.stops, gate.standing) == (True, Standing.REFUTED)
    assert gate.changed is not None and gate.changed.whole == 4
    with pytest.raises(NotProvedError, match=f"too many flags were wrong: {rule}"):
        publish_file(store, settings, worse, SIGNED)
    assert len(list_history(store)) == 1
    signed = sign("王丽", "new rings", override="区供热办要求, 本周补标注")
    step = publish_file(store, settings, worse, signed)
    assert step.publication.standing == "refuted"
    assert step.publication.override == "区供热办要求, 本周补标注"
    with store.reading() as session:
        (entry, _) = list_entries(session, AuditFilter(action="ruleset.publish"), limit=5)
    details = json.loads(entry.details)
    assert (details["override"], details["standing"]) == ("区供热办要求, 本周补标注", "refuted")


def test_a_wide_interval_is_no_refutation_and_still_stops_what_falls_short(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    rule = fine_rule(store, settings)
    keep(store, rule, MET)
    # None of four is right: 60 % could be, of 30 % that are asked for, so that nothing is refuted.
    with pytest.raises(NotProvedError, match=f"not proved: {rule}"):
        publish_file(store, settings, draft(tmp_path, version=2, rings=1), SIGNED)


def test_a_proved_version_needs_no_reason_and_keeps_none(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    keep(store, fine_rule(store, settings), VIOLATED)
    signed = sign("王丽", "new rings", override="just in case")
    step = publish_file(store, settings, draft(tmp_path, version=2, rings=1), signed)
    assert (step.publication.standing, step.publication.override) == ("proved", None)


def test_a_rule_that_stays_as_it_is_stops_nobody(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    settings = asking(settings, 0.7)
    worse = draft(tmp_path, version=2, rings=1)
    publish_file(store, settings, worse, SIGNED)
    keep(store, fine_rule(store, settings), MET)
    again = tmp_path / "again.yaml"
    again.write_text(worse.read_text("utf-8").replace("version: 2", "version: 3"), "utf-8")
    step = publish_file(store, settings, again, SIGNED)
    assert step.publication.standing == "refuted"  # said, and held against nobody
