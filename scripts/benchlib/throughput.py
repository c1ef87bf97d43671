"""One recogniser over many calls as fast as it goes: `python -m benchlib.throughput`.

Started by `scripts/bench-throughput`, a process for each system. Reads a load (JSON) from standard
input and writes what it came to (JSON) to the file that it names.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchlib.recognise import Job, cpu_s, peak_mib, peer

OURS = "tingjian"
LEAN = "tingjian-lean"
SYSTEMS = {
    OURS: "qa.pipeline.Worker, windows of several calls together",
    LEAN: "the same with hearing.short_windows, hearing.quick_first, hearing.vocabulary chinese",
    "fw-plain": "faster-whisper per channel, defaults (beam 5, no VAD)",
    "fw-batched": "faster-whisper BatchedInferencePipeline, defaults (beam 5, VAD)",
}
FRAMES_PER_SECOND = 100
LOOK_MS = 200


@dataclass(frozen=True)
class Load:
    """What one process works through.

    Attributes:
        job: system, files, model, device and compute type.
        together: calls heard at once, for our own systems.
        repeat: how often the files are gone through; only the first round's texts are kept.
    """

    job: Job
    together: int
    repeat: int = 1


@dataclass(frozen=True)
class Outcome:
    """What it came to; processor time and wall time without loading the model.

    Attributes:
        windows: pieces that the encoder was given.
        encoded_s: their length, padding included.
        encodings: calls of the encoder.
        gpu_busy: share of the time in which the GPU had work, 0–1; None without one.
    """

    system: str
    texts: dict[str, list[str]]
    wall_s: float
    cpu_s: float
    peak_mib: float
    windows: int
    encoded_s: float
    encodings: int
    gpu_busy: float | None


@dataclass
class _Encoder:
    """Counts what the encoder is given, whoever asks."""

    windows: int = 0
    frames: int = 0
    encodings: int = 0

    def watch(self) -> None:
        from faster_whisper import WhisperModel

        encode = WhisperModel.encode

        def counted(model: Any, features: Any) -> Any:
            count = features.shape[0] if features.ndim == 3 else 1
            self.windows += count
            self.frames += count * features.shape[-1]
            self.encodings += 1
            return encode(model, features)

        WhisperModel.encode = counted


def work(load: Load) -> Outcome:
    """Go through a load in this process."""
    encoder = _Encoder()
    encoder.watch()
    with _hearer(load) as hear:
        shortest = min(load.job.files, key=lambda file: Path(file).stat().st_size)
        hear([shortest])  # loads the model
        began, used = time.monotonic(), cpu_s()
        encoder.windows = encoder.frames = encoder.encodings = 0
        with _gpu(load.job.device) as samples:
            texts = hear(load.job.files * load.repeat)
        wall = time.monotonic() - began
    # Children count once they have ended, so the total is taken after the recogniser is closed.
    return Outcome(
        system=load.job.system,
        texts=texts,
        wall_s=wall,
        cpu_s=cpu_s() - used,
        peak_mib=peak_mib(),
        windows=encoder.windows,
        encoded_s=encoder.frames / FRAMES_PER_SECOND,
        encodings=encoder.encodings,
        gpu_busy=sum(samples) / len(samples) / 100 if samples else None,
    )


@contextmanager
def _hearer(load: Load) -> Iterator[Any]:
    if load.job.system in (OURS, LEAN):
        with _ours(load) as hear:
            yield hear
    else:
        one = peer(load.job)
        yield lambda files: {file: one(Path(file)) for file in files}


@contextmanager
def _ours(load: Load) -> Iterator[Any]:
    from qa.config import load_settings
    from qa.pipeline import Worker

    job = load.job
    hearing = {
        "model": job.model,
        "device": job.device,
        "compute_type": job.compute_type,
        "threads": 1,
        "short_windows": job.system == LEAN,
        "quick_first": job.system == LEAN,
        "vocabulary": "chinese" if job.system == LEAN else "all",
    }
    decoders = 8 if job.device == "cuda" else 1
    settings = load_settings(
        hearing=hearing,
        batch={"together": load.together, "decoders": decoders},
        models_dir=Path(job.models_dir) if job.models_dir else None,
    )
    with Worker(settings) as worker, ThreadPoolExecutor(load.together) as threads:

        def text(file: str) -> tuple[str, list[str]]:
            transcript = worker.transcribe(Path(file), None)
            texts = [""] * transcript.channel_count
            for utterance in transcript.utterances:
                texts[utterance.channel] += utterance.text
            return file, texts

        yield lambda files: dict(threads.map(text, files))


@contextmanager
def _gpu(device: str) -> Iterator[list[float]]:
    """Take samples of how much of the time the GPU is busy, in percent."""
    samples: list[float] = []
    if device != "cuda":
        yield samples
        return
    query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    watcher = subprocess.Popen(
        [*query, "--id=0", f"--loop-ms={LOOK_MS}"], stdout=subprocess.PIPE, text=True
    )
    try:
        yield samples
    finally:
        watcher.terminate()
        out, _ = watcher.communicate()
        for line in out.splitlines():
            with suppress(ValueError):
                samples.append(float(line))


def run(load: Load, scripts: Path) -> Outcome:
    """Go through a load in a process of its own, with one thread of the model."""
    import os
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "outcome.json"
        request = json.dumps({"load": asdict(load), "output": str(output)})
        subprocess.run(
            [sys.executable, "-m", "benchlib.throughput"],
            input=request,
            text=True,
            cwd=scripts,
            env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
            check=True,
        )
        return Outcome(**json.loads(output.read_text(encoding="utf-8")))


def speech_seconds(files: Sequence[str]) -> float:
    """Seconds of speech on all channels, as our own detector finds them, padding included."""
    from qa.config import load_settings
    from qa.transcribe.audio import Decoder
    from qa.transcribe.recognise import speech_segments

    settings = load_settings()
    total = 0
    with Decoder(settings.audio) as decoder:
        for file in files:
            with decoder.decode(Path(file)) as decoded:
                count = decoded.recording.channel_count
                level = settings.hearing.vad_aggressiveness
                frames = [decoded.frames(i, aggressiveness=level) for i in range(count)]
                found = speech_segments(frames, decoded.recording.duration_ms)
                total += sum(s.span.duration_ms for own in found for s in own)
    return total / 1000


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    told = asked["load"]
    job = Job(**{**told["job"], "files": tuple(told["job"]["files"])})
    outcome = work(Load(job, told["together"], told["repeat"]))
    Path(asked["output"]).write_text(
        json.dumps(asdict(outcome), ensure_ascii=False), encoding="utf-8"
    )
