"""From a transcript and a ruleset to a scorecard: 100 points less what violations take off."""

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from qa.scoring.check import Scene
from qa.scoring.ruleset import Group, Rule, Ruleset
from qa.scoring.second_ear import second_ear
from qa.types import (
    NO_CONFIDENCE,
    Call,
    Grade,
    GroupScore,
    Hearing,
    KeyedAnswers,
    Notice,
    Outcome,
    Question,
    Scorecard,
    ScoreLine,
    Ticket,
    Transcript,
    Verdict,
)

FULL_POINTS = 100
_VIOLATED, _UNDECIDED = _FLAGS = Outcome.VIOLATED, Outcome.UNDECIDED
_ADDED_FIELDS = frozenset({"fee_unpaid", "keyed", "script"})

_log = logging.getLogger(__name__)


def score_call(transcript: Transcript, call: Call, ruleset: Ruleset) -> Scorecard:
    """Judge one call by every rule of a ruleset, in its order.

    A check that breaks makes its line UNDECIDED with the reason `check_failed`; it never stops the
    others, and callers find it by that reason.

    Returns:
        The scorecard; the same input always gives the same scorecard.
    """
    scene = Scene(transcript, call)
    basis = Basis(
        call.call_id,
        transcript_key(transcript),
        context_revision(call),
        hearings_revision(transcript.hearings),
    )
    lines = tuple([line_of(rule, judge_rule(rule, scene)) for rule in ruleset.rules])
    return scorecard_of(basis, ruleset, lines)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a scorecard follows from besides the rules; attributes as those of `Scorecard`."""

    call_id: str
    transcript_key: str
    context: str
    hearings: str


def scorecard_of(basis: Basis, ruleset: Ruleset, lines: tuple[ScoreLine, ...]) -> Scorecard:
    """Add the lines of a ruleset's rules, in its order, up to a scorecard."""
    critical_failure = any(line.critical and line.verdict.outcome is _VIOLATED for line in lines)
    remaining = max(0, FULL_POINTS - sum([line.points for line in lines]))
    return Scorecard(
        call_id=basis.call_id,
        transcript_key=basis.transcript_key,
        context=basis.context,
        ruleset_id=ruleset.ruleset_id,
        ruleset_hash=ruleset.hash,
        total=0 if critical_failure else remaining,
        critical_failure=critical_failure,
        groups=_groups(ruleset.groups, lines),
        lines=lines,
        hearings=basis.hearings,
    )


def judge_rule(rule: Rule, scene: Scene) -> Verdict:
    """Run one rule's check behind the fence: a check that breaks is undecided, never guilty.

    What the check asked of the sound without an answer comes with its verdict.
    """
    scene.asked.clear()
    try:
        verdict = _judged(rule, scene)
        if verdict.outcome is _VIOLATED and rule.grade is Grade.FINE and rule.check.by_words:
            verdict = second_ear(verdict, scene, lambda read: _judged(rule, read))
        if scene.asked:
            verdict = replace(verdict, questions=tuple(dict.fromkeys(scene.asked)))
        return verdict
    except Exception as error:  # the fence around one check (style guide, section 7)
        # Only the class and the place: an error's text may hold words of the conversation.
        frame = error.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "?"
        _log.error("rule %s failed inside its check: %s at %s", rule.rule_id, _name(error), place)
        return Verdict(Outcome.UNDECIDED, "check_failed", (("error", _name(error)),))


def _judged(rule: Rule, scene: Scene) -> Verdict:
    return _within_the_words(rule, scene, _in_every_reading(rule, scene))


def _in_every_reading(rule: Rule, scene: Scene) -> Verdict:
    """Run a check; where a little of the call is nobody's, its verdict must not hang on whose."""
    if scene.readings is None:
        return rule.check.run(scene)
    verdict, other = [rule.check.run(reading) for reading in scene.readings]
    if verdict.outcome is other.outcome:
        return verdict
    for one in (verdict, other):
        if one.outcome is Outcome.UNDECIDED:
            return one
    return Verdict(Outcome.UNDECIDED, "role_unknown")


def _within_the_words(rule: Rule, scene: Scene, verdict: Verdict) -> Verdict:
    """Let nobody be convicted by words of which the recogniser does not say how sure it is."""
    if verdict.outcome is not _VIOLATED or not rule.check.by_words:
        return verdict
    if NO_CONFIDENCE not in scene.transcript.notes:
        return verdict
    return replace(verdict, outcome=_UNDECIDED, reason="words_unsure")


def _name(error: Exception) -> str:
    return type(error).__name__


def line_of(rule: Rule, verdict: Verdict) -> ScoreLine:
    """Lay a rule's verdict out as a line, with the points that it takes off."""
    costs = verdict.outcome is _VIOLATED and rule.grade is not Grade.HINT
    return ScoreLine(
        rule_id=rule.rule_id,
        title=rule.title,
        group=rule.group,
        grade=rule.grade,
        critical=rule.critical,
        verdict=verdict,
        points=rule.points if costs else 0,
        title_en=rule.title_en,
    )


def _groups(groups: Sequence[Group], lines: Sequence[ScoreLine]) -> tuple[GroupScore, ...]:
    """Add up what each group took off, and count what a person should look at."""
    sums = {group.name: [0, 0, 0] for group in groups}
    for line in lines:
        outcome = line.verdict.outcome
        if line.points or outcome in _FLAGS:
            own = sums[line.group]
            own[0] += line.points
            own[1] += outcome is _VIOLATED
            own[2] += outcome is _UNDECIDED
    scores = []
    for group in groups:
        deducted, violated, undecided = sums[group.name]
        score = (deducted, violated, undecided, group.title_en)
        scores.append(GroupScore(group.name, group.title, *score))
    return tuple(scores)


def open_questions(card: Scorecard) -> tuple[Question, ...]:
    """List what a scorecard's verdicts still ask of the sound, each question once, in order."""
    return tuple(dict.fromkeys(q for line in card.lines for q in line.verdict.questions))


def transcript_key(transcript: Transcript) -> str:
    """Name a transcript: recording id and engine fingerprint."""
    return f"{transcript.recording_id}:{transcript.engine}"


def hearings_revision(hearings: Sequence[Hearing]) -> str:
    """Hash what the sound has answered, in whatever order it did.

    Returns:
        SHA-256 in hexadecimal; empty where it was never asked.
    """
    if not hearings:
        return ""
    answers = sorted(
        f"{h.channel} {h.span.start_ms} {h.span.end_ms} {h.text} {h.margin:.3f} {h.tokens}"
        + (f" {h.by}" if h.by else "")
        for h in hearings
    )
    return hashlib.sha256("\n".join(answers).encode()).hexdigest()


def context_revision(call: Call) -> str:
    """Hash what the systems say of a call: metadata, ticket, and the notices that touch its day.

    Notices whose window does not hold the call's day are left out, so that entering a notice
    re-scores its own days only; without a date every notice counts.

    Returns:
        SHA-256 in hexadecimal; equal for equal context, whatever the order of the notices.
    """
    day = call.started_at.date() if call.started_at else None
    notices = sorted(
        {n for n in call.notices if day is None or n.first_day <= day <= n.last_day},
        key=lambda n: (n.first_day, n.last_day, n.festival, n.script or ""),
    )
    content = _plain(call) | {"notices": notices}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: Any) -> Any:
    # dataclasses.asdict copies everything deeply: five times as slow, for each of a million calls
    if isinstance(value, Call | Ticket | Notice | KeyedAnswers):
        # Where a field of a later version is empty, the revision stays what it was before.
        plain = {name: getattr(value, name) for name in value.__slots__}
        return {k: v for k, v in plain.items() if v is not None or k not in _ADDED_FIELDS}
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"no canonical form for {type(value).__name__}")
