"""Which repair station serves which compound, as the sources say."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from qa.ingest.rows import StationEntry
from qa.store.tables import StationRow
from qa.store.upsert import upsert


def put_stations(session: Session, origin: str, entries: Sequence[StationEntry]) -> None:
    """Replace the station table of one source."""
    session.execute(delete(StationRow).where(StationRow.origin == origin))
    rows = [{"origin": origin, "compound": e.compound, "station": e.station} for e in entries]
    upsert(session, StationRow, rows)


def load_stations(session: Session) -> dict[str, str]:
    """Load stations by compound, in order of compound.

    A compound that two sources give to different stations is left out: nobody knows which is right.
    """
    rows = session.execute(_all_stations())
    found: dict[str, set[str]] = defaultdict(set)
    for compound, station in rows:
        found[compound].add(station)
    return {name: min(found[name]) for name in sorted(found) if len(found[name]) == 1}


@cache
def _all_stations() -> Select[str, str]:
    return select(StationRow.__table__.c.compound, StationRow.__table__.c.station)


def disputed_compounds(session: Session) -> int:
    """Count the compounds that sources give to different stations."""
    rows = session.execute(select(StationRow.compound, StationRow.station).distinct()).all()
    return len(rows) - len({compound for compound, _ in rows}) if rows else 0
