"""The notation of phrases, and where a pattern stands in what was said."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring.grammar import (
    CLOSE_REACH,
    EDGE,
    GAP,
    MAX_GAP,
    as_regex,
    closest,
    compile_all,
    compile_pattern,
    find_all,
    find_pattern,
)
from qa.scoring.track import build_track
from qa.types import Role
from tests.scoring.test_match import CALL_TEXT, transcript_of


def found_in(notation: str, text: str, floor: float = 0.8) -> list[str]:
    track = build_track(transcript_of(text), Role.AGENT)
    pattern = compile_pattern(notation)
    return [
        track.text[f.hit.start : f.hit.end]
        for f in find_all(pattern, track, 0, len(track.text), floor)
    ]


@pytest.mark.parametrize(
    ("notation", "parts"),
    [
        ("不归我们管", (("不归我们管",),)),
        ("[不|没]归[我们|我]管", (("不归我们管", "不归我管", "没归我们管", "没归我管"),)),
        ("[给您|]退费", (("给您退费", "退费"),)),
        ("保证…[修好|弄好]", (("保证",), ("修好", "弄好"))),
        ("您好，再见！", (("您好再见",),)),
        ("[一|一]样", (("一样",),)),
    ],
)
def test_reading_the_notation(notation: str, parts: tuple[tuple[str, ...], ...]) -> None:
    assert compile_pattern(notation).parts == parts


@pytest.mark.parametrize(
    "notation",
    [
        *(
            "",
            "  ",
            "，",
            "[",
            "]",
            "[不|没",
            "不|没]",
            "[[不]没]",
            "不]归[我",
            "…",
            "保证…",
            "…退",
        ),
        *("保证……退", "[|]", "[不|]", "[保证…退|退]", "😀", "[a|b|c|d|e|f|g|h]" * 3),
    ],
)
def test_a_wrong_notation_is_a_value_error(notation: str) -> None:
    with pytest.raises(ValueError, match=r"phrase|brackets|part"):
        compile_pattern(notation)


@given(st.text(alphabet="不归我[]|… ，😀a", max_size=12))
def test_any_notation_is_read_or_refused(notation: str) -> None:
    try:
        pattern = compile_pattern(notation)
    except ValueError:
        return
    assert len(pattern.parts) == notation.count(GAP) + 1
    assert all(alternative for part in pattern.parts for alternative in part)


@given(CALL_TEXT, st.sampled_from(["不知道", "[不|没]归[我们|我]管", "您好…感谢", "为您…服务"]))
def test_places_are_apart_in_order_and_inside(text: str, notation: str) -> None:
    track = build_track(transcript_of(text), Role.AGENT)
    places = find_all(compile_pattern(notation), track, 0, len(track.text), 0.6)
    end = 0
    for found in places:
        assert end <= found.hit.start < found.hit.end <= len(track.text)
        assert 0.6 <= found.hit.similarity <= 1
        assert 0 <= found.hit.same_chars <= 1
        assert found.length == len(found.text.replace(GAP, ""))
        end = found.hit.end


@pytest.mark.parametrize(
    ("notation", "text", "places"),
    [
        ("不知道", "不知道，我真不知道。", ["不知道", "不知道"]),
        ("保证…修好", "保证今天给您修好", ["保证今天给您修好"]),
        ("保证…修好", "保证。今天给您修好", []),
        ("保证…修好", "保证一二三四五六七八九十一二三修好", []),
        ("保证…修好", "有保证的服务。保证修好", ["保证修好"]),
        ("保证…修好", "我保证尽快催，保证今天修好", ["保证今天修好"]),
        ("[保证|一定]…修好", "保证今天一定修好", ["保证今天一定修好"]),
        ("保证…修好", "修好再说保证", []),
    ],
)
def test_parts_stand_in_order_within_a_sentence(
    notation: str, text: str, places: list[str]
) -> None:
    assert found_in(notation, text) == places


def test_a_phrase_said_two_thousand_times_breaks_nothing() -> None:
    assert len(found_in("不知道", "不知道" * 2_000)) == 2_000


def test_the_closest_pattern_wins_and_the_first_among_equals() -> None:
    track = build_track(transcript_of("请问您有什么问题"), Role.AGENT)
    patterns = compile_all(("您有什么事", "您有什么问题", "请问您有什么问题"))
    best = closest(patterns, track, 0, len(track.text), 0.5)
    assert best is not None
    assert (best.text, best.hit.similarity) == ("您有什么问题", 1.0)
    assert closest(patterns, track, 0, 0, 0.5) is None
    assert find_pattern(patterns[0], track, 0, len(track.text), 0.99) is None


NOTATIONS = ("[保|包]证…[修|弄]好", "包您", "[不|没]归~管", "不管^", "保证", "[您|]爱找谁")


@given(
    st.lists(st.sampled_from(NOTATIONS), min_size=1, max_size=6, unique=True),
    st.lists(st.sampled_from("保包证修弄好您不没归管爱找谁的了"), max_size=40).map("".join),
)
def test_a_regular_expression_takes_what_is_written_first(notations: list[str], text: str) -> None:
    plain = []
    for pattern in compile_all(tuple(notations)):
        parts = ["(?:" + "|".join(a.strip(EDGE) for a in part) + ")" for part in pattern.parts]
        gaps = [f".{{0,{CLOSE_REACH if close else MAX_GAP}}}?" for close in pattern.close]
        plain.append("".join(map(str.__add__, parts, [*gaps, ""])))
    expected = [match.span() for match in re.finditer("|".join(plain), text)]
    assert [match.span() for match in as_regex(tuple(notations)).finditer(text)] == expected
