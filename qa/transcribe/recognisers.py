"""Which recogniser a model needs: its name in transcripts, and how it is loaded."""

from pathlib import Path

from qa.config import HearingSettings
from qa.errors import ConfigError
from qa.transcribe.engine import Abilities, Engine
from qa.transcribe.models import model_fingerprint, model_path
from qa.transcribe.registry import ModelKind, find_model


def decode_fingerprint(hearing: HearingSettings, *, models_dir: Path | None) -> str:
    """Name what shapes a text: the library, the model's bytes and its settings; loads nothing.

    Raises:
        ConfigError: no recogniser has that name, its library is not installed, or it does not run
            on the device of the settings.
        ModelNotFoundError: it has no published hash and is not on this machine.
    """
    kind = _kind(hearing)
    model_hash = model_fingerprint(hearing.model, models_dir=models_dir)
    if kind is ModelKind.WHISPER:
        from qa.transcribe import faster_whisper

        return faster_whisper.decode_fingerprint(hearing, model_hash)
    from qa.transcribe import sherpa

    sherpa.check_usable(hearing)
    return sherpa.decode_fingerprint(hearing, model_hash)


def abilities_of(hearing: HearingSettings) -> Abilities:
    """Say what the recogniser of the settings can tell, without loading it.

    Raises:
        ConfigError: no recogniser has that name.
    """
    if _kind(hearing) is ModelKind.WHISPER:
        from qa.transcribe.faster_whisper import abilities

        return abilities(hearing)
    from qa.transcribe.sherpa import Sherpa

    return Sherpa.abilities


def runs_on_gpus(hearing: HearingSettings) -> bool:
    """Whether the recogniser may use a GPU, where there is one.

    Raises:
        ConfigError: no recogniser has that name.
    """
    return hearing.device != "cpu" and _kind(hearing) is ModelKind.WHISPER


def load(hearing: HearingSettings, *, models_dir: Path | None, fingerprint: str) -> Engine:
    """Load the recogniser of the settings.

    Raises:
        ConfigError: as for `decode_fingerprint`.
        ModelNotFoundError: the model is not, or no longer, on this machine.
        ModelCorruptError: its files are not what they were.
        EngineError: the files do not load.
    """
    kind = _kind(hearing)
    path = model_path(hearing.model, models_dir=models_dir)
    if kind is ModelKind.WHISPER:
        from qa.transcribe.faster_whisper import FasterWhisper

        return FasterWhisper(path, hearing, fingerprint=fingerprint)
    from qa.transcribe.sherpa import Sherpa

    return Sherpa(path, hearing, kind=kind, fingerprint=fingerprint)


def _kind(hearing: HearingSettings) -> ModelKind:
    kind = find_model(hearing.model).kind
    if kind is ModelKind.VOICES:
        raise ConfigError(
            f"the model '{hearing.model}' tells voices apart and is no recogniser; "
            "set hearing.model to another"
        )
    return kind
