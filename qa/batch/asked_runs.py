"""Runs that somebody asked for on the page or through the API."""

import logging
import tempfile
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from qa.batch.jobs import WorkerFactory
from qa.batch.rescoring import RescoreOptions, rescore
from qa.batch.runner import RunOptions, run_folder, score_all_pending
from qa.batch.runs import recorded_run
from qa.batch.what_if import Trial, WhatIfOptions, try_ruleset
from qa.codec import to_plain
from qa.config import Settings
from qa.errors import ConflictError, QAError
from qa.ingest.objects import folder_at
from qa.reports.what_if import CallDiff, WhatIf
from qa.store import runs
from qa.store.runs import Run, RunState
from qa.store.store import Store

_log = logging.getLogger("qa.uploads")


class AskedKind(StrEnum):
    """What a run that is asked for does."""

    RUN = "run"
    """Take in the inbox, transcribe what is new, judge what is pending."""
    SCORE = "score"
    """Judge what is pending; no audio is opened."""
    RESCORE = "rescore"
    """Judge every call again by the rulesets in force, and publish."""
    WHAT_IF = "what_if"
    """Say what a draft ruleset would change, and change nothing."""


@dataclass(frozen=True, slots=True)
class WorkOptions:
    """How recordings are heard.

    Attributes:
        factory: makes what transcribes, inside the worker process; None is the real one.
        engine: fingerprint of what it hears with; None asks the pipeline.
    """

    factory: WorkerFactory | None = None
    engine: str | None = None


def do_run(store: Store, settings: Settings, run: Run, options: WorkOptions) -> None:
    """Do a run that waits; what goes wrong with it is written down with it.

    Raises:
        ConflictError: another run holds the lock; this one still waits.
    """
    try:
        if run.kind == AskedKind.RUN:
            _take_in(store, settings, run, options)
        elif run.kind == AskedKind.SCORE:
            score_all_pending(store, settings, run_id=run.run_id)
        elif run.kind == AskedKind.RESCORE:
            since = _moment(run.parameters.get("since"))
            rescore(store, settings, RescoreOptions(since=since, run_id=run.run_id))
        else:
            _what_if(store, settings, run)
    except ConflictError:
        if _state(store, run) is RunState.WAITING:
            raise
    except QAError as error:
        _fail(store, run, str(error))
    except Exception as error:  # the fence around one run: the next one may be fine
        frames = "".join(traceback.format_tb(error.__traceback__))
        _log.error("run %d: %s\n%s", run.run_id, type(error).__name__, frames)
        _fail(store, run, type(error).__name__)


def what_if_result(trial: Trial) -> Mapping[str, Any]:
    """Turn a comparison into what JSON holds; the calls are those that change most."""
    result = trial.result
    summary = {
        "ruleset_id": trial.draft.ruleset_id,
        "version": trial.draft.version,
        "ruleset_hash": trial.draft.hash,
        "calls": result.calls,
        "changed": result.changed,
        "without_card": result.without_card,
        "outdated": result.outdated,
        "open_calls": result.open_calls,
        "open_questions": result.open_questions,
        "before": result.before,
        "after": result.after,
        "rules": _rules(result),
        "agents": [
            {
                "agent_id": agent_id,
                "calls": tally.calls,
                "before": tally.before,
                "after": tally.after,
            }
            for agent_id, tally in sorted(result.agents.items())
            if tally.before != tally.after
        ],
        "calls_that_change_most": [_call(diff) for diff in result.biggest_calls()],
        "broken_checks": dict(result.broken),
    }
    plain: Mapping[str, Any] = to_plain(summary)
    return plain


def _rules(result: WhatIf) -> list[dict[str, Any]]:
    return [
        {
            "rule_id": rule_id,
            "title": tally.title,
            "title_en": tally.title_en,
            "grade": tally.grade,
            "before": dict(tally.before),
            "after": dict(tally.after),
            "points": list(tally.points),
            "fines": list(tally.fines),
            "changed": tally.changed,
        }
        for rule_id, tally in result.changed_rules()
    ]


def _call(diff: CallDiff) -> dict[str, Any]:
    return {
        "call_id": diff.call_id,
        "agent_id": diff.agent_id,
        "before": diff.before,
        "after": diff.after,
        "rules": [
            {
                "rule_id": line.rule_id,
                "before": line.before.outcome,
                "after": line.after.outcome,
            }
            for line in diff.lines
        ],
    }


def _take_in(store: Store, settings: Settings, run: Run, options: WorkOptions) -> None:
    folder = settings.serve.inbox
    if folder is None:
        _fail(store, run, "serve.inbox names no folder")
        return
    how = RunOptions(factory=options.factory, engine=options.engine, run_id=run.run_id)
    run_folder(store, settings, folder_at(folder, settings.s3), options=how)


def _what_if(store: Store, settings: Settings, run: Run) -> None:
    """Compare under the run lock, so that what is published stays as it is meanwhile."""
    since = _moment(run.parameters.get("since"))
    with (
        tempfile.TemporaryDirectory(prefix="qa-draft-") as folder,
        store.run_lock(),
        recorded_run(store, run.kind, run_id=run.run_id) as recorded,
    ):
        draft = Path(folder) / "draft.yaml"
        draft.write_text(str(run.parameters.get("text", "")), encoding="utf-8")
        options = WhatIfOptions(str(draft), since)
        trial = try_ruleset(store, settings, options, listener=recorded.listener)
    with store.writing() as session:
        now, result = datetime.now(UTC), what_if_result(trial)
        runs.end_run(session, run.run_id, RunState.DONE, now, result=result)


def _state(store: Store, run: Run) -> RunState:
    with store.reading() as session:
        return runs.get_run(session, run.run_id).state


def _fail(store: Store, run: Run, fault: str) -> None:
    with store.writing() as session:
        runs.end_run(session, run.run_id, RunState.FAILED, datetime.now(UTC), fault=fault)


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None
