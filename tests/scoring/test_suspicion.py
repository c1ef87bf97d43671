"""Doubtful phrases put to the sound: said, not said, cannot tell, not asked yet."""

from dataclasses import replace

import pytest

from qa.scoring.check import Scene
from qa.scoring.checks.phrases import PhraseAbsent
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.hypotheses import HEARD_EDGE, Kind
from qa.scoring.spotting import Guards
from qa.scoring.thresholds import THRESHOLDS
from qa.types import Call, Hearing, Outcome, Question, Transcript

SAID_FROM, NOT_SAID_UP_TO = THRESHOLDS[Kind.PHRASE]
DOUBTFUL = "坐席: 这个部归我门馆。"
CHECK = PhraseAbsent(phrases=("这个不归我们管",))
FAR = "坐席: 不龟我门关啊那个。"


def _answered(transcript: Transcript, questions: list[Question], margin: float) -> Transcript:
    """The target of each question is ahead of what was heard by `margin`; its rivals fit badly."""
    ahead = margin - HEARD_EDGE[Kind.PHRASE]
    hearings = [
        Hearing(q.channel, q.span, text, ahead if k == 0 else -200.0, 3)
        for q in questions
        for k, text in enumerate(q.hypotheses)
    ]
    return replace(transcript, hearings=tuple(hearings))


def _judge(check: PhraseAbsent, transcript: Transcript) -> tuple[Outcome, list[Question]]:
    scene = Scene(transcript, Call("test"))
    return check.run(scene).outcome, scene.asked


def _unsure(dialogue: str, confidence: float) -> Transcript:
    transcript = parse_dialogue(dialogue)
    return replace(
        transcript,
        utterances=tuple(
            replace(u, words=tuple(replace(w, confidence=confidence) for w in u.words))
            for u in transcript.utterances
        ),
    )


def test_what_only_sounds_alike_is_undecided_until_the_sound_was_asked() -> None:
    outcome, asked = _judge(CHECK, parse_dialogue(DOUBTFUL))
    assert outcome is Outcome.UNDECIDED
    assert [q.hypotheses[0] for q in asked] == ["这个不归我们管"]
    assert 1 <= len(asked[0].hypotheses) <= 4


@pytest.mark.parametrize(
    ("margin", "outcome"),
    [
        (SAID_FROM, Outcome.VIOLATED),
        (SAID_FROM + 5, Outcome.VIOLATED),
        (NOT_SAID_UP_TO, Outcome.MET),
        (NOT_SAID_UP_TO - 20, Outcome.MET),
        ((SAID_FROM + NOT_SAID_UP_TO) / 2, Outcome.UNDECIDED),
    ],
)
def test_the_sound_decides(margin: float, outcome: Outcome) -> None:
    transcript = parse_dialogue(DOUBTFUL)
    _, asked = _judge(CHECK, transcript)
    heard, open_now = _judge(CHECK, _answered(transcript, asked, margin))
    assert heard is outcome
    assert open_now == []


def test_a_conviction_on_slips_is_lifted_when_the_sound_denies_it() -> None:
    check = PhraseAbsent(phrases=("不归我们管",))
    transcript = parse_dialogue("坐席: 这个不归我们馆。")
    outcome, asked = _judge(check, transcript)
    assert outcome is Outcome.VIOLATED
    assert _judge(check, _answered(transcript, asked, NOT_SAID_UP_TO - 1))[0] is Outcome.MET
    unsure = (SAID_FROM + NOT_SAID_UP_TO) / 2
    assert _judge(check, _answered(transcript, asked, unsure))[0] is Outcome.VIOLATED


def test_what_stands_there_word_for_word_is_not_asked() -> None:
    outcome, asked = _judge(CHECK, parse_dialogue("坐席: 这个不归我们管。"))
    assert (outcome, asked) == (Outcome.VIOLATED, [])


def test_the_commonest_phrases_are_asked_for_where_words_are_unsure() -> None:
    check = PhraseAbsent(phrases=("找我也没用",), asked=("不归我们管",))
    transcript = _unsure(FAR, 0.4)
    outcome, asked = _judge(check, transcript)
    assert outcome is Outcome.MET  # nobody is undecided for words that are merely near
    assert [q.hypotheses[0] for q in asked] == ["不归我们管"]
    assert _judge(check, _answered(transcript, asked, SAID_FROM))[0] is Outcome.VIOLATED
    unsure = (SAID_FROM + NOT_SAID_UP_TO) / 2
    assert _judge(check, _answered(transcript, asked, unsure))[0] is Outcome.MET


def test_words_that_recognition_is_sure_of_are_not_asked_again() -> None:
    check = PhraseAbsent(phrases=("找我也没用",), asked=("不归我们管",))
    assert _judge(check, _unsure(FAR, 0.95)) == (Outcome.MET, [])


def test_harmless_words_are_not_asked_for() -> None:
    guards = Guards(quoted_after=("师傅说",))
    check = PhraseAbsent(phrases=("找我也没用",), asked=("不归我们管",), guards=guards)
    transcript = _unsure("坐席: 师傅说不龟我门关。", 0.4)
    assert _judge(check, transcript) == (Outcome.MET, [])


def test_a_rule_asks_about_few_places() -> None:
    check = PhraseAbsent(phrases=("找我也没用",), asked=("不归我们管",))
    dialogue = "\n客户: 你说什么呢，我没听见。\n".join([FAR] * 6)
    _, asked = _judge(check, _unsure(dialogue, 0.4))
    assert 1 <= len(asked) <= 3
