"""Packed transcripts and scorecards: nothing is lost, and they stand in for the plain ones."""

import json
import pickle
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from qa.codec import CardLines, card_lines, decode, encode, encode_card, to_plain
from qa.errors import StoreError
from qa.packed import scorecards, transcripts
from qa.packed.scorecards import Cutter, has_reason, head_of, lay, outline, read_verdict
from qa.scoring.track import build_track
from qa.turns import side_speech
from qa.types import (
    ChannelMeasures,
    Grade,
    GroupScore,
    Hearing,
    Match,
    Outcome,
    Overlap,
    Promise,
    Question,
    Role,
    Scorecard,
    ScoreLine,
    Segment,
    SideMeasures,
    Signal,
    SignalKind,
    SlotStatus,
    SlotVerdict,
    Sound,
    Span,
    Transcript,
    Utterance,
    Verdict,
    Word,
)

TIMES = st.integers(0, 4_000_000)
SPANS = st.tuples(TIMES, TIMES).map(lambda pair: Span(min(pair), max(pair)))
RATIOS = st.one_of(st.floats(0, 1), st.integers(0, 10_000).map(lambda n: n / 10_000))
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=6)
WORDS = st.builds(Word, TEXTS, SPANS, RATIOS)
UTTERANCES = st.builds(
    lambda words, joined, **rest: Utterance(
        text="".join(w.text for w in words) if joined else "别的字", words=tuple(words), **rest
    ),
    words=st.lists(WORDS, max_size=5),
    joined=st.booleans(),
    role=st.sampled_from(Role),
    role_confidence=RATIOS,
    channel=st.integers(0, 1),
    span=SPANS,
    confidence=RATIOS,
    level_dbfs=st.none() | st.floats(-90, 0),
)
SOUNDS = st.builds(
    Sound,
    st.lists(
        st.builds(Signal, st.sampled_from(SignalKind), st.integers(0, 1), SPANS), max_size=3
    ).map(tuple),
    st.none() | st.integers(1, 9),
    st.booleans(),
    st.none() | st.sampled_from(Role),
    st.lists(SPANS, max_size=2).map(tuple),
    st.lists(st.builds(Overlap, SPANS, st.sampled_from(Role)), max_size=2).map(tuple),
    st.lists(
        st.builds(
            SideMeasures, st.sampled_from(Role), TIMES, TIMES, st.none() | st.floats(0, 900), TIMES
        ),
        max_size=2,
    ).map(tuple),
    st.lists(st.tuples(st.integers(0, 1), TEXTS), max_size=2).map(tuple),
)
TRANSCRIPTS = st.builds(
    Transcript,
    TEXTS,
    TEXTS,
    TIMES,
    st.integers(1, 2),
    st.lists(UTTERANCES, max_size=4).map(tuple),
    st.lists(
        st.builds(
            ChannelMeasures,
            st.integers(0, 1),
            TIMES,
            st.none() | st.floats(-90, 0),
            RATIOS,
            st.none() | st.floats(-90, 0),
            st.none() | st.floats(-90, 0),
        ),
        max_size=2,
    ).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
    st.lists(st.builds(Segment, st.integers(0, 1), SPANS), max_size=3).map(tuple),
    st.lists(
        st.builds(Hearing, st.integers(0, 1), SPANS, TEXTS, st.floats(-99, 9), TIMES), max_size=3
    ).map(tuple),
    st.none() | SOUNDS,
)
MATCHES = st.builds(Match, st.integers(0, 99), st.sampled_from(Role), SPANS, TEXTS, TEXTS, RATIOS)
VERDICTS = st.builds(
    Verdict,
    st.sampled_from(Outcome),
    TEXTS,
    st.lists(st.tuples(TEXTS, TEXTS), max_size=2).map(tuple),
    st.lists(MATCHES, max_size=2).map(tuple),
    st.none() | SPANS,
    st.none() | MATCHES,
    st.lists(
        st.builds(
            SlotVerdict,
            TEXTS,
            st.sampled_from(SlotStatus),
            st.none() | MATCHES,
            st.none() | MATCHES,
        ),
        max_size=2,
    ).map(tuple),
    st.lists(
        st.builds(Question, st.integers(0, 1), SPANS, st.lists(TEXTS, max_size=2).map(tuple)),
        max_size=2,
    ).map(tuple),
    st.lists(
        st.builds(Promise, MATCHES, st.none() | st.just(datetime(2025, 11, 18, 9, tzinfo=UTC))),
        max_size=2,
    ).map(tuple),
)
LINES = st.builds(
    ScoreLine,
    st.from_regex(r"[A-Z]{2}\d{2}", fullmatch=True),
    TEXTS,
    TEXTS,
    st.sampled_from(Grade),
    st.booleans(),
    VERDICTS,
    st.integers(0, 100),
    TEXTS,
)
CARDS = st.builds(
    Scorecard,
    *[TEXTS] * 5,
    st.integers(0, 100),
    st.booleans(),
    st.lists(
        st.builds(GroupScore, TEXTS, TEXTS, *[st.integers(0, 100)] * 3, TEXTS), max_size=2
    ).map(tuple),
    st.lists(LINES, max_size=3, unique_by=lambda line: line.rule_id).map(tuple),
    TEXTS,
)


@given(TRANSCRIPTS)
def test_a_transcript_comes_back_equal_and_pickles(transcript: Transcript) -> None:
    back = decode(Transcript, encode(transcript))
    assert back == transcript
    assert transcript == back
    assert hash(back) == hash(transcript)
    assert pickle.loads(pickle.dumps(back)) == transcript
    assert encode(back) == encode(transcript)
    assert to_plain(back) == to_plain(transcript)


@given(CARDS)
def test_a_scorecard_comes_back_equal_and_sums_up(card: Scorecard) -> None:
    blob = encode(card)
    assert decode(Scorecard, blob) == card
    outcomes = {line.rule_id: line.verdict.outcome.value for line in card.lines}
    assert {laid.rule_id: laid.outcome for laid in card_lines(blob)} == outcomes


@given(CARDS)
def test_lines_are_taken_over_without_being_read(card: Scorecard) -> None:
    laid = card_lines(encode(card))
    assert encode_card(card, laid) == encode(card)
    for line, its in zip(card.lines, laid, strict=True):
        assert read_verdict(its) == line.verdict
        other = replace(line, title="别的", points=17)
        assert its._replace(head=head_of(other)) == lay(other)
        seen = outline(its)
        if seen is None:
            assert line.is_flag or line.verdict.questions or line.verdict.promises
        else:
            assert (seen.outcome, line.is_flag) == (line.verdict.outcome, False)


@given(CARDS, st.lists(VERDICTS, min_size=3, max_size=3), st.integers(0, 100), TEXTS)
def test_a_card_is_cut_as_it_is_read(
    card: Scorecard, verdicts: list[Verdict], points: int, hearings: str
) -> None:
    lines = tuple(
        replace(line, verdict=verdict, points=points)
        for line, verdict in zip(card.lines, verdicts, strict=False)
    )
    other = replace(card, lines=lines, hearings=hearings, call_id="another", groups=())
    read = card_lines(encode(other))
    assert CardLines().read(encode(other), "hash", hearings) == read
    reader = CardLines()
    assert reader.read(encode(card), "hash", card.hearings) == card_lines(encode(card))
    assert reader.read(encode(other), "hash", hearings) == read
    cut = Cutter(scorecards.pack(card)).cut(scorecards.pack(other), hearings)
    assert cut == (read if lines else None)
    assert [has_reason(laid, v.reason) for laid, v in zip(read, verdicts, strict=False)] == [
        True
    ] * len(read)
    shorter = replace(other, lines=lines[1:])
    assert reader.read(encode(shorter), "hash", hearings) == card_lines(encode(shorter))
    assert reader.read(as_json(other), "hash", hearings) == read


def as_json(value: object) -> bytes:
    """The form of earlier versions."""
    document = {"type": type(value).__name__, "format": 1, "value": to_plain(value)}
    return zstandard.compress(json.dumps(document).encode())


@given(TRANSCRIPTS, CARDS)
def test_what_was_stored_as_json_still_decodes(transcript: Transcript, card: Scorecard) -> None:
    assert decode(Transcript, as_json(transcript)) == transcript
    assert decode(Scorecard, as_json(card)) == card
    assert encode_card(card, card_lines(as_json(card))) == encode(card)


def test_every_field_has_its_place_in_the_packed_form() -> None:
    assert transcripts.can_pack(), "a field was added: teach qa/packed/transcripts.py to keep it"
    assert scorecards.can_pack(), "a field was added: teach qa/packed/scorecards.py to keep it"


@given(UTTERANCES)
def test_a_packed_utterance_changes_like_a_plain_one(utterance: Utterance) -> None:
    transcript = Transcript("r", "e", 1, 1, (utterance,))
    (packed,) = decode(Transcript, encode(transcript)).utterances
    assert type(packed) is transcripts.PackedUtterance
    changed = replace(packed, channel=7)
    assert type(changed) is Utterance
    assert changed == replace(utterance, channel=7)
    assert packed != changed
    assert packed != "text"


@given(TRANSCRIPTS, st.sampled_from(Role))
def test_a_track_tells_the_same_times_and_confidences(transcript: Transcript, role: Role) -> None:
    plain = build_track(transcript, role)
    packed = build_track(decode(Transcript, encode(transcript)), role)
    assert packed.text == plain.text
    for at in range(len(plain.text)):
        assert packed.time_at(at) == plain.time_at(at)
        assert packed.confidence(at, at + 3) == plain.confidence(at, at + 3)


def test_damaged_or_mistaken_bytes_are_refused() -> None:
    transcript = Transcript("r", "e", 1, 1, ())
    content = transcripts.pack(transcript)
    for broken in (content[:5], content[:-9], transcripts.MAGIC, content.replace(b'"r"', b'"r')):
        with pytest.raises(StoreError, match="damaged"):
            decode(Transcript, zstandard.compress(broken))
    with pytest.raises(StoreError, match="a packed Transcript was found"):
        decode(Scorecard, encode(transcript))
    with pytest.raises(StoreError, match="damaged"):
        card_lines(b"nonsense")
    with pytest.raises(StoreError, match="damaged"):
        card_lines(zstandard.compress(scorecards.MAGIC + b"[1]"))


def test_transcripts_from_before_sound_was_measured_are_read() -> None:
    transcript = Transcript("r", "e", 1, 1, (), (ChannelMeasures(0, 5, -20.0, 0.0),))
    content = transcripts.pack(transcript)
    head = content[7:]
    older = head.replace(b"-20.0,0.0,null,null]", b"-20.0,0.0]")
    assert older.count(b",null]") == 1  # the place of the sound, which is the last
    cut = older.replace(b",null]", b"]")
    kept = transcripts.MAGIC + len(cut).to_bytes(4, "little") + cut
    assert decode(Transcript, zstandard.compress(kept)) == transcript


@st.composite
def _side(draw: st.DrawFn) -> Transcript:
    """Draw what one side says: words with pauses, some of them long, and where speech was found."""
    at, utterances = draw(st.integers(0, 500)), []
    for _ in range(draw(st.integers(1, 4))):
        words = []
        for _ in range(draw(st.integers(0, 6))):
            start = at + draw(st.sampled_from((0, 0, 0, 120, 199, 200, 201, 900)))
            at = start + draw(st.sampled_from((0, 90, 250, 250, 699, 700, 701, 1_500)))
            words.append(
                Word(draw(st.sampled_from(("好", "好的", "嗯，", "。"))), Span(start, at), 0.9)
            )
        span = (
            Span(words[0].span.start_ms, max(at, words[0].span.start_ms)) if words else Span(at, at)
        )
        text = "".join(word.text for word in words)
        utterances.append(Utterance(Role.AGENT, 1.0, 0, span, text, tuple(words), 0.9))
    edges = sorted(draw(st.sets(st.integers(0, 8_000), max_size=10)))
    found = zip(edges[::2], edges[1::2], strict=False)
    speech = tuple(Segment(0, Span(start, end)) for start, end in found)
    utterances.sort(key=lambda u: u.span)
    return Transcript("id", "t", 20_000, 2, tuple(utterances), speech=speech)


@given(_side())
def test_speech_is_measured_alike_in_the_packed_form(transcript: Transcript) -> None:
    packed = decode(Transcript, encode(transcript))
    assert side_speech(packed, Role.AGENT) == side_speech(transcript, Role.AGENT)
