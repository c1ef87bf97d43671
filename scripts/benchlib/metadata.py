"""The tables that a telephone and a ticket system would give out for a set of call scripts."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

COLUMNS = {
    "calls.csv": (
        "file",
        "call_id",
        "started_at",
        "agent_id",
        "direction",
        "ring_count",
        "released_by",
        "caller_number",
        "ticket_id",
        "source",
        "ruleset",
    ),
    "tickets.csv": ("ticket_id", "name", "address", "phone", "problem", "station"),
    "agents.csv": ("agent_id", "name", "team"),
    "notices.csv": ("festival", "from", "to"),
}


def build_tables(scripts: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Collect the rows of each table; a row that several scripts share stands once."""
    tickets = [script["ticket"] for script in scripts if script["ticket"]]
    notices = [one for script in scripts for one in script.get("festival_notices", ())]
    agents = [
        {"agent_id": one["id"], "name": one["name"], "team": one["team"]}
        for one in (script["agent"] for script in scripts)
    ]
    return {
        "calls.csv": sorted(map(_call_row, scripts), key=lambda row: row["started_at"]),
        "tickets.csv": sorted(tickets, key=lambda row: row["ticket_id"]),
        "agents.csv": sorted(_distinct(agents), key=lambda row: row["agent_id"]),
        "notices.csv": sorted(_distinct(notices), key=lambda row: row["from"]),
    }


def write_tables(scripts: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Write the tables as UTF-8 CSV beside the recordings."""
    for name, rows in build_tables(scripts).items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS[name], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def _call_row(script: Mapping[str, Any]) -> dict[str, Any]:
    row = {
        "file": f"{script['id']}.wav",
        "call_id": script["id"],
        "started_at": script["started_at"],
        "agent_id": script["agent"]["id"],
        "ticket_id": script["ticket"]["ticket_id"] if script["ticket"] else "",
        "source": "hotline",
        "ruleset": script["ruleset"],
    }
    return row | script["metadata"]


def _distinct(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row) for row in {tuple(row.items()) for row in rows}]
