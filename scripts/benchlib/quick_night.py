"""One night on text files, run as a program by the proofs: `python -m benchlib.quick_night DIR`."""

import json
import sys
from pathlib import Path


def main() -> int:
    """Do the night and print what it did, as one line of JSON."""
    # Not above: every worker that is started loads this module, too.
    from benchlib.quick_files import ENGINE, quick_worker
    from qa.batch.nightly import run_night
    from qa.batch.runner import RunOptions
    from qa.config import load_settings
    from qa.ingest.sources.configured import NamedSource
    from qa.ingest.sources.folder import FolderSource
    from qa.store.store import Store

    folder, settings = Path(sys.argv[1]), load_settings()
    again = "--retry-failed" in sys.argv[2:]
    options = RunOptions(factory=quick_worker, engine=ENGINE, retry_failed=again)
    with Store.open(settings.database_url, timezone=settings.timezone) as store:
        sources = [NamedSource("night", FolderSource(folder, store.zone), False)]
        run = run_night(store, settings, sources, options=options).run
    found = {
        "transcribed": run.hearing.transcribed,
        "failed": run.hearing.failed.total(),
        "judged": run.judging.scored,
    }
    print(json.dumps(found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
