"""Tickets for the demo's reports: a repair centre's December, made up and the same each time."""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.store.store import Store

_FIRST, _DAYS = (2025, 12, 1), 31
_STATIONS = ("河东维修站", "河西维修站", "河北维修站")
_PROBLEMS = ("全屋暖气不热", "阀门漏水", "暖气片有响声", "半截凉", "管道渗水", "要求放气")


def demo_tickets(store: "Store") -> int:
    """Keep some tickets a day with their times; one in eight takes long, some stay open.

    Returns:
        How many there are.
    """
    from qa.ingest.rows import RecordEntry
    from qa.store.intake import put_tickets

    entries = []
    for day in range(_DAYS):
        for number in range(4 + _chance(day, -1) % 7):
            chance = _chance(day, number)
            begin = datetime(*_FIRST, 7 + chance % 14, chance // 14 % 60, tzinfo=store.zone)
            received = begin + timedelta(days=day)
            took = timedelta(minutes=40 + chance // 7 % 170 + (chance % 8 == 0) * 300)
            is_open = chance % 29 == 0
            values = {
                "station": _STATIONS[chance // 5 % 3],
                "problem": _PROBLEMS[chance // 3 % 6],
                "received_at": received,
                "contacted_at": received + timedelta(minutes=5 + chance % 20),
                "arrived_at": received + took / 2,
                "completed_at": None if is_open else received + took,
            }
            entries.append(RecordEntry(f"DEMO-12{day + 1:02d}-{number:02d}", values))
    with store.writing() as session:
        put_tickets(session, entries, store.zone)
    return len(entries)


def _chance(day: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{day}/{number}".encode()).digest()[:4], "big")
