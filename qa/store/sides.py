"""How much speech the channels of a recording hold, kept beside the transcripts."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.codec import decode
from qa.store.convert import CHUNK
from qa.store.tables import TranscriptRow
from qa.store.tables_ingest import RecordingSidesRow
from qa.store.upsert import upsert
from qa.types import Transcript

AUDIBLE_MS = 5000
"""Somebody speaks: less than this on the louder channel tells nothing of the other one."""


def keep_sides(session: Session) -> int:
    """Open some transcripts that have not been looked at, and keep what their channels hold.

    Call it in transactions of its own until nothing is left: the first time it has the whole
    archive to do, and others want to write meanwhile.

    Returns:
        How many were opened; 0 when none is left.
    """
    seen = select(RecordingSidesRow.transcript_key)
    wanted = (
        select(TranscriptRow.transcript_key, TranscriptRow.blob)
        .where(TranscriptRow.is_current.is_(True), TranscriptRow.transcript_key.not_in(seen))
        .limit(CHUNK)
    )
    rows = [_sides(key, blob) for key, blob in session.execute(wanted)]
    upsert(session, RecordingSidesRow, rows)
    return len(rows)


def is_one_sided(sides: RecordingSidesRow, silent_ms: int) -> bool:
    """Whether one of two channels holds next to nothing while the other is spoken on.

    A mono recording never is: there the two sides cannot be told apart by level.
    """
    audible = sides.loudest_ms >= max(AUDIBLE_MS, silent_ms)
    return sides.channels == 2 and sides.quietest_ms < silent_ms and audible


def _sides(key: str, blob: bytes) -> dict[str, object]:
    transcript = decode(Transcript, blob)
    speech = [measures.speech_ms for measures in transcript.channels]
    if len(speech) < transcript.channel_count:
        by_channel = dict.fromkeys(range(transcript.channel_count), 0)
        for utterance in transcript.utterances:
            by_channel[utterance.channel] = (
                by_channel.get(utterance.channel, 0) + utterance.span.duration_ms
            )
        speech = list(by_channel.values())
    return {
        "transcript_key": key,
        "channels": transcript.channel_count,
        "quietest_ms": min(speech, default=0),
        "loudest_ms": max(speech, default=0),
    }
