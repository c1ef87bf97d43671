"""Mandarin by sound: what counts as the same, as confusable, as near, and as a stranger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring.syllables import (
    CONFUSED_COST,
    NEAR_COST,
    fold_syllable,
    keys,
    sound_similarity,
    split_syllable,
    substitution_cost,
    syllable_of,
    syllables,
    tone_of,
)
from qa.text import fold

CHARS = st.sampled_from(
    "您好大龙供暖报修为服务请问有什么题维人员会尽快跟联系感谢的来电再见一二三108ab㐀〇"
)
FOLDED = st.text(max_size=40).map(lambda text: fold(text).text)


@pytest.mark.parametrize(
    ("char", "syllable"),
    [("您", "nin"), ("暖", "nuan"), ("女", "nv"), ("略", "lve"), ("1", "yi"), ("0", "ling")],
)
def test_a_character_has_one_toneless_syllable(char: str, syllable: str) -> None:
    assert syllable_of(char) == syllable


@pytest.mark.parametrize(
    ("syllable", "parts"),
    [
        ("zhi", ("zh", "i")),
        ("ju", ("j", "v")),
        ("xue", ("x", "ve")),
        ("yuan", ("", "van")),
        ("yan", ("", "ian")),
        ("yi", ("", "i")),
        ("you", ("", "iou")),
        ("wu", ("", "u")),
        ("wei", ("", "uei")),
        ("er", ("", "er")),
        ("a", ("", "a")),
        ("b", ("", "b")),
        ("lv", ("l", "v")),
    ],
)
def test_y_and_w_are_spelling(syllable: str, parts: tuple[str, str]) -> None:
    assert split_syllable(syllable) == parts


@pytest.mark.parametrize(
    ("expected", "heard", "cost"),
    [
        ("知", "指", 0.0),
        ("管", "馆", 0.0),
        ("知", "资", CONFUSED_COST),
        ("您", "林", CONFUSED_COST),
        ("暖", "乱", CONFUSED_COST),
        ("让", "烂", CONFUSED_COST),
        ("户", "复", CONFUSED_COST),
        ("林", "凌", CONFUSED_COST),
        ("跟", "耕", CONFUSED_COST),
        ("管", "光", CONFUSED_COST),
        ("管", "公", NEAR_COST),
        ("妈", "八", NEAR_COST),
        ("大", "奇", 1.0),
        ("道", "保", NEAR_COST),
    ],
)
def test_what_a_confusion_costs(expected: str, heard: str, cost: float) -> None:
    assert substitution_cost(syllable_of(expected), syllable_of(heard)) == cost


@given(CHARS, CHARS)
def test_the_cost_is_symmetric_and_zero_only_for_the_same_sound(left: str, right: str) -> None:
    one, other = syllable_of(left), syllable_of(right)
    assert substitution_cost(one, other) == substitution_cost(other, one)
    assert (substitution_cost(one, other) == 0) == (one == other)
    assert 0 <= substitution_cost(one, other) <= 1


@given(CHARS, CHARS)
def test_keys_are_equal_just_for_confusable_syllables(left: str, right: str) -> None:
    same = fold_syllable(syllable_of(left)) == fold_syllable(syllable_of(right))
    assert (keys(left) == keys(right)) is same
    cost = substitution_cost(syllable_of(left), syllable_of(right))
    assert (cost <= CONFUSED_COST) is same


@given(FOLDED)
def test_any_folded_text_has_a_syllable_and_a_key_per_character(text: str) -> None:
    assert len(syllables(text)) == len(keys(text)) == len(text)
    assert all(syllables(text))


@given(FOLDED, FOLDED)
def test_sound_similarity_is_a_ratio(left: str, right: str) -> None:
    value = sound_similarity(left, right)
    assert 0 <= value <= 1
    assert value == pytest.approx(sound_similarity(right, left))
    assert sound_similarity(left, left) == (1.0 if left else 0.0)


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        ("不知道", "布置到", 1.0),
        ("新年好", "您好", 0.0),
        ("您好", "年好", 0.7),
        ("您好", "林好", 0.85),
    ],
)
def test_how_alike_two_phrases_sound(left: str, right: str, alike: float) -> None:
    assert sound_similarity(left, right) == pytest.approx(alike)


@pytest.mark.parametrize(
    ("char", "tone"), [("知", 1), ("管", 3), ("馆", 3), ("不", 4), ("了", 5), ("8", 1), ("a", 5)]
)
def test_tones(char: str, tone: int) -> None:
    assert tone_of(char) == tone


@given(FOLDED)
def test_any_character_has_a_tone(text: str) -> None:
    assert all(1 <= tone_of(char) <= 5 for char in text)
