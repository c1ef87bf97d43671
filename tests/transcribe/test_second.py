"""A second recogniser reads single places again: which sound it is given, and the real model."""

from dataclasses import replace
from pathlib import Path

import pytest

from qa.config import Settings
from qa.errors import ModelNotFoundError
from qa.pipeline import Worker, questions_of
from qa.scoring.ruleset import load_ruleset
from qa.scoring.scorecard import score_call
from qa.transcribe.engine import Heard
from qa.transcribe.second import read_again
from qa.types import SECOND_EAR, Call, Hearing, Outcome, Question, Span
from tests.transcribe.test_recognise import FIXTURES, ScriptedEngine, decoding, speech_of


def read(questions: list[Question], engine: ScriptedEngine) -> tuple[Hearing, ...]:
    with decoding(FIXTURES / "good.wav") as decoded:
        return read_again(questions, decoded, engine, aggressiveness=2, name="larger")


def test_a_place_is_read_amid_the_speech_around_it_and_only_its_words_come_back() -> None:
    engine = ScriptedEngine()
    spans = speech_of("good")[0]
    place = Question(0, spans[1], ())
    (hearing,) = read([place], engine)
    assert (hearing.channel, hearing.span, hearing.by) == (0, spans[1], "larger")
    assert 0 < len(hearing.text) <= spans[1].duration_ms / 400
    assert sum(count for count, careful in engine.calls if not careful) == 1, "one window"


def test_what_puts_a_hypothesis_or_has_no_channel_is_not_read() -> None:
    engine = ScriptedEngine()
    here = speech_of("good")[0][0]
    assert read([Question(0, here, ("您好",)), Question(2, here, ())], engine) == ()
    assert engine.calls == []


def test_where_no_word_is_heard_the_reading_is_empty() -> None:
    here = speech_of("good")[1][0]
    engine = ScriptedEngine(lambda ms, _: Heard((), -0.5, 0.2))
    (hearing,) = read([Question(1, here, ()), Question(1, here, ())], engine)
    assert hearing == Hearing(1, here, "", 0.0, 0, "larger")
    long_ago = Question(0, Span(900_000, 901_000), ())
    assert read([long_ago], ScriptedEngine())[0].text == "", "no speech is there"


def test_a_second_model_that_is_not_here_is_told_before_any_work(tmp_path: Path) -> None:
    hearing = Settings().hearing.model_copy(update={"second_model": "small"})
    with pytest.raises(ModelNotFoundError):
        Worker(Settings(models_dir=tmp_path, hearing=hearing))


@pytest.mark.model
def test_an_insult_is_read_again_and_stands(base_model: Path) -> None:
    """With one model as both: it reads the place anew, in another window."""
    hearing = Settings().hearing.model_copy(update={"second_model": "base"})
    settings = Settings(models_dir=base_model.parent, hearing=hearing)
    call, ruleset = Call("one"), load_ruleset("heating-repair")
    with Worker(settings) as worker:
        transcript = worker.transcribe(FIXTURES / "bad.wav", ask=questions_of(call, ruleset))
    assert SECOND_EAR in transcript.notes
    readings = [one for one in transcript.hearings if one.by]
    assert readings and all("base@" in one.by for one in readings)

    def outcome_of(found: tuple[Hearing, ...]) -> Outcome:
        card = score_call(replace(transcript, hearings=found), call, ruleset)
        return next(x.verdict.outcome for x in card.lines if x.rule_id == "FP01")

    assert outcome_of(transcript.hearings) is Outcome.VIOLATED
    others = tuple(replace(h, text="您别急") if h.by else h for h in transcript.hearings)
    assert outcome_of(others) is Outcome.UNDECIDED
