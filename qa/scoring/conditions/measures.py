"""Conditions on how a call sounds and what the telephone system knows of it."""

from itertools import product
from statistics import median
from typing import Any

from qa.scoring.acoustics import characters, merged, silences, speech_of, spoken_ms
from qa.scoring.conditions import model
from qa.scoring.conditions.places import Field, role_of
from qa.scoring.conditions.result import UNKNOWN_ROLES, Result, located
from qa.types import Call, Role, Span

MIN_LOUD_MS = 500
"""Shorter utterances have no steady level."""


def silence(condition: model.Silence, field: Field) -> Result:
    """Find long silences."""
    spoken = speech_of(field.scene.transcript, None)
    gaps = [g for g in silences(spoken) if g.duration_ms > condition.silence * 1000]
    return located(field.in_time(g) for g in gaps if field.in_where(g, condition.where))


def overlap(condition: model.Overlap, field: Field) -> Result:
    """Find where both speak at once."""
    if not field.scene.roles_known:
        return UNKNOWN_ROLES
    agent = speech_of(field.scene.transcript, Role.AGENT)
    customer = speech_of(field.scene.transcript, Role.CUSTOMER)
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


def loud(condition: model.Loud, field: Field) -> Result:
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


def rate(condition: model.Rate, field: Field) -> Result:
    """Compare the speech rate of the whole call."""
    role = role_of(condition.by)
    if role is None or not field.scene.roles_known:
        return UNKNOWN_ROLES
    transcript = field.scene.transcript
    spoken = spoken_ms(merged(speech_of(transcript, role)))
    if not spoken:
        return Result(None, unknown="not_measured")
    rate = characters(transcript, role) * 60_000 / spoken
    below, above = condition.rate.get("below"), condition.rate.get("above")
    return Result((below is not None and rate < below) or (above is not None and rate > above))


def metadata(condition: model.Metadata, field: Field) -> Result:
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
