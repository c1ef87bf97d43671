"""A folder that others write into: only finished, own files with names that can be shown."""

import json
import os
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qa.ingest.finished import Marked, Watched
from qa.ingest.names import compile_pattern
from qa.ingest.rows import Intake, Voice
from qa.ingest.scan import list_folder
from qa.ingest.sources.recordings import RecordingRules, RecordingsSource
from qa.ingest.sources.sidecars import sidecar_schema
from qa.ingest.sources.tables import TablesSource
from tests.support.call_folders import settled

ZONE = ZoneInfo("Asia/Shanghai")
ROOT = Path(__file__).resolve().parents[2]


def read(folder: Path, **rules: object) -> Intake:
    return RecordingsSource(folder, ZONE, RecordingRules(**rules)).read()  # type: ignore[arg-type]


def codes(intake: Intake) -> dict[str, str]:
    return {issue.file: issue.code for issue in intake.issues}


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    outside = settled(tmp_path / "secret" / "x.wav", "x")
    folder = tmp_path / "in"
    settled(folder / "day" / "own.wav", "own")
    (folder / "out.wav").symlink_to(outside)
    (folder / "up.wav").symlink_to("../secret/x.wav")
    (folder / "twice.wav").symlink_to(folder / "out.wav")
    (folder / "inside.wav").symlink_to("day/own.wav")
    (folder / "folder").symlink_to(tmp_path / "secret")
    (folder / "loop.wav").symlink_to("loop.wav")
    (folder / "tickets.csv").symlink_to(settled(tmp_path / "tickets.csv", "ticket_id\nT1\n"))
    intake = read(folder)
    assert [f.relative for f in intake.files] == ["inside.wav", "day/own.wav"]
    assert codes(intake) == {
        "out.wav": "link_outside",
        "up.wav": "link_outside",
        "twice.wav": "link_outside",
        "folder": "linked_folder",
        "loop.wav": "broken_link",
    }
    tables = TablesSource(folder, ZONE).read()
    assert (tables.tickets, codes(tables)) == ((), {"tickets.csv": "link_outside"})


def test_a_folder_that_is_itself_a_link_is_read(tmp_path: Path) -> None:
    settled(tmp_path / "real" / "a.wav", "a")
    (tmp_path / "in").symlink_to(tmp_path / "real")
    assert [f.relative for f in read(tmp_path / "in").files] == ["a.wav"]


@pytest.mark.parametrize(
    "name", ["new\nline.wav", "bell\x07.wav", "escape\x1b[31m.wav", "turn\u202eround.wav"]
)
def test_names_that_could_deceive_are_refused_and_shown_safely(tmp_path: Path, name: str) -> None:
    settled(tmp_path / name, "x")
    intake = read(tmp_path)
    (issue,) = intake.issues
    assert (intake.files, issue.code) == ((), "bad_file_name")
    assert issue.file.isprintable()


def test_long_and_odd_names_are_taken(tmp_path: Path) -> None:
    names = sorted(
        ["长" * 80 + ".wav", "a　b.wav", "=cmd.wav", "..wav.wav", "'; drop.wav", "a.b.c.wav"]
    )
    for name in names:
        settled(tmp_path / name, "x")
    visible = [name for name in names if not name.startswith(".")]
    assert [f.relative for f in read(tmp_path).files] == visible


def test_a_folder_without_end_is_given_up(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(45):
        deep = deep / "d"
    settled(deep / "a.wav", "a")
    assert [i.code for i in read(tmp_path).issues] == ["unreadable_folder"]


def test_what_vanishes_between_listing_and_looking_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(tmp_path / "a.wav", "a")
    settled(tmp_path / "b.wav", "b")
    scandir = os.scandir

    class Racing:
        """Lists a folder, from which a file is gone by then."""

        def __init__(self, path: Path) -> None:
            self._entries = scandir(path)

        def __enter__(self) -> object:
            entries = list(self._entries)
            (tmp_path / "a.wav").unlink(missing_ok=True)
            return iter(entries)

        def __exit__(self, *args: object) -> None:
            self._entries.close()

    monkeypatch.setattr("qa.ingest.scan.os.scandir", Racing)
    listing = list_folder(tmp_path)
    assert [f.relative for f in listing.files] == ["b.wav"]
    assert [(i.file, i.code) for i in listing.issues] == [("a.wav", "unreadable_file")]


def test_a_file_must_stand_still_by_our_own_clock(tmp_path: Path) -> None:
    now = [100.0]
    watched = Watched(10, clock=lambda: now[0])
    path = settled(tmp_path / "a.wav", "x", age_s=-3600)  # the file server's clock is an hour ahead
    for at, content, taken in (
        (100, None, False),
        (109, None, False),
        (109.5, "xx", False),
        (119, None, False),
        (119.6, None, True),
    ):
        now[0] = at
        if content:
            path.write_text(content)
        assert bool(read(tmp_path, finished=watched).files) is taken, at


def test_a_file_that_vanished_begins_to_wait_anew(tmp_path: Path) -> None:
    now = [0.0]
    watched = Watched(5, clock=lambda: now[0])
    path = settled(tmp_path / "a.wav", "x")
    read(tmp_path, finished=watched)
    kept = tmp_path / "kept"
    path.rename(kept)
    now[0] = 4
    read(tmp_path, finished=watched)
    kept.rename(path)
    now[0] = 6
    assert read(tmp_path, finished=watched).files == ()


def test_markers(tmp_path: Path) -> None:
    for name in ("a.wav", "a.wav.done", "b.wav", "b.done", "c.wav", "day/d.wav", "day/d.wav.done"):
        settled(tmp_path / name, name, age_s=0)
    intake = read(tmp_path, finished=Marked())
    assert [f.relative for f in intake.files] == ["a.wav", "b.wav", "day/d.wav"]
    assert codes(intake) == {"c.wav": "not_marked"}


def test_sidecars_tell_of_the_recording_beside_them(tmp_path: Path) -> None:
    settled(tmp_path / "day" / "a.wav", "a")
    settled(tmp_path / "day" / "b.wav", "b")
    settled(tmp_path / "day" / "a.json", json.dumps({"call_id": "C1", "工号": "007", "rings": 2}))
    text = json.dumps(
        {"agent": 108, "开始时间": "2025/11/18 9:12", "fee_unpaid": True}, ensure_ascii=False
    )
    settled(tmp_path / "day" / "b.wav.json", text.encode("gbk"))
    intake = read(tmp_path)
    said = {e.file: (e.call_id, e.values["agent_id"], e.voice) for e in intake.calls}
    assert said == {
        "day/a.wav": ("C1", "007", Voice.SIDECAR),
        "day/b.wav": (None, "108", Voice.SIDECAR),
    }
    assert intake.issues == ()
    assert intake.calls[1].values["fee_unpaid"] is True


SECRET = "13904561827"
BAD_SIDECARS = {
    "{": {("bad_json", 1)},
    '{"a":\n1,,}': {("bad_json", 2)},
    "[1]": {("bad_json", None)},
    "": {("bad_json", 1)},
    "[" * 5000: {("bad_json", None)},
    '{"caller": [1]}': {("bad_value", None)},
    '{"agent": "1", "工号": "2"}': {("repeated_column", None)},
    f'{{"started_at": "{SECRET}", "direction": "{SECRET}", "ring_count": -1}}': {
        ("bad_time", None),
        ("unknown_direction", None),
        ("bad_ring_count", None),
    },
    '{"agent": "1\\u0007"}': {("bad_characters", None)},
    '{"agent": "\\ud800"}': {("bad_characters", None)},
}


@pytest.mark.parametrize("text", BAD_SIDECARS)
def test_a_wrong_sidecar_is_told_field_by_field_and_the_recording_kept(
    tmp_path: Path, text: str
) -> None:
    settled(tmp_path / "a.wav", "a")
    settled(tmp_path / "a.json", text)
    intake = read(tmp_path)
    assert {(i.code, i.line) for i in intake.issues} == BAD_SIDECARS[text]
    assert all(i.rejected and i.file == "a.json" and SECRET not in i.reason for i in intake.issues)
    assert ([f.relative for f in intake.files], intake.calls) == (["a.wav"], ())


def test_json_that_belongs_to_nothing_is_told(tmp_path: Path) -> None:
    settled(tmp_path / "settings.json", '{"colour": "red"}')
    settled(tmp_path / "whose.json", '{"agent_id": "1"}')
    settled(tmp_path / "late.json", '{"call_id": "C9", "agent_id": "1"}')
    intake = read(tmp_path)
    assert [(e.call_id, e.file) for e in intake.calls] == [("C9", None)]
    assert codes(intake) == {"whose.json": "no_key"}


def test_names_and_sidecars_of_one_file_are_two_voices(tmp_path: Path) -> None:
    settled(tmp_path / "108.wav", "a")
    settled(tmp_path / "108.json", '{"agent_id": "109"}')
    intake = read(tmp_path, names=[compile_pattern("{agent}.wav")])
    assert [(e.voice, e.claimed_agents) for e in intake.calls] == [
        (Voice.SIDECAR, ("109",)),
        (Voice.NAME, ("108",)),
    ]


def test_the_schema_of_sidecars_is_the_documented_one() -> None:
    page = ROOT / "docs" / "reference" / "sidecar.schema.json"
    assert json.loads(page.read_text("utf-8")) == sidecar_schema()


def test_ten_thousand_files_are_listed_quickly(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"{number:05d}.wav").touch()
    before = os.times()
    assert len(list_folder(tmp_path).files) == 10_000
    after = os.times()
    assert (
        after.user + after.system - before.user - before.system < 3
    )  # 0.3 s when nothing else runs
