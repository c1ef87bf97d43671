"""Over two hundred ways to say a number, and what each of them is."""

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring.numbers import Reading, find_numbers, read_number
from qa.scoring.readback import marks
from qa.scoring.track import build_track
from qa.types import Role
from tests.scoring.test_match import transcript_of

MOBILE = "13904561827"

OWN_NUMBERS = """
幺零八 108
幺洞八 108
一零八 108
一〇八 108
108 108
１０８ 108
1零8 108
两零五 205
两洞五 205
二零五 205
二幺七 217
两幺拐 217
二一七 217
勾洞幺 901
九零一 901
九洞幺 901
洞两拐 027
零二七 027
零两拐 027
幺幺二 112
幺幺两 112
一一二 112
拐拐洞 770
幺拐洞 170
勾勾勾 999
洞洞幺 001
工号是幺零八 108
我是幺零八号 108
壹零八 108
一百零八 108
一百一十二 112
一百一十 110
一百一 110
二百零五 205
二百二十九 229
两百 200
三百零六 306
九百零一 901
"""

PHONES = """
幺三九零四五六幺八二七 13904561827
幺三九，零四五六，幺八二七 13904561827
一三九，零四五六，一八二七 13904561827
幺三九 零四五六 幺八二七 13904561827
幺三九零，四五六，幺八二七 13904561827
幺三，九零，四五，六幺，八二，七 13904561827
139，0456，1827 13904561827
139-0456-1827 13904561827
139 0456 1827 13904561827
13904561827 13904561827
１３９０４５６１８２７ 13904561827
1三9，0四5六，1八2七 13904561827
幺三九嗯零四五六啊幺八二七 13904561827
幺三九，然后是零四五六，再就是幺八二七 13904561827
我的电话是幺三九零四五六幺八二七 13904561827
您记一下，幺三九，零四五六，幺八二七 13904561827
电话幺三勾，洞四五六，幺八两拐 13904561827
洞幺三九零四五六幺八二七 013904561827
幺三九，零四五六，零四五六，幺八二七 13904561827
幺三九，幺三九，零四五六，幺八二七 13904561827
幺三九零四五六幺八二七，幺三九零四五六幺八二七 13904561827
幺三九，零四五六，幺八二七，对，幺三九零四五六幺八二七 13904561827
幺八八，四五六幺，后边四个六 18845616666
幺八八，四五六幺，四个六 18845616666
幺八八，四五六幺，六六六六 18845616666
幺三八，三个零，五个八 13800088888
幺三八，两个零，一二三四五六 13800123456
幺三八，四个一，八八八八 13811118888
幺三八，四个幺，四个八 13811118888
幺五五，双八，三个六，一二三 15588666123
幺五五，双零，双八，双六，幺幺 15500886611
三个六 666
两个零 00
四个一 1111
俩八 ?
俩个八 88
双六 66
四个六三个八 6666888
八二三五五六九 8235569
八二三，五五六九 8235569
823-5569 8235569
零四五幺，八二三幺，五五六九 045182315569
区号零四五一，电话八二三五五六九 04518235569
0451-8231-5569 045182315569
五幺八六六零零 5186600
五一八，六六零零 5186600
四零零，八幺零，九五九八 4008109598
幺零零八六 10086
九五五二七 95527
幺二三四五 12345
"""

CORRECTED = """
幺三九，不对，幺三八 138
幺三九…不对，幺三八 138
幺三九哎不对幺三八 138
幺三九，说错了，幺三八 138
幺三九，错了，是幺三八 138
幺三九，不是，幺三八 138
幺三九，不对，幺三八，零四五六，幺八二七 13804561827
幺三九，零四五六，不对，零四五七，幺八二七 13904571827
幺三九，零四五六，幺八二七，不对，幺八二九 13904561829
幺三九，零四五六，幺八二七，不对，后四位幺八二九 13904561829
幺三九，零四五六，幺八二七，后四位是五六八幺 13904565681
幺三九零四五六幺八二七，后四位五六八幺 13904565681
幺三九零四五六幺八二七，不对，最后四位是五六八幺 13904565681
幺三九零四五六幺八二七，不对，零四五七 13904571827
幺三九零四五六幺八二七，错了，前三位是幺三八 13804561827
幺三九零四五六幺八二七，前三位是幺三八 13804561827
幺三九零四五六幺八二七，尾号是幺八二九 13904561829
幺三九，四五八零，二七七六，不对不对，后边是二幺七六 13945802176
幺三七，零四六幺，九九八，哎不对，九八八四 13704619884
九九八，不对，九八八四 9884
不是三零一，三零二 302
不是三零一，是三零二 302
不是三零一三零二 302
三零一，不对，三零二 302
三零一不是，三零二 302
是幺三九，不是幺三八 139
后四位不是五六八幺，是五六八七 5687
三单元，不对，二单元 2
七号楼，不对，九号楼 9
幺零八，不对，幺零九 109
一百零八，不对，一百零九 109
"""

TAILS = """
后四位五六八幺 5681
后四位是五六八幺 5681
尾号六七八幺 6781
尾号是六七八幺 6781
末四位六七八幺 6781
最后四位六七八一 6781
后三位八二七 827
前三位是幺三九 139
尾号四个八 8888
尾号三个六 666
后两位二七 27
开头是幺三九 139
"""

HOUSES = """
三号楼 3
十二栋 12
十六楼 16
十号楼 10
十一号楼 11
二十号楼 20
二十一号楼 21
二十二号楼 22
三十号楼 30
九十九号楼 99
一百零二号楼 102
一百二十号楼 120
一百一十五号 115
一百一十号 110
一百一号楼 110
二单元 2
两单元 2
五零幺 501
五零一 501
五零一室 501
501室 501
501 501
一零零三 1003
幺幺零四 1104
幺零零五 1005
二零零二 2002
两千零二 2002
二千零二 2002
一千零二室 1002
一千零二 1002
一千一百零四 1104
一千二百零一 1201
一千八百零三 1803
一千二 1200
两千三百零一 2301
1803 1803
十八零三 1803
十二零一 1201
二十三零一 2301
二十一零二 2102
三十零五 3005
四百零三 403
四百零三室 403
四百一十二 412
一百零一 101
三百六十五 365
六楼 6
二楼东门 2
十六层 16
4.0亿 40
1304 1304
一三零四 1304
一三零二 1302
二三零幺 2301
负一 1
八八号院 88
八十八号院 88
九 9
十 10
一百 100
一千 1000
"""

OPEN = """
十三八 138 1038
十五六 156 1056
十八五 185 1085
二十三八
三十五六
一三十八
二零一十
一百一百
十十
幺三九十二
二百五六
八十八八
零三十八
一二十三
"""

NONE = """
嗯
好的
我姓张
没有
对对对
您稍等
电话
不对
后四位
，。！
"""


def table(text: str) -> list[tuple[str, str]]:
    """Read rows of what is said and what it is."""
    rows = [line.rsplit(" ", 1) for line in text.strip().splitlines()]
    return [(said, digits) for said, digits in rows if digits != "?"]


SPOKEN = [row for part in (OWN_NUMBERS, PHONES, CORRECTED, TAILS, HOUSES) for row in table(part)]
AMBIGUOUS = [line.split(" ") for line in OPEN.strip().splitlines()]


def test_there_are_enough_forms() -> None:
    assert len({said for said, _ in SPOKEN} | {row[0] for row in AMBIGUOUS}) >= 200


@pytest.mark.parametrize(("said", "digits"), SPOKEN)
def test_a_number_is_read(said: str, digits: str) -> None:
    reading = read_number(said)
    assert reading.digits == digits, reading
    assert not reading.ambiguous


@pytest.mark.parametrize("row", AMBIGUOUS, ids=lambda row: row[0])
def test_what_leaves_a_choice_cannot_be_told(row: list[str]) -> None:
    reading = read_number(row[0])
    assert reading.digits is None
    assert reading.ambiguous
    assert set(row[1:]) <= set(reading.options)


@pytest.mark.parametrize("said", NONE.strip().splitlines())
def test_words_without_a_number_are_none(said: str) -> None:
    reading = read_number(said)
    assert reading.digits is None
    assert not reading.ambiguous


def test_a_correction_that_fits_twice_cannot_be_told() -> None:
    assert read_number("零四五六零四五六幺八二七，不对，零四五七").digits is None


def test_the_reading_says_where_it_stands() -> None:
    text = "电话是幺三九，零四五六，幺八二七，记下了吗"
    reading = read_number(text)
    assert text[reading.start : reading.end] == "幺三九，零四五六，幺八二七"
    assert reading.groups == ("139", "0456", "1827")


def test_every_stretch_is_found_by_itself() -> None:
    found = [(r.digits, r.options) for r in find_numbers("三号楼二单元五零一或者十三八还有三个六")]
    assert found == [
        ("3", ()),
        ("2", ()),
        ("501", ()),
        (None, ("1038", "138")),
        ("666", ()),
    ]


@given(st.text("0123456789", min_size=1, max_size=11))
def test_digits_read_one_at_a_time_come_back(digits: str) -> None:
    for style in ("零一二三四五六七八九", "洞幺两三四五六拐八勾"):
        spoken = "".join(style[int(d)] for d in digits)
        assert read_number(spoken).digits == digits


@given(st.integers(1, 9_999))
def test_values_with_units_come_back(value: int) -> None:
    reading = read_number(_spoken_value(value))
    assert reading.digits == str(value)


def _spoken_value(value: int) -> str:
    """Say a value as in 一千零二."""
    ones, text, zero = "零一二三四五六七八九", "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            text += "零" * (zero and bool(text)) + ones[digit] + name
            zero = False
        else:
            zero = True
    return text


@given(st.text("零幺一二两三四五六七八九十百千个双不对是后四位前三，。嗯139", max_size=24))
def test_any_words_give_a_reading_inside_the_text(text: str) -> None:
    reading = read_number(text)
    assert isinstance(reading, Reading)
    assert 0 <= reading.start <= reading.end <= len(text)
    assert reading.digits is None or reading.digits.isdigit()


DIGITS_SAID = (
    "幺三八",
    "九零",
    "二",
    "是",
    "十",
    "两个六",
    "三个二",
    "号楼",
    "单元",
    "，",
    "嗯",
    "楼",
    "度",
    "我",
)


@given(st.lists(st.lists(st.sampled_from(DIGITS_SAID), max_size=12).map("".join), max_size=4))
def test_a_digit_by_itself_is_no_number(texts: list[str]) -> None:
    track = build_track(transcript_of(*texts), Role.AGENT)
    found = marks.find_marks(track, track.sounds)
    with patch.object(marks, "_LONG_RUN", marks._RUN):  # looked at like any other
        assert marks.find_marks(track, track.sounds) == found
