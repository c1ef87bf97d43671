"""The night: take in every source, transcribe, judge, do the daily work of reviewing, make reports.

It is the main job on all sources at once. The tables say what is left, so a night that was broken
off anywhere goes on where it stood when it is started again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from qa.batch.events import Listener, ignore
from qa.batch.intake import IntakeReport, merge_reports, take_in
from qa.batch.patience import patiently
from qa.batch.report_delivery import deliver_due
from qa.batch.reporting import Made, make_due, raise_alarms
from qa.batch.runner import RunOptions, RunReport, run_intake
from qa.config import Settings
from qa.errors import ConfigError, IngestError, QAError
from qa.ingest.objects import Folder
from qa.ingest.rows import Issue
from qa.ingest.sources.configured import NamedSource, configured_sources
from qa.ingest.sources.folder import FolderSource
from qa.store import runs
from qa.store.metrics import Standing, read_standing
from qa.store.runs import RunState
from qa.store.store import Store

NIGHTLY = "nightly"
UNREADABLE = "source_unreadable"
"""Code of a source that could not be read at all; the night goes on without it."""


@dataclass(frozen=True, slots=True)
class NightReport:
    """What one night did.

    Attributes:
        standing: how all recordings stand after it; a night that was broken off may have failed
            on some of them.
        continues: number of the night before this one, where that was broken off.
        reports: the drafts that were made, or counted anew, of the days that are over.
        problems: what of making, alarms and delivery of reports failed, and why.
    """

    run: RunReport
    standing: Standing
    continues: int | None = None
    reports: tuple[Made, ...] = ()
    problems: tuple[str, ...] = ()


def night_sources(
    store: Store, settings: Settings, folders: Sequence[Folder] = ()
) -> tuple[NamedSource, ...]:
    """List what a night takes in: every source of the settings, then folders.

    Raises:
        ConfigError: a setting is wrong, a folder is none, or there is nothing to take in.
    """
    for folder in folders:
        if not folder.is_dir():
            raise ConfigError(f"no such folder: {folder}")
    given = tuple(NamedSource(str(f), FolderSource(f, store.zone), False) for f in folders)
    is_configured = any(s.folder is not None or s.cdr for s in settings.sources.values())
    if given and not is_configured:
        return given
    return (*configured_sources(settings), *given)


def run_night(
    store: Store,
    settings: Settings,
    sources: Sequence[NamedSource],
    *,
    options: RunOptions | None = None,
    listener: Listener = ignore,
) -> NightReport:
    """Do the whole night; running again finishes what is left, and repeats nothing.

    A source that cannot be read costs only itself: it is an issue of the report.

    Raises:
        ConfigError: the ruleset or the model is wrong; nothing was started.
        ConflictError: another run is working on the database, and went on as long as
            `options.wait_s`.
        EngineError: no worker process can start.
    """

    def take(heard: Listener) -> IntakeReport:
        return merge_reports([_taken(store, named, heard) for named in sources])

    options = replace(options or RunOptions(), kind=NIGHTLY)
    report = run_intake(store, settings, take, options=options, listener=listener)
    with store.reading() as session:
        before = runs.last_run(session, NIGHTLY, before=report.run_id)
        standing = read_standing(session)
    was_cut = before is not None and before.state is RunState.INTERRUPTED
    now = datetime.now(UTC)
    patience_s = settings.batch.patience_s
    made: list[Made] = []
    problems = []
    for what, act in (
        ("make", lambda: made.extend(make_due(store, settings, now))),
        ("alarm", lambda: raise_alarms(store, settings, now)),
        ("deliver", lambda: deliver_due(store, settings)),
    ):
        try:
            patiently(act, patience_s, listener)
        except QAError as error:  # one that fails keeps none of the others
            problems.append(f"{what}: {error}")
    cut = before.run_id if before and was_cut else None
    return NightReport(report, standing, cut, tuple(made), tuple(problems))


def _taken(store: Store, named: NamedSource, listener: Listener) -> IntakeReport:
    try:
        return take_in(store, named.source, listener=listener)
    except IngestError as error:
        issue = Issue(named.name, None, True, UNREADABLE, str(error))
        return IntakeReport(0, 0, 0, 0, 0, (), (), (issue,))
