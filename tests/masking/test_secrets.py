"""Card numbers, ID numbers and codes: found in every spoken form, silent with margins."""

import pytest

from qa.masking import MARK, listen, mask_text, protected_spans
from qa.masking.check_digits import is_card, is_citizen_id
from qa.scoring.dialogue import parse_dialogue
from qa.types import Call, Role, Span, Transcript, Utterance, Word
from tests.masking.measuring import is_masked, is_muted, muted_ms
from tests.masking.spoken_secrets import card, citizen_id, other_call, secret_call

SEEDS = range(20_000, 20_500)


def test_nearly_every_secret_is_masked_and_muted() -> None:
    calls = [secret_call(seed) for seed in SEEDS]
    assert sum(is_masked(call) and is_muted(call) for call in calls) >= 0.99 * len(calls)


def test_little_else_is_muted() -> None:
    calls = [other_call(seed) for seed in SEEDS]
    assert sum(muted_ms(call) > 0 for call in calls) <= 0.01 * len(calls)


@pytest.mark.parametrize(
    "talk",
    [
        "坐席: 留一下电话。\n客户: 幺三八零零零零幺二三四。",
        "坐席: 您的验证码千万别告诉别人。\n客户: 好,我电话是13800001234。",
        "客户: 三号楼二单元幺二零二。",
        "坐席: 您的工单号是二零二五一一一八零零零一二三四。",
        "坐席: 身份证带来就行,周六上午九点。\n客户: 好,三百二十块。",
    ],
)
def test_other_numbers_are_heard(talk: str) -> None:
    assert protected_spans(parse_dialogue(talk)) == ()


def test_check_digits_are_the_real_ones() -> None:
    assert is_card("4111111111111111"[:15] + "1") is False  # two digits only
    assert is_card("6228480402564890018") and not is_card("6228480402564890019")
    assert is_citizen_id("11010519491231002X") and not is_citizen_id("110105194912310021")
    assert not is_citizen_id("110105194902310021")  # the 31st of February


def test_made_numbers_are_valid() -> None:
    import random

    assert all(is_card(card(random.Random(k))) for k in range(50))
    assert all(is_citizen_id(citizen_id(random.Random(k))) for k in range(50))


def _transcript(words: tuple[Word, ...], text: str) -> Transcript:
    ask = Utterance(Role.AGENT, 1, 0, Span(0, 2000), "验证码是多少?", (), 1)
    said = Utterance(Role.CUSTOMER, 1, 1, Span(5000, 8000), text, words, 1)
    return Transcript("r", "e", 20_000, 2, (ask, said))


def test_a_word_without_length_widens_to_its_neighbours() -> None:
    spans = [(5000, 5400), (5400, 6000), (6000, 6000), (7000, 8000)]
    words = tuple(
        Word(text, Span(*span), 0.9)
        for text, span in zip(("是", "八一", "九四", "对吧"), spans, strict=True)
    )
    (found,) = protected_spans(_transcript(words, "是八一九四对吧"))
    assert found.start_ms <= 5150 and found.end_ms >= 7000


def test_words_that_do_not_tell_mute_the_whole_utterance() -> None:
    (found,) = protected_spans(_transcript((), "是八一九四对吧"))
    assert found.start_ms <= 5000 and found.end_ms >= 8000


def test_written_texts_hide_them_too() -> None:
    hidden = mask_text("客户报了验证码819406,卡号6228480402564890018", listen(None, Call("c")))
    assert "819406" not in hidden and "6228480402564890018" not in hidden
    assert hidden.count(MARK) >= 25
