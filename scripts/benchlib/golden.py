"""Golden transcripts: what the recogniser heard in the bundled calls, kept as readable JSON."""

import json
from collections.abc import Iterable
from pathlib import Path

from qa.codec import from_plain, to_plain
from qa.types import Transcript


def write_golden(transcript: Transcript, file: Path) -> None:
    """Write a transcript, one utterance a line, so that a change shows as a small difference."""
    plain = to_plain(transcript)
    utterances = [json.dumps(one, ensure_ascii=False) for one in plain.pop("utterances")]
    head = json.dumps(plain, ensure_ascii=False)[1:-1]
    body = ",\n ".join(utterances)
    file.write_text(f'{{{head}, "utterances": [\n {body}\n]}}\n', encoding="utf-8")


def read_golden(file: Path) -> Transcript:
    """Read a golden transcript."""
    transcript: Transcript = from_plain(Transcript, json.loads(file.read_text(encoding="utf-8")))
    return transcript


def regenerate(recordings: Iterable[Path], folder: Path) -> None:
    """Hear the recordings with the default settings and write one file for each.

    Raises:
        ModelNotFoundError: the model is not on this machine.
        RecordingError: a recording cannot be used.
    """
    from qa.config import Settings
    from qa.pipeline import Worker

    folder.mkdir(exist_ok=True)
    with Worker(Settings()) as worker:
        for recording in recordings:
            transcript = worker.transcribe(recording)
            write_golden(transcript, folder / f"{recording.stem}.json")
