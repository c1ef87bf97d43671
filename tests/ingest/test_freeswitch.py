"""FreeSWITCH's call records: the templates that come with it, one's own, both legs."""

from datetime import UTC, datetime
from pathlib import Path

from qa.ingest.rows import Intake
from qa.ingest.sources.freeswitch import TEMPLATES, FreeSwitchSource
from qa.types import Direction, ReleasedBy
from tests.ingest.cdr_lines import RULES, freeswitch, written

UUID = "a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d"
OTHER = "e29ff0ae-e752-11e3-8bff-65b6c3cdac7d"


def read(tmp_path: Path, *lines: str, columns: list[str] | None = None) -> Intake:
    return FreeSwitchSource(written(tmp_path / "Master.csv", *lines), RULES, columns=columns).read()


def test_the_template_example(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, freeswitch()).calls
    assert entry.call_id == UUID
    assert dict(entry.values) == {
        "started_at": datetime(2025, 11, 18, 1, 12, 25, tzinfo=UTC),
        "direction": Direction.INBOUND,
        "caller_number": "13900000001",
        "extension": "8001",
    }


def test_calls_that_nobody_answered(tmp_path: Path) -> None:
    sample = (  # from the FreeSWITCH documentation, numbers changed
        '"9007","9007","00349000000","public","2014-05-29 16:59:50","","2014-05-29 16:59:50","0",'
        '"0","NORMAL_CLEARING","a5c9f6c0-e752-11e3-8bfb-65b6c3cdac7d","","","",""\n'
    )
    intake = read(tmp_path, sample, freeswitch(uuid=OTHER, hangup_cause="USER_BUSY", billsec="0"))
    assert (intake.calls, [i.code for i in intake.issues]) == ((), ["unanswered_calls"])


def test_the_template_asterisk(tmp_path: Path) -> None:
    line = (
        '"","13900000001","95598","public","x","sofia/external/139@host","sofia/internal/8002@host",'
        '"bridge","x","2025-11-18 09:12:25","2025-11-18 09:12:29","2025-11-18 09:13:40","75","71",'
        f'"NORMAL_CLEARING","3","{UUID}","audio:rec/a.wav"\n'
    )
    (entry,) = read(tmp_path, line).calls
    assert (entry.values["extension"], entry.file) == ("8002", "a.wav")


def test_ones_own_template(tmp_path: Path) -> None:
    columns = [
        *("uuid", "start_uepoch", "answer_epoch", "billsec", "caller_id_number"),
        *("destination_number", "cc_agent", "sip_hangup_disposition", "sip_user_agent", "-"),
    ]
    line = f"{UUID},1763428345250000,1763428349,71,13900000001,8001,108,recv_bye,x,y\n"
    (entry,) = read(tmp_path, line, columns=columns).calls
    assert entry.values["started_at"] == datetime.fromtimestamp(1763428345.25, UTC)
    assert (entry.agents, entry.values["released_by"]) == (("108",), ReleasedBy.CUSTOMER)
    line = line.replace("recv_bye", "send_bye")
    (entry,) = read(tmp_path, line, columns=columns).calls
    assert "released_by" not in entry.values  # the exchange hung up: nobody knows for whom


def test_both_legs_are_one_call_whichever_is_written_first(tmp_path: Path) -> None:
    first = freeswitch(bleg_uuid=OTHER)
    second = freeswitch(uuid=OTHER, bleg_uuid=UUID, start_stamp="2025-11-18 09:12:27")
    for lines in ((first, second), (second, first)):
        (entry,) = read(tmp_path, *lines).calls
        assert (entry.call_id, set(entry.aliases)) == (UUID, {UUID, OTHER})


def test_templates_are_told_apart_by_their_cells() -> None:
    assert len({len(fields) for fields in TEMPLATES.values()}) == len(TEMPLATES)


def test_another_number_of_cells_is_told(tmp_path: Path) -> None:
    (issue,) = read(tmp_path, "a,b,c\n").issues
    assert (issue.code, issue.rejected) == ("bad_record", True)
    assert "cdr_columns" in issue.reason
