"""Addresses as tickets write them, and compounds by their sound."""

import pytest

from qa.scoring.addresses import (
    Address,
    common_sound,
    compound_likeness,
    find_compounds,
    parse_address,
    same_compound,
)
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.track import Track, build_track
from qa.types import Role

NAMES = ("滨江新城", "滨江小区", "万和城一期", "万和城二期", "文化花园", "文化家园")


def customer(text: str) -> Track:
    return build_track(parse_dialogue(f"客户: {text}"), Role.CUSTOMER)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("滨江新城3号楼2单元501室", Address("滨江新城", "3", "2", "501")),
        ("滨江新城三号楼二单元五零一", Address("滨江新城", "3", "2", "501")),
        ("滨江新城 3号楼 2单元 501", Address("滨江新城", "3", "2", "501")),
        ("滨江新城3栋2门501户", Address("滨江新城", "3", "2", "501")),
        ("滨江新城03号楼2单元501室", Address("滨江新城", "3", "2", "501")),
        ("滨江新城3-2-501", Address("滨江新城", "3", "2", "501")),
        ("滨江新城3-501", Address("滨江新城", "3", "", "501")),
        ("滨江新城12号楼1104室", Address("滨江新城", "12", "", "1104")),
        ("十二栋1803", Address("", "12", "", "1803")),
        ("滨江新城二十一号楼一千零二室", Address("滨江新城", "21", "", "1002")),
        ("滨江新城十六号楼", Address("滨江新城", "16", "", "")),
        ("滨江新城B座1203", Address("滨江新城", "b", "", "1203")),
        ("滨江新城18号楼1单元6楼东门", Address("滨江新城", "18", "1", "6东")),
        ("滨江新城18号楼1单元6楼601", Address("滨江新城", "18", "1", "601")),
        ("文化路88号院3号楼2单元501", Address("文化路88号院", "3", "2", "501")),
        ("光明路12号3单元201", Address("光明路", "12", "3", "201")),
        ("万和城二期8号楼2单元403室", Address("万和城二期", "8", "2", "403")),
        ("第二中学家属楼3号楼3单元602室", Address("第二中学家属楼", "3", "3", "602")),
        ("滨江新城", Address("滨江新城")),
        ("", Address()),
    ],
)
def test_a_written_address_is_taken_apart(written: str, address: Address) -> None:
    assert parse_address(written) == address


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("滨江新城", "滨江新城", True),
        ("滨江新城", "宾江新成", True),
        ("和平里小区", "和平里", True),
        ("和平里小区", "河平里", True),
        ("一中家属楼", "一中", True),
        ("一中家属楼", "一中家属院", False),
        ("滨江新城", "滨江小区", False),
        ("万和城一期", "万和城二期", False),
        ("文化花园", "文化家园", False),
    ],
)
def test_compounds_are_the_same_by_sound(left: str, right: str, same: bool) -> None:
    assert same_compound(left, right) is same
    assert same_compound(right, left) is same


@pytest.mark.parametrize(
    ("heard", "name", "sure"),
    [
        ("滨江新城三号楼", "滨江新城", True),
        ("我在宾江新成三号楼", "滨江新城", True),
        ("万和城二期三号楼", "万和城二期", True),
        ("文化花园三号楼", "文化花园", False),
        ("闻化花圆三号楼", "文化花园", False),
    ],
)
def test_the_name_of_the_table_that_sounds_most_like_it(heard: str, name: str, sure: bool) -> None:
    track = customer(heard)
    found = find_compounds(track, NAMES, [(0, len(track.text))])
    assert found[0].name == name
    assert found[0].similarity >= 0.9
    assert found[0].runner_up < found[0].similarity
    assert track.text[found[0].start : found[0].end].endswith(track.text[found[0].end - 1])
    if sure:
        assert found[0].sure


def test_nothing_of_the_table_is_found_in_other_words() -> None:
    track = customer("我家暖气不热想问一下")
    assert find_compounds(track, NAMES, [(0, len(track.text))]) == []


def test_heard_names_are_compared_whatever_stands_around_them() -> None:
    assert compound_likeness("锦绣花园", "好的请救花园六号楼") > 0.6
    assert compound_likeness("锦绣花园", "好的东方明珠六号楼") < 0.6


def test_the_stretch_that_two_texts_share_is_found() -> None:
    likeness, left, right, length = common_sound("我想把温控面板挪一下", "温控面板是吧", 4, 0.9)
    assert (likeness, left, right, length) == (1.0, 3, 0, 4)
    assert common_sound("甲乙", "丙丁戊己", 4)[3] == 0
