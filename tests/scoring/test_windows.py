"""Where the opening ends and the closing begins."""

from qa.scoring.check import Scene
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.windows import CLOSING_CHARS, OPENING_CHARS, closing, opening, span_of
from qa.types import Call, Span
from tests.scoring.judging import EMPTY


def scene(dialogue: str) -> Scene:
    return Scene(parse_dialogue(dialogue), Call("test"))


def opening_of(dialogue: str) -> str:
    one = scene(dialogue)
    start, end = opening(one)
    return one.agent.text[start:end]


def closing_of(dialogue: str) -> str:
    one = scene(dialogue)
    start, end = closing(one)
    return one.agent.text[start:end]


def test_the_opening_goes_on_across_an_interjection() -> None:
    assert opening_of("坐席: 您好。\n客户: 喂，你好。\n坐席: 请讲。\n客户: 喂。") == "您好请讲"


def test_interjections_add_up() -> None:
    dialogue = "坐席: 甲。\n客户: 喂，你好。\n坐席: 乙。\n客户: 喂，能听得到吗？\n坐席: 丙。"
    assert opening_of(dialogue) == "甲乙"


def test_the_opening_ends_when_the_customer_tells_the_story() -> None:
    assert opening_of("坐席: 您好。\n客户: 我家暖气从昨天就不热了。\n坐席: 地址？") == "您好"


def test_what_the_customer_says_before_the_agent_does_not_end_the_opening() -> None:
    assert opening_of("客户: 喂喂喂有人吗怎么没人说话。\n坐席: 您好。") == "您好"


def test_the_opening_is_limited() -> None:
    assert opening_of("坐席: " + "好" * 300) == "好" * OPENING_CHARS


def test_the_closing_is_the_last_turns() -> None:
    dialogue = "\n".join(f"坐席: {c}{c}。\n客户: 我家的暖气不热。" for c in "甲乙丙丁")
    assert closing_of(dialogue) == "乙乙丙丙丁丁"
    assert closing_of("坐席: " + "好" * 300) == "好" * CLOSING_CHARS


def test_nobody_speaks() -> None:
    empty = Scene(EMPTY, Call("test"))
    assert opening(empty) == closing(empty) == (0, 0)
    assert span_of(empty, 0, 0) == Span(0, 5_000)
    customer_only = scene("客户: 喂？")
    assert opening(customer_only) == closing(customer_only) == (0, 0)


def test_the_span_covers_the_words() -> None:
    one = scene("[00:02-00:04] 坐席: 您好。\n[00:06-00:08] 坐席: 请讲")
    assert span_of(one, 0, len(one.agent.text)) == Span(2_000, 8_000)
