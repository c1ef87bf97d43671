"""One night on a folder with a recogniser that only pretends; run as a program by `bench-night`."""

import json
import sys
import time
from pathlib import Path

from benchlib.fake_engine import fake_worker
from qa.batch.events import Event, StageFinished, StageStarted
from qa.batch.nightly import run_night
from qa.batch.runner import RunOptions
from qa.config import load_settings
from qa.ingest.sources.configured import NamedSource
from qa.ingest.sources.folder import FolderSource
from qa.store.store import Store


def main() -> int:
    """Do the night and print what it took, as one line of JSON."""
    folder, settings = Path(sys.argv[1]), load_settings()
    marks: list[tuple[str, float]] = []
    began = time.monotonic()

    def listen(event: Event) -> None:
        if isinstance(event, StageStarted | StageFinished):
            kind = "start" if isinstance(event, StageStarted) else "end"
            marks.append((f"{event.stage.value}:{kind}", time.monotonic() - began))

    with Store.open(settings.database_url, timezone=settings.timezone) as store:
        sources = [NamedSource("night", FolderSource(folder, store.zone), False)]
        options = RunOptions(factory=fake_worker)
        report = run_night(store, settings, sources, options=options, listener=listen)
    over, times = time.monotonic() - began, dict(marks)
    stages = ("ingest", "transcribe", "score")
    seconds = {name: times[f"{name}:end"] - times[f"{name}:start"] for name in stages}
    seconds["checks"] = over - times["score:end"]
    hearing, judging = report.run.hearing, report.run.judging
    found = {
        "transcribed": hearing.transcribed,
        "failed": hearing.failed.total(),
        "judged": judging.scored,
        "drawn": len(report.run.daily.drawn),
        "audio_ms": hearing.audio_ms,
        "wall_s": report.run.wall_s,
        "stages": seconds,
    }
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
