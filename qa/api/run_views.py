"""Runs as their page shows them: how far, how fast, how long still; what they did, what failed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from qa.api.words import WORDS, word
from qa.errors import RecordingFault
from qa.store.runs import OPEN_STATES, Run, RunProgress, RunState
from qa.wording import fault_text

SILENT = timedelta(minutes=10)
"""A run that has told nothing for so long is shown with the time of its last sign."""
_REASONS = ("failed", "rejected", "broken_checks")
_COUNTS = ("files", "new_calls", "changed_calls", "violated", "undecided", "drawn", "closed")


@dataclass(frozen=True, slots=True)
class Pace:
    """How far the present stage of a run is.

    Attributes:
        share: how much of the stage is done, 0–1, by size where size counts; None where unknown.
        per_minute: pieces done in a minute, so far.
        left_s: seconds that the stage will still take at this rate.
    """

    share: float | None
    per_minute: float | None
    left_s: int | None


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run as a row.

    Attributes:
        took_s: seconds, of a run that is over; None where nobody knows.
        rate: audio hours transcribed in an hour; None where nothing was.
        counts: what else it did, as words and numbers.
        silent_min: minutes since the last sign of a run that is said to be going on, where these
            are many: whoever did it may be gone.
        reasons: of each kind of trouble, what it was and how often, the most frequent first.
    """

    run: Run
    kind: str
    state: str
    is_open: bool
    pace: Pace
    took_s: int | None
    rate: float | None
    silent_min: int | None
    counts: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]


def pace_of(run: Run) -> Pace:
    """Work out rate and time left from what was written last."""
    now_at = run.progress
    if now_at.total_bytes:
        share: float | None = now_at.done_bytes / now_at.total_bytes
    else:
        share = now_at.done / now_at.total if now_at.total else None
    share = min(1.0, share) if share is not None else None
    if run.state is RunState.DONE:  # also where there was nothing to do
        share = 1.0
    worked_s = _worked_s(run, now_at)
    is_going = run.state is RunState.RUNNING and worked_s > 0
    return Pace(
        share=share,
        per_minute=round(now_at.done * 60 / worked_s, 1) if is_going else None,
        left_s=round(worked_s * (1 - share) / share) if is_going and share else None,
    )


def _worked_s(run: Run, progress: RunProgress) -> float:
    began: datetime | None = progress.stage_started_at
    if began is None or run.updated_at is None:
        return 0.0
    return max(0.0, (run.updated_at - began).total_seconds())


def run_line(run: Run, lang: str, now: datetime) -> RunLine:
    """Lay out a run for its page."""
    took = (run.finished_at - run.started_at).total_seconds() if run.finished_at else None
    result = run.result or {}
    rate = result.get("audio_hours_per_hour")
    if rate is None and run.audio_ms and took:
        rate = run.audio_ms / 1000 / took
    return RunLine(
        run=run,
        kind=_named("teams_kind_", run.kind, lang),
        state=_named("teams_state_", run.state.value, lang),
        is_open=run.state in OPEN_STATES,
        pace=pace_of(run),
        took_s=None if took is None else round(took),
        rate=rate if isinstance(rate, int | float) else None,
        silent_min=_silent_min(run, now),
        counts=tuple(_counts(result, lang)),
        reasons=tuple(_reasons(result, lang)),
    )


def _silent_min(run: Run, now: datetime) -> int | None:
    if run.state is not RunState.RUNNING or run.updated_at is None:
        return None
    silent = now - run.updated_at
    return int(silent.total_seconds() // 60) if silent > SILENT else None


def _counts(result: Mapping[str, object], lang: str) -> Iterator[tuple[str, int]]:
    for key in _COUNTS:
        found = result.get(key)
        if isinstance(found, int) and found:
            yield word(f"runs_count_{key}", lang), found


def _reasons(
    result: Mapping[str, object], lang: str
) -> Iterator[tuple[str, tuple[tuple[str, int], ...]]]:
    for key in _REASONS:
        found = result.get(key)
        if not isinstance(found, dict) or not found:
            continue
        counted = sorted(found.items(), key=lambda one: (-int(one[1]), str(one[0])))
        named = tuple((_reason(str(code), lang), int(count)) for code, count in counted)
        yield word(f"runs_trouble_{key}", lang), named


def _reason(code: str, lang: str) -> str:
    """Say a reason in words; what has none is its own code, which the manual explains."""
    if code in set(RecordingFault):
        return fault_text(RecordingFault(code), lang)
    return _named("runs_why_", code, lang)


def _named(prefix: str, code: str, lang: str) -> str:
    return word(prefix + code, lang) if prefix + code in WORDS else code


def clock(seconds: float) -> str:
    """Write a length of time as hours, minutes and seconds: `1:02:03`."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
