"""Schemas of sound: what a recording sounds like besides its words."""

from typing import Self

from pydantic import Field

from qa.api.v1.schemas import Answer, SpanOut, example
from qa.types import Role, SignalKind, Transcript


class SignalOut(Answer):
    """A ring, busy tones, a pressed key (never which one), or music."""

    kind: SignalKind
    channel: int
    span: SpanOut


class OverlapOut(Answer):
    """Both sides speak."""

    span: SpanOut
    began: Role = Field(description="Who came in while the other was speaking.")


class SideOut(Answer):
    """How one side speaks."""

    role: Role
    speech_ms: int
    characters: int
    rate_cpm: float | None = Field(description="Characters a minute of speech.")
    interruptions: int


class LineOut(Answer):
    """How one channel sounds."""

    channel: int
    speech_ms: int
    level_dbfs: float | None
    loudness_lufs: float | None = Field(description="Of the speech, by ITU-R BS.1770-4.")
    noise_dbfs: float | None = Field(description="While nobody speaks on it.")
    clipped_ratio: float = Field(ge=0, le=1)


class FaultOut(Answer):
    """What is wrong with a line: `clipped`, `noisy` or `one_sided`."""

    channel: int
    code: str


class SoundOut(Answer):
    """What the recording sounds like besides its words."""

    model_config = example(
        lines=[
            {
                "channel": 0,
                "speech_ms": 41_200,
                "level_dbfs": -24.1,
                "loudness_lufs": -23.4,
                "noise_dbfs": -58.0,
                "clipped_ratio": 0.0,
            }
        ],
        signals=[{"kind": "ringback", "channel": 1, "span": {"start_ms": 400, "end_ms": 1_400}}],
        ring_count=1,
        rings_are_whole=True,
        ended_by="customer",
        silences=[{"start_ms": 30_100, "end_ms": 34_000}],
        overlaps=[{"span": {"start_ms": 8_000, "end_ms": 8_900}, "began": "agent"}],
        sides=[
            {
                "role": "agent",
                "speech_ms": 41_200,
                "characters": 168,
                "rate_cpm": 244.7,
                "interruptions": 0,
            }
        ],
        faults=[{"channel": 1, "code": "noisy"}],
    )

    lines: list[LineOut]
    signals: list[SignalOut]
    ring_count: int | None = Field(description="Rings before anybody speaks; null where none are.")
    rings_are_whole: bool = Field(description="Whether it begins before the first ring does.")
    ended_by: Role | None = Field(description="Who left first, where that can be heard.")
    silences: list[SpanOut] = Field(description="Nobody speaks for 3 s or more.")
    overlaps: list[OverlapOut]
    sides: list[SideOut]
    faults: list[FaultOut]

    @classmethod
    def of(cls, transcript: Transcript) -> Self | None:
        """Lay out what was measured; None where nothing was."""
        sound = transcript.sound
        if sound is None:
            return None
        return cls(
            lines=[LineOut.model_validate(line) for line in transcript.channels],
            signals=[SignalOut.model_validate(signal) for signal in sound.signals],
            ring_count=sound.ring_count,
            rings_are_whole=sound.rings_are_whole,
            ended_by=sound.ended_by,
            silences=[SpanOut.model_validate(span) for span in sound.silences],
            overlaps=[OverlapOut.model_validate(overlap) for overlap in sound.overlaps],
            sides=[SideOut.model_validate(side) for side in sound.sides],
            faults=[FaultOut(channel=channel, code=code) for channel, code in sound.faults],
        )
