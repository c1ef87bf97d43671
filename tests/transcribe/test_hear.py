"""Questions put to the sound: with the real model on the bundled calls, and how texts are written.

The true words of `good.wav` are in `good.truth.json`; its opening 大龙供暖报修，幺三六为您服务
is heard as 大龙公暖报修,要塞6位您服务.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import soundfile

from qa.config import Settings
from qa.errors import ConfigError, EngineError, RecordingError, RecordingFault
from qa.pipeline import Worker, questions_of, with_hearings
from qa.scoring.ruleset import load_ruleset
from qa.text import fold
from qa.transcribe.hear import MAX_HYPOTHESES, MAX_PLACE_MS, NOTHING_MARGIN
from qa.transcribe.line import Line
from qa.transcribe.pack import GAP_MS, pack_windows
from qa.transcribe.readings import punctuated, readings_of, spellings
from qa.types import Call, Hearing, Question, Segment, Span, Transcript

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"
OPENING_S = 13
HEARD, SAID = "大龙公暖报修", "大龙供暖报修"

# ---- how a hypothesis is written ----


@pytest.mark.parametrize(
    ("text", "heard", "written"),
    [
        ("您好大龙供暖报修", "你好,大龙公暖报修,", "您好,大龙供暖报修,"),
        ("您好大龙供暖", "您好,大龙供暖", "您好,大龙供暖"),
        ("大龙客服", "大龙,公暖报修", "大龙,客服"),
        ("一二三四五", "甲,乙", "一二三四五"),  # no counterpart: the comma is nobody's
        ("", "维修,人员", ""),
        ("供暖", "", "供暖"),
    ],
)
def test_a_hypothesis_takes_over_the_punctuation_that_was_heard(
    text: str, heard: str, written: str
) -> None:
    assert punctuated(text, heard) == written


@pytest.mark.parametrize(
    ("text", "numerals"),
    [
        ("幺零八为您服务", "108为您服务"),
        ("洞拐两勾", "0729"),
        ("三号楼二单元五零一", "3号楼2单元501"),
        ("十二号楼", "12号楼"),
        ("二十号楼三十五室", "20号楼35室"),
    ],
)
def test_numbers_are_also_written_in_numerals(text: str, numerals: str) -> None:
    assert spellings(text) == (text, numerals)


@pytest.mark.parametrize("text", ["请留一下电话", "保证修好", "十分感谢", ""])
def test_words_that_are_no_numbers_stay(text: str) -> None:
    assert spellings(text) == (text,)


def test_the_same_words_are_one_reading() -> None:
    assert readings_of("公暖", "大龙", "公暖", "报修,") == ("大龙公暖报修,",)
    assert readings_of("", "好的,", "维修", ",再见") == ("好的,再见",)


# ---- the line of a channel's speech ----

SPEECH = [Span(0, 10_000), Span(12_000, 24_000), Span(40_000, 55_000), Span(60_000, 61_000)]


@pytest.fixture
def line() -> Line:
    return Line(pack_windows([Segment(0, span) for span in SPEECH], channel=0))


def test_positions_follow_the_speech_and_skip_the_pauses(line: Line) -> None:
    assert line.position(5_000) == 5_000
    assert line.position(12_000) == 10_000 + GAP_MS
    assert line.position(24_800) == line.position(24_000)
    assert line.position(30_000) is None
    assert line.inside(Span(23_000, 41_000)) == (21_000 + GAP_MS, 23_000 + 2 * GAP_MS)
    assert line.inside(Span(26_000, 38_000)) == (0, 0)


def test_a_stretch_over_two_windows_is_the_end_of_one_and_the_start_of_the_other(
    line: Line,
) -> None:
    assert len(line.windows) == 2
    start, end = line.position(20_000), line.position(45_000)
    assert start is not None
    assert end is not None
    (first, *left), (second, *right) = line.stretches(start, end)
    assert (first, second) == (0, 1)
    assert (left[1] - left[0], right) == (4_000, [0, 5_000])


def test_neighbours_in_a_window_are_one_stretch_with_the_silence_between(line: Line) -> None:
    assert list(line.stretches(5_000, 15_000)) == [(0, 5_000, 15_000)]


# ---- the real model ----


@pytest.fixture(scope="module")
def worker(base_model: Path) -> Iterator[Worker]:
    with Worker(Settings(models_dir=base_model.parent)) as worker:
        yield worker


@pytest.fixture(scope="module")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cut the opening out of a call: one window a channel, so that the tests stay quick."""
    samples, rate = soundfile.read(FIXTURES / "good.wav", dtype="int16")
    path = tmp_path_factory.mktemp("hear") / "opening.wav"
    soundfile.write(path, samples[: OPENING_S * rate], rate, subtype="ALAW")
    return path


@pytest.fixture(scope="module")
def transcript(worker: Worker, opening: Path) -> Transcript:
    return worker.transcribe(opening)


def place_of(transcript: Transcript, words: str, channel: int = 0) -> Span:
    """Find where words were recognised, from their first character to their last."""
    chars = [
        (char, word.span)
        for u in transcript.utterances
        if u.channel == channel
        for word in u.words
        for char in fold(word.text).text
    ]
    text = "".join(char for char, _ in chars)
    assert text.count(words) == 1, f"the transcript has {text.count(words)} times what is asked"
    start = text.index(words)
    return Span(chars[start][1].start_ms, chars[start + len(words) - 1][1].end_ms)


def margins(hearings: Sequence[Hearing]) -> dict[str, float]:
    return {hearing.text: hearing.margin for hearing in hearings}


QUIZ = {
    HEARD: (SAID, "大龙客服报修", "大龙热力报修", "大路供暖报修"),
    "要塞6": ("幺三六", "幺三九", "幺四六", "七三六", "幺零八"),
    "请问您有什么问题": ("请问您有什么问题", "请问你有什么事情", "祝您春节快乐"),
}


@pytest.mark.model
def test_what_was_said_fits_its_place_better_than_what_sounds_like_it(
    worker: Worker, opening: Path, transcript: Transcript
) -> None:
    """The first text of each place was said there."""
    places = {heard: place_of(transcript, heard) for heard in QUIZ}
    hearings = worker.hear(
        opening, transcript, [Question(0, places[heard], texts) for heard, texts in QUIZ.items()]
    )
    for heard, (said, *others) in QUIZ.items():
        found = margins([h for h in hearings if h.span == places[heard]])
        assert found.keys() == {said, *others}
        assert all(found[said] > found[other] + 1 for other in others)
        assert (found[said] == 0.0) == (heard == said)


@pytest.mark.model
def test_hearing_at_once_equals_hearing_later_and_nothing_is_asked_twice(
    worker: Worker, opening: Path, transcript: Transcript
) -> None:
    place = place_of(transcript, HEARD)
    questions = [
        Question(0, place, (SAID, "大龙客服报修")),
        Question(0, place, ("大龙客服报修", "大龙热力报修")),
        Question(1, place_of(transcript, "昨天", 1), ("前天",)),
    ]
    rounds: list[int] = []

    def ask(heard: Transcript) -> list[Question]:
        rounds.append(len(heard.hearings))
        return questions

    at_once = worker.transcribe(opening, ask=ask)
    assert rounds == [0, 4], "the second round finds everything answered"
    later = worker.hear(opening, transcript, questions)
    assert at_once == with_hearings(transcript, later)
    assert [(h.channel, h.span, h.text) for h in later] == sorted(
        {(q.channel, q.span, text) for q in questions for text in q.hypotheses}
    )
    assert worker.hear(opening, at_once, questions) == ()


@pytest.mark.model
def test_words_may_be_missing_or_nobody_may_have_spoken(
    worker: Worker, opening: Path, transcript: Transcript
) -> None:
    """While the customer speaks, the agent's channel is silent."""
    end = place_of(transcript, HEARD).end_ms
    inserted = Question(0, Span(end, end), ("春节快乐",))
    silent = Question(0, Span(7_600, 8_600), ("保证修好", ""))
    found = worker.hear(opening, transcript, [inserted, silent])
    assert margins(found).pop("春节快乐") < -10
    assert {h.text: h.margin for h in found if h.span == silent.span} == {
        "保证修好": NOTHING_MARGIN,
        "": 0.0,
    }


@pytest.mark.model
def test_what_cannot_be_asked_stays_open(
    worker: Worker, opening: Path, transcript: Transcript
) -> None:
    place = place_of(transcript, HEARD)
    beyond = Question(0, place, tuple("供" * k for k in range(1, MAX_HYPOTHESES + 2)))
    long = Question(0, Span(0, MAX_PLACE_MS + 1), ("您好",))
    fine = Question(0, place, (SAID,))
    answers = worker.hear(opening, transcript, [long, Question(7, place, ("您好",)), beyond, fine])
    assert list(margins(answers)) == [SAID]


@pytest.mark.model
def test_neither_a_bad_question_nor_a_broken_asker_costs_the_transcript(
    worker: Worker, opening: Path, transcript: Transcript, caplog: pytest.LogCaptureFixture
) -> None:
    place = place_of(transcript, HEARD)
    too_long = Question(0, Span(place.start_ms, place.start_ms), ("供暖" * 500,))

    def ask(heard: Transcript) -> list[Question]:
        if heard.hearings:
            raise KeyError("张建国")
        return [too_long, Question(0, place, (SAID,))]

    with caplog.at_level(logging.INFO):
        heard = worker.transcribe(opening, ask=ask)
    assert list(margins(heard.hearings)) == [SAID]
    assert with_hearings(transcript, heard.hearings) == heard
    assert "KeyError" in caplog.text
    assert not [words for words in ("供暖", "张建国") if words in caplog.text]
    with pytest.raises(EngineError):
        worker.hear(opening, transcript, [too_long])


@pytest.mark.model
def test_another_recording_or_engine_is_refused(
    worker: Worker, opening: Path, transcript: Transcript
) -> None:
    question = Question(0, Span(0, 1_000), ("您好",))
    with pytest.raises(RecordingError) as caught:
        worker.hear(FIXTURES / "bad.wav", transcript, [question])
    assert caught.value.fault is RecordingFault.CHANGED
    with pytest.raises(ConfigError):
        worker.hear(opening, replace(transcript, engine="another/1"), [question])


@pytest.mark.model
def test_what_a_ruleset_leaves_open_is_answered(
    worker: Worker, opening: Path, transcript: Transcript
) -> None:
    call, ruleset = Call("good", agent_id="136", ring_count=2), load_ruleset("heating-repair")
    ask = questions_of(call, ruleset)
    open_before = ask(transcript)
    assert open_before, "the number was misheard, so there is something to ask"
    heard = with_hearings(transcript, worker.hear(opening, transcript, open_before))
    assert not set(open_before) & set(ask(heard))


def test_of_two_answers_to_one_question_the_first_stays() -> None:
    bare = Transcript("0" * 64, "scripted/1", 1_000, 1, ())
    one, two = (Hearing(0, Span(0, 100), "供暖", margin, 1) for margin in (-1.0, -2.0))
    other = Hearing(0, Span(0, 50), "供暖", -3.0, 1)
    heard = with_hearings(bare, [one, two])
    assert heard.hearings == (one,)
    assert with_hearings(heard, [two, other]).hearings == (other, one)
