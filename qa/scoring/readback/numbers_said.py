"""The numbers of either side, and whether a phone is what they are about."""

from bisect import bisect_left

from qa.scoring.readback.marks import Mark, find_marks
from qa.scoring.readback.talk import Talk
from qa.scoring.track import Track

MIN_WHOLE = 7
"""Digits that make a run by itself a phone or waybill number before anybody spoke of one."""
PHONE_TALK_MS = 20_000
"""How long after a phone number digits without a name may correct it."""


def marks_of(talk: Talk, track: Track) -> tuple[Mark, ...]:
    """Return the numbers of a track, found once."""
    key = f"readback:marks:{track.role.value}"
    return talk.scene.shared(key, lambda: find_marks(track, talk.sounds(track)))


def in_phone_talk(talk: Talk, at_ms: int) -> bool:
    """Whether the number spoken of last, by either side, was a phone's, and not long ago.

    What is said then of digits (错了，尾巴是九三五) speaks of it, until another
    detail is asked for.
    """
    spoken = talk.scene.shared("readback:spoken", lambda: _spoken(talk))
    before = bisect_left(spoken, (at_ms, False))
    if before == 0:
        return False
    last, is_phone = spoken[before - 1]
    asked = any(last < a.begin_ms < at_ms and "phone" not in a.fields for a in talk.asks)
    return is_phone and not asked and at_ms - last < PHONE_TALK_MS


def _spoken(talk: Talk) -> list[tuple[int, bool]]:
    """Return when either side says a number of a place or a phone, and whether a phone's."""
    return sorted(
        (talk.time(track, mark.start), mark.kind == "loose")
        for track in (talk.customer, talk.agent)
        for mark in marks_of(talk, track)
        if mark.kind != "loose" or len(mark.value) >= MIN_WHOLE
    )
