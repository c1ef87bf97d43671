"""Lines of call records as Asterisk and FreeSWITCH write them, for tests."""

import re
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from qa.ingest.cdr import CdrRules

ZONE = ZoneInfo("Asia/Shanghai")
RULES = CdrRules(ZONE, re.compile("80[0-9][0-9]"))
DEFAULTS = {
    "accountcode": "",
    "src": "13900000001",
    "dst": "95598",
    "dcontext": "from-trunk",
    "clid": '"客户" <13900000001>',
    "channel": "PJSIP/trunk-00000001",
    "dstchannel": "PJSIP/8001-00000002",
    "lastapp": "Queue",
    "lastdata": "repair,t",
    "start": "2025-11-18 09:12:25",
    "answer": "2025-11-18 09:12:29",
    "end": "2025-11-18 09:13:40",
    "duration": 75,
    "billsec": 71,
    "disposition": "ANSWERED",
    "amaflags": "DOCUMENTATION",
    "uniqueid": "1763428345.1",
    "userfield": "",
    "peeraccount": "",
    "linkedid": "1763428345.1",
    "sequence": 7,
}
BASE = tuple(DEFAULTS)[:16]


def quoted(value: object) -> str:
    """A cell as `append_string` and `append_int` write it: texts in quotes, numbers bare."""
    if isinstance(value, int):
        return str(value)
    return '"' + str(value).replace('"', '""') + '"'


def asterisk(fields: tuple[str, ...] = (*BASE, "uniqueid", "userfield"), **values: object) -> str:
    """One line of cdr_csv."""
    cells = {**DEFAULTS, **values}
    return ",".join("" if cells[name] is None else quoted(cells[name]) for name in fields) + "\n"


def freeswitch(**values: object) -> str:
    """One line of mod_cdr_csv's template `example`."""
    cells: Mapping[str, object] = {
        "caller_id_name": "13900000001",
        "caller_id_number": "13900000001",
        "destination_number": "8001",
        "context": "default",
        "start_stamp": "2025-11-18 09:12:25",
        "answer_stamp": "2025-11-18 09:12:29",
        "end_stamp": "2025-11-18 09:13:40",
        "duration": "75",
        "billsec": "71",
        "hangup_cause": "NORMAL_CLEARING",
        "uuid": "a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d",
        "bleg_uuid": "",
        "accountcode": "",
        "read_codec": "PCMA",
        "write_codec": "PCMA",
        **values,
    }
    return ",".join(f'"{value}"' for value in cells.values()) + "\n"


def written(path: Path, *lines: str) -> Path:
    """A file of records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(lines).encode())
    return path
