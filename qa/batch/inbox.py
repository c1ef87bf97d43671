"""Look at sources again and again: take in what is finished, and feed it to the run."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from qa.batch.events import Listener, ignore
from qa.batch.intake import IntakeReport, Memory, merge_reports, take_in, take_in_all
from qa.batch.runner import RunOptions, RunReport, run_intake
from qa.batch.runs import recorded_run
from qa.config import Settings
from qa.errors import ConflictError, IngestError
from qa.ingest.finished import UNFINISHED
from qa.ingest.rows import Intake
from qa.ingest.sources.configured import NamedSource
from qa.store.store import Store


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the sources found and did.

    Attributes:
        waiting: files that are not finished yet.
        problems: sources that could not be read, with what to do; they are looked at again.
        intake: what was taken in; None where nothing had changed.
        run: what was transcribed and judged after it; None where nothing was.
    """

    waiting: int
    problems: tuple[str, ...]
    intake: IntakeReport | None = None
    run: RunReport | None = None


def ingest_sources(
    store: Store, sources: Sequence[NamedSource], *, listener: Listener = ignore
) -> IntakeReport:
    """Take in what some sources hold now, and nothing more.

    Raises:
        IngestError: a source cannot be read; those before it were taken in.
        ConflictError: another run is working on the database.
    """
    with store.run_lock(), recorded_run(store, "ingest", listener=listener) as run:
        reports = [take_in(store, named.source, listener=run.listener) for named in sources]
    return merge_reports(reports)


class Inbox:
    """Sources that are looked at again and again by one process.

    Args:
        options: how to run; None takes in only, and leaves transcribing to others.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        sources: Sequence[NamedSource],
        options: RunOptions | None,
    ) -> None:
        self._store, self._settings = store, settings
        self._sources, self._options = tuple(sources), options
        self._last: dict[str, Intake] = {}
        self._memories = {named.name: Memory() for named in sources}

    def look(self, listener: Listener = ignore) -> Look:
        """Look once; take in, transcribe and judge what is new.

        Nothing is lost when this is broken off: the next look does what is left.

        Raises:
            ConfigError: the ruleset or the model is wrong.
            StoreError: the database cannot be used.
            EngineError: no worker process can start.
        """
        problems: list[str] = []
        changed: dict[str, Intake] = {}
        waiting = 0
        for named in self._sources:
            try:
                intake = named.source.read()
            except IngestError as error:
                problems.append(f"{named.name}: {error}")
                continue
            waiting += sum(issue.code == UNFINISHED for issue in intake.issues)
            intake = _without_unfinished(intake)
            if intake != self._last.get(named.name):
                changed[named.name] = intake
        if not changed:
            return Look(waiting, tuple(problems))
        try:
            look = self._take(changed, Look(waiting, tuple(problems)), listener)
        except ConflictError as error:  # the next look tries again
            return Look(waiting, (*problems, str(error)))
        self._last.update(changed)
        return look

    def _take(self, changed: dict[str, Intake], look: Look, listener: Listener) -> Look:
        def take(heard: Listener) -> IntakeReport:
            return merge_reports(
                [
                    take_in_all(self._store, intake, memory=self._memories[name], listener=heard)
                    for name, intake in changed.items()
                ]
            )

        if self._options is None:
            with (
                self._store.run_lock(),
                recorded_run(self._store, "ingest", listener=listener) as recorded,
            ):
                return replace(look, intake=take(recorded.listener))
        run = run_intake(
            self._store, self._settings, take, options=self._options, listener=listener
        )
        return replace(look, intake=run.intake, run=run)


def _without_unfinished(intake: Intake) -> Intake:
    """Leave out what changes while files are still being written; they come in a moment."""
    issues = tuple(issue for issue in intake.issues if issue.code != UNFINISHED)
    return replace(intake, issues=issues)
