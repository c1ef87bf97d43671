"""What every source keeps to, whatever it reads."""

import pickle
import re
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qa.config import Settings, SourceSettings, load_settings
from qa.errors import ConfigError, IngestError
from qa.ingest.names import FIELDS
from qa.ingest.rows import Source
from qa.ingest.sources import asterisk as asterisk_source
from qa.ingest.sources import freeswitch as freeswitch_source
from qa.ingest.sources.asterisk import AsteriskSource
from qa.ingest.sources.configured import configured_sources, records_of
from qa.ingest.sources.folder import FolderSource
from qa.ingest.sources.freeswitch import FreeSwitchSource
from qa.ingest.sources.merged import MergedSource
from qa.ingest.sources.recordings import RecordingsSource
from qa.ingest.sources.tables import TablesSource
from qa.store.reconciling import Kind
from tests.ingest.cdr_lines import RULES, asterisk, freeswitch, written
from tests.support.call_folders import settled

ZONE = ZoneInfo("Asia/Shanghai")
SECRET = "13904561827"


def filled(tmp_path: Path) -> Path:
    """A folder and records with something good and something bad for every source."""
    folder = tmp_path / "in"
    settled(folder / "day" / "a.wav", "a")
    settled(folder / "day" / "a.json", '{"call_id": "A"}')
    settled(folder / "b.wav", "b")
    settled(folder / "b.json", f'{{"direction": "{SECRET}"}}')
    (folder / "c.wav").symlink_to(settled(tmp_path / "c.wav", "c"))
    settled(folder / "calls.csv", f"call_id,started_at\nB,\nC,{SECRET}\n")
    settled(folder / "roster.csv", f"seat,agent_id,day,from,to\n1,2,{SECRET},3,4\n")
    written(tmp_path / "asterisk.csv", asterisk(), asterisk(src=SECRET, start="x"), f'"{SECRET}\n')
    written(tmp_path / "freeswitch.csv", freeswitch(), freeswitch(start_stamp=SECRET))
    return folder


SOURCES: dict[str, Callable[[Path], Source]] = {
    "folder": lambda at: FolderSource(at / "in", ZONE),
    "recordings": lambda at: RecordingsSource(at / "in", ZONE),
    "tables": lambda at: TablesSource(at / "in", ZONE),
    "asterisk": lambda at: AsteriskSource(at / "asterisk.csv", RULES),
    "freeswitch": lambda at: FreeSwitchSource(at / "freeswitch.csv", RULES),
    "merged": lambda at: MergedSource(
        [RecordingsSource(at / "in", ZONE), AsteriskSource(at / "asterisk.csv", RULES)], "pbx"
    ),
}


@pytest.fixture(params=SOURCES)
def make(request: pytest.FixtureRequest) -> Callable[[Path], Source]:
    return SOURCES[request.param]


def test_the_same_content_gives_the_same_intake(
    tmp_path: Path, make: Callable[[Path], Source]
) -> None:
    filled(tmp_path)
    source = make(tmp_path)
    first = source.read()
    assert source.read() == first == make(tmp_path).read()
    assert pickle.loads(pickle.dumps(first)) == first


def test_the_origin_is_an_absolute_path(tmp_path: Path, make: Callable[[Path], Source]) -> None:
    filled(tmp_path)
    assert Path(make(tmp_path).read().origin).is_absolute()


def test_what_is_bad_is_told_without_its_values(
    tmp_path: Path, make: Callable[[Path], Source]
) -> None:
    filled(tmp_path)
    intake = make(tmp_path).read()
    rejected = [issue for issue in intake.issues if issue.rejected]
    assert rejected
    for issue in rejected:
        assert re.fullmatch("[a-z_]{4,50}", issue.code)
        assert len(issue.reason) > 15
        assert SECRET not in issue.reason
        assert issue.file


def test_a_source_that_is_gone_is_an_error(tmp_path: Path, make: Callable[[Path], Source]) -> None:
    with pytest.raises(IngestError) as error:
        make(tmp_path).read()
    assert str(tmp_path) in str(error.value)


def settings_with(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settled(tmp_path / "qa.toml", text)
    monkeypatch.setenv("QA_CONFIG", str(tmp_path / "qa.toml"))
    return load_settings()


def test_sources_are_made_from_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    settings = settings_with(
        tmp_path,
        f"""
        [sources.default]
        agent_channel = "right"
        [sources.pbx]
        folder = "{tmp_path}/in"
        cdr = ["{tmp_path}/asterisk.csv"]
        names = ["{{call}}.wav"]
        stable_s = 0
        [sources.switch]
        cdr = ["{tmp_path}/freeswitch.csv"]
        cdr_format = "freeswitch"
        extensions = "80.."
        """,
        monkeypatch,
    )
    named = configured_sources(settings)
    assert [(n.name, n.has_records) for n in named] == [("pbx", True), ("switch", True)]
    assert records_of(settings) == {"pbx", "switch"}
    intakes = {n.name: n.source.read() for n in named}
    assert {name: intake.source for name, intake in intakes.items()} == {
        "pbx": "pbx",
        "switch": "switch",
    }
    assert {entry.voice for entry in intakes["pbx"].calls} == {"table", "sidecar", "cdr", "name"}
    assert [n.name for n in configured_sources(settings, ["switch"])] == ["switch"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('names = ["{agnet}.wav"]', "sources.pbx: the name pattern .* no field {agnet}"),
        ('extensions = "80["', "sources.pbx: extensions or cdr_timezone is wrong"),
        ('cdr_timezone = "Asia/Peking"', "sources.pbx: extensions or cdr_timezone is wrong"),
        ('cdr_columns = ["start", "uniqid"]', "cdr_columns: no field uniqid"),
        ('cdr_columns = ["start"]', "cdr_columns: missing: uniqueid"),
        ('cdr_columns = ["start", "start", "uniqueid"]', "cdr_columns: twice: start"),
        ('finished = "soon"', "sources.pbx.finished"),
        ("stable_s = -1", "sources.pbx.stable_s"),
        ('pattern = "x"', "sources.pbx.pattern"),
    ],
)
def test_a_wrong_setting_stops_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, problem: str
) -> None:
    text = f'[sources.pbx]\nfolder = "{tmp_path}"\n{line}\n'
    with pytest.raises(ConfigError, match=problem):
        configured_sources(settings_with(tmp_path, text, monkeypatch))


def test_a_source_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(tmp_path, '[sources.left]\nagent_channel = "left"\n', monkeypatch)
    for names, problem in (((), "no source has a folder"), (["x"], "there are: left")):
        with pytest.raises(ConfigError, match=problem):
            configured_sources(settings, names)
    with pytest.raises(ConfigError, match="neither folder nor cdr"):
        configured_sources(settings, ["left"])


def test_every_setting_layout_and_kind_is_documented() -> None:
    page = Path(__file__).parents[2].joinpath("docs/reference/ingest.md").read_text("utf-8")
    for name, field in SourceSettings.model_fields.items():
        assert re.search(rf"\| `{name}` \| [^|]*\| {re.escape(field.description or '-')} \|", page)
    names = (*asterisk_source.FIELDS, *freeswitch_source.VARIABLES, *Kind)
    assert [name for name in names if f"`{name}`" not in page] == []
    for field in (*FIELDS, "started:FORMAT", "*"):
        assert f"`{{{field}}}`" in page


def test_every_code_that_a_source_uses_is_documented() -> None:
    root = Path(__file__).parents[2]
    page = root.joinpath("docs/reference/ingest.md").read_text("utf-8")
    sources = [
        *root.glob("qa/ingest/**/*.py"),
        root / "qa/batch/intake.py",
        root / "qa/store/intake.py",
    ]
    used = {
        code
        for path in sources
        for code in re.findall(
            r'(?:reject|notice|Issue|_refuse|Fault|_reject)\([^()"]*?"([a-z_]{6,})"',
            path.read_text("utf-8"),
        )
    }
    assert {"bad_record", "no_key", "link_outside", "contradiction"} <= used | {"link_outside"}
    assert [code for code in sorted(used) if f"`{code}`" not in page] == []
