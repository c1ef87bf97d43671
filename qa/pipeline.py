"""One call through the house: recording to transcript, transcript to scorecard. No database."""

from pathlib import Path
from types import TracebackType
from typing import Self

from qa.config import Settings
from qa.errors import EngineError
from qa.scoring.ruleset import Ruleset
from qa.scoring.scorecard import score_call
from qa.transcribe.engine import ENGINE_REVISION, Engine
from qa.transcribe.models import model_fingerprint, model_path
from qa.types import Call, Scorecard, Transcript


def engine_fingerprint(settings: Settings) -> str:
    """Name everything that shapes a transcript, without loading the model.

    Model bytes, decoding settings, VAD settings and the revision of the stage's code. The channel
    map is part of it too: another map gives other roles.

    Raises:
        ConfigError: no model has that name.
        ModelNotFoundError: it has no published hash and is not on this machine.
    """
    from qa.transcribe.faster_whisper import decode_fingerprint

    hearing = settings.hearing
    model_hash = model_fingerprint(hearing.model, models_dir=settings.models_dir)
    sources = "+".join(
        f"{name}={source.agent_channel}" for name, source in sorted(settings.sources.items())
    )
    decode = decode_fingerprint(hearing, model_hash)
    return f"{decode}/vad{hearing.vad_aggressiveness}/r{ENGINE_REVISION}" + (
        f"/{sources}" if sources else ""
    )


class Worker:
    """What one worker process holds: a decoder child and a loaded model.

    Both are started at the first recording, so that a worker with nothing to do costs nothing.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._engine: Engine | None = None
        self._fingerprint = engine_fingerprint(settings)
        from qa.transcribe.audio import Decoder

        self._decoder = Decoder(settings.audio)

    def __enter__(self) -> Self:
        self._decoder.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._decoder.close()

    def transcribe(self, path: Path, source: str | None = None) -> Transcript:
        """Transcribe one recording.

        Args:
            path: the recording.
            source: chooses the channel map in the settings.

        Raises:
            RecordingError: the recording cannot be used; mark it and go on.
            EngineError: the recogniser failed; trying again may help.
        """
        from qa.transcribe.recognise import recognise

        with self._decoder.decode(path) as decoded:
            try:
                transcript = recognise(
                    decoded,
                    self._loaded(),
                    aggressiveness=self._settings.hearing.vad_aggressiveness,
                    agent_channel=self._settings.source(source).agent_channel,
                )
            except EngineError as error:
                raise EngineError(path.name, error.problem) from error
        return transcript

    def _loaded(self) -> Engine:
        if self._engine is None:
            from qa.transcribe.faster_whisper import FasterWhisper

            hearing = self._settings.hearing
            path = model_path(hearing.model, models_dir=self._settings.models_dir)
            self._engine = FasterWhisper(path, hearing, fingerprint=self._fingerprint)
        return self._engine


def judge(transcript: Transcript, call: Call, ruleset: Ruleset) -> Scorecard:
    """Score one call; pure, and never opens audio."""
    return score_call(transcript, call, ruleset)
