"""Written dialogues become transcripts with plausible times."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring.dialogue import DialogueError, parse_dialogue
from qa.types import Role, Span


def test_speakers_channels_words_and_times() -> None:
    transcript = parse_dialogue("坐席：您好，大龙。\n客户: 喂")
    agent, customer = transcript.utterances
    assert (agent.role, agent.channel, agent.text) == (Role.AGENT, 0, "您好，大龙。")
    assert (customer.role, customer.channel, customer.text) == (Role.CUSTOMER, 1, "喂")
    assert [word.text for word in agent.words] == ["您", "好，", "大", "龙。"]
    assert agent.span == Span(400, 400 + 4 * 230)
    assert customer.span == Span(1320 + 400, 1320 + 400 + 230)
    assert agent.words[1].span == Span(630, 860)
    assert transcript.channel_count == 2
    assert transcript.duration_ms == customer.span.end_ms + 400


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("坐席:", Role.AGENT),
        ("客服 ：", Role.AGENT),
        ("Agent: ", Role.AGENT),
        ("客户：", Role.CUSTOMER),
        ("用户:", Role.CUSTOMER),
        ("CUSTOMER:", Role.CUSTOMER),
        ("[00:05] 坐席:", Role.AGENT),
        ("【00:05】客户：", Role.CUSTOMER),
        ("00:05.25 用户:", Role.CUSTOMER),
    ],
)
def test_labels(label: str, role: Role) -> None:
    assert parse_dialogue(f"{label}您好").utterances[0].role is role


def test_times_are_taken_and_the_next_line_follows() -> None:
    text = "[00:10.5-00:12] 坐席: 您好\n客户: 喂\n[01:00:00] 坐席: 好"
    spans = [utterance.span for utterance in parse_dialogue(text).utterances]
    assert spans == [Span(10_500, 12_000), Span(12_400, 12_630), Span(3_600_000, 3_600_230)]


def test_overlap_is_ordered_by_start() -> None:
    transcript = parse_dialogue("[00:05] 坐席: 您好您好\n[00:01-00:06] 客户: 喂")
    assert [u.role for u in transcript.utterances] == [Role.CUSTOMER, Role.AGENT]
    assert transcript.duration_ms == 6_400


@pytest.mark.parametrize("pause", ["(停顿 12秒)", "（停顿12秒）", "(静音 12 秒)", "(pause 12 s)"])
def test_pauses(pause: str) -> None:
    first, second = parse_dialogue(f"坐席: 好\n{pause}\n客户: 好").utterances
    assert second.span.start_ms - first.span.end_ms == 400 + 12_000


def test_blank_lines_comments_and_byte_order_mark() -> None:
    transcript = parse_dialogue("\ufeff# 第一通\n\n坐席: 您好\n   \n")
    assert len(transcript.utterances) == 1


def test_a_line_of_unknown_role_makes_it_mono() -> None:
    transcript = parse_dialogue("未知: 您好\n客户: 喂")
    assert transcript.channel_count == 1
    assert {utterance.channel for utterance in transcript.utterances} == {0}
    assert transcript.utterances[0].role is Role.UNKNOWN
    assert transcript.utterances[0].role_confidence == 0


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("坐席: 您好\n你好", 2),
        ("坐席: 您好\n\n经理: 你好", 3),
        ("坐席:", 1),
        ("坐席: 。。。", 1),
        ("[00:09-00:03] 坐席: 您好", 1),
        ("", 1),
        ("# 空", 1),
        ("(停顿 3秒)", 1),
    ],
)
def test_bad_lines_are_named_but_not_quoted(text: str, line: int) -> None:
    with pytest.raises(DialogueError) as caught:
        parse_dialogue(text)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"dialogue line {line}: ")
    assert "你好" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@given(st.text())
def test_any_words_keep_their_characters_and_their_order(words: str) -> None:
    line = "".join(words.split())
    try:
        transcript = parse_dialogue(f"坐席: {line}")
    except DialogueError:
        return
    (utterance,) = transcript.utterances
    assert utterance.text == line
    assert "".join(word.text for word in utterance.words) == line
    assert utterance.words[0].span.start_ms == utterance.span.start_ms
    assert utterance.words[-1].span.end_ms == utterance.span.end_ms
    for word, after in zip(utterance.words, utterance.words[1:], strict=False):
        assert word.span.end_ms == after.span.start_ms
