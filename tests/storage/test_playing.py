"""A recording in S3-compatible storage is heard on the pages, drawn, cut, written down, kept."""

import io
import os
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.batch.archive import STORAGE_AWAY, keep_copies, verify
from qa.batch.archive_backup import back_up_recordings
from qa.batch.deleting import prove
from qa.batch.runner import ingest_folder, score_all_pending
from qa.config import ArchiveSettings, Settings
from qa.ingest.objects import folder_at
from qa.records import UserRole
from qa.sections import S3Settings
from qa.store.audit_reading import AuditFilter, list_entries
from qa.store.store import Store
from tests.storage.server import KEYS, StorageServer
from tests.support.call_folders import GOOD, HEADER, hear_all, open_store, rows_of, settings_for
from tests.support.people import log_in, person
from tests.support.waiting import SLOW_S

pytestmark = pytest.mark.s3
BASE = "http://127.0.0.1:8787"
SECONDS = 4
PATIENT = S3Settings(region="us-east-1", timeout_s=SLOW_S)


@dataclass
class House:
    """A store whose one call lies in a bucket of its own server, and a head's browser."""

    store: Store
    settings: Settings
    server: StorageServer
    client: TestClient

    def later(self) -> None:
        """As if the moment were over for which a look at the storage holds."""
        objects = self.client.app.state.service.recordings._objects  # type: ignore[attr-defined]
        objects._seen.clear()
        objects._away_until = 0.0


def tone(pitch_hz: int) -> bytes:
    t = np.arange(SECONDS * 8000) / 8000
    sides = [0.3 * np.sin(2 * np.pi * (pitch_hz + 100 * side) * t) for side in (0, 1)]
    out = io.BytesIO()
    soundfile.write(out, np.stack(sides, axis=1), 8000, format="WAV", subtype="ALAW")
    return out.getvalue()


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    if find_spec("s3fs") is None:
        pytest.skip("s3fs is not installed: pip install 'tingjian[s3]'")
    from s3fs import S3FileSystem

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()
    with StorageServer(tmp_path) as server:
        server.put("day/one.wav", tone(300))
        line = "day/one.wav,ONE,2025-11-18 09:01:30,108,inbound,2,customer,"
        server.put("calls.csv", f"{HEADER}\n{line}\n")
        storage = PATIENT.model_copy(update={"endpoint_url": server.url})
        settings = settings_for(tmp_path).model_copy(update={"s3": storage})
        with open_store(settings) as store:
            ingest_folder(store, folder_at("s3://calls", storage))
            hear_all(store, text=GOOD.format(number=1))
            score_all_pending(store, settings)
            with TestClient(
                create_app(store, settings), base_url=BASE, raise_server_exceptions=False
            ) as client:
                log_in(client, store, person(store, UserRole.HEAD))
                yield House(store, settings, server, client)


def audited(store: Store, action: str) -> int:
    with store.reading() as session:
        return len(list_entries(session, AuditFilter(action=action), limit=50))


def test_it_is_played_drawn_cut_and_written_down(house: House, tmp_path: Path) -> None:
    client = house.client
    page = client.get("/calls/ONE").text
    assert "data-peaks" in page and 'role="alert"' not in page
    whole = client.get("/audio/ONE")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(whole.content)) as sound:
        assert (sound.getnchannels(), sound.getnframes()) == (2, SECONDS * 16000)
        assert max(memoryview(sound.readframes(16000)).cast("h")) > 8000, "the tone is there"
    fetched = house.server.log.read_text().count("GET /calls/day/one.wav")
    part = client.get("/audio/ONE", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert client.get("/audio/ONE", headers={"range": "bytes=99999999-"}).status_code == 416
    peaks = client.get("/api/v1/calls/ONE/peaks?points=50").json()
    assert [len(channel) for channel in peaks["channels"]] == [100, 100]
    clip = client.get("/clips/ONE?start_ms=1000&end_ms=3000")
    with wave.open(io.BytesIO(clip.content)) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(3.0, abs=0.1)
    again = house.server.log.read_text().count("GET /calls/day/one.wav")
    assert again == fetched, "it was fetched once"
    assert audited(house.store, "call.fetch_audio") >= 1
    assert audited(house.store, "call.listen") == 1, "the clip"
    cached = list((house.settings.data_dir / "cache" / "audio").iterdir())
    assert [file.suffix for file in cached] == [".wav"]


@pytest.mark.parametrize(
    ("case", "state", "told"),
    [
        ("gone", "missing", "已不在原处"),
        ("exchanged", "changed", "内容已经改变"),
        ("refused", "no_access", "拒绝本服务器读取"),
        ("away", "storage_away", "没有回应"),
    ],
)
def test_what_cannot_be_played_says_why(
    house: House, monkeypatch: pytest.MonkeyPatch, case: str, state: str, told: str
) -> None:
    from s3fs import S3FileSystem

    client = house.client
    assert client.get("/audio/ONE").status_code == 200, "a copy lies in the cache"
    if case == "gone":
        house.server.delete("day/one.wav")
    elif case == "exchanged":
        house.server.put("day/one.wav", tone(500))
    elif case == "refused":
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "NOBODYSKEY")
        S3FileSystem.clear_instance_cache()
    else:
        house.server.stop()
    house.later()
    page = client.get("/calls/ONE")
    assert page.status_code == 200 and told in page.text
    assert client.get("/audio/ONE").status_code == 409
    problem = client.get("/api/v1/calls/ONE/peaks")
    assert (problem.status_code, problem.json()["reason"]) == (409, state)
    assert client.get("/clips/ONE?start_ms=1000&end_ms=3000").status_code == 409
    assert client.get("/api/v1/calls/ONE").json()["recording"] == state


def test_the_storage_is_its_archive(house: House, tmp_path: Path) -> None:
    archive = ArchiveSettings(keep="copy")
    settings = house.settings.model_copy(update={"archive": archive})
    store = house.store
    assert keep_copies(store, settings).failed == ()
    assert back_up_recordings(store, settings, tmp_path / "backup").failed == ()
    assert verify(store, settings).done == 1
    house.server.stop()
    away = verify(store, settings, everything=True)
    assert [why for _, why in away.failed] == [STORAGE_AWAY]
    assert rows_of(store, "SELECT state FROM archive_checks") == [("ok",)], "nothing is known anew"


def test_an_object_is_proved_empty(house: House) -> None:
    with house.store.writing() as session:
        from qa.store import ledger

        ((recording_id,),) = rows_of(house.store, "SELECT recording_id FROM recordings")
        fault = ledger.Fault("silent", "silent", "typed")
        ledger.mark_failed(session, recording_id, fault, datetime.now(UTC))
    assert prove(house.store, house.settings) == 1
    assert rows_of(house.store, "SELECT is_empty FROM empty_proofs")[0][0] in (0, False)
