"""Finding a phrase by sound: ratios, places, quotes, and no text that breaks it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.scoring import match
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.match import align, best_hit, slips
from qa.scoring.syllables import substitution_cost, syllable_of
from qa.scoring.track import Track, build_track, key_pairs
from qa.text import FILLERS, fold
from qa.types import Role, Span, Transcript, Utterance, Word

PHRASES = ["不知道", "不归我们管", "为您服务", "感谢您的来电", "你到底听没听懂", "再见", "好"]
ANY_TEXT = st.text(max_size=40)
CALL_TEXT = st.text("您好不知道归我们管为服务感谢的来电请问嗯啊，。？！ 108abc😀", max_size=40)
STRANGERS = "厄耳阿"


def transcript_of(*texts: str, roles: str = "") -> Transcript:
    """One utterance a second; `roles` holds a or c for each text."""
    utterances = []
    for i, text in enumerate(texts):
        role = Role.CUSTOMER if roles[i : i + 1] == "c" else Role.AGENT
        start, step = i * 1_000, 900 // max(1, len(text))
        words = tuple(
            Word(char, Span(start + k * step, start + (k + 1) * step), 0.9)
            for k, char in enumerate(text)
        )
        channel = 0 if role is Role.AGENT else 1
        span = Span(start, start + 900)
        utterances.append(Utterance(role, 1.0, channel, span, text, words, 0.9))
    return Transcript("id", "test", 1_000 * len(texts) + 500, 2, tuple(utterances))


def track_of(*texts: str) -> Track:
    return build_track(transcript_of(*texts), Role.AGENT)


@given(st.lists(st.one_of(ANY_TEXT, CALL_TEXT), max_size=4), st.sampled_from(PHRASES))
def test_a_hit_is_a_ratio_inside_the_text(texts: list[str], phrase: str) -> None:
    transcript = transcript_of(*texts)
    track = build_track(transcript, Role.AGENT)
    assert track.text == "".join(fold(text).text for text in texts)
    hit = best_hit(phrase, track, 0, len(track.text), floor=0.3)
    if hit is None:
        return
    assert 0.3 <= hit.similarity <= 1
    assert 0 <= hit.same_chars <= 1
    assert 0 <= hit.start < hit.end <= len(track.text)
    match = track.hit_match(hit, phrase)
    assert 0 <= match.span.start_ms <= match.span.end_ms <= transcript.duration_ms
    quoted = "".join(u.text for u in transcript.utterances)
    assert all(part in quoted for part in match.quote.split("…") if "…" not in quoted)


@given(CALL_TEXT, st.sampled_from(PHRASES), CALL_TEXT)
def test_a_phrase_that_stands_there_is_found_exactly(left: str, phrase: str, right: str) -> None:
    track = track_of(left + phrase + right)
    hit = best_hit(phrase, track, 0, len(track.text))
    assert hit is not None
    assert (hit.similarity, hit.same_chars) == (1.0, 1.0)
    assert track.text[hit.start : hit.end] == phrase
    assert track.text.index(phrase) == hit.start


@given(st.lists(CALL_TEXT, min_size=1, max_size=4), st.data())
def test_any_range_can_be_quoted(texts: list[str], data: st.DataObject) -> None:
    track = track_of(*texts)
    if not track.text:
        return
    start = data.draw(st.integers(0, len(track.text) - 1))
    end = data.draw(st.integers(start + 1, len(track.text)))
    match = track.match(start, end, expected="x", similarity=0.5)
    assert fold(match.quote).text == track.text[start:end]
    first = track.utterances[track.utterance_at(start)][0]
    assert match.utterance == first
    assert match.span == track.span(start, end)


@given(CALL_TEXT, st.sampled_from(PHRASES), st.data())
def test_a_stranger_in_place_of_a_syllable_never_helps(
    text: str, phrase: str, data: st.DataObject
) -> None:
    track = track_of(text)
    if not track.text:
        return
    position = data.draw(st.integers(0, len(track.text) - 1))
    stranger = data.draw(
        st.sampled_from(
            [
                c
                for c in "厄耳阿哀欧昂嫩日"
                if c not in FILLERS
                and all(substitution_cost(syllable_of(p), syllable_of(c)) == 1 for p in phrase)
            ]
            or ["x"]
        )
    )
    changed = track_of(track.text[:position] + stranger + track.text[position + 1 :])
    before = align(phrase, track, 0, len(track.text))
    after = align(phrase, changed, 0, len(changed.text))
    assert after.similarity <= before.similarity + 1e-9


@given(CALL_TEXT, st.sampled_from(PHRASES))
def test_cells_of_either_width_tell_the_same(text: str, phrase: str) -> None:
    track = track_of(text)
    narrow = align(phrase, track, 0, len(track.text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(match._NARROW, "size", 0)
        wide = align(phrase, track, 0, len(track.text))
    assert narrow == wide


@given(st.lists(CALL_TEXT, max_size=4))
def test_what_is_left_without_fillers_is_each_syllable_in_its_place(texts: list[str]) -> None:
    track = track_of(*texts)
    kept = [k for k, char in enumerate(track.text) if char not in FILLERS]
    bare = "".join(track.keys[k] for k in kept)
    assert track.bare == (bare, tuple(kept))
    assert track.pairs == key_pairs(track.keys) | key_pairs(bare)


@pytest.mark.parametrize(
    ("text", "phrase", "similarity"),
    [
        ("这个不归我们馆", "不归我们管", 1.0),
        ("这个不归嗯我们管", "不归我们管", 0.98),
        ("这个不归那我们管", "不归我们管", 0.88),
        ("这个不归我们", "不归我们管", 0.8),
        ("为林服务", "为您服务", 0.925),
        ("为您武务", "为您服务", 0.85),
        ("为您天务", "为您服务", 0.75),
    ],
)
def test_how_close_slips_come(text: str, phrase: str, similarity: float) -> None:
    track = track_of(text)
    hit = best_hit(phrase, track, 0, len(track.text), floor=0.3)
    assert hit is not None
    assert hit.similarity == pytest.approx(similarity)


def test_a_confusable_place_hides_no_exact_one() -> None:
    track = track_of("森今宾一下子，神经病")
    hit = best_hit("神经病", track, 0, len(track.text), floor=0.82)
    assert hit is not None
    assert track.text[hit.start : hit.end] == "神经病"


def test_a_place_below_the_floor_hides_no_better_one() -> None:
    track = track_of("不归我们卡，不归嗯我们管")
    hit = best_hit("不归我们管", track, 0, len(track.text), floor=0.82)
    assert hit is not None
    assert hit.similarity == pytest.approx(0.98)


def test_a_phrase_across_two_utterances_is_quoted_with_a_gap() -> None:
    track = track_of("您好，不知", "道啊。")
    hit = best_hit("不知道", track, 0, len(track.text))
    assert hit is not None
    match = track.hit_match(hit, "不知道")
    assert match.quote == "不知…道"
    assert match.utterance == 0


def test_overlapping_utterances_of_one_role_have_a_span() -> None:
    """Lines whose written times overlap: the later one ends first."""
    dialogue = "[00:10-00:20] 坐席: 我不知\n[00:12-00:13] 坐席: 道。"
    track = build_track(parse_dialogue(dialogue), Role.AGENT)
    match = track.match(1, 4, expected="不知道", similarity=1.0)
    assert match.span.start_ms <= match.span.end_ms


def test_nothing_is_found_in_nothing() -> None:
    track = track_of("", "😀。")
    assert (track.text, track.turns) == ("", ())
    assert best_hit("您好", track, 0, 0) is None
    assert best_hit("", track_of("您好"), 0, 2) is None


def test_turns_end_where_the_other_side_says_more_than_a_backchannel() -> None:
    transcript = transcript_of("甲甲", "嗯嗯", "乙乙", "我家不热", "丙丙", roles="acaca")
    track = build_track(transcript, Role.AGENT)
    assert [track.text[s:e] for s, e in track.turns] == ["甲甲乙乙", "丙丙"]
    assert track.turn_at(3) == track.turns[0]
    assert track.turn_at(4) == track.turns[1]


def test_sentences_end_at_stops_and_utterances_but_not_at_commas() -> None:
    track = track_of("您好，请问。再见", "好")
    assert [track.sentence_start(i) for i in (0, 3, 4, 6)] == [0, 0, 4, 6]
    assert [track.sentence_end(i) for i in (0, 3, 4, 6)] == [4, 4, 6, 7]


def test_times_of_characters_share_a_word_evenly() -> None:
    words = (Word("我不", Span(0, 400), 1.0), Word("知道。", Span(400, 1_000), 1.0))
    utterance = Utterance(Role.AGENT, 1.0, 0, Span(0, 1_000), "我不知道。", words, 1.0)
    track = build_track(Transcript("id", "t", 1_000, 2, (utterance,)), Role.AGENT)
    assert [track.time_at(i) for i in range(4)] == [(0, 200), (200, 400), (400, 600), (600, 800)]
    assert all(a[1] <= b[0] for a, b in pairwise(track.time_at(i) for i in range(4)))


@given(st.lists(st.one_of(ANY_TEXT, CALL_TEXT), max_size=3), st.sampled_from(PHRASES))
def test_slips_are_other_characters_inside_the_place(texts: list[str], phrase: str) -> None:
    track = track_of(*texts)
    hit = best_hit(phrase, track, 0, len(track.text), floor=0.5)
    if hit is None:
        return
    found = slips(phrase, track, hit.start, hit.end)
    assert all(hit.start <= position < hit.end for _, position in found)
    assert all(track.text[position] != char and char in phrase for char, position in found)
    assert (hit.same_chars < 1.0) or not found


@given(CALL_TEXT, st.sampled_from(PHRASES), st.data())
def test_a_further_edit_never_makes_a_phrase_more_alike(
    text: str, phrase: str, data: st.DataObject
) -> None:
    """Drop a syllable of the phrase itself, or set a stranger between two."""
    at = data.draw(st.integers(1, len(phrase)))
    worse = data.draw(st.sampled_from((phrase[:at] + "厄" + phrase[at:], phrase[: at - 1])))
    whole, disturbed = track_of("厄厄" + phrase + "厄厄"), track_of("厄厄" + worse + "厄厄")
    before = align(phrase, whole, 0, len(whole.text))
    after = align(phrase, disturbed, 0, len(disturbed.text))
    assert after.similarity <= before.similarity == 1.0


ALIKE = "您年宁新心先过国好号闹问闻文什深么没查差不步了乐吧巴知道到指嗯啊呃"


@st.composite
def _heard(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a phrase, and a text in which it stands with slips."""
    phrase = draw(st.text(ALIKE, min_size=1, max_size=9))
    char = st.sampled_from(ALIKE)
    slip = st.sampled_from(("same", "same", "same", "other", "lost", "more", "filler"))
    said = draw(st.text(ALIKE, max_size=6))
    for wanted in phrase:
        kind = draw(slip)
        said += {"same": wanted, "other": draw(char), "lost": ""}.get(kind, wanted)
        said += draw(char) if kind == "more" else "啊" if kind == "filler" else ""
    return phrase, said + draw(st.text(ALIKE, max_size=6))


@given(_heard(), st.sampled_from((0.3, 0.55, 0.66, 0.72, 0.82, 0.9)))
def test_what_has_no_room_comes_near_nowhere(heard: tuple[str, str], floor: float) -> None:
    """The look before an alignment says no only where an alignment would."""
    phrase, text = heard
    track = track_of(text)
    if not text:
        return
    reached = align(phrase, track, 0, len(text)).similarity >= floor
    ready, budget = match._ready(phrase), match._budget(phrase, floor)
    assert match._has_room(ready, track, 0, len(text), budget) or not reached


def test_a_phrase_in_pieces_has_no_room() -> None:
    track = track_of("请问您有什么事")
    ready, budget = match._ready("问什么问"), match._budget("问什么问", 0.82)
    assert not match._has_room(ready, track, 0, len(track.text), budget)
    apart = track_of("问嗯什么问")
    assert match._has_room(ready, apart, 0, len(apart.text), budget)
