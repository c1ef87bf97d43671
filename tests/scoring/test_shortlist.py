"""Clause gaps and edges, doubtful wordings, guards from further away, and the index of patterns."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import RulesetError
from qa.scoring.grammar import compile_all, compile_pattern, find_all
from qa.scoring.ruleset import load_ruleset, ruleset_text
from qa.scoring.shortlist import Shortlist
from qa.scoring.spotting import Guards, Policy, spot
from qa.scoring.track import build_track
from qa.types import Outcome, Role
from tests.scoring.judging import judge
from tests.scoring.test_match import CALL_TEXT, transcript_of

NOTATIONS = ("不知道", "[不|没]归[我们|]管", "保证…[修好|到]", "^管不了^", "您~找谁", "准到")


@pytest.mark.parametrize(
    ("notation", "text", "places"),
    [
        ("保证~修好", "保证今天修好", ["保证今天修好"]),
        ("保证~修好", "保证的，今天修好", []),
        ("保证…修好", "保证的，今天修好", ["保证的今天修好"]),
        ("保证~修好", "保证今天下午五点前修好", []),
        ("^管不了^", "那，管不了啊。", ["管不了"]),
        ("^管不了^", "我管不了您家", []),
        ("没用[了|^]", "说也没用", ["没用"]),
        ("没用[了|^]", "没用过，没用了", ["没用了"]),
        ("准…到", "准时到，帐到", ["准时到"]),
        ("准…到", "正时到", []),
    ],
)
def test_gaps_and_edges_keep_to_the_clause(notation: str, text: str, places: list[str]) -> None:
    track = build_track(transcript_of(text), Role.AGENT)
    found = find_all(compile_pattern(notation), track, 0, len(track.text), 0.82)
    assert [track.text[f.hit.start : f.hit.end] for f in found] == places


@pytest.mark.parametrize("notation", ["不^知道", "[^|]", "~到", "保证~"])
def test_an_edge_or_gap_in_the_wrong_place_is_refused(notation: str) -> None:
    with pytest.raises(ValueError, match=r"stands inside|can be empty"):
        compile_pattern(notation)


@given(st.lists(CALL_TEXT, max_size=4))
def test_the_index_loses_nothing(texts: list[str]) -> None:
    track = build_track(transcript_of(*texts), Role.AGENT)
    patterns = compile_all(NOTATIONS)
    likely = {k.pattern.notation: k for k in Shortlist(patterns, 0.82).likely(track)}
    for pattern in patterns:
        floor = 1.0 if pattern.longest < 4 else 0.82
        for start, end in track.turns:
            everywhere = find_all(pattern, track, start, end, floor)
            known = likely.get(pattern.notation)
            reduced = known.pattern if known and (start, end) in known.turns else None
            assert everywhere == (find_all(reduced, track, start, end, floor) if reduced else [])


@pytest.mark.parametrize(
    ("text", "guards", "convicted"),
    [
        ("我不能今天就跟您说保证修好", Guards(denied_by=("不能",)), False),
        ("我不能等，保证修好", Guards(denied_by=("不能",)), True),
        ("保证修好，我给您查", Guards(excused_by=("给您查",)), False),
        ("保证修好，没法给您查", Guards(excused_by=("给您查",), no_excuse=("没法给您",)), True),
        ("您说保证修好", Guards(quoted_after=("[您]说",)), False),
        ("我跟您说保证修好", Guards(quoted_after=("[您]说",)), True),
        ("师傅跟您说保证修好", Guards(quoted_after=("[您]说",)), False),
    ],
)
def test_guards_from_further_away(text: str, guards: Guards, convicted: bool) -> None:
    track = build_track(transcript_of(text), Role.AGENT)
    found = spot(track, compile_all(("保证修好",)), policy=Policy(), guards=guards)
    assert bool(found) is convicted


def test_parts_need_their_characters() -> None:
    track = build_track(transcript_of("您自己去大厅开票"), Role.AGENT)
    found = spot(track, compile_all(("您自己~打听",)), policy=Policy(), guards=Guards())
    assert not any(s.sure for s in found)


@pytest.mark.parametrize(
    ("rule", "said", "outcome"),
    [
        ("FP02", "这个归物业管。", Outcome.UNDECIDED),
        ("FP02", "这个归物业管，我给您转过去。", Outcome.MET),
        ("FP02", "这个归无夜管。", Outcome.MET),  # what only sounds doubtful is nothing
        ("FP02", "归物业管，不归我们管。", Outcome.VIOLATED),
        ("IP01", "下午就到您家。", Outcome.UNDECIDED),
    ],
)
def test_doubtful_wordings_wait_for_a_person(rule: str, said: str, outcome: Outcome) -> None:
    assert judge(rule, said).outcome is outcome


def test_a_value_may_stand_in_a_value_but_not_in_itself(tmp_path: Path) -> None:
    text = ruleset_text("heating-repair")
    wrong = tmp_path / "mine.yaml"
    own = "values:\n  certain: ${certain}|保证\n"
    assert "values:\n" in text
    wrong.write_text(text.replace("values:\n", own, 1), encoding="utf-8")
    with pytest.raises(RulesetError, match="refers to itself"):
        load_ruleset(str(wrong))


def test_the_longest_reading_decides_how_a_pattern_is_searched() -> None:
    pattern = compile_pattern("^[管|管不]了~[您|您家]^")
    assert pattern.longest == 5
    assert replace(pattern, parts=(("管了",),)).longest == 2


@pytest.mark.parametrize("said", ["维修工态度如何？", "师傅态度怎么样？"])
def test_a_part_that_may_stand_anywhere_keeps_its_other_wordings(said: str) -> None:
    # 怎么样 has no grams at this floor, so its part is sought everywhere; 如何 beside it has some.
    notation = "[维修工|师傅]态度~[如何|怎么样]"
    track = build_track(transcript_of(said), Role.AGENT)
    assert Shortlist(compile_all((notation,)), 0.75).likely(track)
