"""The index of wordings finds what a search for every pattern finds, and nothing else."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.codec import decode, encode
from qa.scoring.grammar import compile_all, find_all
from qa.scoring.grams import grams_of
from qa.scoring.lexicon import Lexicon
from qa.scoring.ruleset import load_ruleset
from qa.scoring.shortlist import Shortlist
from qa.scoring.syllables import FIRST_CODE, _classes, keys
from qa.scoring.track import build_track
from qa.types import Role, Transcript
from tests.scoring.test_match import transcript_of

PHRASES = (
    "不知道",
    "不归我们管",
    "你到底听没听懂",
    "您自己想办法去吧",
    "我们这边不负责这个",
    "爱投诉就去投诉随便您",
    "[您|你]有病^",
    "^管不了^",
    "保证~[今天|明天]…[修好|弄好]",
    "[您|你]~别烦我",
    "跟我~没关系",
    "滚",
    "再见",
)
NOISE = "您好不知道归我们管为服务请问嗯办法去自己负责投诉随便保证今天修好病的了那"
KEYS = st.text("甲乙丙丁戊己庚辛", min_size=1, max_size=12)


@st.composite
def spoken(draw: st.DrawFn) -> str:
    """Phrases with slips, sounds-alikes and fillers between, among other words."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    pieces = []
    for _ in range(chance.randint(1, 4)):
        pattern = compile_all((chance.choice(PHRASES),))[0]
        for part in pattern.parts:
            said = list(chance.choice(part).strip("^"))
            for _ in range(chance.choice((0, 0, 1, 1, 2))):
                at = chance.randrange(len(said) + 1)
                said[at : at + chance.randint(0, 1)] = chance.choice(
                    ("", "嗯", chance.choice(NOISE), "指", "管", "到")
                )
            pieces += ["".join(said), chance.choice(("", "，", "那", "今天", "。"))]
    return "".join(pieces)


@pytest.mark.parametrize(("floor", "strict"), [(0.82, True), (0.82, False), (0.9, False)])
@given(texts=st.lists(spoken(), min_size=1, max_size=3))
def test_the_index_loses_nothing(floor: float, strict: bool, texts: list[str]) -> None:
    track = build_track(transcript_of(*texts), Role.AGENT)
    patterns = compile_all(PHRASES)
    chars = 0.45
    index = Shortlist(patterns, floor, strict=strict, chars=chars)
    likely = {one.pattern.notation: one for one in index.likely(track)}
    for pattern in patterns:
        need = 1.0 if pattern.longest < 4 else floor
        for start, end in track.turns:
            found = find_all(pattern, track, start, end, need, chars=chars)
            if strict and pattern.longest < 6:
                found = [f for f in found if f.hit.similarity >= 0.9]
            known = likely.get(pattern.notation)
            fast = (
                find_all(known.pattern, track, start, end, need, chars=chars)
                if known and (start, end) in known.turns
                else []
            )
            if strict and pattern.longest < 6:
                fast = [f for f in fast if f.hit.similarity >= 0.9]
            assert fast == found


@given(KEYS, st.integers(0, 3), st.data())
def test_every_occurrence_with_slips_holds_a_gram(
    phrase: str, edits: int, data: st.DataObject
) -> None:
    """Against the scan itself: file one wording, disturb it, and look for it."""
    heard = list(phrase)
    strangers = iter("子丑寅卯")
    for _ in range(edits):
        at = data.draw(st.integers(0, len(heard) - 1)) if heard else 0
        match data.draw(st.sampled_from(("substitute", "insert", "drop"))):
            case "substitute" if heard:
                heard[at] = next(strangers)
            case "insert":
                heard.insert(at, next(strangers))
            case "drop" if heard:
                del heard[at]
    grams, _ = grams_of(keys(phrase), edits, may_drop=True)
    lexicon = Lexicon()
    number = lexicon.reserve(1)
    lexicon.file(number, [grams or None])
    track = build_track(transcript_of("前面" + "".join(heard) + "后面"), Role.AGENT)
    assert lexicon.scan(track).named == [(number, 0)]


@given(st.lists(st.text(max_size=30), max_size=4))
@settings(max_examples=50)
def test_any_unicode_is_scanned(texts: list[str]) -> None:
    track = build_track(transcript_of(*texts), Role.AGENT)
    index = Shortlist(compile_all(PHRASES), 0.82, strict=True, chars=0.45)
    for likely in index.likely(track):
        assert set(likely.turns) <= set(track.turns)


def test_indexes_share_a_lexicon_without_mixing_up_their_patterns() -> None:
    lexicon = Lexicon()
    first = Shortlist(compile_all(("不知道", "再见")), 0.82, lexicon=lexicon)
    track = build_track(transcript_of("不知道，滚，再见"), Role.AGENT)
    alone = [one.pattern.notation for one in first.likely(track)]
    second = Shortlist(compile_all(("滚", "没听见")), 0.82, lexicon=lexicon)
    again = build_track(transcript_of("不知道，滚，再见"), Role.AGENT)
    assert [one.pattern.notation for one in first.likely(again)] == alone == ["不知道", "再见"]
    assert [one.pattern.notation for one in second.likely(again)] == ["滚"]
    empty = build_track(transcript_of(), Role.AGENT)
    assert first.likely(empty) == []


def test_a_call_is_judged_the_same_packed_and_plain() -> None:
    from benchlib.archive import transcript_of as archived

    from qa.scoring.scorecard import score_call
    from qa.types import Call

    ruleset = load_ruleset("heating-repair")
    for number in range(12):
        transcript = archived(number)
        packed = decode(Transcript, encode(transcript))
        call = Call("c")
        assert score_call(packed, call, ruleset) == score_call(transcript, call, ruleset)


@given(st.lists(st.lists(spoken(), max_size=3), max_size=5))
@settings(max_examples=50)
def test_scanned_together_tracks_hold_what_each_holds_alone(calls: list[list[str]]) -> None:
    index = Shortlist(compile_all(PHRASES), 0.82, strict=True, chars=0.45)
    together = [build_track(transcript_of(*texts), Role.AGENT) for texts in calls]
    index.lexicon.scan_all(together)
    for texts, track in zip(calls, together, strict=True):
        alone = index.lexicon.scan(build_track(transcript_of(*texts), Role.AGENT))
        scan = index.lexicon.scan(track)
        assert scan.named == alone.named
        turns = range(len(track.turns))
        assert list(map(scan.grams, turns)) == list(map(alone.grams, turns))


@pytest.mark.parametrize("number", [508, 509, 510, 511, 512])
def test_a_rare_class_beyond_the_codes_is_found_like_any_other(number: int) -> None:
    # Characters without a reading are a class each, so that there are more classes than codes.
    rare = "".join(chr(code) for code in range(0x3400, 0x4DC0))
    char = next(c for c, key in zip(rare, keys(rare), strict=True) if ord(key) > FIRST_CODE + 600)
    known = chr(next(k for k, v in _classes.items() if ord(v) == FIRST_CODE + number))
    for one in (char, known):
        phrase = f"{one}知{one}"  # every gram of it holds the class
        track = build_track(transcript_of(f"您好，{phrase}，再见"), Role.AGENT)
        assert Shortlist(compile_all((phrase,)), 0.82, strict=True).likely(track)


@pytest.mark.parametrize(
    ("said", "named", "stands"),
    [
        ("我今天，保证，给您修好。", True, True),
        ("我今天说了。我保证。修好了。", False, False),
        ("我今。天保证给您修好。", True, True),  # a stop that was heard inside the first part
        ("我今天来。保证给您修好。", True, False),
    ],
)
def test_later_parts_stand_in_the_sentence_in_which_the_first_one_ends(
    said: str, named: bool, stands: bool
) -> None:
    lexicon, patterns = Lexicon(), compile_all(("今天…保证…[修好|弄好]",))
    index = Shortlist(patterns, 0.82, lexicon=lexicon)
    track = build_track(transcript_of("您好。", said), Role.AGENT)
    assert bool(lexicon.scan(track).named) == named
    assert bool(find_all(patterns[0], track, 0, len(track.text), 0.82)) == stands
    assert bool(index.likely(track)) == stands


def test_slips_around_the_syllable_that_two_blocks_share_hold_a_gram() -> None:
    grams, _ = grams_of(keys("辛甲丁丁甲戊庚"), 3, may_drop=True)
    lexicon = Lexicon()
    lexicon.file(lexicon.reserve(1), [grams or None])
    for heard in ("辛甲甲庚", "辛子丁丑甲寅庚", "子甲丁丑甲戊寅"):
        track = build_track(transcript_of(heard), Role.AGENT)
        assert lexicon.scan(track).named == [(0, 0)]


def test_patterns_filed_one_index_after_another_are_named_as_if_filed_at_once() -> None:
    words = ("不知道", "保证…[修好|弄好]", "态度~[如何|怎么样]", "跟我~没关系", "滚", "再见")
    at_once, one_by_one = Lexicon(), Lexicon()
    everything = Shortlist(compile_all(words), 0.75, lexicon=at_once)
    indexes = []
    for said in ("保证今天修好，不知道", "态度怎么样", "滚，再见，跟我真没关系", ""):
        for word in words[len(indexes) : len(indexes) + 2]:  # more of them after each scan
            indexes.append(Shortlist(compile_all((word,)), 0.75, lexicon=one_by_one))
        likely = {
            one.pattern.notation: (one.pattern, one.turns)
            for one in everything.likely(build_track(transcript_of(said), Role.AGENT))
        }
        track = build_track(transcript_of(said), Role.AGENT)
        found = [one for index in indexes for one in index.likely(track)]
        known = words[: len(indexes)]
        assert {one.pattern.notation: (one.pattern, one.turns) for one in found} == {
            notation: its for notation, its in likely.items() if notation in known
        }
