"""Judging again by the rules that changed gives what judging again by all of them gives."""

import random
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from benchlib.list_changes import variants
from sqlalchemy import delete, insert, update

from qa.batch import taking_over
from qa.batch.changes import Tally
from qa.batch.rescoring import RescoreOptions, rescore
from qa.batch.rulesets import Rulesets
from qa.batch.taking_over import Taker
from qa.codec import decode, encode
from qa.config import Settings
from qa.scoring import ruleset_model
from qa.scoring.check import Scene
from qa.scoring.checks.phrases import PhraseAbsent
from qa.scoring.ruleset import Rule, load_ruleset
from qa.store.hearings import put_hearings
from qa.store.publishing import pack_card
from qa.store.scorecards import calls_since
from qa.store.store import Store
from qa.store.tables import (
    AnswersRow,
    CallRow,
    JudgedRuleRow,
    RecordingRow,
    RulesetRow,
    TicketRow,
    TranscriptRow,
)
from qa.types import Call, Grade, Hearing, Span, Transcript, Verdict
from tests.support.call_folders import open_store, rows_of, snapshot

RULESETS = ("heating-repair", "heating-callback")
STEPS = {"heating-repair": 15, "heating-callback": 4}
ENGINE = "typed"


def recorded(number: int, transcript: Transcript, call: Call) -> list[tuple[type, dict[str, Any]]]:
    """The rows of a call; notices are left out, since they would be every call's."""
    recording, ticket = f"{number:064x}", f"T{number}"
    key = f"{recording}:{ENGINE}"
    blob = encode(replace(transcript, recording_id=recording, engine=ENGINE))
    values = {
        name: getattr(call, name)
        for name in (
            *("started_at", "agent_id", "direction", "ring_count", "released_by"),
            *("caller_number", "source", "fee_unpaid"),
        )
    }
    ticket_values = {
        name: getattr(call.ticket, name) if call.ticket else None
        for name in ("name", "address", "phone", "problem", "station")
    }
    now = datetime.now(UTC)
    values |= {"call_id": f"c{number:04}", "recording_id": recording, "has_metadata": True}
    values |= {"ticket_id": ticket if call.ticket else None, "context": ""}
    facts = {"recording_id": recording, "size_bytes": 1, "first_seen_at": now}
    rows: list[tuple[type, dict[str, Any]]] = [
        (RecordingRow, {**facts, "duration_ms": transcript.duration_ms}),
        (TicketRow, {"ticket_id": ticket, **ticket_values}),
        (CallRow, values),
        (
            TranscriptRow,
            {"transcript_key": key, "recording_id": recording, "engine": ENGINE}
            | {"created_at": now, "is_current": True, "blob": blob},
        ),
    ]
    if call.keyed:
        keyed = {name: getattr(call.keyed, name) for name in call.keyed.__slots__}
        rows.append((AnswersRow, {"call_id": values["call_id"], **keyed}))
    return rows


def doubtful(transcript: Transcript) -> Transcript:
    """The transcript with words that were not heard well, so that rules ask for the sound."""
    utterances = []
    for utterance in transcript.utterances:
        words = tuple(replace(word, confidence=0.45) for word in utterance.words)
        utterances.append(replace(utterance, words=words, confidence=0.45))
    return replace(transcript, utterances=tuple(utterances))


def settings_of(tmp_path: Path, ruleset: str) -> Settings:
    return Settings(data_dir=tmp_path / "data", scoring={"ruleset": ruleset})  # type: ignore[arg-type]


def fill(store: Store, ruleset: str, step: int) -> None:
    """Every few examples of a bundled ruleset one becomes a call."""
    rules = load_ruleset(ruleset)
    examples = [example for rule in rules.rules for example in rule.examples][::step]
    with store.writing() as session:
        for number, example in enumerate(examples):
            heard = doubtful(example.transcript) if number % 2 else example.transcript
            for table, row in recorded(number, heard, example.call):
                session.execute(insert(table), [row])


@pytest.fixture(scope="module", params=RULESETS)
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, Settings]]:
    """An archive that the bundled ruleset has judged; tests of this module change no card of it."""
    settings = settings_of(tmp_path_factory.mktemp("archive"), request.param)
    with open_store(settings) as store:
        fill(store, request.param, STEPS[request.param])
        assert rescore(store, settings, RescoreOptions()).broken_checks == {}
        asked = rows_of(store, "SELECT sum(open_questions), sum(violated) FROM scorecards")
        assert all(count > 0 for count in asked[0]), asked
        yield store, settings


def ids(store: Store) -> list[str]:
    with store.reading() as session:
        return calls_since(session, None)


def draft(path: Path, ruleset: str, chance: random.Random) -> str:
    """A ruleset on top of the bundled one, some rules changed, dropped, added."""
    all_rules = load_ruleset(ruleset).rules
    rules = [rule.rule_id for rule in all_rules if rule.grade is not Grade.HINT]
    chance.shuffle(rules)
    dropped, dearer, hints, retold = rules[:2], rules[2:4], rules[4:5], rules[5:6]
    dropped.append(chance.choice([r.rule_id for r in all_rules if r.rule_id not in rules[:6]]))
    ring = {"title": "铃响", "title_en": "Rings", "regulations": ["001 §4"], "grade": "score"}
    ring |= {"points": chance.randint(1, 9), "check": "ring_count"}
    ring |= {"parameters": {"max_rings": chance.randint(1, 4)}, "group": "own", "id": "ZZ01"}
    met = {"outcome": "MET", "call": {"ring_count": 1}, "dialogue": "坐席: 您好。\n"}
    ring["examples"] = [met, {**met, "outcome": "VIOLATED", "call": {"ring_count": 9}}]
    document = {
        "id": ruleset,
        "title": "试",
        "title_en": "Draft",
        "version": chance.randint(2, 9),
        "include": [ruleset],
        "groups": {"own": {"title": "自己的", "title_en": "Own"}},
        "drop": dropped,
        "adjust": {
            **{rule: {"points": chance.randint(1, 40), "grade": "score"} for rule in dearer},
            **{rule: {"points": 0, "grade": "hint", "critical": False} for rule in hints},
            **{rule: {"group": "own"} for rule in retold},
        },
        "rules": [ring],
    }
    path.write_text(yaml.safe_dump(document, allow_unicode=True), "utf-8")
    return str(path)


def packed(taker: Taker, call_ids: Sequence[str]) -> tuple[list[Any], Tally]:
    tally, cards = Tally(), []
    for one in taker.rejudge(call_ids):
        tally.add(one.call, one.before, one.card)
        cards.append(pack_card(one.card, one.laid))
    return cards, tally


def judged_rules(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Rule ids as they judge from now on."""
    seen: list[str] = []
    judge = taking_over.judge_rule

    def noted(rule: Rule, scene: Scene) -> Verdict:
        seen.append(rule.rule_id)
        return judge(rule, scene)

    monkeypatch.setattr(taking_over, "judge_rule", noted)
    return seen


def same_as_in_full(store: Store, settings: Settings, ruleset: str | None) -> None:
    """Cards, rows, counts, and what a what-if compares, come out as they do in full."""
    rulesets = Rulesets.in_force(store, settings, ruleset)
    calls = ids(store)
    some, all_of = Taker(store, rulesets), Taker(store, rulesets, full=True)
    cards, tally = packed(some, calls)
    in_full, full_tally = packed(all_of, calls)
    assert len(cards) == len(calls)
    assert cards == in_full
    assert tally == full_tally
    assert list(some.compare(calls)) == list(all_of.compare(calls))


@pytest.mark.parametrize("seed", range(3))
def test_changed_rules_alone_judge_as_all_of_them(
    archive: tuple[Store, Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    store, settings = archive
    path = draft(tmp_path / "draft.yaml", settings.scoring.ruleset, random.Random(seed))
    seen = judged_rules(monkeypatch)
    packed(Taker(store, Rulesets.in_force(store, settings, path)), ids(store))
    assert set(seen) == {"ZZ01"}  # points, grades and groups move no verdict
    same_as_in_full(store, settings, path)


def test_changed_values_and_parameters_judge_anew(
    archive: tuple[Store, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = archive
    ruleset = settings.scoring.ruleset
    before = {rule.rule_id: rule.hash for rule in load_ruleset(ruleset).rules}
    values = load_ruleset(ruleset).values
    numbers = {n: v + 1 for n, v in values.items() if type(v) is int}
    assert numbers
    for name, value in numbers.items():
        changed = settings.model_copy(
            update={"scoring": settings.scoring.model_copy(update={"values": {name: value}})}
        )
        now = Rulesets.in_force(store, changed).default
        moved = {rule.rule_id for rule in now.rules if rule.hash != before[rule.rule_id]}
        with monkeypatch.context() as patch:
            seen = judged_rules(patch)
            packed(Taker(store, Rulesets.in_force(store, changed)), ids(store))
        assert set(seen) == moved
        same_as_in_full(store, changed, None)


def test_nothing_changed_reads_no_transcript(
    archive: tuple[Store, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = archive
    same_as_in_full(store, settings, None)
    before = snapshot(store)

    def decoded(*_: object) -> None:
        raise AssertionError("a transcript was read")

    monkeypatch.setattr("qa.store.scorecards.decode", decoded)
    result = rescore(store, settings, RescoreOptions())
    assert (result.calls, len(result.changes)) == (len(ids(store)), 0)
    assert snapshot(store) == before
    everything = rescore(store, settings, RescoreOptions(dry_run=True))
    assert everything.rules == result.rules
    with pytest.raises(AssertionError, match="was read"):
        rescore(store, settings, RescoreOptions(dry_run=True, full=True))


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Store, Settings]]:
    """A few calls that the bundled ruleset has judged; a test may change them."""
    settings = settings_of(tmp_path, RULESETS[0])
    with open_store(settings) as store:
        fill(store, RULESETS[0], step=40)
        rescore(store, settings, RescoreOptions())
        yield store, settings


def set_values(store: Store, table: type, **values: Any) -> None:
    with store.writing() as session:
        session.execute(update(table).values(**values))


def test_a_changed_basis_judges_in_full(
    small: tuple[Store, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = small
    every = {rule.rule_id for rule in load_ruleset(RULESETS[0]).rules}
    seen = judged_rules(monkeypatch)

    def rejudged() -> set[str]:
        seen.clear()
        rescore(store, settings, RescoreOptions())
        found = set(seen)
        same_as_in_full(store, settings, None)
        seen.clear()
        rescore(store, settings, RescoreOptions())
        assert not seen  # now it stands again
        return found

    assert rejudged() == set()
    set_values(store, CallRow, ring_count=7)
    assert rejudged() == every
    set_values(store, TicketRow, phone="13900001111")
    assert rejudged() == every
    with store.writing() as session:
        key = rows_of(store, "SELECT transcript_key FROM transcripts ORDER BY 1")[0][0]
        put_hearings(session, key, [heard()], datetime.now(UTC))
    assert rejudged() == every
    with store.writing() as session:
        rows = rows_of(store, "SELECT recording_id, blob FROM transcripts")
        session.execute(update(TranscriptRow).values(is_current=False))
        for recording, blob in rows:
            heard_anew = replace(decode(Transcript, blob), engine="other")
            row = {"transcript_key": f"{recording}:other", "recording_id": recording}
            row |= {"engine": "other", "created_at": datetime.now(UTC), "is_current": True}
            session.execute(insert(TranscriptRow), [{**row, "blob": encode(heard_anew)}])
    assert rejudged() == every
    monkeypatch.setattr(ruleset_model, "SCORING_REVISION", 10_000)
    assert rejudged() == every


def heard() -> Hearing:
    return Hearing(0, Span(0, 500), "您好", -1.5, 2)


def test_rulesets_of_an_older_program_are_judged_in_full(
    small: tuple[Store, Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = small
    set_values(store, RulesetRow, rule_hashes=None)
    seen = judged_rules(monkeypatch)
    path = draft(tmp_path / "draft.yaml", RULESETS[0], random.Random(1))
    rescore(store, settings, RescoreOptions(ruleset=path))
    first = load_ruleset(path)
    assert set(seen) == {rule.rule_id for rule in first.rules}
    seen.clear()
    rescore(store, settings, RescoreOptions())
    assert set(seen) == {r.rule_id for r in load_ruleset(RULESETS[0]).rules} - {
        r.rule_id for r in first.rules
    }


def test_a_line_whose_check_broke_is_judged_again(
    small: tuple[Store, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = small
    rule = load_ruleset(RULESETS[0]).rules[3]
    kind = type(rule.check)
    with monkeypatch.context() as patch:

        def broken(_check: object, _scene: Scene) -> Verdict:
            raise RuntimeError("broken")

        patch.setattr(kind, "run", broken)
        result = rescore(store, settings, RescoreOptions(full=True))
        assert rule.rule_id in result.broken_checks
    again = rescore(store, settings, RescoreOptions())
    assert again.broken_checks == {}
    same_as_in_full(store, settings, None)


def with_lists_changed(rulesets: Rulesets, seed: int, store: Store) -> Rulesets:
    """The rulesets in force, with lists of some rules of the default one changed."""
    texts = []
    for (blob,) in rows_of(store, "SELECT blob FROM transcripts"):
        texts += [u.text for u in decode(Transcript, blob).utterances]
    ruleset = rulesets.default
    checks = {rule.rule_id: rule.check for rule in ruleset.rules}
    changed = {i: check for i, _, check in variants(checks, texts, seed)}
    if not seed:  # a phrase that hardly any call comes near, and one that stands in a call
        check = checks["FP02"]
        assert isinstance(check, PhraseAbsent)
        phrases = (*check.phrases, "您另请高明得了", max(texts, key=len)[:9])
        changed = {"FP02": replace(check, phrases=phrases)}
    rules = tuple(
        replace(rule, check=changed[rule.rule_id], parameters={"seed": seed})
        if rule.rule_id in changed
        else rule
        for rule in ruleset.rules
    )
    other = copy(rulesets)
    other._only = replace(ruleset, rules=rules, hash=f"{seed:064}")
    return other


@pytest.mark.parametrize("seed", range(2))
def test_a_changed_list_judges_only_the_calls_that_it_reaches(
    archive: tuple[Store, Settings], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    store, settings = archive
    changed = with_lists_changed(Rulesets.in_force(store, settings), seed, store)
    calls = ids(store)
    with monkeypatch.context() as patch:
        seen = judged_rules(patch)
        some = packed(Taker(store, changed), calls)
    assert some == packed(Taker(store, changed, full=True), calls)
    if not seed:
        assert set(seen) == {"FP02"}
        assert len(seen) < len(calls) / 2


def test_rules_that_are_not_known_any_more_judge_every_call(
    small: tuple[Store, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, settings = small
    changed = with_lists_changed(Rulesets.in_force(store, settings), 0, store)
    with store.writing() as session:
        session.execute(delete(JudgedRuleRow).where(JudgedRuleRow.rule_hash != ""))
    seen = judged_rules(monkeypatch)
    packed(Taker(store, changed), ids(store))
    assert seen == ["FP02"] * len(ids(store))
