"""What may cost money is held against a second recogniser's reading of the same places."""

from dataclasses import replace

import pytest

from qa.codec import decode, encode
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import load_ruleset
from qa.scoring.scorecard import hearings_revision, open_questions, score_call
from qa.types import SECOND_EAR, Call, Hearing, Outcome, Question, ScoreLine, Transcript
from qa.wording import reason_text

INSULT = "你是不是傻啊"
DIALOGUE = f"坐席: 您好，大龙供暖报修\n客户: 我家暖气不热\n坐席: {INSULT}\n客户: 你说什么"


def heard(reading: str | None, *, dialogue: str = DIALOGUE, noted: bool = True) -> Transcript:
    """Give the dialogue as heard first, with what the second reads in the third turn."""
    transcript = parse_dialogue(dialogue)
    if noted:
        transcript = replace(transcript, notes=(SECOND_EAR,))
    if reading is None:
        return transcript
    place = transcript.utterances[2]
    answer = Hearing(place.channel, place.span, reading, 0.0, 0, "larger")
    return replace(transcript, hearings=(answer,))


def line(transcript: Transcript, rule_id: str = "FP01") -> ScoreLine:
    card = score_call(transcript, Call("one"), load_ruleset("heating-repair"))
    return next(one for one in card.lines if one.rule_id == rule_id)


def test_without_a_second_recogniser_nothing_changes() -> None:
    found = line(heard(None, noted=False))
    assert (found.verdict.outcome, found.points) == (Outcome.VIOLATED, 30)
    assert not found.verdict.questions


def test_while_the_second_reading_is_missing_nobody_pays() -> None:
    transcript = heard(None)
    found = line(transcript)
    assert (found.verdict.outcome, found.points) == (Outcome.UNDECIDED, 0)
    assert found.verdict.reason == "second_ear_open"
    place = transcript.utterances[2]
    question = Question(place.channel, place.span, ())
    assert found.verdict.questions == (question,)
    card = score_call(transcript, Call("one"), load_ruleset("heating-repair"))
    assert question in open_questions(card)


@pytest.mark.parametrize("reading", [INSULT, "你是不是傻啊。", "你是不是傻阿", "那你是不是傻啊"])
def test_where_both_hear_it_the_verdict_stands(reading: str) -> None:
    found = line(heard(reading))
    assert (found.verdict.outcome, found.points) == (Outcome.VIOLATED, 30)
    assert not found.verdict.questions


@pytest.mark.parametrize("reading", ["您试试看吧", ""])
def test_where_they_differ_a_person_decides_and_sees_both_readings(reading: str) -> None:
    found = line(heard(reading))
    assert (found.verdict.outcome, found.points) == (Outcome.UNDECIDED, 0)
    assert found.verdict.reason == "second_ear_differs"
    assert INSULT[:5] in found.verdict.matches[0].quote or found.verdict.matches[0].quote in INSULT
    assert found.verdict.nearest is not None
    assert found.verdict.nearest.quote == (reading or "…")
    assert found.verdict.nearest.expected.rstrip("。") == INSULT
    assert all("{" not in reason_text(found.verdict, lang) for lang in ("zh", "en"))


def test_what_only_costs_points_is_not_held_so() -> None:
    dialogue = DIALOGUE.replace(INSULT, "这个不归我管")
    told, untold = (line(heard(None, dialogue=dialogue, noted=n), "FP02") for n in (True, False))
    assert told.verdict == untold.verdict
    assert told.verdict.outcome is Outcome.VIOLATED


def test_a_reading_is_no_weight_of_a_hypothesis_and_names_its_model() -> None:
    place = parse_dialogue(DIALOGUE).utterances[2]
    one = Hearing(place.channel, place.span, INSULT, -3.0, 4)
    two = replace(one, by="larger")
    assert hearings_revision([one]) != hearings_revision([two])
    transcript = replace(heard(None), hearings=(one, two))
    assert decode(Transcript, encode(transcript)) == transcript
    assert line(transcript).verdict.outcome is Outcome.VIOLATED
    assert line(replace(transcript, hearings=(one,))).verdict.reason == "second_ear_open"
