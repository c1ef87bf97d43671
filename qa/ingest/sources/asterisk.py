"""Call records of Asterisk: `cdr-csv/Master.csv` and what `cdr_custom` writes.

The order of fields of `cdr_csv` is that of `build_csv_record()` in Asterisk's `cdr/cdr_csv.c`:
accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, answer, end,
duration, billsec, disposition, amaflags; then uniqueid (`loguniqueid=yes` in `cdr.conf`), userfield
(`loguserfield=yes`), and peeraccount, linkedid, sequence (`newcdrcolumns=yes`). The order of
`cdr_custom` is that of the sample `cdr_custom.conf`. What the fields mean, and that records with
one linkedid belong together: docs.asterisk.org, "Asterisk 12 CDR Specification".
"""

import re
from collections.abc import Sequence
from pathlib import Path

from qa.ingest.cdr import OWN_FIELDS, CdrRules
from qa.ingest.columns import normalise_header
from qa.ingest.rows import Intake
from qa.ingest.sources.cdr_files import RecordsFile

CSV_FIELDS = (
    *("accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp"),
    *("lastdata", "start", "answer", "end", "duration", "billsec", "disposition", "amaflags"),
)
NEW_FIELDS = ("peeraccount", "linkedid", "sequence")
CUSTOM_FIELDS = (
    *("clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "start"),
    *("answer", "end", "duration", "billsec", "disposition", "amaflags", "accountcode"),
    *("uniqueid", "userfield", "sequence"),
)
FIELDS = (*CSV_FIELDS, "uniqueid", "userfield", *NEW_FIELDS, "file", *OWN_FIELDS)
_OTHER_HEADERS = {"calldate": "start", "recordingfile": "file", "datetime": "start"}
_UNIQUE_ID = re.compile(r"(?:[^\s,]{1,127}-)?\d{9,11}\.\d+")
HEADERS = {**{normalise_header(n): n for n in FIELDS}, **_OTHER_HEADERS}


class AsteriskSource:
    """One file of Asterisk's call records.

    Args:
        file: `Master.csv`, of `cdr_csv` or `cdr_custom`.
        rules: how records are read; `usegmtime=yes` in `cdr.conf` means the zone UTC.
        columns: the fields in order where `cdr_custom` writes others; None for the usual.
        custom: whether `cdr_custom` writes the file.
    """

    def __init__(
        self,
        file: Path,
        rules: CdrRules,
        *,
        columns: Sequence[str] | None = None,
        custom: bool = False,
    ) -> None:
        self._file = RecordsFile(file, HEADERS, rules)
        self._columns, self._custom = columns, custom

    def read(self) -> Intake:
        """Read the conversations of the file.

        Raises:
            IngestError: there is no such file.
        """
        return self._file.read(self._layout)

    def _layout(self, cells: Sequence[str]) -> Sequence[str] | None:
        if self._columns is not None:
            return self._columns
        if self._custom:
            return CUSTOM_FIELDS
        return csv_layout(cells)


def csv_layout(cells: Sequence[str]) -> Sequence[str] | None:
    """Name the fields of a `cdr_csv` record by how many there are; None where it is none."""
    more = len(cells) - len(CSV_FIELDS)
    new: tuple[str, ...] = NEW_FIELDS if more >= len(NEW_FIELDS) else ()
    optional = {
        0: (),
        1: ("uniqueid",) if _UNIQUE_ID.fullmatch(cells[-1 - len(new)].strip()) else ("userfield",),
        2: ("uniqueid", "userfield"),
    }.get(more - len(new))
    return None if optional is None else (*CSV_FIELDS, *optional, *new)
