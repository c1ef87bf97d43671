"""Domain words: which of them a window is told, and what becomes of the others."""

from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn, cast

import pytest
from pydantic import ValidationError

from qa.batch.jobs import Job, Transcriber
from qa.batch.rulesets import Rulesets
from qa.batch.working import Task, _heard, _ruleset_id
from qa.config import HearingSettings, Settings
from qa.config_words import MAX_WORDS, WordSettings
from qa.pipeline import engine_fingerprint
from qa.scoring.dialogue import parse_dialogue
from qa.transcribe.engine import Abilities, Heard
from qa.transcribe.faster_whisper import FasterWhisper
from qa.transcribe.models import model_path
from qa.transcribe.pack import GAP_MS, Piece, Window, window_audio
from qa.transcribe.recognise import channel_windows, recognise, speech_segments
from qa.transcribe.vad import measure_frames
from qa.transcribe.words import (
    CLOSING_MS,
    MIN_SPEECH_MS,
    OPENING_MS,
    Expected,
    words_fingerprint,
    words_for,
)
from qa.types import Call, Span, Transcript
from tests.transcribe.test_recognise import FIXTURES, ScriptedEngine, counting, decoding, said

WORDS = WordSettings(
    opening=("大龙供暖报修", "新年好"), body=("幸福小区", "阳光花园"), closing=("维修人员",)
)
CALL = Span(1_000, 181_000)


def window(*spans: tuple[int, int]) -> Window:
    pieces, offset = [], 0
    for start, end in spans:
        pieces.append(Piece(Span(start, end), offset))
        offset += end - start + GAP_MS
    return Window(0, tuple(pieces))


def told(*spans: tuple[int, int], words: WordSettings = WORDS) -> tuple[str, ...]:
    return Expected(words, CALL).of(window(*spans))


BODY = (CALL.start_ms + OPENING_MS, CALL.end_ms - CLOSING_MS)


def test_a_window_is_told_the_words_of_its_position() -> None:
    assert told((1_000, 20_000)) == WORDS.opening
    assert told((40_000, 60_000)) == WORDS.body
    assert told((170_000, 181_000)) == WORDS.closing


def test_a_window_of_several_positions_is_told_words_of_each() -> None:
    everything = ("大龙供暖报修", "幸福小区", "维修人员", "新年好", "阳光花园")
    assert told((1_000, 5_000), (60_000, 70_000), (175_000, 181_000)) == everything
    assert told((15_000, 30_000)) == ("大龙供暖报修", "幸福小区", "新年好", "阳光花园")
    assert told((150_000, 165_000)) == ("幸福小区", "维修人员", "阳光花园")


@pytest.mark.parametrize(
    ("span", "position"),
    [
        ((1_000, BODY[0]), "opening"),
        (BODY, "body"),
        ((BODY[1], 181_000), "closing"),
    ],
)
def test_where_positions_meet(span: tuple[int, int], position: str) -> None:
    assert told(span) == getattr(WORDS, position)


def test_a_short_call_is_opening_and_closing_at_once() -> None:
    short = Expected(WORDS, Span(0, 15_000)).of(window((0, 15_000)))
    assert short == ("大龙供暖报修", "维修人员", "新年好")


def test_a_window_with_little_speech_is_told_nothing() -> None:
    assert told((40_000, 40_000 + MIN_SPEECH_MS - 1)) == ()
    half = MIN_SPEECH_MS // 2
    assert told((40_000, 40_000 + half), (60_000, 60_000 + half)) == WORDS.body


def test_never_more_than_twelve_and_each_once() -> None:
    many = tuple(f"小区{chr(0x4E00 + i)}" for i in range(MAX_WORDS))
    words = WordSettings(opening=many, body=many[::-1], closing=("维修人员", *many[:-1]))
    chosen = told((1_000, 181_000), words=words)
    assert len(chosen) == MAX_WORDS == len(set(chosen))
    with pytest.raises(ValidationError):
        WordSettings(body=(*many, "再一个"))
    with pytest.raises(ValidationError):
        WordSettings(body=("热",))


def test_words_of_a_ruleset_or_of_all_others() -> None:
    other = WordSettings(body=("回访",))
    assert words_for({"heating-repair": WORDS}, "heating-repair") == WORDS
    assert words_for({"heating-repair": WORDS}, "courier") is None
    assert words_for({"heating-repair": WORDS}, None) is None
    known = {"heating-repair": WORDS, "default": other}
    assert (words_for(known, "courier"), words_for(known, None)) == (other, other)


def test_the_ruleset_is_that_of_the_first_call() -> None:
    rulesets = Rulesets.in_force(None, Settings(), None)
    assert _ruleset_id(rulesets, ()) == "heating-repair"
    calls = [Call("one", ruleset="courier"), Call("two", ruleset="trading")]
    assert _ruleset_id(rulesets, calls) == "courier"
    assert _ruleset_id(None, calls) is None


@pytest.mark.parametrize(("words", "expected"), [({"courier": WORDS}, ["courier"]), ({}, [])])
def test_a_worker_names_the_ruleset_where_words_are_told(
    words: dict[str, WordSettings], expected: list[str]
) -> None:
    asked: list[str] = []

    class Noting:
        def transcribe(self, path: Path, source: str | None, **more: object) -> Transcript:
            asked.extend(str(more[name]) for name in more if name == "ruleset")
            return parse_dialogue("坐席: 您好。")

    settings = Settings(words=words)
    task = Task(nobody, settings, Rulesets.in_force(None, settings, None))
    job = Job("one", "one.wav", None, (Call("one", ruleset="courier"),))
    _heard(cast(Transcriber, Noting()), job, Path("one.wav"), task)
    assert asked == expected


def nobody(settings: Settings) -> NoReturn:
    raise AssertionError("no worker is made here")


# In the transcript -------------------------------------------------------------------------------


def hear(engine: ScriptedEngine, words: WordSettings | None) -> Transcript:
    with decoding(FIXTURES / "bad.wav") as decoded:
        return recognise(decoded, engine, aggressiveness=2, agent_channel="left", words=words)


def test_the_first_reading_is_told_and_the_careful_one_is_not() -> None:
    def babble(duration_ms: int, careful: bool) -> Heard:
        return counting(duration_ms, careful) if careful else said("是的呢" * 40, duration_ms)

    engine = ScriptedEngine(babble)
    transcript = hear(engine, WORDS)
    assert engine.calls == [(2, False), (2, True)]
    assert len(engine.told) == 2 and all(
        set(words) <= {*WORDS.opening, *WORDS.body, *WORDS.closing} for words in engine.told
    )
    assert engine.told[0]
    assert transcript.notes == ("domain_words",)


def test_without_words_nothing_is_told_or_noted() -> None:
    engine = ScriptedEngine()
    assert hear(engine, None) == hear(ScriptedEngine(), None)
    assert (engine.told, hear(engine, None).notes) == ([], ())


def test_an_engine_that_cannot_be_told_is_not() -> None:
    engine = ScriptedEngine()
    engine.abilities = Abilities(hotwords=False)
    assert (hear(engine, WORDS).notes, engine.told) == ((), [])


# What names it -----------------------------------------------------------------------------------


def test_words_name_themselves_and_no_words_change_nothing() -> None:
    other = WORDS.model_copy(update={"body": WORDS.body[::-1]})
    names = [words_fingerprint({"courier": words}) for words in (WORDS, other)]
    names += [words_fingerprint({"trading": WORDS})]
    assert len(set(names)) == 3 and all(len(name) == 12 for name in names)
    assert words_fingerprint({}) == words_fingerprint({"courier": WordSettings()}) == ""


@pytest.mark.model
def test_words_are_part_of_the_engines_name(base_model: Path) -> None:
    def name(words: Mapping[str, WordSettings]) -> str:
        return engine_fingerprint(Settings(models_dir=base_model.parent, words=dict(words)))

    assert name({}) == name({"default": WordSettings()})
    assert name({"default": WORDS}) == f"{name({})}/words@{words_fingerprint({'default': WORDS})}"


@pytest.mark.model
def test_what_one_window_is_told_changes_no_other(base_model: Path) -> None:
    """Windows are batched by what they are told; each must come back in its place."""
    with decoding(FIXTURES / "good.wav") as decoded:
        samples = [decoded.channel(i) for i in (0, 1)]
        frames = [measure_frames(channel, aggressiveness=1) for channel in samples]
        found = speech_segments(frames, decoded.recording.duration_ms)
        audio = [
            window_audio(window, samples[i])
            for i in (0, 1)
            for window in channel_windows(frames[i], found[i], channel=i, limit_ms=30_000)
        ]
    settings = HearingSettings(beam_size=1)
    path = model_path("base", models_dir=base_model.parent)
    engine = FasterWhisper(path, settings, fingerprint="base/words")
    plain = engine.recognise(audio)
    words = ("紫荆花园",)
    mixed = engine.recognise([audio[0], audio[1], audio[0]], told=[words, (), words])
    assert mixed[1] == engine.recognise([audio[1]])[0]
    assert mixed[0] == mixed[2] == engine.recognise([audio[0]], told=[words])[0]
    text = "".join(word.text for word in mixed[0].words)
    assert text != "" and mixed[0].mean_logprob != plain[0].mean_logprob
