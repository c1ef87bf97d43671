"""Conditions on how a call sounds and what the telephone system knows of it."""

from itertools import product
from statistics import median
from typing import Any

from qa.scoring.acoustics import speech_of
from qa.scoring.conditions import leaves
from qa.scoring.conditions.places import Field, role_of
from qa.scoring.conditions.result import UNKNOWN_ROLES, Result, located
from qa.text import fold
from qa.turns import characters, merged, silences, spoken_ms
from qa.types import Call, Role, Span

MIN_LOUD_MS = 500
"""Shorter utterances have no steady level."""


def silence(condition: leaves.Silence, field: Field) -> Result:
    """Find long silences."""
    sided = (condition.after, condition.before) != ("anyone", "anyone")
    if sided and not field.scene.roles_known:
        return UNKNOWN_ROLES
    gaps = [
        gap
        for gap in silences(speech_of(field.scene, None))
        if gap.duration_ms > condition.silence * 1000
        and (condition.after == "anyone" or _speaks_at(field, condition.after, gap.start_ms))
        and (condition.before == "anyone" or _speaks_at(field, condition.before, gap.end_ms))
    ]
    return located(field.in_time(g) for g in gaps if field.in_where(g, condition.where))


def _speaks_at(field: Field, by: str, edge_ms: int) -> bool:
    """Whether one side's speech begins or ends at the edge of a silence."""
    spoken = speech_of(field.scene, role_of(by))
    return any(edge_ms in (span.start_ms, span.end_ms) for span in spoken)


def overlap(condition: leaves.Overlap, field: Field) -> Result:
    """Find where both speak at once."""
    if not field.scene.roles_known:
        return UNKNOWN_ROLES
    agent = speech_of(field.scene, Role.AGENT)
    customer = speech_of(field.scene, Role.CUSTOMER)
    places = []
    for one, other in product(agent, customer):
        start, end = max(one.start_ms, other.start_ms), min(one.end_ms, other.end_ms)
        starter = "agent" if one.start_ms > other.start_ms else "customer"
        if end - start <= condition.overlap * 1000:
            continue
        if condition.started_by in ("anyone", starter):
            span = Span(start, end)
            if field.in_where(span, condition.where):
                places.append(field.in_time(span))
    return located(places)


def loud(condition: leaves.Loud, field: Field) -> Result:
    """Find utterances far above the usual level."""
    if not field.knows(condition.by):
        return UNKNOWN_ROLES
    role = role_of(condition.by)
    own = [
        (u.span, u.level_dbfs)
        for u in field.scene.transcript.utterances
        if u.role is role and u.level_dbfs is not None and u.span.duration_ms >= MIN_LOUD_MS
    ]
    if not own:
        return Result(None, unknown="not_measured")
    usual = median(level for _, level in own)
    loud = [span for span, level in own if level > usual + condition.loud]
    return located(field.in_time(s) for s in loud if field.in_where(s, condition.where))


def rate(condition: leaves.Rate, field: Field) -> Result:
    """Compare the speech rate of the whole call, or of each utterance."""
    role = role_of(condition.by)
    if role is None or not field.scene.roles_known:
        return UNKNOWN_ROLES
    transcript = field.scene.transcript
    if condition.per == "utterance":
        outside = [
            u.span
            for u in transcript.utterances
            if u.role is role
            and len(fold(u.text).text) >= condition.min_chars
            and _is_outside(condition, len(fold(u.text).text), u.span.duration_ms)
        ]
        return located(field.in_time(span) for span in outside)
    spoken = spoken_ms(merged(speech_of(field.scene, role)))
    if not spoken:
        return Result(None, unknown="not_measured")
    return Result(_is_outside(condition, characters(transcript, role), spoken))


def _is_outside(condition: leaves.Rate, chars: int, spoken_ms: int) -> bool:
    value = chars * 60_000 / max(1, spoken_ms)
    below, above = condition.rate.get("below"), condition.rate.get("above")
    return (below is not None and value < below) or (above is not None and value > above)


def metadata(condition: leaves.Metadata, field: Field) -> Result:
    """Compare what the systems know."""
    value = _value(condition.metadata, field)
    if condition.known is not None:
        return Result((value is not None) == condition.known)
    if value is None:
        return Result(None, unknown="condition_metadata_missing")
    holds = True
    if condition.is_ is not None:
        allowed = condition.is_ if isinstance(condition.is_, list) else [condition.is_]
        holds = any(str(value) == str(one) for one in allowed)
    if condition.at_least is not None or condition.at_most is not None:
        try:
            number = float(value)
        except (TypeError, ValueError):
            return Result(None, unknown="condition_metadata_missing")
        holds = holds and (condition.at_least is None or number >= condition.at_least)
        holds = holds and (condition.at_most is None or number <= condition.at_most)
    return Result(holds)


def _value(name: str, field: Field) -> Any:
    call: Call = field.scene.call
    if name == "duration_s":
        return field.scene.transcript.duration_ms / 1000
    if name in ("hour", "weekday"):
        start = call.started_at
        return None if start is None else (start.hour if name == "hour" else start.isoweekday())
    if name == "station":
        return call.ticket.station if call.ticket else None
    return getattr(call, name)
