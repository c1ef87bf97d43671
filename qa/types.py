"""What flows through the house: frozen data from the recording to the scorecard.

Times are integer milliseconds from the start of the recording. Probabilities, similarities and
confidences are ratios from 0 to 1. Everything here is immutable, hashable where its parts are, and
can be pickled, because it crosses process boundaries.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Role(StrEnum):
    """Who is speaking."""

    AGENT = "agent"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a rule found; there is no fifth."""

    MET = "MET"
    VIOLATED = "VIOLATED"
    NOT_APPLICABLE = "NOT_APPLICABLE"
    UNDECIDED = "UNDECIDED"


class Grade(StrEnum):
    """What may follow from a violation (`docs/glossary.md`)."""

    FINE = "fine"
    SCORE = "score"
    HINT = "hint"


class SlotStatus(StrEnum):
    """What became of one slot of a script."""

    SAID = "said"
    WRONG = "wrong"
    MISSING = "missing"
    UNSURE = "unsure"


class Direction(StrEnum):
    """Who placed the call."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class ReleasedBy(StrEnum):
    """Which side ended the call."""

    AGENT = "agent"
    CUSTOMER = "customer"


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
            one is silence.
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
    """

    channel: int
    span: Span
    text: str
    margin: float
    tokens: int


NO_CONFIDENCE = "no_confidence"
"""Note of a transcript whose engine does not say how sure it is of a word: nobody is convicted by
its words alone."""


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


@dataclass(frozen=True, slots=True)
class Ticket:
    """The work order (工单) that belongs to a call; None where the field is empty."""

    ticket_id: str
    name: str | None = None
    address: str | None = None
    phone: str | None = None
    problem: str | None = None
    station: str | None = None


class Attitude(StrEnum):
    """How a customer rates the repairer (callback question b)."""

    SATISFIED = "满意"
    ORDINARY = "普通"
    DISSATISFIED = "不满意"


@dataclass(frozen=True, slots=True)
class KeyedAnswers:
    """What the agent keyed in after a callback; None where the field was left empty.

    Attributes:
        solved: a, whether the problem is solved.
        attitude: b, how the repairer behaved.
        charged: c, whether the repairer took money.
        points: d, 1–10.
        remark: e, suggestions or opinions in free text; empty for none.
    """

    solved: bool | None = None
    attitude: Attitude | None = None
    charged: bool | None = None
    points: int | None = None
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A festival notice: its greeting is due on each day of the window, both ends included.

    Attributes:
        script: the greeting that the notice itself prescribes; None where the ruleset's greeting
            of the festival is due.
    """

    festival: str
    first_day: date
    last_day: date
    script: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One conversation and what the telephone system and the tickets say of it.

    Attributes:
        started_at: aware date and time, in the call centre's own zone; None if unknown.
        agent_id: the agent's number (工号) as the telephone system holds it.
        ring_count: rings before the answer; None if unknown.
        source: where the recording comes from; chooses the channel map.
        notices: the festival notices whose window may matter for this call.
        fee_unpaid: whether the household owes its heating fee; None if unknown.
        keyed: the answers keyed in after a callback; None if there are none.
    """

    call_id: str
    started_at: datetime | None = None
    agent_id: str | None = None
    direction: Direction | None = None
    ring_count: int | None = None
    released_by: ReleasedBy | None = None
    caller_number: str | None = None
    ticket_id: str | None = None
    source: str | None = None
    ruleset: str | None = None
    ticket: Ticket | None = None
    notices: tuple[Notice, ...] = ()
    fee_unpaid: bool | None = None
    keyed: KeyedAnswers | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """Where something was heard, or almost heard.

    Attributes:
        utterance: index into the transcript's utterances.
        quote: the words as recognised.
        expected: what was looked for.
        similarity: 1 is equal by sound.
    """

    utterance: int
    role: Role
    span: Span
    quote: str
    expected: str
    similarity: float


@dataclass(frozen=True, slots=True)
class SlotVerdict:
    """One slot of a script: said (then `match`), or not (then the nearest miss, if any).

    A slot that was said wrongly (another brand, a digit exchanged) has what was said as `nearest`.
    """

    name: str
    status: SlotStatus
    match: Match | None = None
    nearest: Match | None = None


@dataclass(frozen=True, slots=True)
class Promise:
    """What an agent promised; later tickets show whether it was kept.

    Attributes:
        match: the words.
        due: the latest moment that fulfils it, aware; None when no time was named or the call's
            own time is unknown.
    """

    match: Match
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule's outcome on one call, with its evidence.

    Attributes:
        reason: a code of `qa.wording`, which renders it for people.
        details: values for the rendering, in name order.
        matches: what supports the outcome, in time order.
        searched: the stretch looked at, where something absent decides.
        nearest: the nearest miss in that stretch.
        questions: what the sound was asked and has not answered yet; an answer may change the
            outcome.
        promises: what the agent promised, whether allowed or not, in time order.
    """

    outcome: Outcome
    reason: str
    details: tuple[tuple[str, str], ...] = ()
    matches: tuple[Match, ...] = ()
    searched: Span | None = None
    nearest: Match | None = None
    slots: tuple[SlotVerdict, ...] = ()
    questions: tuple[Question, ...] = ()
    promises: tuple[Promise, ...] = ()


_FLAGS = Outcome.VIOLATED, Outcome.UNDECIDED  # naming a member of an enumeration takes a call


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A rule, its verdict, and the points it takes off (0 or more)."""

    rule_id: str
    title: str
    group: str
    grade: Grade
    critical: bool
    verdict: Verdict
    points: int
    title_en: str = ""

    @property
    def is_flag(self) -> bool:
        """Whether a person should look: violated or undecided."""
        return self.verdict.outcome in _FLAGS


@dataclass(frozen=True, slots=True)
class GroupScore:
    """What one group of rules took off, and how many of its lines are violated or undecided."""

    group: str
    title: str
    deducted: int
    violated: int
    undecided: int
    title_en: str = ""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A call judged by one ruleset.

    Attributes:
        transcript_key: recording id and engine fingerprint of the transcript that was judged.
        context: revision hash of the call's metadata, ticket and notices.
        hearings: revision hash of what the sound had answered; empty where it was never asked.
        total: 100 less the points, not below 0; 0 after a critical failure.
    """

    call_id: str
    transcript_key: str
    context: str
    ruleset_id: str
    ruleset_hash: str
    total: int
    critical_failure: bool
    groups: tuple[GroupScore, ...]
    lines: tuple[ScoreLine, ...]
    hearings: str = ""

    @property
    def flags(self) -> tuple[ScoreLine, ...]:
        """The lines that a person should look at, in ruleset order."""
        return tuple([line for line in self.lines if line.verdict.outcome in _FLAGS])
