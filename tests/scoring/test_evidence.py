"""What every verdict owes its reader, over all bundled calls, and what recognition errors do."""

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from benchlib.callset import LabelledCall, build_call, load_call_set, true_transcript
from benchlib.golden import read_golden
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring.check import Scene
from qa.scoring.ruleset import Ruleset, load_ruleset
from qa.scoring.scorecard import judge_rule, score_call
from qa.scoring.syllables import CONFUSED_COST, substitution_cost, syllable_of
from qa.types import Grade, Outcome, Transcript, Utterance, Verdict
from qa.wording import REASONS, reason_text
from tests.scoring.judging import CALL
from tests.scoring.test_match import CALL_TEXT, transcript_of

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"
CALLS = load_call_set(FIXTURES)
FROM_METADATA = {"rings_within", "rings_over", "outbound", "not_late"}
WITHOUT_PLACE = {"role_unknown", "no_agent_speech", "metadata_missing", "check_failed"}
# About the call as a whole: nothing in it was found, or it was measured from end to end.
ABOUT_THE_CALL = {
    *(
        "interruptions_few",
        "dead_air_none",
        "rate_inside",
        "rate_too_little_speech",
        "level_inside",
    ),
    *(
        "level_not_measured",
        "customer_released",
        "customer_heard_leaving",
        "mention_absent",
        "report_unsure",
    ),
    *(
        "no_customer_speech",
        "station_unknown",
        "no_report",
        "knowledge_empty",
        "call_broke_off",
        "not_measured",
    ),
}
NOTHING_EXPECTED = {
    *("released_at_once", "released_early", "interruptions_many", "dead_air", "turn_resembles"),
}


@cache
def ruleset() -> Ruleset:
    return load_ruleset("heating-repair")


def transcripts() -> Iterator[tuple[LabelledCall, Transcript]]:
    for call in CALLS:
        yield call, true_transcript(call)
        yield call, read_golden(FIXTURES / "golden" / f"{call.call_id}.json")


def check_evidence(verdict: Verdict, transcript: Transcript) -> None:
    assert verdict.reason in REASONS
    for lang in ("zh", "en"):
        assert reason_text(verdict, lang) not in ("", verdict.reason)
    names = [name for name, _ in verdict.details]
    assert names == sorted(names)
    shown = [*verdict.matches, *filter(None, [verdict.nearest])]
    shown += [m for slot in verdict.slots for m in (slot.match, slot.nearest) if m]
    for match in shown:
        assert 0 <= match.span.start_ms <= match.span.end_ms <= transcript.duration_ms
        assert 0 <= match.similarity <= 1
        utterance = transcript.utterances[match.utterance]
        assert utterance.role is match.role
        assert match.quote.split("…")[0] in utterance.text
        assert match.quote
        assert match.expected or verdict.reason in NOTHING_EXPECTED
    assert [m.span for m in verdict.matches] == sorted(m.span for m in verdict.matches)
    if verdict.searched:
        assert verdict.searched.end_ms <= transcript.duration_ms
    if verdict.reason not in FROM_METADATA | WITHOUT_PLACE | ABOUT_THE_CALL:
        assert verdict.matches or verdict.searched, "neither something heard nor where it is absent"
    if verdict.reason.endswith(("_missing", "_absent", "_unsure")) and (
        verdict.reason not in WITHOUT_PLACE | ABOUT_THE_CALL
    ):
        assert verdict.searched is not None


def test_every_verdict_on_the_bundled_calls_shows_its_evidence() -> None:
    outcomes = set()
    for call, transcript in transcripts():
        card = score_call(transcript, build_call(call), ruleset())
        for line in card.lines:
            check_evidence(line.verdict, transcript)
            outcomes.add(line.verdict.outcome)
            assert line.verdict.reason != "check_failed"
    assert outcomes == set(Outcome)


@given(st.lists(st.one_of(st.text(max_size=30), CALL_TEXT), max_size=6), st.text("ac", max_size=6))
def test_no_text_breaks_a_check(texts: list[str], roles: str) -> None:
    transcript = transcript_of(*texts, roles=roles)
    for rule in ruleset().rules:
        verdict = judge_rule(rule, Scene(transcript, replace(CALL, ring_count=5)))
        check_evidence(verdict, transcript)
        assert verdict.reason != "check_failed"


# ---- recognition errors ----

TRIALS = 300
ERROR_RATE = 0.15


@cache
def lookalikes(char: str) -> str:
    """Characters of the bundled calls that the telephone confuses with one, itself excluded."""
    syllable = syllable_of(char)
    return "".join(
        other
        for other in alphabet()
        if other != char and substitution_cost(syllable, syllable_of(other)) <= CONFUSED_COST
    )


@cache
def alphabet() -> str:
    texts = "".join(u.text for call in CALLS for u in true_transcript(call).utterances)
    return "".join(sorted({c for c in texts if "\u4e00" <= c <= "\u9fff"}))


def misheard(transcript: Transcript, chance: random.Random) -> Transcript:
    """Replace about every seventh character by one that sounds alike; such words are doubted."""

    def mishear(utterance: Utterance) -> Utterance:
        words = tuple(
            word if text == word.text else replace(word, text=text, confidence=0.6)
            for word in utterance.words
            for text in ["".join(map(swap, word.text))]
        )
        mean = sum(w.confidence for w in words) / max(1, len(words))
        return replace(utterance, words=words, text="".join(w.text for w in words), confidence=mean)

    def swap(char: str) -> str:
        others = lookalikes(char) if chance.random() < ERROR_RATE else ""
        return chance.choice(others) if others else char

    return replace(transcript, utterances=tuple(map(mishear, transcript.utterances)))


def test_recognition_errors_convict_nobody_of_a_fine() -> None:
    chance = random.Random(20251118)
    fines = [rule for rule in ruleset().rules if rule.grade is Grade.FINE]
    assert {rule.rule_id for rule in fines} == {"FP01", "IP01", "TK01", "TK02", "TK04"}
    innocent = [
        (true_transcript(call), build_call(call))
        for call in CALLS
        if not call.is_mono
        and all(
            judge_rule(rule, Scene(true_transcript(call), build_call(call))).outcome
            is not Outcome.VIOLATED
            for rule in fines
        )
    ]
    assert len(innocent) >= 5
    convicted = changed = 0
    for trial in range(TRIALS):
        said, call = innocent[trial % len(innocent)]
        heard = misheard(said, chance)
        changed += heard != said
        outcomes = [judge_rule(rule, Scene(heard, call)).outcome for rule in fines]
        convicted += Outcome.VIOLATED in outcomes
    assert changed == TRIALS
    assert convicted <= TRIALS // 100


@pytest.mark.parametrize("name", ["bad", "promise"])
def test_recognition_errors_acquit_few_of_the_guilty(name: str) -> None:
    chance = random.Random(7)
    labelled = next(call for call in CALLS if call.call_id == name)
    rule = next(r for r in ruleset().rules if r.rule_id == ("FP01" if name == "bad" else "IP01"))
    said, call = true_transcript(labelled), build_call(labelled)
    outcomes = [judge_rule(rule, Scene(misheard(said, chance), call)).outcome for _ in range(60)]
    assert outcomes.count(Outcome.MET) <= 30
