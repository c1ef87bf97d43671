"""The list of runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from qa.store import ledger
from qa.store.ledger import RunCounts
from qa.store.store import Store


@dataclass(slots=True)
class RecordedRun:
    """A run that is going on; its counts are kept when it ends."""

    run_id: int
    counts: RunCounts


@contextmanager
def recorded_run(store: Store, kind: str) -> Iterator[RecordedRun]:
    """Keep a row about a run; one that was interrupted has counts but no end."""
    with store.writing() as session:
        run = RecordedRun(ledger.start_run(session, kind, datetime.now(UTC)), RunCounts())
    finished_at = None
    try:
        yield run
        finished_at = datetime.now(UTC)
    finally:
        with store.writing() as session:
            ledger.update_run(session, run.run_id, run.counts, finished_at)
