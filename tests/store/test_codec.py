"""Blobs: there and back, and what happens to damaged ones."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
import zstandard

from qa.codec import decode, encode, from_plain, to_plain
from qa.errors import StoreError
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import load_ruleset
from qa.scoring.scorecard import score_call
from qa.types import Call, Direction, Notice, Scorecard, Span, Ticket, Transcript

DIALOGUE = "坐席: 您好，大龙供暖报修\n客户: 暖气不热\n坐席: 感谢您的来电，再见"


def test_a_transcript_and_its_scorecard_come_back_equal() -> None:
    transcript = parse_dialogue(DIALOGUE)
    card = score_call(transcript, Call("c-1"), load_ruleset("heating-repair"))
    assert decode(Transcript, encode(transcript)) == transcript
    assert decode(Scorecard, encode(card)) == card


def test_a_call_with_times_days_and_a_ticket_comes_back_equal() -> None:
    call = Call(
        "c-1",
        datetime(2025, 11, 18, 9, tzinfo=UTC),
        direction=Direction.INBOUND,
        ticket=Ticket("t-1", name="张三"),
        notices=(Notice("春节", date(2026, 2, 15), date(2026, 2, 23)),),
    )
    assert decode(Call, encode(call)) == call
    assert json.loads(json.dumps(to_plain(call)))["notices"][0]["first_day"] == "2026-02-15"


def test_blobs_of_another_type_or_format_or_damaged_are_refused() -> None:
    blob = encode(Span(1, 2))
    with pytest.raises(StoreError, match="a stored Span of format 1 was found where a Ticket"):
        decode(Ticket, blob)
    newer = zstandard.compress(b'{"type": "Span", "format": 2, "value": {}}')
    with pytest.raises(StoreError, match="format 2"):
        decode(Span, newer)
    for damaged in (blob[:-3], b"", b"nonsense", zstandard.compress(b"{")):
        with pytest.raises(StoreError, match="damaged"):
            decode(Span, damaged)


def test_fields_added_later_take_their_defaults_and_unknown_ones_are_ignored() -> None:
    assert from_plain(Ticket, {"ticket_id": "t", "later": 1}) == Ticket("t")
    with pytest.raises(KeyError):
        from_plain(Ticket, {"name": "张三"})


def test_what_is_no_data_cannot_be_written() -> None:
    @dataclass(frozen=True)
    class Odd:
        value: object

    with pytest.raises(TypeError, match="set"):
        encode(Odd({1}))
