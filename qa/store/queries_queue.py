"""What pages ask beside the lists of calls: a recording's files, an agent's name, rules' titles."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from qa.codec import decode
from qa.store.tables import AgentRow, FileRow, RulesetRow, ScorecardRow
from qa.types import Scorecard


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file as it was when ingest last read it."""

    path: str
    size_bytes: int
    mtime_ns: int


def agent_name(session: Session, agent_id: str | None) -> str | None:
    """Find an agent's name; None where no table of agents gave it."""
    row = session.get(AgentRow, agent_id) if agent_id else None
    return row.name if row else None


def known_files(session: Session, recording_id: str) -> list[KnownFile]:
    """List the files that hold a recording, in order of path."""
    rows = session.scalars(
        select(FileRow).where(FileRow.recording_id == recording_id).order_by(FileRow.path)
    )
    return [KnownFile(row.path, row.size_bytes, row.mtime_ns) for row in rows]


def rule_titles(session: Session) -> dict[str, tuple[str, str]]:
    """Name the rules that have judged: rule id to Chinese and English title, the latest wording."""
    titles: dict[str, tuple[str, str]] = {}
    hashes = session.scalars(select(RulesetRow.ruleset_hash).order_by(RulesetRow.first_used_at))
    for ruleset_hash in hashes:
        blob = session.scalar(
            select(ScorecardRow.blob).where(ScorecardRow.ruleset_hash == ruleset_hash).limit(1)
        )
        for line in decode(Scorecard, blob).lines if blob else ():
            titles[line.rule_id] = (line.title, line.title_en or line.title)
    return titles
