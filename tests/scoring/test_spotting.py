"""What convicts, what is unsure, what is harmless."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring.grammar import compile_all
from qa.scoring.spotting import Guards, Policy, spot
from qa.scoring.track import build_track
from qa.types import Role
from tests.scoring.test_match import CALL_TEXT, transcript_of


def sightings(
    phrases: Sequence[str], *texts: str, allowed: tuple[str, ...] = (), **guards: Any
) -> list[tuple[str, bool]]:
    track = build_track(transcript_of(*texts), Role.AGENT)
    found = spot(
        track,
        compile_all(tuple(phrases)),
        policy=Policy(),
        guards=Guards(**guards),
        allowed=allowed,
    )
    return [(s.found.text, s.sure) for s in found]


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("不知道", "我不知道", [("不知道", True)]),
        ("不知道", "我不知到", [("不知道", False)]),
        ("不知道", "我不指导", []),
        ("不知道", "我布置到", []),
        ("不知道", "不知嗯道", []),
        ("不行", "步行", []),
        ("不行", "步行五分钟，部门形象", []),
        ("不归我们管", "不归我们馆", [("不归我们管", True)]),
        ("不归我们管", "不归嗯我们管", [("不归我们管", True)]),
        ("不归我们管", "部归我门馆", []),
        ("你到底听没听懂", "你到底听没听董", [("你到底听没听懂", True)]),
        ("再见", "", []),
    ],
)
def test_sound_nominates_and_characters_convict(
    phrase: str, text: str, found: list[tuple[str, bool]]
) -> None:
    assert sightings([phrase], text) == found


def test_every_place_is_seen_in_time_order() -> None:
    phrases = ["不归我们管", "不知道"]
    found = sightings(phrases, "不知道。不归我们管。不知道。")
    assert [text for text, _ in found] == ["不知道", "不归我们管", "不知道"]


def test_where_sightings_overlap_the_sure_and_the_longer_one_stays() -> None:
    assert sightings(["不知道", "我不知道啊"], "我不知道啊") == [("我不知道啊", True)]
    assert sightings(["不知道了", "不知道"], "不知道吧") == [("不知道", True)]


@pytest.mark.parametrize(
    ("text", "guards"),
    [
        ("师傅说不归我们管", {"quoted_after": ("师傅说",)}),
        ("不是不归我们管", {"negated_by": ("不是",)}),
        ("不归我们管吗", {"asked_with": ("吗",)}),
        ("不归我们管，您可以打热线", {"excused_by": ("您可以",)}),
        ("不归我们管道科", {"unless": ("不归我们管道",)}),
    ],
)
def test_a_guard_makes_harmless(text: str, guards: dict[str, tuple[str, ...]]) -> None:
    assert sightings(["不归我们管"], text)
    assert sightings(["不归我们管"], text, **guards) == []


@pytest.mark.parametrize(
    ("texts", "guards"),
    [
        # said by somebody in the sentence before, too far away, or in another turn
        (("师傅说好了。不归我们管",), {"quoted_after": ("师傅说",)}),
        (("不归我们管，师傅说",), {"quoted_after": ("师傅说",)}),
        (("不是我说您听好啊不归我们管",), {"negated_by": ("不是",)}),
        (("是吗？不归我们管",), {"asked_with": ("吗",)}),
        (("管道坏了。不归我们管",), {"unless": ("管道",)}),
    ],
)
def test_a_guard_reaches_no_further_than_it_says(
    texts: tuple[str, ...], guards: dict[str, tuple[str, ...]]
) -> None:
    assert sightings(["不归我们管"], *texts, **guards) == [("不归我们管", True)]


def test_a_way_forward_must_come_in_the_same_turn() -> None:
    transcript = transcript_of("不归我们管", "那我怎么办", "您可以打热线", roles="aca")
    guards = Guards(excused_by=("您可以",))
    found = spot(
        build_track(transcript, Role.AGENT),
        compile_all(("不归我们管",)),
        policy=Policy(),
        guards=guards,
    )
    assert [s.sure for s in found] == [True]


def test_an_allowed_phrase_hides_no_other() -> None:
    phrases = ["一定…修好", "保证…修好"]
    text = "我一定尽快催，保证今天修好"
    assert sightings(phrases, text, allowed=("尽快",)) == [("保证…修好", True)]
    assert sightings(phrases, "一定尽快修好", allowed=("尽快",)) == []


def test_a_wrong_guard_does_not_load() -> None:
    with pytest.raises(ValueError, match="brackets"):
        Guards(unless=("[不",))


@given(st.lists(CALL_TEXT, max_size=4))
def test_sightings_never_overlap(texts: list[str]) -> None:
    track = build_track(transcript_of(*texts), Role.AGENT)
    patterns = compile_all(("不知道", "不归[我们|]管", "您好…感谢", "为您服务"))
    found = spot(track, patterns, policy=Policy(), guards=Guards())
    end = 0
    for sighting in found:
        assert end <= sighting.found.hit.start
        end = sighting.found.hit.end
    assert end <= len(track.text)
