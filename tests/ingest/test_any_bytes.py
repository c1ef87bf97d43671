"""Whatever stands in a file: no parser breaks, and every line is taken or told."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qa.ingest.columns import KINDS
from qa.ingest.join import join, paths_of_answers
from qa.ingest.names import compile_pattern
from qa.ingest.rows import Intake, Source
from qa.ingest.sources.asterisk import AsteriskSource
from qa.ingest.sources.folder import FolderSource
from qa.ingest.sources.freeswitch import FreeSwitchSource
from qa.ingest.sources.merged import MergedSource
from qa.ingest.sources.recordings import RecordingRules, RecordingsSource
from tests.ingest.cdr_lines import BASE, RULES, ZONE, asterisk, freeswitch
from tests.support.call_folders import settled

HARDER = settings(
    max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
LINES = (
    *(asterisk().rstrip("\n"), asterisk(uniqueid="1763428346.2", billsec=0).rstrip("\n")),
    *(asterisk(dstchannel="PJSIP/8002-0000000a", clid='a"b').rstrip("\n"), '"half', "", " , ,"),
    freeswitch().rstrip("\n"),
    freeswitch(uuid="e29ff0ae-e752-11e3-8bff-65b6c3cdac7d").rstrip("\n"),
)
TEXTS = st.lists(st.sampled_from(LINES) | st.text(max_size=30), max_size=12).map("\n".join)
CONTENT = (
    st.binary(max_size=400)
    | TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass"))
    | TEXTS.map(lambda text: text.encode("gb18030", "replace"))
    | st.builds(
        lambda text, at, junk: text.encode("utf-8", "replace")[:at] + junk,
        *(TEXTS, st.integers(0, 300), st.binary(max_size=8)),
    )
)


def checked(source: Source) -> Intake:
    """Read, join, and hold that what comes out can be stored."""
    intake = source.read()
    calls, issues = join(intake)
    list(paths_of_answers(intake))
    for call in calls:
        assert 0 < len(call.call_id) <= 200
        call.call_id.encode()
        for value in (call.values or {}).values():
            if isinstance(value, str):
                assert len(value) <= 200
                assert "\x00" not in value
                value.encode()
    assert len({call.call_id for call in calls}) == len(calls)
    for issue in (*intake.issues, *issues):
        issue.file.encode()
        issue.reason.encode()
        assert len(issue.reason) <= 1000
    return intake


@HARDER
@given(CONTENT)
@pytest.mark.parametrize("kind", [AsteriskSource, FreeSwitchSource])
def test_any_bytes_as_call_records(
    tmp_path: Path, kind: type[AsteriskSource | FreeSwitchSource], content: bytes
) -> None:
    (tmp_path / "Master.csv").write_bytes(content)
    checked(kind(tmp_path / "Master.csv", RULES))


@HARDER
@given(CONTENT)
@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_any_bytes_as_a_table(tmp_path: Path, kind: str, content: bytes) -> None:
    settled(tmp_path / f"{kind}.csv", content)
    settled(tmp_path / f"{kind}-1.jsonl", content)
    checked(FolderSource(tmp_path, ZONE))


@HARDER
@given(
    CONTENT
    | st.recursive(st.none() | st.text() | st.integers(), st.lists, max_leaves=5).map(
        lambda value: json.dumps({"call_id": value, "agent_id": value}).encode()
    )
)
def test_any_bytes_as_a_sidecar(tmp_path: Path, content: bytes) -> None:
    settled(tmp_path / "a.wav", "a")
    settled(tmp_path / "a.json", content)
    intake = checked(RecordingsSource(tmp_path, ZONE))
    assert [file.relative for file in intake.files] == ["a.wav"]
    assert intake.calls or intake.issues


@HARDER
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.sampled_from(["8001", "8002", "trunk"]),
            st.sampled_from(["8001", "8002", "trunk"]),
            st.integers(0, 2),
            st.integers(1, 3),
        ),
        max_size=12,
    )
)
def test_every_record_is_taken_or_told(
    tmp_path: Path, rows: list[tuple[int, str, str, int, int]]
) -> None:
    full = (*BASE, "uniqueid", "userfield", "peeraccount", "linkedid", "sequence")
    lines = [
        asterisk(
            full,
            uniqueid=f"176342834{own}.{own}",
            linkedid=f"176342834{linked}.{linked}",
            channel=f"PJSIP/{placed}-0000000a",
            dstchannel=f"PJSIP/{taken}-0000000b",
            billsec=seconds,
        )
        for own, placed, taken, seconds, linked in rows
    ]
    (tmp_path / "Master.csv").write_text("".join(lines), "utf-8")
    intake = checked(AsteriskSource(tmp_path / "Master.csv", RULES))
    told = {issue.line for issue in intake.issues if issue.rejected}
    groups = len(intake.calls) + sum(
        int(issue.reason.split()[0]) for issue in intake.issues if issue.code.endswith("_calls")
    )
    kept = {
        (own, linked)
        for number, (own, _, _, _, linked) in enumerate(rows, start=1)
        if number not in told
    }
    assert (groups == 0) == (not kept)
    assert groups <= len({linked for _, linked in kept})
    doubles = [line for number, line in enumerate(lines) if line in lines[:number]]
    assert len(told) >= len(doubles)


@HARDER
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "x/a", "..", ".", "/", "", "ä", "c.wav", "1763428345.1"]),
            st.sampled_from(["a", "b", "", "..", "1763428345.1"]),
        ),
        max_size=8,
    )
)
def test_rows_with_any_keys(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    for name in ("a.wav", "x/a.wav", "..wav", "c-1763428345.1.wav"):
        settled(tmp_path / "in" / name, name)
    with (tmp_path / "in" / "calls.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("file", "call_id"), *rows])
    (tmp_path / "Master.csv").write_text(asterisk(), "utf-8")
    pattern = compile_pattern("{call}.wav")
    parts = (
        FolderSource(tmp_path / "in", ZONE),
        RecordingsSource(tmp_path / "in", ZONE, RecordingRules(names=[pattern])),
        AsteriskSource(tmp_path / "Master.csv", RULES),
    )
    for source in (parts[0], MergedSource((parts[0], parts[2])), MergedSource(parts[1:])):
        checked(source)


@HARDER
@given(CONTENT, st.lists(st.integers(0, 400), max_size=5))
@example(b"\x00", [400])  # zeros at the end, and the same again at another time
def test_a_file_that_grows_reads_as_if_it_were_read_at_once(
    tmp_path: Path, content: bytes, cuts: list[int]
) -> None:
    path = tmp_path / "Master.csv"
    path.write_bytes(b"")
    content = asterisk().encode() + content
    watched = AsteriskSource(path, RULES)
    for cut in (*sorted(cuts), len(content)):
        with path.open("r+b") as stream:
            stream.write(content[:cut])
            stream.truncate()
        at_once = AsteriskSource(path, RULES).read()
        assert watched.read() == at_once
        assert watched.read() == at_once
