"""Folding: what is compared, and the way back to what was recognised."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text import FILLERS, fold, to_simplified

ANY_TEXT = st.text(max_size=60)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("您好，大龙供暖报修！", "您好大龙供暖报修"),
        ("１０８ 号ＡＢ", "108号ab"),
        ("WiFi 不 行", "wifi不行"),
        ("你好😀", "你好"),
        ("一〇八", "一〇八"),
        ("㎡", "m2"),
        ("⼀二", "一二"),
        ("", ""),
        ("。？！…", ""),
    ],
)
def test_folding_keeps_letters_digits_and_characters(text: str, folded: str) -> None:
    assert fold(text).text == folded


@given(ANY_TEXT)
def test_every_folded_character_knows_where_it_comes_from(text: str) -> None:
    folded = fold(text)
    assert len(folded.origin) == len(folded.text)
    assert list(folded.origin) == sorted(folded.origin)
    for char, index in zip(folded.text, folded.origin, strict=True):
        assert char in unicodedata.normalize("NFKC", text[index]).lower()


@given(ANY_TEXT)
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text).text
    assert fold(once).text == once


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ("您好,請問您有什麼問題", "您好,请问您有什么问题"),
        ("維修人員會盡快跟您聯繫", "维修人员会尽快跟您联系"),
        ("幹什麼", "干什么"),
        ("发票", "发票"),
        ("皇后大道", "皇后大道"),
        ("108號樓 OK 😀", "108号楼 OK 😀"),
        ("", ""),
    ],
)
def test_traditional_characters_become_simplified(heard: str, shown: str) -> None:
    assert to_simplified(heard) == shown


@given(st.text(alphabet="您好請問維修電話號碼這個說讓幾點嗎", max_size=20))
def test_simplified_text_stays_as_it_is(text: str) -> None:
    once = to_simplified(text)
    assert to_simplified(once) == once


def test_no_digit_word_or_negation_is_a_filler() -> None:
    assert not FILLERS & set("一二三四五六七八九零幺两不没别吧吗呢")


@given(ANY_TEXT)
def test_folding_treats_each_character_as_if_it_stood_alone(text: str) -> None:
    alone = [fold(char).text for char in text]
    assert fold(text).text == "".join(alone)
    assert fold(text).origin == tuple(k for k, part in enumerate(alone) for _ in part)
