"""A recogniser's errors must not convict: rules of grade `fine` stay, or become undecided."""

import random
from collections import Counter
from pathlib import Path

import pytest
from benchlib.callset import build_call, load_call_set, true_transcript
from benchlib.mutate import mutate

from qa.scoring.check import Scene
from qa.scoring.ruleset import Rule, bundled_rulesets, load_ruleset
from qa.types import Call, Grade, Outcome, Transcript

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"
MOST_FLIPPED = 0.01
MOST_NEAR_MISSES_FLIPPED = 0.1


def fine_rules(name: str) -> list[Rule]:
    return [rule for rule in load_ruleset(name).rules if rule.grade is Grade.FINE]


def flips(rule: Rule, transcript: Transcript, call: Call, trials: int) -> int:
    chance = random.Random(f"{rule.rule_id} {transcript.recording_id}")
    scenes = (Scene(mutate(transcript, chance), call) for _ in range(trials))
    return sum(rule.check.run(scene).outcome is Outcome.VIOLATED for scene in scenes)


def test_errors_in_whole_calls_hardly_ever_convict() -> None:
    flipped: Counter[str] = Counter()
    trials: Counter[str] = Counter()
    for labelled in load_call_set(FIXTURES):
        transcript, call = true_transcript(labelled), build_call(labelled)
        for rule in fine_rules(labelled.ruleset):
            if rule.check.run(Scene(transcript, call)).outcome is not Outcome.VIOLATED:
                trials[rule.rule_id] += 30
                flipped[rule.rule_id] += flips(rule, transcript, call, 30)
    assert trials
    assert {r: n for r, n in flipped.items() if n > MOST_FLIPPED * trials[r]} == {}


@pytest.mark.parametrize("name", bundled_rulesets())
def test_errors_in_near_misses_seldom_convict(name: str) -> None:
    """The examples lie as close to a violation as innocent words can: 不能保证今天修好."""
    innocent = [
        (rule, example)
        for rule in fine_rules(name)
        for example in rule.examples
        if example.outcome is not Outcome.VIOLATED
    ]
    flipped = sum(flips(rule, one.transcript, one.call, 20) for rule, one in innocent)
    assert innocent
    assert flipped <= MOST_NEAR_MISSES_FLIPPED * 20 * len(innocent)


def test_mutations_are_of_the_size_that_recognition_makes() -> None:
    transcript = load_ruleset("heating-repair").rules[0].examples[0].transcript
    long = [e.transcript for r in load_ruleset("heating-repair").rules for e in r.examples]
    chance = random.Random(3)
    before = after = changed = 0
    for one in long:
        other = mutate(one, chance)
        before += sum(len(u.text) for u in one.utterances)
        after += sum(len(u.text) for u in other.utterances)
        words = [w for u in one.utterances for w in u.words]
        kept = {w.span: w.text for u in other.utterances for w in u.words}
        changed += sum(kept.get(w.span) != w.text for w in words)
    assert 0.1 < changed / before < 0.2
    assert abs(after - before) / before < 0.03
    assert mutate(transcript, random.Random(1)) == mutate(transcript, random.Random(1))
