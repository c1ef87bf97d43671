"""What a recording sounds like besides its words, as the page of a call shows it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from qa.api.display import format_time
from qa.api.words import word
from qa.types import ChannelMeasures, Role, SideMeasures, SignalKind, Sound, Span, Transcript
from qa.wording import role_name


@dataclass(frozen=True, slots=True)
class SoundPlace:
    """A place to hear."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class SoundRow:
    """One line of the panel: what it is about, what was measured, and where to hear it."""

    title: str
    text: str
    places: tuple[SoundPlace, ...] = ()


def sound_rows(transcript: Transcript | None, lang: str) -> list[SoundRow]:
    """Lay out the sound of a recording; nothing where it was not measured."""
    if transcript is None or transcript.sound is None:
        return []
    rows = [*_sides(transcript, lang), *_call(transcript.sound, lang)]
    return [row for row in rows if row.text]


def _word(key: str, lang: str, **values: object) -> str:
    return word(f"sound_{key}", lang, **values)


def _sides(transcript: Transcript, lang: str) -> Iterator[SoundRow]:
    sound = transcript.sound
    assert sound is not None
    roles = {u.channel: u.role for u in transcript.utterances}
    measured = {side.role: side for side in sound.sides}
    shared = len(transcript.channels) < 2
    for line in transcript.channels:
        role = Role.UNKNOWN if shared else roles.get(line.channel, Role.UNKNOWN)
        faults = [code for channel, code in sound.faults if channel == line.channel]
        title = _word("line", lang) if role is Role.UNKNOWN else role_name(role, lang)
        yield SoundRow(title, " · ".join(_side(line, measured.get(role), faults, lang)))


def _side(
    line: ChannelMeasures, side: SideMeasures | None, faults: list[str], lang: str
) -> Iterator[str]:
    if side and side.rate_cpm is not None:
        yield _word("rate", lang, n=round(side.rate_cpm))
    if line.loudness_lufs is not None:
        yield _word("loudness", lang, n=f"{line.loudness_lufs:.0f}".replace("-", "−"))
    if side and side.interruptions:
        yield _word("interrupts", lang, n=side.interruptions)
    for code in faults:
        yield _word(code, lang)


def _call(sound: Sound, lang: str) -> Iterator[SoundRow]:
    if sound.ring_count is not None:
        rings = [s.span for s in sound.signals if s.kind is SignalKind.RINGBACK]
        key = "rings" if sound.rings_are_whole else "rings_at_least"
        yield SoundRow(
            _word("ringing", lang), _word(key, lang, n=sound.ring_count), _places(rings[:1])
        )
    if sound.silences:
        seconds = round(sum(s.duration_ms for s in sound.silences) / 1000)
        text = _word("silences", lang, n=len(sound.silences), seconds=seconds)
        yield SoundRow(_word("silent", lang), text, _places(sound.silences))
    if sound.overlaps:
        text = _word("overlaps", lang, n=len(sound.overlaps))
        yield SoundRow(_word("both", lang), text, _places(o.span for o in sound.overlaps))
    for kind in (SignalKind.MUSIC, SignalKind.KEY, SignalKind.BUSY):
        found = [s.span for s in sound.signals if s.kind is kind]
        if found:
            key = kind.value
            text = _word(f"{key}_count", lang, n=len(found))
            yield SoundRow(_word(key, lang), text, _places(found))
    if sound.ended_by is not None:
        yield SoundRow(_word("ended", lang), role_name(sound.ended_by, lang))


def _places(spans: Iterable[Span]) -> tuple[SoundPlace, ...]:
    return tuple(SoundPlace(span, format_time(span.start_ms)) for span in list(spans)[:_MOST])


_MOST = 6
"""More places than this make a panel nobody reads."""
