"""Numbers as people read them out, and as they come out heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring.numbers import (
    CLEAR_DIGITS,
    digit_by_sound,
    digit_by_syllable,
    digit_cost,
    digit_of,
    read_digits,
    similarity,
    spoken_value,
)
from qa.text import fold

ANY_TEXT = st.text(max_size=30).map(lambda text: fold(text).text)
DIGITS = st.text("0123456789", min_size=1, max_size=11)
FORMS = {
    **dict(zip("0123456789", "零一二三四五六七八九", strict=True)),
}
TELEPHONE = {"0": "洞", "1": "幺", "2": "两", "7": "拐", "9": "勾"}
HOMOPHONES = {
    "0": "领",
    "1": "要",
    "2": "儿",
    "3": "三",
    "4": "四",
    "5": "无",
    "6": "刘",
    "7": "期",
    "8": "吧",
    "9": "就",
}


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("幺零八", "108"),
        ("幺洞八", "108"),
        ("一零八", "108"),
        ("一〇八", "108"),
        ("108", "108"),
        ("１０８", "108"),
        ("1零8", "108"),
        ("幺0八", "108"),
        ("两零五", "205"),
        ("二零五", "205"),
        ("二洞五", "205"),
        ("两洞五", "205"),
        ("洞两拐", "027"),
        ("零二七", "027"),
        ("拐拐勾", "779"),
        ("七七九", "779"),
        ("勾幺拐", "917"),
        ("三零九", "309"),
        ("三洞勾", "309"),
        ("四一七", "417"),
        ("四幺拐", "417"),
        ("二五八", "258"),
        ("两五八", "258"),
        ("幺三六", "136"),
        ("壹三六", "136"),
        ("幺，三，六", "136"),
        ("幺 三 六", "136"),
        ("幺三九零四五六幺八二七", "13904561827"),
        ("139零四五六1827", "13904561827"),
        ("幺三九，零零零零，二幺五八", "13900002158"),
        ("零", "0"),
        ("勾勾勾", "999"),
    ],
)
def test_digits_read_one_at_a_time(text: str, digits: str) -> None:
    folded = fold(text).text
    runs = list(read_digits(folded))
    assert [(run.digits, run.start, run.end, run.clear) for run in runs] == [
        (digits, 0, len(folded), True)
    ]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("", []),
        ("您好", []),
        ("一百零八", ["1", "08"]),
        ("幺零八为您服务二幺二", ["108", "212"]),
        ("我是幺零八，幺零八", ["108108"]),
        ("幺嗯零八", ["1", "08"]),
        ("药领吧", []),
    ],
)
def test_runs_end_where_no_digit_stands(text: str, runs: list[str]) -> None:
    assert [run.digits for run in read_digits(fold(text).text)] == runs


@pytest.mark.parametrize(
    ("text", "digits", "clear"),
    [
        ("要零八", "108", False),
        ("药领吧", "108", False),
        ("腰铃巴", "108", False),
        ("摇零八", "108", False),
        ("幺零吧", "108", False),
        ("依灵把", "108", False),
        ("儿零舞", "205", False),
        ("量洞五", "205", False),
        ("动两怪", "027", False),
        ("狗要怪", "917", False),
        ("够幺拐", "917", False),
        ("伞零就", "309", False),
        ("山零久", "309", False),
        ("是一七", "417", False),
        ("丝亿其", "417", False),
        ("要三刘", "136", False),
        ("耳屋吧", "258", False),
        ("幺零八", "108", True),
        ("108", "108", True),
    ],
)
def test_digits_by_sound(text: str, digits: str, clear: bool) -> None:
    assert "".join(digit_by_sound(c) or "-" for c in text) == digits
    assert all(c in CLEAR_DIGITS for c in text) is clear
    assert similarity(digits, text) >= 0.9


@pytest.mark.parametrize("text", ["", "您好", "幺零好", "将零八", "报修幺零八"])
def test_what_is_no_number_even_by_sound(text: str) -> None:
    assert not text or not all(digit_by_sound(c) for c in text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十", "10"),
        ("十二", "12"),
        ("二十", "20"),
        ("三十五", "35"),
        ("一百", "100"),
        ("一百零八", "108"),
        ("幺百零八", "108"),
        ("一百〇八", "108"),
        ("一百一十二", "112"),
        ("一百十二", "112"),
        ("一百二", "120"),
        ("二百二十九", "229"),
        ("两百零五", "205"),
        ("三百五", "350"),
        ("九百九十九", "999"),
        ("一千零八", "1008"),
        ("一千零二十", "1020"),
        ("一千二", "1200"),
        ("一千一百零一", "1101"),
        ("1百08", "108"),
        ("百百", None),
        ("零十", None),
        ("一二十", None),
        ("一零八", None),
        ("108", None),
        ("", None),
        ("十楼", None),
    ],
)
def test_numbers_read_with_their_units(text: str, value: str | None) -> None:
    assert spoken_value(text) == value


@given(st.integers(10, 999))
def test_every_agent_number_read_with_units_comes_back(number: int) -> None:
    from benchlib.errors import read_number

    assert spoken_value(read_number(str(number))) == str(number)


@given(DIGITS)
def test_every_way_of_reading_digits_comes_back(digits: str) -> None:
    for forms in (FORMS, FORMS | TELEPHONE):
        text = "".join(forms[d] for d in digits)
        assert [run.digits for run in read_digits(text)] == [digits]
        assert similarity(digits, text) == 1.0
    heard = "".join(HOMOPHONES[d] for d in digits)
    assert "".join(digit_by_sound(c) or "-" for c in heard) == digits
    assert similarity(digits, heard) == 1.0


@given(DIGITS, ANY_TEXT)
def test_similarity_is_a_ratio(digits: str, text: str) -> None:
    assert 0 <= similarity(digits, text) <= 1
    assert similarity("", text) == 0.0


@given(DIGITS, st.data())
def test_one_wrong_digit_is_never_the_same(digits: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(digits) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[at]]))
    wrong = digits[:at] + other + digits[at + 1 :]
    text = "".join(FORMS[d] for d in wrong)
    assert similarity(digits, text) < 1.0


@given(ANY_TEXT)
def test_runs_cover_exactly_the_clear_digits(text: str) -> None:
    runs = list(read_digits(text))
    covered = {i for run in runs for i in range(run.start, run.end)}
    assert covered == {i for i, char in enumerate(text) if digit_of(char)}
    assert all(len(run.digits) == run.end - run.start for run in runs)


@given(ANY_TEXT)
def test_readings_agree_where_they_overlap(text: str) -> None:
    for char in text:
        clear, exact, near = digit_of(char), digit_by_syllable(char), digit_by_sound(char)
        assert clear is None or clear == exact == near
        assert exact is None or exact == near
        for digit in "0123456789":
            assert 0 <= digit_cost(digit, char) <= 1
            assert clear is None or digit_cost(digit, char) == float(digit != clear)
