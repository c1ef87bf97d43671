"""Text that nobody said is seen, and what people do say is left alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.transcribe.engine import Heard, HeardWord
from qa.transcribe.guards import compression_ratio, looks_invented, loops, without_loop
from qa.transcribe.pack import Piece, Window
from qa.types import Span

SUBTITLES = "字幕由志愿者提供请不吝点赞订阅转发"


def words(*texts: str) -> tuple[HeardWord, ...]:
    return tuple(HeardWord(t, 100 * i, 100 * i + 90, 0.8) for i, t in enumerate(texts))


def heard(text: str, *, mean_logprob: float = -0.3, no_speech: float = 0.05) -> Heard:
    return Heard(words(*text), mean_logprob, no_speech)


def window(speech_ms: int) -> Window:
    return Window(0, (Piece(Span(5_000, 5_000 + speech_ms), 0),))


@pytest.mark.parametrize(
    "text",
    [
        "谢谢大家谢谢大家谢谢大家谢谢大家谢谢大家",
        "您好" * 4,
        "请问您有什么问题" * 4,
        "好的我知道了" + "再见再见再见再见",
        "一二三四五六七八九十百千" * 4,
    ],
)
def test_a_run_that_comes_four_times_is_a_loop(text: str) -> None:
    assert loops(text)
    assert looks_invented(heard(text), window(28_000))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "对",
        "对对对对",
        "好好好好好好",
        "嗯嗯嗯嗯嗯嗯嗯嗯",
        "幺三九零零零零零零零零",
        "幺八幺八幺八幺八",
        "一〇一〇一〇一〇",
        "13913913913",
        "再见再见再见",
        "谢谢谢谢",
        "不是不是我不是说这个",
        "维修人员会尽快跟您联系感谢您的来电再见",
    ],
)
def test_what_people_do_say_is_no_loop(text: str) -> None:
    assert not loops(text)
    assert not looks_invented(heard(text), window(6_000))


def test_text_in_silence_is_invented_when_the_model_doubts_it_twice_over() -> None:
    silent = heard(SUBTITLES, mean_logprob=-1.4, no_speech=0.93)
    assert looks_invented(silent, window(6_000))
    assert not looks_invented(heard(SUBTITLES, no_speech=0.93), window(6_000))
    assert not looks_invented(heard(SUBTITLES, mean_logprob=-1.4), window(6_000))
    assert not looks_invented(heard("", mean_logprob=-1.4, no_speech=0.93), window(6_000))


@pytest.mark.parametrize(("speech_ms", "invented"), [(3_000, False), (1_000, True), (100, True)])
def test_more_characters_than_a_mouth_can_say(speech_ms: int, invented: bool) -> None:
    text = "我家住幸福小区三号楼二单元五零一暖气不热"
    assert looks_invented(heard(text), window(speech_ms)) is invented


def test_a_short_answer_in_a_short_segment_is_believed() -> None:
    assert not looks_invented(heard("好的没问题再见"), window(400))


def test_silence_between_pieces_does_not_count_as_speech() -> None:
    pieces = (Piece(Span(0, 500), 0), Piece(Span(90_000, 90_500), 740))
    assert looks_invented(heard("维修人员会尽快跟您联系啊"), Window(0, pieces)) is False
    assert looks_invented(heard("维修人员会尽快跟您联系感谢"), Window(0, pieces)) is True


@pytest.mark.parametrize(
    ("spoken", "kept"),
    [
        (("谢", "谢", "大", "家") * 5, "谢谢大家"),
        (("好", "的") + ("再", "见") * 6, "好的再见"),
        (("谢谢", "大家") * 5, "谢谢大家"),
        (("谢", "谢", "大", "家", "。") * 4, "谢谢大家"),
        (("谢谢大家",) * 5, "谢谢大家"),
        (("再", "见再见", "再", "见再见"), "再见再见"),
        (("您", "好"), "您好"),
        (("对",) * 12, "对" * 12),
    ],
)
def test_a_loop_keeps_its_first_round(spoken: tuple[str, ...], kept: str) -> None:
    assert "".join(w.text for w in without_loop(words(*spoken))) == kept


@given(st.lists(st.text("谢大家再见。 a", max_size=4), max_size=40))
def test_cutting_a_loop_leaves_a_beginning_without_one(texts: list[str]) -> None:
    spoken = words(*texts)
    kept = without_loop(spoken)
    assert kept == spoken[: len(kept)]
    if len(kept) < len(spoken):
        assert loops("".join(t for t in "".join(texts) if t not in "。 "))


@given(st.text(max_size=200))
def test_the_compression_ratio_is_positive(text: str) -> None:
    assert compression_ratio(text) >= 0


def test_speech_compresses_less_than_a_loop() -> None:
    said = "您好大龙供暖报修幺零八为您服务请问您有什么问题我家暖气不热从昨天晚上就开始凉了"
    assert compression_ratio(said) < 1.5
    assert compression_ratio("谢谢观看" * 10) > 2.4


@pytest.mark.parametrize("text", ["幺三零七七" + "八" * 13, "1307788" + "21" * 12])
def test_a_number_that_goes_on_for_ever_is_invented_where_speech_was_parted(text: str) -> None:
    spoken = window(28_000)
    assert looks_invented(heard(text), replace(spoken, parted=True))
    assert not looks_invented(heard(text), spoken)
    assert not looks_invented(heard("幺三九零零零零零零零零"), replace(window(6_000), parted=True))
