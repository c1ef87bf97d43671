"""Transcripts and hearings of a call set by our own recogniser, kept by engine fingerprint."""

import hashlib
import json
import multiprocessing
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from qa.codec import from_plain, to_plain
from qa.config import Settings
from qa.errors import RecordingError
from qa.types import Hearing, Question, Transcript

ROUNDS = 2
"""An answer may lead to one more question."""


@dataclass(frozen=True)
class Cache:
    """A folder of transcripts, and of what the sound answered, for one engine fingerprint."""

    folder: Path
    fingerprint: str

    def path(self, recording: Path) -> Path:
        """Name the transcript of these bytes by this engine."""
        engine = hashlib.sha256(self.fingerprint.encode()).hexdigest()[:16]
        content = hashlib.sha256(recording.read_bytes()).hexdigest()
        return self.folder / engine / f"{content}.json.zst"

    def load(self, recording: Path) -> Transcript | None:
        """Return the kept transcript, or None."""
        from qa.codec import decode

        path = self.path(recording)
        return decode(Transcript, path.read_bytes()) if path.is_file() else None

    def save(self, recording: Path, transcript: Transcript) -> None:
        """Keep a transcript; a run that is cut off leaves no half file."""
        from qa.codec import encode

        path = self.path(recording)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.write_bytes(encode(transcript))
        partial.replace(path)

    def hearings(self, recording: Path) -> tuple[Hearing, ...]:
        """Return the answers kept for a recording."""
        path = self.path(recording).with_suffix(".hearings")
        if not path.is_file():
            return ()
        return tuple(from_plain(Hearing, one) for one in json.loads(path.read_text("utf-8")))

    def save_hearings(self, recording: Path, hearings: Sequence[Hearing]) -> None:
        """Keep all answers of a recording."""
        path = self.path(recording).with_suffix(".hearings")
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps(to_plain(list(hearings)), ensure_ascii=False), "utf-8")
        partial.replace(path)


Ask = Callable[[Transcript], Sequence[Question]]
"""What a judge asks of a transcript's sound."""


def answer_all(
    asks: Mapping[Path, tuple[Transcript, Ask]], settings: Settings, cache_folder: Path, jobs: int
) -> tuple[dict[Path, Transcript], int]:
    """Put every question to the sound of its recording; answers are kept like transcripts.

    Args:
        asks: by recording its transcript and who asks.

    Returns:
        The transcripts with their hearings, and how many hypotheses were weighed anew.
    """
    from qa.pipeline import engine_fingerprint

    cache = Cache(cache_folder, engine_fingerprint(settings))
    heard = {r: replace(t, hearings=cache.hearings(r)) for r, (t, _) in asks.items()}
    weighed = 0
    for _ in range(ROUNDS):
        todo = [(r, t, tuple(asks[r][1](t))) for r, t in heard.items()]
        todo = [one for one in todo if one[2]]
        if not todo:
            break
        print(f"{len(todo)} recordings to ask", file=sys.stderr)
        with _hearers(settings, min(jobs, len(todo)), _answer) as results_of:
            for recording, hearings in results_of(todo):
                known = heard[recording].hearings
                kept = tuple(dict.fromkeys((*known, *hearings)))
                weighed += len(kept) - len(known)
                heard[recording] = replace(heard[recording], hearings=kept)
                cache.save_hearings(recording, kept)
    return heard, weighed


def cost_of_hearings(
    asks: Sequence[tuple[Path, Ask]], settings: Settings
) -> tuple[float, float, int]:
    """Transcribe recordings anew, putting the questions to the sound as a nightly run does.

    Returns:
        CPU seconds of transcribing, CPU seconds of asking and answering, and how many hypotheses
        were weighed; the model is loaded before, and the decoding child is not counted.
    """
    from time import process_time

    from qa.pipeline import Worker

    heard_s = asked_s = 0.0
    weighed = 0
    with Worker(settings) as worker:
        asks[0][1](worker.transcribe(asks[0][0]))  # loads the model, and compiles the ruleset
        for recording, ask in asks:
            first: list[float] = []

            def timed(
                transcript: Transcript, ask: Ask = ask, first: list[float] = first
            ) -> Sequence[Question]:
                first.append(process_time())
                return ask(transcript)

            start = process_time()
            transcript = worker.transcribe(recording, ask=timed)
            heard_s += first[0] - start
            asked_s += process_time() - first[0]
            weighed += len(transcript.hearings)
    return heard_s, asked_s, weighed


def _answer(one: tuple[Path, Transcript, tuple[Question, ...]]) -> tuple[Path, tuple[Hearing, ...]]:
    recording, transcript, questions = one
    return recording, _workers[0].hear(recording, transcript, questions)


def hear_all(
    recordings: Sequence[Path], settings: Settings, cache_folder: Path, jobs: int
) -> dict[Path, Transcript | RecordingError]:
    """Transcribe recordings, or take them from the cache; a broken one gives its error."""
    from rich.console import Console
    from rich.progress import track

    from qa.pipeline import engine_fingerprint

    cache = Cache(cache_folder, engine_fingerprint(settings))
    heard: dict[Path, Transcript | RecordingError] = {}
    missing = []
    for recording in recordings:
        kept = cache.load(recording)
        if kept is None:
            missing.append(recording)
        else:
            heard[recording] = kept
    if not missing:
        return heard
    print(f"{len(heard)} transcripts kept, {len(missing)} to hear", file=sys.stderr)
    with _hearers(settings, min(jobs, len(missing)), _hear) as results_of:
        console = Console(stderr=True)
        for recording, result in track(
            results_of(missing), "transcribing", total=len(missing), console=console
        ):
            heard[recording] = result
            if isinstance(result, Transcript):
                cache.save(recording, result)
    return heard


@contextmanager
def _hearers(settings: Settings, jobs: int, work):  # type: ignore[no-untyped-def]
    """Yield a function that works through a list, in one process or several; order may change."""
    if jobs == 1:
        _start(settings)
        try:
            yield lambda items: map(work, items)
        finally:
            _stop()
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(jobs, _start, (settings,)) as pool:
        yield lambda items: pool.imap_unordered(work, items)
        pool.close()
        pool.join()


_workers: list = []  # type: ignore[type-arg]  # one Worker per process, held for its life


def _start(settings: Settings) -> None:
    from multiprocessing.util import Finalize

    from qa.pipeline import Worker

    worker = Worker(settings)
    worker.__enter__()
    _workers.append(worker)
    # atexit does not run in the processes of a pool; finalizers do.
    Finalize(None, _stop, exitpriority=10)


def _stop() -> None:
    while _workers:
        _workers.pop().__exit__(None, None, None)


def _hear(recording: Path) -> tuple[Path, Transcript | RecordingError]:
    try:
        return recording, _workers[0].transcribe(recording, None)
    except RecordingError as error:
        return recording, error


def failures(heard: dict[Path, Transcript | RecordingError]) -> Iterator[RecordingError]:
    """Pick what could not be heard."""
    return (one for one in heard.values() if isinstance(one, RecordingError))
