"""Parts that cannot follow one another are not searched for, and nothing is lost by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring.grammar import Pattern, compile_all, find_all
from qa.scoring.shortlist import Shortlist, _Place
from qa.scoring.spotting import Guards, Policy, Sighting, spot
from qa.scoring.track import Track, build_track
from qa.types import Role
from tests.scoring.test_match import transcript_of

NOTATIONS = (
    "[保证|一定]…[修好|弄好]",
    "保证~[修好|到]",
    "您~找谁",
    "不~归~管",
    "不是我们…打听去",
    "[爱|想]找谁…找谁去^",
    "啊…管",
)
PIECES = (
    *("保证", "包正", "一定", "修好", "休好", "弄好", "到", "您", "找谁", "早谁", "不", "归", "管"),
    *(
        "嗯",
        "啊",
        "，",
        "。",
        "今天下午",
        "给您家里",
        "不是我们",
        "不似我们",
        "打听去",
        "爱",
        "找谁去",
    ),
)
SAID = st.lists(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), max_size=3)
POLICY = Policy(convict_similarity=0.9, unsure_similarity=0.82)


def _track(texts: list[str]) -> Track:
    return build_track(transcript_of(*texts), Role.AGENT)


@given(SAID, st.sampled_from([0.75, 0.82, 0.9]))
def test_nothing_that_stands_is_lost(texts: list[str], floor: float) -> None:
    track = _track(texts)
    patterns = compile_all(NOTATIONS)
    likely = {one.pattern.notation: one for one in Shortlist(patterns, floor).likely(track)}
    for pattern in patterns:
        need = 1.0 if pattern.longest < 4 else floor
        known = likely.get(pattern.notation)
        for start, end in track.turns:
            if known is None or (start, end) not in known.turns:
                assert find_all(pattern, track, start, end, need) == []


@given(SAID)
def test_sightings_are_the_same_without_the_look(texts: list[str]) -> None:
    looked = _spotted(_track(texts))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_Place, "in_order", lambda *_: True)
        assert _spotted(_track(texts)) == looked


def _spotted(track: Track) -> list[Sighting]:
    patterns = compile_all(NOTATIONS)
    return spot(track, patterns, policy=POLICY, guards=Guards(unless=("不是我们…打听去您",)))


@pytest.mark.parametrize(
    ("notation", "said", "likely"),
    [
        ("保证…修好", "保证今天修好", True),
        ("保证…修好", "保证嗯修好", True),
        ("保证…修好", "修好了我保证", False),
        ("保证…修好", "我保证。今天修好", False),
        ("保证~修好", "我保证，今天修好", False),
        ("保证…修好", "保证给您家里打电话跟师傅说了今天下午修好", False),
        ("保证…修好", "修好，保证今天下午给您家里修好", True),
    ],
)
def test_parts_have_to_follow_within_reach(notation: str, said: str, likely: bool) -> None:
    patterns: tuple[Pattern, ...] = compile_all((notation,))
    assert bool(Shortlist(patterns, 0.9).likely(_track([said]))) is likely
