"""One call through the house: recording to transcript, transcript to scorecard. No database."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from qa.config import Settings
from qa.errors import ConfigError, EngineError, RecordingError, RecordingFault
from qa.scoring.ruleset import Ruleset
from qa.scoring.scorecard import open_questions, score_call
from qa.transcribe.engine import ENGINE_REVISION, VOICES_REVISION, Engine
from qa.transcribe.models import model_path
from qa.types import SECOND_EAR, Call, Hearing, Question, Scorecard, Transcript
from qa.vault import load_ring

if TYPE_CHECKING:
    from qa.transcribe.audio import DecodedRecording
    from qa.transcribe.speakers import Encoder
    from qa.transcribe.together import Together

SPEAKER_MODEL = "campplus"
DECODERS_ON_GPU = 2
"""Batches handed to a GPU at once: while it decodes one, the next is made ready."""
ROUNDS = 2
"""How often a transcript is asked about: an answer may raise one more question, not a dialogue."""

Ask = Callable[[Transcript], Sequence[Question]]
"""From a transcript, hearings included, to what is still open about it."""

LoadEngine = Callable[[Settings, str], Engine]
"""Loads a recogniser; the text is its fingerprint."""

_log = logging.getLogger(__name__)


def engine_fingerprint(settings: Settings) -> str:
    """Name everything that shapes a transcript, without loading the model.

    Model bytes, decoding and VAD settings, domain words and the revision of the stage's code. The
    channel map is part of it too: another map gives other roles.

    Raises:
        ConfigError: no recogniser has that name, or it does not run here.
        ModelNotFoundError: it has no published hash and is not on this machine.
    """
    from qa.transcribe.recognisers import abilities_of, decode_fingerprint
    from qa.transcribe.words import words_fingerprint

    hearing = settings.hearing
    sources = "+".join(
        f"{name}={source.agent_channel}" for name, source in sorted(settings.sources.items())
    )
    decode = decode_fingerprint(hearing, models_dir=settings.models_dir)
    voices = f"/voices{VOICES_REVISION}" if _speaker_model(settings) else ""
    words = words_fingerprint(settings.words) if abilities_of(hearing).hotwords else ""
    return "/".join(
        [
            f"{decode}/vad{hearing.vad_aggressiveness}/r{ENGINE_REVISION}{voices}",
            *([f"words@{words}"] if words else []),
            *([sources] if sources else []),
        ]
    )


def _speaker_model(settings: Settings) -> Path | None:
    """Find the model that tells voices apart, where it is wanted.

    Raises:
        ModelNotFoundError: it is wanted and not here.
    """
    if not settings.hearing.speakers:
        return None
    return model_path(SPEAKER_MODEL, models_dir=settings.models_dir)


def load_engine(settings: Settings, fingerprint: str) -> Engine:
    """Load the recogniser of the settings.

    Raises:
        ModelNotFoundError: the model is not, or no longer, on this machine.
        ModelCorruptError: its files are not what they were.
        EngineError: the files do not load.
    """
    from qa.transcribe.recognisers import load

    return load(settings.hearing, models_dir=settings.models_dir, fingerprint=fingerprint)


class Worker:
    """What one worker process holds: decoding children and a loaded model.

    The model is loaded at the first recording, so that a worker with nothing to do costs nothing.

    Args:
        load: loads the recogniser.
    """

    def __init__(self, settings: Settings, *, load: LoadEngine = load_engine) -> None:
        self._settings, self._load = settings, load
        self._engine: Engine | None = None
        self._together: Together | None = None
        self._loading = Lock()
        self._encoder: Encoder | None = None
        self._speakers = _speaker_model(settings)
        self._second = SecondEar(settings) if settings.hearing.second_model else None
        self._fingerprint = engine_fingerprint(settings)
        from qa.transcribe.ahead import DecodersAhead

        self._decoders = DecodersAhead(
            settings.audio,
            aggressiveness=settings.hearing.vad_aggressiveness,
            processes=settings.batch.decoders or 1,
            keys=load_ring(settings.archive.key_file),
        )

    def __enter__(self) -> Self:
        self._decoders.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._together is not None:
            self._together.close()
        self._decoders.close()

    def expect(self, path: Path) -> None:
        """Announce a recording that will be transcribed: it is decoded meanwhile."""
        self._decoders.expect(path)

    def transcribe(
        self,
        path: Path,
        source: str | None = None,
        *,
        ask: Ask | None = None,
        ruleset: str | None = None,
    ) -> Transcript:
        """Transcribe one recording, and put questions about it to the sound while it is at hand.

        Args:
            path: the recording.
            source: chooses the channel map in the settings.
            ask: what there is to ask about the transcript (`questions_of`), `ROUNDS` times at
                most. Whatever goes wrong with a question, the transcript comes back; what stays
                open can be asked later with `hear`.
            ruleset: id of what will judge the call; chooses the domain words of the settings.

        Raises:
            RecordingError: the recording cannot be used; mark it and go on.
            EngineError: the recogniser failed; trying again may help.
        """
        from qa.transcribe.recognise import recognise
        from qa.transcribe.words import words_for

        with self._decoders.take(path) as decoded, self._voice() as engine:
            try:
                transcript = recognise(
                    decoded,
                    engine,
                    aggressiveness=self._settings.hearing.vad_aggressiveness,
                    agent_channel=self._settings.source(source).agent_channel,
                    encoder=self._voices(decoded.recording.channel_count),
                    words=words_for(self._settings.words, ruleset),
                )
                if self._second is not None:
                    notes = tuple(sorted({*transcript.notes, SECOND_EAR}))
                    transcript = replace(transcript, notes=notes)
                if ask is not None:
                    transcript = self._with_answers(transcript, _Sound(decoded, engine), ask)
            except EngineError as error:
                raise EngineError(path.name, error.problem) from error
        return transcript

    def hear(
        self, path: Path, transcript: Transcript, questions: Sequence[Question]
    ) -> tuple[Hearing, ...]:
        """Put questions to the sound of a recording that was transcribed before.

        Only the windows that a question is about are encoded. The answers are those that
        `transcribe` would have given.

        Args:
            transcript: this engine's transcript of this recording; `with_hearings` adds answers.

        Returns:
            In order, each place and text once; nothing for a question that cannot be answered.

        Raises:
            ConfigError: another engine made the transcript; the recording must be transcribed
                again.
            RecordingError: the recording cannot be used, or its bytes are not those that were
                transcribed.
            EngineError: the recogniser failed on every question; trying again may help.
        """
        if transcript.engine != self._fingerprint:
            raise ConfigError(
                f"{path.name}: its transcript is another engine's ({transcript.engine}); "
                "transcribe the recording again."
            )
        with self._decoders.take(path) as decoded:
            if decoded.recording.recording_id != transcript.recording_id:
                raise RecordingError(
                    path.name,
                    RecordingFault.CHANGED,
                    "the file is not the one that was transcribed; transcribe it again.",
                )
            try:
                with self._voice() as engine:
                    return self._answers(transcript, _Sound(decoded, engine), questions)
            except EngineError as error:
                raise EngineError(path.name, error.problem) from error

    def _with_answers(self, transcript: Transcript, sound: "_Sound", ask: Ask) -> Transcript:
        """Ask and answer behind a fence: a transcript is worth more than its hearings."""
        try:
            for _ in range(ROUNDS if self._second is None else ROUNDS + 1):
                questions = ask(transcript)
                answers = self._answers(transcript, sound, questions) if questions else ()
                if not answers:
                    break
                transcript = with_hearings(transcript, answers)
        except Exception as error:  # the fence around one call's hearings (style guide, section 7)
            # Only the class: an error's text may hold words of the conversation.
            _log.error("questions stay open, hearing failed: %s", type(error).__name__)
        return transcript

    def _answers(
        self, transcript: Transcript, sound: "_Sound", questions: Sequence[Question]
    ) -> tuple[Hearing, ...]:
        from qa.transcribe.hear import answer

        level = self._settings.hearing.vad_aggressiveness
        answers = answer(questions, transcript, sound.decoded, sound.engine, aggressiveness=level)
        if self._second is not None:
            answers += self._second.read(questions, sound.decoded)
        return answers

    def _voices(self, channel_count: int) -> "Encoder | None":
        """Load what tells voices apart at the first mono recording."""
        if channel_count != 1 or self._speakers is None:
            return None
        with self._loading:
            if self._encoder is None:
                from qa.transcribe.campplus import SpeakerEncoder

                self._encoder = SpeakerEncoder(self._speakers)
            return self._encoder

    @contextmanager
    def _voice(self) -> Iterator[Engine]:
        """Give one recording the engine, and let it forget the recording in the end."""
        engine, together = self._loaded()
        if together is not None:
            with together.voice() as voice:
                yield voice
            return
        try:
            yield engine
        finally:
            engine.forget()

    def _loaded(self) -> "tuple[Engine, Together | None]":
        """Load the engine once, and what lets several recordings share it."""
        with self._loading:
            if self._engine is None:
                self._engine = self._load(self._settings, self._fingerprint)
                if self._settings.batch.together > 1:
                    from qa.transcribe.together import Together

                    decoders = DECODERS_ON_GPU if self._settings.hearing.device == "cuda" else 1
                    self._together = Together(self._engine, decoders=decoders)
            return self._engine, self._together


class SecondEar:
    """A second, larger recogniser, loaded when something is first to be read again.

    Raises:
        ConfigError: no recogniser has the name of the settings.
        ModelNotFoundError: its model is not on this machine.
    """

    def __init__(self, settings: Settings) -> None:
        from qa.transcribe.recognisers import decode_fingerprint

        name = settings.hearing.second_model
        model_path(name, models_dir=settings.models_dir)
        hearing = settings.hearing.model_copy(update={"model": name})
        self._settings = settings.model_copy(update={"hearing": hearing})
        self._name = decode_fingerprint(hearing, models_dir=settings.models_dir)
        self._engine: Engine | None = None
        self._using = Lock()  # one recording at a time: it is asked rarely, and for little

    def read(
        self, questions: Sequence[Question], decoded: "DecodedRecording"
    ) -> tuple[Hearing, ...]:
        """Answer the questions that put no hypothesis; see `qa.transcribe.second.read_again`.

        Returns:
            Nothing where the recogniser fails: the questions stay open.
        """
        if all(question.hypotheses for question in questions):
            return ()
        from qa.transcribe.second import read_again

        with self._using:
            try:
                if self._engine is None:
                    self._engine = load_engine(self._settings, self._name)
                return read_again(
                    questions,
                    decoded,
                    self._engine,
                    aggressiveness=self._settings.hearing.vad_aggressiveness,
                    name=self._name,
                )
            except EngineError as error:
                _log.warning("a second reading stays open: %s", error.problem)
                return ()
            finally:
                if self._engine is not None:
                    self._engine.forget()


@dataclass(frozen=True, slots=True, eq=False)
class _Sound:
    """A recording at hand, and what hears it."""

    decoded: "DecodedRecording"
    engine: Engine


def with_hearings(transcript: Transcript, hearings: Sequence[Hearing]) -> Transcript:
    """Add what the sound answered; of two answers to the same question the first stays."""
    known = {(h.channel, h.span, h.text, h.by) for h in transcript.hearings}
    new = {(h.channel, h.span, h.text, h.by): h for h in reversed(hearings)}
    added = [hearing for place, hearing in new.items() if place not in known]
    return replace(transcript, hearings=tuple(sorted([*transcript.hearings, *added])))


def questions_of(call: Call, ruleset: Ruleset) -> Ask:
    """Ask what a ruleset leaves open on a call: score it, and take the questions of its verdicts.

    Returns:
        A function for `Worker.transcribe`; its questions have no answer in the transcript yet.
    """
    return lambda transcript: open_questions(score_call(transcript, call, ruleset))


def judge(transcript: Transcript, call: Call, ruleset: Ruleset) -> Scorecard:
    """Score one call; pure, and never opens audio."""
    return score_call(transcript, call, ruleset)
