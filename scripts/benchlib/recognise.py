"""One recogniser over a list of recordings, in its own process: `python -m benchlib.recognise`.

Started by `scripts/bench-asr`, so that processor time and peak memory belong to one system alone.
Reads a job (JSON) from standard input and writes texts and costs (JSON) to the file it names.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Recogniser = Callable[[Path], list[str]]

PEERS = {
    "fw-plain": "faster-whisper per channel, defaults (beam 5, no VAD)",
    "fw-vad": "faster-whisper per channel, defaults with vad_filter=True",
    "fw-batched": "faster-whisper BatchedInferencePipeline, defaults (beam 5, VAD)",
}
OURS = "tingjian"
SYSTEMS = {OURS: "qa.pipeline.Worker", **PEERS}


@dataclass(frozen=True)
class Job:
    """What one process recognises, and with what.

    Attributes:
        model: registry name; `models_dir` None is the folder of the installation.
        device: `cpu` or `cuda`.
        compute_type: CTranslate2 compute type; the same for every system.
    """

    system: str
    files: tuple[str, ...]
    model: str = "base"
    models_dir: str | None = None
    device: str = "cpu"
    compute_type: str = "int8"


@dataclass(frozen=True)
class Run:
    """What a process heard, and what that cost.

    Attributes:
        texts: per file, the text of each channel in channel order.
        cpu_s: processor time of the work, child processes included, without loading the model.
        load_cpu_s: processor time of starting, loading the model and one short recording.
        peak_mib: peak resident memory, the largest child added.
    """

    system: str
    texts: dict[str, list[str]]
    cpu_s: float
    load_cpu_s: float
    wall_s: float
    peak_mib: float


def recognise(job: Job) -> Run:
    """Run a job in this process."""
    from rich.console import Console
    from rich.progress import track

    with _recogniser(job) as hear:
        # Some models load at first use, so the shortest file goes first and is not measured.
        hear(min(map(Path, job.files), key=lambda file: file.stat().st_size))
        loaded, began = cpu_s(), time.monotonic()
        texts = {}
        for file in track(job.files, f"{job.system:10}", console=Console(stderr=True)):
            texts[file] = hear(Path(file))
        wall = time.monotonic() - began
    # Children count once they have ended, so the total is taken after the recogniser is closed.
    return Run(job.system, texts, cpu_s() - loaded, loaded, wall, peak_mib())


@contextmanager
def _recogniser(job: Job) -> Iterator[Recogniser]:
    if job.system == OURS:
        with _ours(job) as hear:
            yield hear
    else:
        yield peer(job)


@contextmanager
def _ours(job: Job) -> Iterator[Recogniser]:
    from qa.config import load_settings
    from qa.pipeline import Worker

    hearing = {
        "model": job.model,
        "device": job.device,
        "compute_type": job.compute_type,
        "threads": 1,
    }
    models_dir = Path(job.models_dir) if job.models_dir else None
    settings = load_settings(hearing=hearing, models_dir=models_dir)
    with Worker(settings) as worker:

        def hear(path: Path) -> list[str]:
            transcript = worker.transcribe(path, None)
            texts = [""] * transcript.channel_count
            for utterance in transcript.utterances:
                texts[utterance.channel] += utterance.text
            return texts

        yield hear


def peer(job: Job) -> Recogniser:
    """Set a peer up with its own defaults; only the language is told, as it is to ours."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel, decode_audio

    from qa.transcribe.models import model_path

    folder = model_path(job.model, models_dir=Path(job.models_dir) if job.models_dir else None)
    model = WhisperModel(
        str(folder), device=job.device, compute_type=job.compute_type, cpu_threads=1
    )
    options: dict[str, Any] = {"language": "zh"}
    if job.system == "fw-vad":
        options["vad_filter"] = True
    transcriber = BatchedInferencePipeline(model) if job.system == "fw-batched" else model

    def hear(path: Path) -> list[str]:
        import soundfile

        stereo = soundfile.info(path).channels == 2
        decoded = decode_audio(str(path), split_stereo=stereo)
        channels: Sequence[Any] = decoded if stereo else (decoded,)
        texts = []
        for channel in channels:
            segments, _ = transcriber.transcribe(channel, **options)
            texts.append("".join(segment.text for segment in segments))
        return texts

    return hear


def cpu_s() -> float:
    """Processor seconds of this process and its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_mib() -> float:
    """Peak resident memory of this process, its largest child added."""
    peaks = [
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return sum(peaks) / (1024**2 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    request = json.load(sys.stdin)
    result = recognise(Job(**{**request["job"], "files": tuple(request["job"]["files"])}))
    Path(request["output"]).write_text(
        json.dumps(asdict(result), ensure_ascii=False), encoding="utf-8"
    )
