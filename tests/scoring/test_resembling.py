"""The second opinion on forbidden language: what it marks, what it doubts, and what it leaves."""

from pathlib import Path

import numpy as np
import pytest
from benchlib.turns import CLASSES, read_turns, train
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.scoring import resembling
from qa.scoring.check import Scene
from qa.scoring.checks.phrases import PhraseAbsent
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset_turns import turn_classes
from qa.scoring.turn_classes import TurnClasses, hashed_grams, likenesses, units
from qa.text import fold
from qa.types import Outcome, Verdict
from tests.scoring.judging import CALL

TURNS = Path(__file__).parents[2] / "scripts" / "corpora" / "turns"


def run(check: PhraseAbsent, dialogue: str) -> Verdict:
    return check.run(Scene(parse_dialogue(dialogue), CALL))


def test_the_model_knows_its_corpus() -> None:
    """It was made from these turns, by these n-grams; a change of either asks for training."""
    model, turns = turn_classes(), read_turns(TURNS)
    assert model.classes == CLASSES == resembling.CLASSES
    scores = model.scores([turn.text for turn in turns])
    for column, name in enumerate(CLASSES):
        marked = scores[:, column] >= model.floors[column]
        learned = np.array([turn.label == name for turn in turns])
        harmless = np.array([turn.label is None for turn in turns])
        assert marked[learned].mean() > 0.9, name
        assert marked[harmless].mean() < 0.03, name


def test_training_gives_the_same_model_twice() -> None:
    turns = read_turns(TURNS)[::40]
    first, second = train(turns), train(turns)
    assert np.array_equal(first.weights, second.weights)
    assert np.array_equal(first.scale, second.scale)


def test_what_is_meant_is_marked_in_words_that_no_list_has() -> None:
    check = PhraseAbsent(("天王盖地虎",), resembles="FP02")
    verdict = run(check, "坐席: 您跟我说没用，该找谁找谁去。\n客户: 啊？")
    assert (verdict.outcome, verdict.reason) == (Outcome.UNDECIDED, "turn_resembles")
    assert verdict.nearest is not None and "找谁" in verdict.nearest.quote
    plain = PhraseAbsent(("天王盖地虎",))
    assert run(plain, "坐席: 您跟我说没用，该找谁找谁去。").outcome is Outcome.MET


def test_who_says_it_matters() -> None:
    check = PhraseAbsent(("天王盖地虎",), resembles="FP02")
    verdict = run(check, "坐席: 您好。\n客户: 您跟我说没用，该找谁找谁去。")
    assert verdict.outcome is Outcome.MET


@pytest.mark.parametrize("added", ["亲", "么么哒", "芝麻开门"])
def test_words_that_a_ruleset_added_convict_as_before(added: str) -> None:
    check = PhraseAbsent((added,), resembles="FP01")
    verdict = run(check, f"坐席: 好的{added}，我给您登记一下地址。\n客户: 好。")
    assert verdict.outcome is Outcome.VIOLATED


def test_a_listed_wording_in_a_sentence_that_is_nothing_like_it_is_in_doubt() -> None:
    model = turn_classes()
    column = model.classes.index("FP02")
    said = "维修站的同事会联系您，不归我们管的部分也一起帮您转给物业登记，您放心。"
    words, sentence = model.scores([fold("不归我们管").text, fold(said).text])[:, column]
    assert words >= 0.0 and sentence < -4.0
    check = PhraseAbsent(("不归我们管",), resembles="FP02")
    assert run(check, f"坐席: {said}").outcome is Outcome.UNDECIDED
    assert run(check, "坐席: 这个不归我们管，您自己想办法。").outcome is Outcome.VIOLATED


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="resembles: one of FP01"):
        PhraseAbsent(("不归我们管",), resembles="FP09")


@given(st.lists(st.text(max_size=80), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_text_has_scores_of_its_own(texts: list[str]) -> None:
    """Texts do not change each other's scores, and every place lies in the table."""
    model = turn_classes()
    folded = [fold(text).text for text in texts]
    grams, counts = hashed_grams(folded)
    assert counts.sum() == len(grams) and (grams < len(model.weights)).all()
    together = model.scores(folded)
    for text, row in zip(folded, together, strict=True):
        assert np.allclose(model.scores([text])[0], row)


@given(st.lists(st.text("您好我管找谁不。，？", max_size=120), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_units_cover_every_turn_once(said: list[str]) -> None:
    talk = "\n客户: 您接着说吧好吗。\n".join(f"坐席: 喂{one}" for one in said)
    track = Scene(parse_dialogue(talk), CALL).agent
    covered = [at for start, end in units(track) for at in range(start, end)]
    assert covered == list(range(len(track.text)))
    model: TurnClasses = turn_classes()
    for places in likenesses(track, model).values():
        assert all(0 <= p.start < p.end <= len(track.text) for p in places)
