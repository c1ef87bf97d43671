"""An archive of a million judged calls, for measuring the service: few are judged, then varied.

Some hundred calls of `archive.py` are taken in and judged by the very code of `qa rescore`. All
others are copies of their rows under ids, times, agents, tickets and recordings of their own, as
many rows and bytes as real ones would have. The first calls have recordings that can be heard.
"""

import hashlib
import random
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy
from sqlalchemy import Connection, func, insert, select, text

from benchlib.archive import archived_calls, transcript_of
from qa.batch.rescoring import RescoreOptions, rescore
from qa.codec import encode
from qa.config import Settings
from qa.store.scorecards import count_since
from qa.store.store import Store
from qa.store.tables import (
    AgentRow,
    CallRow,
    FileRow,
    PromiseRow,
    RecordingRow,
    ScorecardRow,
    Table,
    TicketRow,
    TranscriptRow,
    UtcDateTime,
    VerdictRow,
)
from qa.store.tables_review import CallStatusRow

SEEDS = 400
HEARD = 200
"""Calls whose recording lies on disk."""
AGENTS, TEAMS = 300, 12
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
SPAN_S = 700 * 86_400
BATCH = 20_000


def build(
    store: Store,
    settings: Settings,
    calls: int,
    tell: Callable[[str], None],
    *,
    seeds: int = SEEDS,
) -> float:
    """Make the archive, unless it stands there; return the seconds it took.

    Args:
        calls: from `seeds` on.
        seeds: calls that are really judged.
    """
    started = time.perf_counter()
    with store.reading() as session:
        known = count_since(session, None)
    if known >= calls:
        return 0.0
    if known == 0:
        _judge_seeds(store, settings, seeds)
        tell(f"{seeds} calls judged")
        known = seeds
    judged, number = _load_seeds(store, seeds)
    for first in range(known, calls, BATCH):
        last = min(calls, first + BATCH)
        copies = [_copy(judged[k % len(judged)], k, number + k) for k in range(first, last)]
        with store.writing() as session:
            _multiply(session.connection(), copies)
        tell(f"{last:,} calls, {time.perf_counter() - started:.0f} s")
    _finish(store)
    return time.perf_counter() - started


def _judge_seeds(store: Store, settings: Settings, count: int) -> None:
    now = datetime.now(UTC)
    folder = settings.data_dir.absolute() / "recordings"
    made = list(archived_calls(0, count))
    files = [_record(folder / f"{k:04}.wav", k) for k in range(min(HEARD, count))]
    chance = random.Random(1)
    with store.writing() as session:
        agents = [
            {"agent_id": str(101 + k), "name": f"坐席{101 + k}", "team": f"班组{k % TEAMS + 1}"}
            for k in range(AGENTS)
        ]
        session.execute(insert(AgentRow), agents)
        for k, call in enumerate(made):
            recording = {
                "recording_id": files[k][0] if k < len(files) else call.recording_id,
                "size_bytes": files[k][1] if k < len(files) else call.duration_ms * 16,
                "first_seen_at": now,
                "duration_ms": call.duration_ms,
                "channel_count": 2,
            }
            session.execute(insert(RecordingRow), [recording])
            session.execute(insert(TicketRow), [call.ticket])
            row = {**call.call, "recording_id": recording["recording_id"]}
            row["started_at"] = _started(k)
            row["agent_id"] = _agent(chance)
            session.execute(insert(CallRow), [row])
            transcript = {
                "transcript_key": f"{recording['recording_id']}:bench",
                "recording_id": recording["recording_id"],
                "engine": "bench",
                "created_at": now,
                "is_current": True,
                "blob": encode(replace(transcript_of(k), recording_id=recording["recording_id"])),
            }
            session.execute(insert(TranscriptRow), [transcript])
        for k, (recording_id, size, mtime_ns) in enumerate(files):
            path = folder / f"{k:04}.wav"
            values = (str(path), str(folder), recording_id, size, mtime_ns)
            names = ("path", "root", "recording_id", "size_bytes", "mtime_ns")
            session.execute(insert(FileRow), [dict(zip(names, values, strict=True))])
    rescore(store, settings, RescoreOptions(ruleset="heating-repair", full=True))


def _record(path: Path, number: int) -> tuple[str, int, int]:
    """Write two minutes of stereo noise at 8 kHz; say its hash, size and time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(number).normal(0, 900, (120 * 8_000, 2)).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(8_000)
        out.writeframes(noise.tobytes())
    stat = path.stat()
    return hashlib.sha256(path.read_bytes()).hexdigest(), stat.st_size, stat.st_mtime_ns


def _started(number: int) -> datetime:
    return FIRST + timedelta(seconds=number * 7_919 % SPAN_S)


def _agent(chance: random.Random) -> str:
    """Draw an agent; some take three times as many calls as others."""
    return str(101 + min(AGENTS - 1, int(chance.triangular(0, AGENTS, AGENTS / 3))))


def _load_seeds(store: Store, count: int) -> tuple[list[dict[str, Any]], int]:
    """Read the keys of the judged calls' rows, and the highest number of a scorecard."""
    with store.reading() as session:
        rows = session.execute(
            select(
                CallRow.call_id.label("seed_call"),
                CallRow.recording_id.label("seed_recording"),
                CallRow.ticket_id.label("seed_ticket"),
                ScorecardRow.transcript_key.label("seed_transcript"),
                ScorecardRow.scorecard_id.label("seed_card"),
            )
            .join(ScorecardRow, ScorecardRow.call_id == CallRow.call_id)
            .where(ScorecardRow.is_current)
            .order_by(CallRow.call_id)
            .limit(count)
        )
        seeds = [dict(row) for row in rows.mappings()]
        number = session.execute(select(func.max(ScorecardRow.scorecard_id))).scalar() or 0
    return seeds, number


def _copy(seed: dict[str, Any], number: int, scorecard_id: int) -> dict[str, Any]:
    """Give a copy of a judged call ids of its own."""
    agent = _agent(random.Random(number))
    started = _started(number)
    recording = hashlib.sha256(f"varied {number}".encode()).hexdigest()
    return {
        **seed,
        "call_id": f"bench-{number:08}",
        "ticket_id": f"ticket-{number:08}",
        "recording_id": recording,
        "transcript_key": f"{recording}:bench",
        "scorecard_id": scorecard_id,
        "started_at": started,
        "sorted_at": started,
        "agent_id": agent,
        "team": f"班组{(int(agent) - 101) % TEAMS + 1}",
    }


_COPIES = sqlalchemy.Table(
    "bench_copies",
    sqlalchemy.MetaData(),
    *(
        sqlalchemy.Column(name, sqlalchemy.Text)
        for name in (
            *("seed_call", "seed_recording", "seed_ticket", "seed_transcript"),
            *("call_id", "ticket_id", "recording_id", "transcript_key", "agent_id", "team"),
        )
    ),
    sqlalchemy.Column("seed_card", sqlalchemy.BigInteger),
    sqlalchemy.Column("scorecard_id", sqlalchemy.BigInteger),
    sqlalchemy.Column("started_at", UtcDateTime),
    sqlalchemy.Column("sorted_at", UtcDateTime),
    prefixes=["TEMPORARY"],
)
_JOINED: tuple[tuple[type[Table], str, str], ...] = (
    (RecordingRow, "recording_id", "seed_recording"),
    (TicketRow, "ticket_id", "seed_ticket"),
    (CallRow, "call_id", "seed_call"),
    (TranscriptRow, "transcript_key", "seed_transcript"),
    (ScorecardRow, "scorecard_id", "seed_card"),
    (VerdictRow, "scorecard_id", "seed_card"),
    (PromiseRow, "scorecard_id", "seed_card"),
    (CallStatusRow, "call_id", "seed_call"),
)
"""Tables in the order of their links, and what joins their rows to the copies."""


def _multiply(connection: Connection, copies: list[dict[str, Any]]) -> None:
    """Copy the rows of the judged calls inside the database."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-1500000")
    _COPIES.create(connection)
    connection.execute(insert(_COPIES), copies)
    for model, key, seed in _JOINED:
        table = model.__table__
        chosen = [_COPIES.c.get(c.name, c) for c in table.columns]
        rows = select(*chosen).join_from(_COPIES, table, table.c[key] == _COPIES.c[seed])
        names = [column.name for column in table.columns]
        connection.execute(insert(table).from_select(names, rows, include_defaults=False))
    _COPIES.drop(connection)


def _finish(store: Store) -> None:
    """Let the database know what it holds, as PostgreSQL does by itself after a while."""
    with store.writing() as session:
        if session.connection().dialect.name == "postgresql":
            session.execute(
                text(
                    "SELECT setval(pg_get_serial_sequence('scorecards', 'scorecard_id'), "
                    "(SELECT max(scorecard_id) FROM scorecards))"
                )
            )
            session.execute(text("ANALYZE"))


def sample_calls(store: Store, count: int) -> Iterator[str]:
    """Yield ids of calls from all over the archive, the same each time."""
    with store.reading() as session:
        total = count_since(session, None)
    chance = random.Random(5)
    for _ in range(count):
        yield f"bench-{chance.randrange(total):08}"
