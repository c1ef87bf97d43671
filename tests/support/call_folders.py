"""Folders of talking files (see `talking_files`) and what stands in a database, for tests."""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy

from qa.config import Settings
from qa.scoring.dialogue import parse_dialogue
from qa.store.ledger import pending_recordings, put_transcripts
from qa.store.store import Store
from qa.store.tables import Table

GOOD = """坐席: 您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？
客户: 我家暖气不热，第{number}次报修了。
坐席: 好的，维修人员会尽快跟您联系，感谢您的来电，再见。
"""
MIDDAY = f"Etc/GMT{(datetime.now(UTC).hour + 1) % 24 - 11:+d}"
"""A time zone in which these tests began at about ten in the morning.

For nights that are compared: neither a day nor the hour of reports begins between them, whenever
the tests run.
"""
RULESET = Path(__file__).parents[1] / "fixtures" / "rulesets" / "small.yaml"
HEADER = "file,call_id,started_at,agent_id,direction,ring_count,released_by,ticket_id"


def settled(path: Path, content: str | bytes, *, age_s: float = 100) -> Path:
    """Write a file that is not fresh, so that ingest does not wait whether it grows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    then = time.time() - age_s
    os.utime(path, (then, then))
    return path


def make_folder(folder: Path, count: int = 3, *, order: str = "") -> Path:
    """A folder of good calls with metadata: call `A<n>` is `day/<n>.wav`."""
    lines = [HEADER]
    for number in range(count):
        text = GOOD.format(number=number)
        settled(folder / "day" / f"{number}.wav", f"{order}\n{text}" if order else text)
        lines.append(
            f"day/{number}.wav,A{number},2025-11-18 09:{number % 60:02d}:30,108,inbound,2,"
            f"customer,T{number}"
        )
    settled(folder / "calls.csv", "\n".join(lines) + "\n")
    return folder


def settings_for(tmp_path: Path, workers: int = 2) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        batch={"workers": workers},  # type: ignore[arg-type]
        scoring={"ruleset": str(RULESET)},  # type: ignore[arg-type]
    )


def open_store(settings: Settings) -> Store:
    return Store.open(settings.database_url, timezone=settings.timezone)


def snapshot(
    store: Store, *, without: tuple[str, ...] = ("runs", "run_tasks")
) -> dict[str, list[Any]]:
    """Every row of every table, times of writing left out."""
    times = {
        "first_seen_at",
        "first_used_at",
        "created_at",
        "failed_at",
        "made_at",
        "queued_at",
        "next_at",
        "attempted_at",
    }
    rows = {}
    with store.reading() as session:
        for table in Table.metadata.sorted_tables:
            if table.name in without:
                continue
            columns = [c for c in table.columns if c.name not in times]
            found = session.execute(sqlalchemy.select(*columns))
            rows[table.name] = sorted(tuple(row) for row in found)
    return rows


def rows_of(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with store.reading() as session:
        return [tuple(row) for row in session.execute(sqlalchemy.text(sql))]


def damages_of(store: Store) -> list[Any]:
    """What SQLite finds wrong with its file; PostgreSQL keeps such checks to itself."""
    with store.reading() as session:
        if session.get_bind().dialect.name != "sqlite":
            return []
        whole = session.execute(sqlalchemy.text("PRAGMA integrity_check")).all()
        links = session.execute(sqlalchemy.text("PRAGMA foreign_key_check")).all()
        return [row for row in whole if tuple(row) != ("ok",)] + list(links)


def hear_all(store: Store, *, engine: str = "typed", text: str | None = None) -> None:
    """Put a transcript to every recording that has none of this engine, as the runner would."""
    with store.writing() as session:
        pending = pending_recordings(session, engine, retry_failed=True)
        transcripts = [
            replace(
                parse_dialogue(text or Path(recording.path).read_text("utf-8")),
                recording_id=recording.recording_id,
                engine=engine,
            )
            for recording in pending
        ]
        put_transcripts(session, transcripts, datetime.now(UTC))
