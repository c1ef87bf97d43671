"""What was heard: words, measures and answers of the sound, from the recording on."""

from dataclasses import dataclass
from enum import StrEnum

from qa.slotted import made_quickly


class Role(StrEnum):
    """Who is speaking."""

    AGENT = "agent"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


@made_quickly
@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open stretch of the recording, `[start_ms, end_ms)`.

    Raises:
        ValueError: the end lies before the start, or the start before zero.
    """

    start_ms: int
    end_ms: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_ms <= self.end_ms:
            raise ValueError(f"not a span: {self.start_ms}..{self.end_ms} ms")

    @property
    def duration_ms(self) -> int:
        """Length in milliseconds."""
        return self.end_ms - self.start_ms

    def overlap_ms(self, other: "Span") -> int:
        """Milliseconds that both spans cover; 0 when they do not touch."""
        return max(0, min(self.end_ms, other.end_ms) - max(self.start_ms, other.start_ms))


@made_quickly
@dataclass(frozen=True, slots=True)
class Segment:
    """Speech on one channel; no words yet."""

    channel: int
    span: Span


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word: usually one or two characters, without spaces."""

    text: str
    span: Span
    confidence: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker said without a longer pause.

    Attributes:
        text: simplified Chinese with the recogniser's punctuation; the words joined.
        confidence: mean word confidence, weighted by characters.
        role_confidence: 0 when the role is unknown.
        level_dbfs: root mean square over its speech, in dB relative to full scale; None where it
            was not measured (a dialogue that a person wrote).
    """

    role: Role
    role_confidence: float
    channel: int
    span: Span
    text: str
    words: tuple[Word, ...]
    confidence: float
    level_dbfs: float | None = None


@dataclass(frozen=True, slots=True)
class Emptiness:
    """Whether anything is said in a recording, as the voice activity detector finds.

    Attributes:
        method: what looked, and how.
        speech_ms: of the channel that has most.
    """

    method: str
    channels: int
    duration_ms: int
    speech_ms: int

    @property
    def is_empty(self) -> bool:
        """Whether no channel holds any speech."""
        return self.speech_ms == 0


@dataclass(frozen=True, slots=True)
class ChannelMeasures:
    """How one channel sounds.

    Attributes:
        speech_ms: length of the segments that hold speech.
        level_dbfs: root mean square over the speech segments, in dB relative to full scale;
            None where there is no speech.
        clipped_ratio: share of samples at or beyond 0.99 of full scale.
        loudness_lufs: integrated loudness of the speech segments (ITU-R BS.1770-4), in LUFS; None
            where there is no speech, or in transcripts from before it was measured.
        noise_dbfs: level of the line while nobody speaks on it, in dB relative to full scale; None
            where that is shorter than a second, or was not measured.
    """

    channel: int
    speech_ms: int
    level_dbfs: float | None
    clipped_ratio: float
    loudness_lufs: float | None = None
    noise_dbfs: float | None = None


class SignalKind(StrEnum):
    """What is on a line besides voices."""

    RINGBACK = "ringback"
    BUSY = "busy"
    KEY = "key"
    MUSIC = "music"


@dataclass(frozen=True, slots=True, order=True)
class Signal:
    """One ring, one run of busy tones, one pressed key (which one is never kept), or hold music."""

    kind: SignalKind
    channel: int
    span: Span


@dataclass(frozen=True, slots=True, order=True)
class Overlap:
    """Both sides speak; `began` came in while the other was speaking."""

    span: Span
    began: Role


@dataclass(frozen=True, slots=True)
class SideMeasures:
    """How one side of the conversation speaks.

    Attributes:
        speech_ms: how long it speaks, pauses between words left out.
        characters: Chinese characters, letters and digits; no punctuation.
        rate_cpm: characters a minute of speech; None where it does not speak.
        interruptions: how often it came in and kept on (`Sound.overlaps`).
    """

    role: Role
    speech_ms: int
    characters: int
    rate_cpm: float | None
    interruptions: int


@dataclass(frozen=True, slots=True)
class Sound:
    """What a recording sounds like besides its words (`transcribe/sound.py` says how).

    Attributes:
        signals: tones and music, by kind, channel and time.
        ring_count: rings before anybody speaks; None where the recording holds none. Where it
            begins in the middle of one, there may have been more.
        rings_are_whole: whether the recording begins before the first ring does.
        ended_by: who left first, by the end of the sound; None where that does not show.
        silences: nobody speaks for 3 s or more, between the first and the last word.
        overlaps: both speak for 0.3 s or more.
        sides: agent and customer, those that speak; empty where roles are unknown.
        faults: `clipped`, `noisy` or `one_sided`, with the channel they are heard on.
    """

    signals: tuple[Signal, ...] = ()
    ring_count: int | None = None
    rings_are_whole: bool = False
    ended_by: Role | None = None
    silences: tuple[Span, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    sides: tuple[SideMeasures, ...] = ()
    faults: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Question:
    """What scoring asks of the sound, that is, how well some texts fit one place.

    Attributes:
        span: the place: all words of the channel whose middle lies in it stand to be replaced; an
            empty span asks for an insertion.
        hypotheses: texts that may have been said there, simplified, without punctuation; an empty
            one is silence. None at all asks a second recogniser what it reads there.
    """

    channel: int
    span: Span
    hypotheses: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Hearing:
    """How well one text fits the sound of a place, by forced decoding (`transcribe/hear.py`).

    Attributes:
        channel, span, text: the question's place and one of its hypotheses.
        margin: log-likelihood of what is said around the place with `text` in it, less that with
            the words as they were heard there; in nats, 0 for the same words, rarely above.
        tokens: tokens in which the two readings differ.
        by: the second recogniser that read `text` at this place by itself, with punctuation, empty
            for nothing (then margin and tokens are 0); empty where a hypothesis was weighed.
    """

    channel: int
    span: Span
    text: str
    margin: float
    tokens: int
    by: str = ""


NO_CONFIDENCE = "no_confidence"
"""Note of a transcript whose engine does not say how sure it is of a word: nobody is convicted by
its words alone."""


SECOND_EAR = "second_ear"
"""Note of a transcript whose rules may ask a second, larger recogniser: nobody is fined for words
that it does not hear too."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """All that scoring may know of a recording.

    Attributes:
        recording_id: SHA-256 of the recording's bytes, in hexadecimal.
        engine: fingerprint of everything that shapes the text (model, settings, code revision).
        utterances: ordered by start; utterances of two channels may overlap in time.
        notes: codes such as `channels_swapped` or `text_withheld`, in a stable order.
        speech: where each channel holds speech, by the voice activity detector, in time order;
            empty where it was not measured.
        hearings: what the sound answered to the questions put to it so far, in order.
        sound: what the recording sounds like besides its words; None where nobody measured it (a
            dialogue that a person wrote, transcripts of earlier programs).
    """

    recording_id: str
    engine: str
    duration_ms: int
    channel_count: int
    utterances: tuple[Utterance, ...]
    channels: tuple[ChannelMeasures, ...] = ()
    notes: tuple[str, ...] = ()
    speech: tuple[Segment, ...] = ()
    hearings: tuple[Hearing, ...] = ()
    sound: Sound | None = None
