"""Call records of FreeSWITCH: what `mod_cdr_csv` writes to `cdr-csv/Master.csv`.

The module writes by a template (`default-template` in `cdr_csv.conf.xml`); the templates that come
with FreeSWITCH are known here by their number of cells, others by the setting `cdr_columns`. See
the page mod_cdr_csv of the FreeSWITCH documentation (developer.signalwire.com). Records of both
legs (`legs` set to `ab`) are one call by `bleg_uuid`.
"""

from collections.abc import Sequence
from pathlib import Path

from qa.ingest.cdr import OWN_FIELDS, CdrRules
from qa.ingest.columns import normalise_header
from qa.ingest.rows import Intake
from qa.ingest.sources.cdr_files import RecordsFile

_COMMON = (
    *("", "src", "dst", "", "start", "answer", "", "duration", "billsec", "disposition"),
    *("uniqueid", "bleg_uuid", ""),
)
_ASTERISK = (
    *("", "src", "dst", "", "", "channel", "dstchannel", "", "", "start", "answer", ""),
    *("duration", "billsec", "disposition", "", "uniqueid", "userfield"),
)
TEMPLATES = {
    "example": (*_COMMON, "", ""),
    "linksys": (*_COMMON, "", "", "", ""),
    "asterisk": _ASTERISK,
    "snom": (*_COMMON, "", "", "", "", "", "", "file"),
}
_LAYOUTS = {len(fields): fields for fields in TEMPLATES.values()}
VARIABLES = {
    **{"caller_id_number": "src", "destination_number": "dst", "uuid": "uniqueid"},
    **{"start_stamp": "start", "answer_stamp": "answer", "hangup_cause": "disposition"},
    **{"start_epoch": "start", "answer_epoch": "answer", "start_uepoch": "start"},
    **{"answer_uepoch": "answer", "channel_name": "channel", "bridge_channel": "dstchannel"},
    **{"sofia_record_file": "file", "record_file_path": "file", "cc_agent": "agent_id"},
    **{"sip_hangup_disposition": "hangup_disposition", "originating_leg_uuid": "bleg_uuid"},
    **{"call_uuid": "linkedid", "last_sent_callee_id_number": "extension"},
    **{name: name for name in ("duration", "billsec", "userfield", "bleg_uuid", "file")},
    **{name: name for name in OWN_FIELDS},
}
"""Channel variables by name, and the field that each gives."""
HEADERS = {normalise_header(name): field for name, field in VARIABLES.items()}


class FreeSwitchSource:
    """One file of FreeSWITCH's call records.

    Args:
        file: `Master.csv` of `mod_cdr_csv`.
        rules: how records are read.
        columns: channel variables in the order of one's own template; None for a usual one.
    """

    def __init__(
        self, file: Path, rules: CdrRules, *, columns: Sequence[str] | None = None
    ) -> None:
        self._file = RecordsFile(file, HEADERS, rules)
        self._columns = None if columns is None else [VARIABLES.get(c, "") for c in columns]

    def read(self) -> Intake:
        """Read the conversations of the file.

        Raises:
            IngestError: there is no such file.
        """
        return self._file.read(self._layout)

    def _layout(self, cells: Sequence[str]) -> Sequence[str] | None:
        return self._columns if self._columns is not None else _LAYOUTS.get(len(cells))
