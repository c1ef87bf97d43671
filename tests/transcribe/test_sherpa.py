"""A second recogniser behind the `Engine` protocol: sherpa-onnx, with models that hear tones.

The library and its models are real; the models are tiny (`tiny_models.py`), so that what they must
hear, and when, is known exactly.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.batch.machine import gpu_count
from qa.config import HearingSettings, Settings
from qa.errors import ConfigError, EngineError, ModelNotFoundError
from qa.pipeline import Worker, engine_fingerprint, questions_of
from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import bundled_rulesets, load_ruleset
from qa.scoring.scorecard import judge_rule, open_questions, score_call
from qa.transcribe import models, registry, sherpa
from qa.transcribe.engine import UNKNOWN_CONFIDENCE, Engine, Heard, Stretch
from qa.transcribe.registry import ModelFile, ModelKind, ModelSpec
from qa.types import NO_CONFIDENCE, Call, Grade, Outcome, Transcript
from tests.transcribe.tiny_models import (
    FRAME_MS,
    tones,
    write_paraformer,
    write_sense_voice,
)

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"
EACH_MS, GAP_MS = 400, 500
KINDS = [ModelKind.SENSE_VOICE, ModelKind.PARAFORMER]
WRITE: dict[ModelKind, Callable[[Path], Path]] = {
    ModelKind.SENSE_VOICE: write_sense_voice,
    ModelKind.PARAFORMER: write_paraformer,
}


@pytest.fixture(autouse=True)
def library() -> None:
    pytest.importorskip("sherpa_onnx", reason="the extra 'sherpa' is not installed")


pytestmark = pytest.mark.sherpa


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[ModelKind, sherpa.Sherpa]:
    pytest.importorskip("sherpa_onnx", reason="the extra 'sherpa' is not installed")
    folder = tmp_path_factory.mktemp("tiny")
    return {
        kind: sherpa.Sherpa(
            WRITE[kind](folder / kind.value), HearingSettings(), kind=kind, fingerprint="tiny/1"
        )
        for kind in KINDS
    }


def texts(heard: Heard) -> list[str]:
    return [word.text for word in heard.words]


@pytest.mark.parametrize("kind", KINDS)
def test_words_come_when_they_sound(
    engines: dict[ModelKind, sherpa.Sherpa], kind: ModelKind
) -> None:
    [heard] = engines[kind].recognise([tones("您", "好", "ok", each_ms=EACH_MS, gap_ms=GAP_MS)])
    assert texts(heard) == ["您", "好", "ok"]
    for number, word in enumerate(heard.words):
        begins = GAP_MS + number * (EACH_MS + GAP_MS)
        assert begins - FRAME_MS <= word.start_ms <= begins + FRAME_MS
        assert word.end_ms == word.start_ms + sherpa.CHAR_MS
        assert word.confidence == UNKNOWN_CONFIDENCE
    assert (heard.mean_logprob, heard.no_speech) == (None, 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_does_not_depend_on_its_neighbours(
    engines: dict[ModelKind, sherpa.Sherpa], kind: ModelKind
) -> None:
    windows = [tones("好"), tones("您", "ok", "您", "好"), tones(), tones("ok")]
    together = engines[kind].recognise(windows)
    assert [texts(heard) for heard in together] == [["好"], ["您", "ok", "您", "好"], [], ["ok"]]
    assert together == [engines[kind].recognise([window])[0] for window in windows]


def test_a_model_without_times_is_refused(tmp_path: Path) -> None:
    folder = write_paraformer(tmp_path / "timeless", with_times=False)
    engine = sherpa.Sherpa(
        folder, HearingSettings(), kind=ModelKind.PARAFORMER, fingerprint="tiny/1"
    )
    with pytest.raises(EngineError, match="times"):
        engine.recognise([tones("您")])


def test_texts_are_not_weighed(engines: dict[ModelKind, sherpa.Sherpa]) -> None:
    engine: Engine = engines[ModelKind.SENSE_VOICE]
    assert not engine.abilities.weighs
    with pytest.raises(EngineError, match="cannot weigh"):
        engine.weigh([Stretch(tones("您"), 0, 500)], ["您"])


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["您", "好", "，", "请", "讲", "。"], ["您", "好，", "请", "讲。"]),
        (["，", "好"], ["好"]),
        (["<|zh|>", "您", "<unk>", "好"], ["您", "好"]),
        ([" he", "llo", " ok", "1", "0", "8"], ["hello", "ok", "1", "0", "8"]),
        ([], []),
    ],
)
def test_tokens_become_words(tokens: list[str], words: list[str]) -> None:
    times = [0.1 * number for number in range(len(tokens))]
    made = list(sherpa._words(tokens, times, 2_000))
    assert [word.text for word in made] == words
    for left, right in pairwise(made):
        assert left.start_ms <= left.end_ms <= right.start_ms


def test_times_never_run_back_or_out_of_the_window() -> None:
    made = list(sherpa._words(["您", "好", "啊"], [0.5, 0.3, 9.9], 1_000))
    assert [(w.start_ms, w.end_ms) for w in made] == [(500, 500), (500, 740), (1_000, 1_000)]


def test_pieces_of_paraformer_are_written_like_those_of_sense_voice() -> None:
    assert sherpa._spaced(["您", "hel@@", "lo", "ok", "好"]) == ["您", " hel", "lo", " ok", "好"]


# A model on which the library would end the process ----------------------------------------------


@pytest.mark.parametrize("without", ["vocab_size", "lang_zh", "neg_mean"])
def test_a_model_of_another_kind_is_told(tmp_path: Path, without: str) -> None:
    folder = write_sense_voice(tmp_path, without=without)
    with pytest.raises(EngineError, match=without):
        sherpa.Sherpa(folder, HearingSettings(), kind=ModelKind.SENSE_VOICE, fingerprint="x")


@pytest.mark.parametrize(
    ("file", "content"),
    [("tokens.txt", "a b c d\n"), ("tokens.txt", ""), ("model.int8.onnx", "no model")],
)
def test_a_broken_model_is_told(tmp_path: Path, file: str, content: str) -> None:
    folder = write_sense_voice(tmp_path)
    (folder / file).write_text(content)
    with pytest.raises(EngineError):
        sherpa.Sherpa(folder, HearingSettings(), kind=ModelKind.SENSE_VOICE, fingerprint="x")


# From the settings to a scorecard ----------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that choose a SenseVoice which hears tones, registered as `tiny`."""
    folder = write_sense_voice(tmp_path / "models" / "tiny")
    files = tuple(
        ModelFile(path.name, path.stat().st_size, None) for path in sorted(folder.iterdir())
    )
    tiny = ModelSpec("tiny", "Tiny", "MIT", "for tests", files, (), ModelKind.SENSE_VOICE)
    known: dict[str, Any] = registry.load_registry() | {"tiny": tiny}
    monkeypatch.setattr(registry, "load_registry", lambda: known)
    models.verify("tiny", models_dir=folder.parent)
    return Settings(
        models_dir=folder.parent,
        hearing={"model": "tiny"},  # type: ignore[arg-type]
    )


@pytest.fixture
def transcript(settings: Settings) -> Transcript:
    with Worker(settings) as worker:
        ask = questions_of(Call("one", agent_id="108"), load_ruleset("heating-repair"))
        return worker.transcribe(FIXTURES / "bad.wav", ask=ask)


def test_a_transcript_names_its_engine_and_what_it_lacks(
    settings: Settings, transcript: Transcript
) -> None:
    assert transcript.engine == engine_fingerprint(settings)
    assert transcript.engine.startswith("sherpa-onnx/tiny@")
    assert NO_CONFIDENCE in transcript.notes
    assert {u.channel for u in transcript.utterances} == {0, 1}
    speech = [(s.channel, s.span) for s in transcript.speech]
    for utterance in transcript.utterances:
        for word in utterance.words:
            assert word.confidence <= UNKNOWN_CONFIDENCE
            assert any(
                channel == utterance.channel and span.overlap_ms(word.span) >= 0
                for channel, span in speech
            )


def test_questions_stay_open(
    settings: Settings, transcript: Transcript, caplog: pytest.LogCaptureFixture
) -> None:
    assert transcript.hearings == ()
    asked = parse_dialogue("坐席: 您好，大龙公囊报修，十三八为您服务。\n客户: 我家不热。")
    asked = replace(asked, recording_id=transcript.recording_id, engine=transcript.engine)
    card = score_call(asked, Call("one", agent_id="108"), load_ruleset("heating-repair"))
    questions = open_questions(card)
    assert questions
    with caplog.at_level(logging.ERROR), Worker(settings) as worker:
        assert worker.hear(FIXTURES / "bad.wav", asked, questions) == ()
    assert not caplog.records


def test_words_without_confidence_convict_nobody_and_acquit_as_before() -> None:
    """Every example of every rule, as if this recogniser had written it."""
    changed = 0
    for name in bundled_rulesets():
        for rule in load_ruleset(name).rules:
            for example in rule.examples:
                unsure = _without_confidence(example.transcript)
                verdict = judge_rule(rule.judging(example), Scene(unsure, example.call))
                if verdict.outcome is not example.outcome:
                    changed += 1
                    assert verdict.outcome is Outcome.UNDECIDED, (rule.rule_id, verdict)
                if verdict.outcome is Outcome.VIOLATED:
                    assert rule.grade is not Grade.FINE and not rule.check.by_words
                    # Whether somebody interrupted or only said 嗯，对 hangs on words, too.
                    assert rule.check.kind in {"loudness", "ring_count"}
    assert changed > 300


def _without_confidence(transcript: Transcript) -> Transcript:
    spoken = tuple(
        replace(
            u,
            confidence=UNKNOWN_CONFIDENCE,
            words=tuple(replace(w, confidence=UNKNOWN_CONFIDENCE) for w in u.words),
        )
        for u in transcript.utterances
    )
    return replace(transcript, utterances=spoken, notes=(NO_CONFIDENCE,))


def test_only_the_models_bytes_shape_its_text(settings: Settings) -> None:
    for change in ({"beam_size": 1}, {"compute_type": "float32"}, {"threads": 2}):
        hearing = settings.hearing.model_copy(update=change)
        changed = settings.model_copy(update={"hearing": hearing})
        assert engine_fingerprint(changed) == engine_fingerprint(settings)


# What is told before any work --------------------------------------------------------------------


def choose(model: str, tmp_path: Path, **hearing: str) -> Settings:
    return Settings(
        models_dir=tmp_path,
        hearing={"model": model} | hearing,  # type: ignore[arg-type]
    )


def test_a_model_that_nobody_has_had_yet_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="sensevoice"):
        engine_fingerprint(choose("sensevoice", tmp_path))


def test_what_tells_voices_apart_does_not_recognise(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no recogniser"):
        engine_fingerprint(choose("campplus", tmp_path))


def test_a_gpu_is_not_asked_for(settings: Settings) -> None:
    hearing = settings.hearing.model_copy(update={"device": "cuda"})
    asking = settings.model_copy(update={"hearing": hearing})
    with pytest.raises(ConfigError, match="processor"):
        engine_fingerprint(asking)
    assert gpu_count(asking) == 0


def test_a_missing_library_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sherpa, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"tingjian\[sherpa\]"):
        engine_fingerprint(settings)


def test_noise_is_heard_without_harm(engines: dict[ModelKind, sherpa.Sherpa]) -> None:
    noise = np.random.default_rng(7).normal(0, 0.1, 16_000 * 30).astype(np.float32)
    for engine in engines.values():
        [heard] = engine.recognise([noise], careful=True)
        assert all(0 <= w.start_ms <= w.end_ms <= 30_000 for w in heard.words)
