"""Recordings in S3-compatible storage, against a real server: taken in, heard, played."""

import hashlib
import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import qa.ingest.objects
from qa.batch.archive import archive_of, how_kept
from qa.batch.deleting import _remove
from qa.batch.fetching import at_hand
from qa.batch.inbox import ingest_sources
from qa.batch.jobs import Job
from qa.batch.runner import RunOptions, RunReport, run_folder
from qa.config import Settings
from qa.errors import (
    ConfigError,
    EngineError,
    IngestError,
    RecordingError,
    RecordingFault,
    ScratchError,
)
from qa.ingest.objects import ObjectFile, ObjectFolder, folder_at
from qa.ingest.sources.configured import configured_sources
from qa.sections import S3Settings
from qa.store.archive import Kept, ToKeep
from tests.storage.server import KEYS, StorageServer
from tests.support.call_folders import GOOD, HEADER, open_store, rows_of, settings_for
from tests.support.talking_files import ENGINE, factory
from tests.support.waiting import SLOW_S

pytestmark = pytest.mark.s3
OPTIONS = RunOptions(factory=factory, engine=ENGINE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageServer]:
    if find_spec("s3fs") is None:
        pytest.skip("s3fs is not installed: pip install 'tingjian[s3]'")
    with StorageServer(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("TALKING_LOG", str(tmp_path / "heard.log"))
    if find_spec("s3fs") is not None:
        forget_connections()


def forget_connections() -> None:
    """As a process does that is started anew: keys are read once."""
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()


def settings_at(tmp_path: Path, server: StorageServer) -> Settings:
    storage = S3Settings(endpoint_url=server.url, region="us-east-1", timeout_s=SLOW_S)
    return settings_for(tmp_path).model_copy(update={"s3": storage})


def fill(server: StorageServer, top: str, count: int) -> None:
    lines = [HEADER]
    for number in range(count):
        server.put(f"{top}/day/{number}.wav", GOOD.format(number=f"{top}{number}"))
        lines.append(
            f"day/{number}.wav,{top}{number},2025-11-18 09:{number:02d}:30,108,inbound,2,customer,"
        )
    server.put(f"{top}/calls.csv", "\n".join(lines) + "\n")


def run(settings: Settings, url: str) -> RunReport:
    with open_store(settings) as store:
        return run_folder(store, settings, folder_at(url, settings.s3), options=OPTIONS)


def test_a_night_on_a_bucket(tmp_path: Path, server: StorageServer) -> None:
    fill(server, "night", 4)
    server.put("night/day/4.wav", GOOD.format(number=99))
    server.put("night/day/4.json", '{"call_id": "S4", "agent_id": "108"}')
    server.put("night/.hidden/5.wav", "never")
    server.put("nightly/6.wav", "another folder whose name begins alike")
    settings = settings_at(tmp_path, server)
    report = run(settings, "s3://calls/night/")
    assert (report.hearing.transcribed, report.judging.scored) == (5, 5)
    assert report.intake.issues == ()
    again = run(settings, "s3://calls/night")
    assert (again.intake.hashed, again.hearing.transcribed, again.judging.scored) == (0, 0, 0)
    with open_store(settings) as store:
        paths = {path for (path,) in rows_of(store, "SELECT path FROM files")}
        assert paths == {f"s3://calls/night/day/{n}.wav" for n in range(5)}
        found = rows_of(store, "SELECT call_id FROM calls ORDER BY call_id")
        assert [call_id for (call_id,) in found] == ["S4", *(f"night{n}" for n in range(4))]


def test_what_changes_in_the_bucket_is_seen(tmp_path: Path, server: StorageServer) -> None:
    fill(server, "change", 3)
    settings = settings_at(tmp_path, server)
    run(settings, "s3://calls/change")
    before = GOOD.format(number="change0")
    server.put("change/day/0.wav", before.replace("幺", "妖"))  # the same size, in the same second
    server.delete("change/day/2.wav")
    report = run(settings, "s3://calls/change")
    assert (report.intake.hashed, report.hearing.transcribed) == (1, 1)
    assert report.intake.no_recording == ("change2",)


def test_a_source_of_the_settings_is_a_bucket(tmp_path: Path, server: StorageServer) -> None:
    fill(server, "inbox", 2)
    sources = {"hotline": {"folder": "s3://calls/inbox", "stable_s": 0}}
    base = settings_at(tmp_path, server).model_dump()
    settings = Settings.model_validate({**base, "sources": sources})
    assert settings.sources["hotline"].folder == "s3://calls/inbox"
    with open_store(settings) as store:
        report = ingest_sources(store, configured_sources(settings))
        assert (report.hashed, report.calls) == (2, 2)
        assert rows_of(store, "SELECT DISTINCT source FROM calls") == [("hotline",)]


def job_of(content: str, key: str) -> Job:
    return Job(hashlib.sha256(content.encode()).hexdigest(), f"s3://calls/{key}", None)


def test_a_copy_is_there_for_a_moment_only(tmp_path: Path, server: StorageServer) -> None:
    settings = settings_at(tmp_path, server)
    audio = settings.audio.model_copy(update={"scratch_dir": tmp_path / "scratch"})
    settings = settings.model_copy(update={"audio": audio})
    content = "坐席: 您好" * 1_000_000
    server.put("copy/one.wav", content)
    with at_hand(job_of(content, "copy/one.wav"), settings) as path:
        assert path.read_text() == content
        assert path.suffix == ".wav"
        assert path.parent.stat().st_mode & 0o077 == 0
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.parametrize(
    ("key", "of", "fault"),
    [
        ("bad/gone.wav", "x", RecordingFault.VANISHED),
        ("bad/one.wav", "other bytes", RecordingFault.CHANGED),
        ("bad/large.wav", "large", RecordingFault.TOO_LARGE),
    ],
)
def test_what_cannot_be_used_is_told_and_leaves_nothing(
    tmp_path: Path, server: StorageServer, key: str, of: str, fault: RecordingFault
) -> None:
    server.put("bad/one.wav", "these bytes")
    server.put("bad/large.wav", b"0" * ((1 << 20) + 1))
    settings = settings_at(tmp_path, server)
    update = {"scratch_dir": tmp_path / "scratch", "max_file_mb": 1}
    settings = settings.model_copy(update={"audio": settings.audio.model_copy(update=update)})
    with pytest.raises(RecordingError) as raised, at_hand(job_of(of, key), settings):
        pass
    assert raised.value.fault is fault
    assert list((tmp_path / "scratch").iterdir()) == []


def test_wrong_or_missing_keys_end_the_run_and_mark_nothing(
    tmp_path: Path, server: StorageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(server, "keys", 1)
    settings = settings_at(tmp_path, server)
    with open_store(settings) as store:
        sources = {"a": {"folder": "s3://calls/keys", "stable_s": 0}}
        configured = Settings.model_validate({**settings.model_dump(), "sources": sources})
        ingest_sources(store, configured_sources(configured))
    key, secret = "NOBODYSKEY", "nobodys-secret"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    forget_connections()
    job = Job("0" * 64, "s3://calls/keys/day/0.wav", None)
    with pytest.raises(ConfigError, match="InvalidAccessKeyId") as raised, at_hand(job, settings):
        pass
    assert key not in str(raised.value)
    assert secret not in str(raised.value)
    with pytest.raises(ConfigError, match="InvalidAccessKeyId"):
        run(settings, "s3://calls/keys")
    for name in KEYS:
        monkeypatch.delenv(name)
    forget_connections()
    with pytest.raises(ConfigError, match="AWS_ACCESS_KEY_ID"):
        run(settings, "s3://calls/keys")
    with open_store(settings) as store:
        assert rows_of(store, "SELECT count(*) FROM recordings WHERE fault IS NOT NULL") == [(0,)]


def test_a_bucket_that_is_not_there_is_no_empty_folder(
    tmp_path: Path, server: StorageServer
) -> None:
    with pytest.raises(IngestError, match="cannot be listed"):
        run(settings_at(tmp_path, server), "s3://nobody-has-this/calls")


def test_a_storage_that_is_away_fails_for_a_while(tmp_path: Path, server: StorageServer) -> None:
    with StorageServer(tmp_path) as own:
        own.put("a.wav", "one")
        settings = settings_at(tmp_path, own)
    with pytest.raises(IngestError, match="cannot be listed"):
        run(settings, "s3://calls")
    with pytest.raises(EngineError), at_hand(job_of("one", "a.wav"), settings):
        pass


def test_a_full_disk_is_not_the_recordings_fault(tmp_path: Path, server: StorageServer) -> None:
    content = "a" * (3 << 20)
    server.put("full.wav", content)
    settings = settings_at(tmp_path, server)
    small = Path("/dev/full")
    with pytest.raises(ScratchError), ObjectFile("s3://calls/full.wav", settings.s3).open() as data:
        from qa.batch.fetching import _copy

        with small.open("wb", buffering=0) as out:
            _copy(data, out, ObjectFile("s3://calls/full.wav", settings.s3), 1 << 30)


@pytest.mark.parametrize("url", ["s3://", "s3:///a", "s3://key:secret@bucket/a"])
def test_an_address_without_a_bucket_or_with_keys_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="without credentials") as raised:
        folder_at(url, S3Settings())
    assert "secret@" not in str(raised.value)


def test_the_archive_reads_objects_again_and_never_says_it_removed_one(
    tmp_path: Path, server: StorageServer
) -> None:
    settings = settings_at(tmp_path, server)
    server.put("kept.wav", "one")
    job, archive = job_of("one", "kept.wav"), archive_of(settings)
    one = ToKeep(job.recording_id, (job.path,), None)
    assert how_kept(archive, one) is Kept.OK
    assert _remove(job.path, job.recording_id, archive) == "in_storage"
    server.put("kept.wav", "two")
    assert how_kept(archive, one) is Kept.CHANGED
    server.delete("kept.wav")
    assert how_kept(archive, one) is Kept.MISSING
    assert _remove(job.path, job.recording_id, archive) == ""


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qa.ingest.objects, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"tingjian\[s3\]"):
        list(ObjectFolder("s3://calls", S3Settings()).below())


def test_nothing_of_it_is_loaded_without_need() -> None:
    import subprocess

    code = "import sys, qa.batch.runner, qa.batch.pools; print({'s3fs', 'ray'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
