"""The reconciliation finds what does not add up, and nothing where all does."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy

from qa.batch.intake import take_in
from qa.batch.runner import RunOptions, run_intake
from qa.config import Settings
from qa.ingest.names import compile_pattern
from qa.ingest.rows import Source
from qa.ingest.sources.asterisk import AsteriskSource
from qa.ingest.sources.merged import MergedSource
from qa.ingest.sources.recordings import RecordingRules, RecordingsSource
from qa.ingest.sources.tables import TablesSource
from qa.store.queries import call_detail
from qa.store.reattributing import Ruling, settle_agent
from qa.store.reconciling import Finding, Kind, Limits, Reconciliation, reconcile
from qa.store.sides import keep_sides
from qa.store.store import Store
from tests.ingest.cdr_lines import RULES, ZONE, asterisk, written
from tests.support import talking_files
from tests.support.call_folders import hear_all, open_store, rows_of, settled

START = datetime(2025, 11, 18, 9, 0, 0)
TALK = (
    "坐席: 您好，大龙供暖报修，{number}为您服务，请问您有什么问题？\n"
    "客户: 我家暖气不热，第{n}次了。\n"
)
ONE_SIDED = "客户: 喂，听得见我说话吗，我家暖气不热，第{n}次报修了，请你们派人来看看吧，谢谢。\n"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "heard.log"))
    monkeypatch.setenv("TALKING_DEAF", "1")
    return Settings(data_dir=tmp_path / "data", batch={"workers": 1})  # type: ignore[arg-type]


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    with open_store(settings) as store:
        yield store


def pbx(tmp_path: Path) -> Source:
    (tmp_path / "in").mkdir(exist_ok=True)
    names = [compile_pattern("{agent}-{call}.wav")]
    return MergedSource(
        [
            RecordingsSource(tmp_path / "in", ZONE, RecordingRules(names=names)),
            TablesSource(tmp_path / "in", ZONE),
            AsteriskSource(written_or_empty(tmp_path), RULES),
        ],
        "pbx",
    )


def written_or_empty(tmp_path: Path) -> Path:
    path = tmp_path / "Master.csv"
    return path if path.exists() else written(path, "")


def record(number: int, *, day: int = 0, seat: str = "8001") -> str:
    start = START + timedelta(days=day, minutes=number)
    return asterisk(
        uniqueid=f"17634283{number:02d}.{number}",
        start=f"{start:%Y-%m-%d %H:%M:%S}",
        answer=f"{start:%Y-%m-%d %H:%M:%S}",
        dstchannel=f"PJSIP/{seat}-00000002",
    )


def recording(tmp_path: Path, number: int, text: str, *, agent: str = "108") -> None:
    name = f"{agent}-17634283{number:02d}.{number}.wav"
    settled(tmp_path / "in" / name, text.format(number="幺零八", n=number))


def look(store: Store, **limits: object) -> Reconciliation:
    limits.setdefault("with_records", frozenset(["pbx"]))
    with store.writing() as session:
        while keep_sides(session):
            pass
    with store.reading() as session:
        return reconcile(session, store.zone, Limits(**limits))  # type: ignore[arg-type]


def kinds(found: Reconciliation) -> Counter[Kind]:
    return Counter(finding.kind for finding in found.findings)


def only(found: Reconciliation, kind: Kind) -> Finding:
    (finding,) = [finding for finding in found.findings if finding.kind is kind]
    assert finding.to_do
    return finding


def test_nothing_is_found_where_all_adds_up(tmp_path: Path, store: Store) -> None:
    written(tmp_path / "Master.csv", record(1), record(2))
    recording(tmp_path, 1, TALK)
    recording(tmp_path, 2, TALK)
    settled(tmp_path / "in" / "agents.csv", "agent_id,name\n108,甲\n")
    take_in(store, pbx(tmp_path))
    hear_all(store)
    found = look(store)
    assert (found.calls, found.findings, found.needs_person) == (2, (), False)


def test_halves_doubles_and_people(tmp_path: Path, store: Store) -> None:
    written(tmp_path / "Master.csv", record(1), record(2), record(3), "1,2,3\n")
    recording(tmp_path, 1, TALK)  # 2 has none
    recording(tmp_path, 3, TALK, agent="999")
    recording(tmp_path, 9, TALK)  # no record
    settled(tmp_path / "in" / "odd.wav", TALK.format(number="幺零八", n=1))  # same bytes as 1
    settled(tmp_path / "in" / "agents.csv", "agent_id,name\n108,甲\n")
    take_in(store, pbx(tmp_path))
    found = look(store)
    assert kinds(found) == {
        Kind.CALL_WITHOUT_RECORDING: 1,
        Kind.RECORDING_WITHOUT_CALL: 2,
        Kind.DUPLICATE_RECORDING: 2,
        Kind.NO_AGENT: 1,
        Kind.UNKNOWN_AGENT: 1,
        Kind.REJECTED_INPUT: 1,
    }
    assert found.needs_person
    lost = only(found, Kind.CALL_WITHOUT_RECORDING)
    assert (lost.call_id, lost.day, lost.source) == ("1763428302.2", date(2025, 11, 18), "pbx")
    rejected = only(found, Kind.REJECTED_INPUT)
    assert rejected.place == f"{tmp_path}/Master.csv:4"
    assert only(found, Kind.UNKNOWN_AGENT).details == {"agent_id": "999"}
    assert kinds(look(store, day=date(2025, 11, 19))) == {}
    assert Kind.REJECTED_INPUT not in kinds(look(store, day=date(2025, 11, 18)))


def test_a_recorder_whose_clock_is_wrong_is_told_and_its_calls_are_judged(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    folder = tmp_path / "in"
    times = {"old": "20000101-080000", "new": "20990101-080000", "good": "20251118-090000"}
    for n, (name, clock) in enumerate(times.items()):
        settled(folder / f"{name}_{clock}.wav", TALK.format(number="幺零八", n=n))
    names = [compile_pattern("{call}_{started:%Y%m%d-%H%M%S}.wav")]
    source = RecordingsSource(folder, ZONE, RecordingRules(names=names))
    options = RunOptions(factory=talking_files.factory, engine=talking_files.ENGINE)
    run = run_intake(store, settings, lambda heard: take_in(store, source), options=options)
    assert run.judging.scored == 3
    until = datetime.now(UTC) + timedelta(days=1)
    for day in (None, date(2025, 11, 18)):
        odd = [f for f in look(store, until=until, day=day).findings if f.kind is Kind.ODD_TIME]
        assert [(one.call_id, one.day) for one in odd] == [
            ("old", date(2000, 1, 1)),
            ("new", date(2099, 1, 1)),
        ]
        assert all(one.needs_person and "clock" in one.reason + one.to_do for one in odd)


@pytest.mark.parametrize(("quiet", "faulty"), [(4, False), (5, True)])
def test_too_many_one_sided_calls_in_a_day_are_the_recorders_fault(
    tmp_path: Path, store: Store, quiet: int, faulty: bool
) -> None:
    count = 20
    written(
        tmp_path / "Master.csv",
        *(record(n) for n in range(count)),
        *(record(n, day=1) for n in range(count, count + 4)),
    )
    for n in range(count + 4):
        recording(tmp_path, n, ONE_SIDED if n < quiet or n >= count else TALK)
    take_in(store, pbx(tmp_path))
    hear_all(store)
    found = look(store)
    assert kinds(found)[Kind.ONE_SIDED_RECORDING] == quiet + 4
    faults = [f for f in found.findings if f.kind is Kind.RECORDER_FAULT]
    assert [(f.source, f.day) for f in faults] == [("pbx", date(2025, 11, 18))] * faulty
    assert found.needs_person is faulty  # one customer who says nothing is no fault
    if faulty:
        assert faults[0].details == {"quiet": 5, "recordings": 20, "share": 0.25}
        assert kinds(look(store, fault_share=0.3))[Kind.RECORDER_FAULT] == 0


def test_silent_recordings_count_for_the_recorders_fault(tmp_path: Path, store: Store) -> None:
    written(tmp_path / "Master.csv", *(record(n) for n in range(5)))
    for n in range(5):
        recording(tmp_path, n, TALK)
    take_in(store, pbx(tmp_path))
    with store.writing() as session:
        session.execute(sqlalchemy.text("UPDATE recordings SET fault = 'silent'"))
    found = kinds(look(store))
    assert (found[Kind.SILENT_RECORDING], found[Kind.RECORDER_FAULT]) == (5, 1)


def test_the_spoken_number_against_the_metadata(
    tmp_path: Path, store: Store, settings: Settings
) -> None:
    written(tmp_path / "Master.csv", record(1), record(2), record(3))
    spoken = {1: "幺零八", 2: "幺零九", 3: "五六七"}
    for n, number in spoken.items():
        text = TALK.replace("{number}", number) + "坐席: 好的，再见。\n"
        settled(tmp_path / "in" / f"108-17634283{n:02d}.{n}.wav", text.format(n=n))
    settled(tmp_path / "in" / "agents.csv", "agent_id,name\n108,甲\n109,乙\n")
    options = RunOptions(factory=talking_files.factory, engine=talking_files.ENGINE)
    source = pbx(tmp_path)

    def run() -> None:
        run_intake(
            *(store, settings, lambda heard: take_in(store, source, listener=heard)),
            options=options,
        )

    run()
    found = look(store)
    assert kinds(found) == {Kind.AGENT_SPOKE_OTHERWISE: 2}
    swapped, strange = found.findings
    assert (swapped.call_id, swapped.details) == (
        "1763428302.2",
        {"agent_id": "108", "spoken": "109"},
    )
    assert "were seats swapped?" in swapped.reason
    assert "who is on no list" in strange.reason
    with store.reading() as session:
        attribution = call_detail(session, "1763428302.2", store.zone).attribution
        equal = call_detail(session, "1763428301.1", store.zone).attribution
    assert attribution is not None
    assert equal is not None
    assert (attribution.disagrees, attribution.spoken_is_known) == (True, True)
    assert (equal.disagrees, equal.agent_id) == (False, "108")
    # Nothing was changed by being found; a person decides, and the call is judged again.
    assert rows_of(store, "SELECT DISTINCT agent_id FROM calls") == [("108",)]
    with store.writing() as session:
        ruling = Ruling("109", "head", datetime.now(UTC))
        settle_agent(session, "1763428302.2", ruling, store.zone)
    shift = "2025-11-18,8001,567,18:00,20:00\n"  # who stands on the roster is known, too
    settled(tmp_path / "in" / "roster.csv", f"日期,分机,工号,上班,下班\n{shift}")
    audited = "SELECT subject, details FROM audit_log WHERE action = 'call.attribute'"
    assert rows_of(store, audited) == [("1763428302.2", '{"agent_id":"109","by":"head"}')]
    run()
    (known,) = look(store).findings
    assert known.call_id == "1763428303.3" and "were seats swapped?" in known.reason
    with store.reading() as session:
        again = call_detail(session, "1763428302.2", store.zone).attribution
    assert again is not None
    assert (again.agent_id, again.settled_by) == ("109", "head")
    assert again.spoken is not None
    assert not again.spoken.differs


def test_disputes_name_who_says_what(tmp_path: Path, store: Store) -> None:
    written(tmp_path / "Master.csv", record(1))
    recording(tmp_path, 1, TALK)
    settled(
        tmp_path / "in" / "roster.csv",
        "seat,agent_id,day,from,to\n8001,109,2025-11-18,08:00,12:00\n",
    )
    take_in(store, pbx(tmp_path))
    dispute = only(look(store), Kind.AGENT_DISPUTED)
    assert dispute.details == {
        "claims": {"name": ("108",), "roster": ("109",)},
        "agent_id": "108",
        "seats": "8001",
    }
