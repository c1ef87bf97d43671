"""Values of rulesets that stand in tables of their own: stations, and knowledge entries."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.config import Settings
from qa.errors import ConfigError, RulesetError
from qa.ingest.columns import STATIONS
from qa.ingest.entries import station_entry
from qa.ingest.tables import Report, read_table
from qa.scoring.ruleset_yaml import Document, read_document
from qa.store.stations import load_stations
from qa.store.store import Store

STATIONS_VALUE = "stations"
KNOWLEDGE_VALUE = "knowledge"
_YAML = (".yaml", ".yml")


def table_values(store: Store | None, settings: Settings) -> dict[str, Any]:
    """Read the values that tables fill, for rulesets that have them.

    A station table or knowledge file that the settings name is used alone; else the stations that
    folders handed in. What `scoring.values` says outright wins over both.

    Args:
        store: None where there is no database yet.

    Raises:
        ConfigError: a table that the settings name cannot be read, or a row of it is wrong; each
            is named with its line, because a row that is passed over would look like agreement.
    """
    values: dict[str, Any] = {}
    tables = settings.scoring.tables
    if tables.stations is not None:
        values[STATIONS_VALUE] = read_stations(tables.stations)
    elif store is not None:
        with store.reading() as session:
            if stations := load_stations(session):
                values[STATIONS_VALUE] = stations
    if tables.knowledge is not None:
        values[KNOWLEDGE_VALUE] = read_knowledge(tables.knowledge)
    return {name: value for name, value in values.items() if name not in settings.scoring.values}


def read_stations(path: Path) -> dict[str, str]:
    """Read a station table: CSV or JSON Lines with the columns compound and station, or YAML.

    Raises:
        ConfigError: the table cannot be read, or a row is wrong.
    """
    if path.suffix.lower() in _YAML:
        return _stations_of(_document(path))
    report = Report(str(path))
    stations: dict[str, str] = {}
    for row in read_table(path, STATIONS, report):
        entry = station_entry(row, report)
        if entry is None:
            continue
        if stations.setdefault(entry.compound, entry.station) != entry.station:
            report.reject(row.line, "duplicate_key", "the same compound has another station above")
    _raise_rejected(report)
    if not stations:
        raise ConfigError(f"{path}: the station table is empty")
    return stations


def read_knowledge(path: Path) -> list[Any]:
    """Read a YAML file that is a list of knowledge entries, each with an id of its own.

    Raises:
        ConfigError: it cannot be read, is no such list, or an id stands there twice.
    """
    document = _document(path)
    if not isinstance(document.data, list) or not document.data:
        raise RulesetError(str(path), "must be a list of entries, such as '- id: K01'")
    problems, seen = [], set()
    for index, entry in enumerate(document.data):
        name = entry.get("id") if isinstance(entry, Mapping) else None
        if not isinstance(name, str):
            problems.append(f"line {document.line((index,))}: an entry needs an id, such as K01")
        elif name in seen:
            problems.append(f"line {document.line((index,))}: the id stands here twice")
        seen.add(name)
    if problems:
        raise RulesetError(str(path), "\n  ".join(problems))
    return document.data


def _stations_of(document: Document) -> dict[str, str]:
    data = document.data
    if not isinstance(data, dict) or not data:
        raise RulesetError(
            document.source, "must map compounds to stations: '幸福小区: 城东维修站'"
        )
    wrong = [
        f"line {document.line((key,))}: a compound and its station are both text"
        for key, station in data.items()
        if not (isinstance(key, str) and isinstance(station, str) and key.strip() and station)
    ]
    if wrong:
        raise RulesetError(document.source, "\n  ".join(wrong))
    return {str(key).strip(): str(station).strip() for key, station in data.items()}


def _document(path: Path) -> Document:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise RulesetError(str(path), f"cannot be read: {problem}") from error
    return read_document(text, str(path))


def _raise_rejected(report: Report) -> None:
    rejected = [issue for issue in report.issues if issue.rejected]
    if rejected:
        lines = [f"line {i.line}: {i.reason}" if i.line else i.reason for i in rejected]
        raise ConfigError(f"{report.file}: " + "\n  ".join(lines))
