"""What the sound answered, kept beside the transcripts: only ever added to, never overwritten."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from qa.codec import decode, encode
from qa.scoring.scorecard import hearings_revision
from qa.store.convert import chunks
from qa.store.tables import HearingsRow, TranscriptRow
from qa.types import Hearing, Span, Transcript

_MARGIN_DIGITS = 3
"""As many digits of a margin as its revision counts; more would be noise of the engine."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered at one time; the form in which it is stored."""

    hearings: tuple[Hearing, ...]


def put_hearings(
    session: Session, transcript_key: str, hearings: Sequence[Hearing], now: datetime
) -> int:
    """Add answers to a transcript that is stored; what was answered before stays as it is.

    Returns:
        How many were new.
    """
    if not hearings:
        return 0
    known = load_hearings(session, [transcript_key]).get(transcript_key, ())
    places = {_place(hearing) for hearing in known}
    fresh = []
    for hearing in hearings:
        if _place(hearing) not in places:
            places.add(_place(hearing))
            fresh.append(replace(hearing, margin=round(hearing.margin, _MARGIN_DIGITS)))
    if not fresh:
        return 0
    revision = hearings_revision((*known, *fresh))
    session.add(
        HearingsRow(
            transcript_key=transcript_key,
            revision=revision,
            created_at=now,
            blob=encode(Answers(tuple(fresh))),
        )
    )
    session.execute(
        update(TranscriptRow)
        .where(TranscriptRow.transcript_key == transcript_key)
        .values(hearings=revision)
    )
    return len(fresh)


def load_hearings(
    session: Session, transcript_keys: Iterable[str]
) -> dict[str, tuple[Hearing, ...]]:
    """Load all answers, in the order in which they came, by transcript key."""
    found: dict[str, list[Hearing]] = defaultdict(list)
    for keys in chunks(transcript_keys):
        for key, blob in session.execute(_wanted(), {"keys": keys}):
            found[key].extend(decode(Answers, blob).hearings)
    return {key: tuple(hearings) for key, hearings in found.items()}


@cache
def _wanted() -> Select[*tuple[Any, ...]]:
    hearings = HearingsRow.__table__.c
    return (
        select(hearings.transcript_key, hearings.blob)
        .where(hearings.transcript_key.in_(bindparam("keys", expanding=True)))
        .order_by(hearings.hearings_id)
    )


def with_hearings(session: Session, transcript: Transcript) -> Transcript:
    """Return the transcript with all that the sound has answered of it."""
    key = f"{transcript.recording_id}:{transcript.engine}"
    hearings = load_hearings(session, [key]).get(key)
    return replace(transcript, hearings=hearings) if hearings else transcript


def _place(hearing: Hearing) -> tuple[int, Span, str, str]:
    return hearing.channel, hearing.span, hearing.text, hearing.by
