"""The page of runs: what goes on with rate and time left, what was done, why things failed."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.batch.nightly import run_night
from qa.batch.runner import RunOptions
from qa.ingest.sources.configured import NamedSource
from qa.ingest.sources.folder import FolderSource
from qa.records import UserRole
from qa.store import ledger, runs
from qa.store.runs import RunProgress, RunState
from qa.store.store import Store
from tests.support.call_folders import make_folder, open_store, settings_for, settled
from tests.support.people import log_in, person
from tests.support.talking_files import ENGINE, factory


@pytest.fixture(scope="module")
def served(
    backend: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, TestClient]]:
    """A house after one real night on three calls, a file that is no audio and a bad sidecar."""
    tmp_path = tmp_path_factory.mktemp("runs")
    folder = make_folder(tmp_path / "in")
    settled(folder / "day" / "bad.wav", "!refuse\n坐席: 您好")
    settled(folder / "day" / "0.json", "{")
    settings = settings_for(tmp_path, workers=1)
    with pytest.MonkeyPatch.context() as patch, open_store(settings) as store:
        patch.setenv("TALKING_LOG", str(tmp_path / "log"))
        sources = [NamedSource("night", FolderSource(folder, store.zone), False)]
        run_night(store, settings, sources, options=RunOptions(factory=factory, engine=ENGINE))
        with TestClient(create_app(store, settings), base_url="http://127.0.0.1:8787") as client:
            log_in(client, store, person(store, UserRole.HEAD))
            yield store, client


def going_on(store: Store, since: timedelta) -> int:
    now = datetime.now(UTC)
    with store.writing() as session:
        run_id = ledger.start_run(session, "nightly", now - since)
        runs.add_task(session, run_id, now - since, state=RunState.RUNNING)
        progress = RunProgress("transcribe", now - since, 40, 10, 0, 0)
        runs.put_progress(session, run_id, progress, now)
    return run_id


def text_of(client: TestClient, **query: Any) -> str:
    answer = client.get("/runs", params=query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_a_night_is_looked_back_on_with_its_reasons(served: tuple[Store, TestClient]) -> None:
    _, client = served
    said = text_of(client, lang="zh")
    assert "每晚 完成" in said
    assert "录音失败 不是音频文件 1" in said
    assert "未接收 JSON 无法读取 1" in said
    assert re.search(r"新通话 \d", said)
    assert "night done" in text_of(client, lang="en")
    assert "not an audio file 1" in text_of(client, lang="en")
    text_of(client, lang="zh")


def test_what_goes_on_has_rate_and_time_left(served: tuple[Store, TestClient]) -> None:
    store, client = served
    now = datetime.now(UTC)
    assert "现在没有运行" in text_of(client)
    run_id = going_on(store, timedelta(minutes=5))
    said = text_of(client)
    assert "转写 10 / 40 每分钟 2.0 个 约剩 0:15:00" in said
    assert "没有消息" not in said
    page = client.get("/runs").text
    assert f'data-run="{run_id}"' in page and 'value="0.2500"' in page
    with store.writing() as session:
        late = RunProgress("transcribe", now - timedelta(hours=2), 40, 10, 0, 0)
        runs.put_progress(session, run_id, late, now - timedelta(hours=1))
    assert re.search(r"(59|60|61) 分钟没有消息", text_of(client))
    with store.writing() as session:
        runs.end_run(session, run_id, RunState.FAILED, now, fault="the disk 13800138000 is full")
    said = text_of(client)
    assert "现在没有运行" in said and "原因: the disk" in said
    assert "13800138000" not in said


def test_long_lists_go_on_with_earlier_runs(served: tuple[Store, TestClient]) -> None:
    store, client = served
    now = datetime.now(UTC)
    with store.writing() as session:
        for _ in range(60):
            run_id = ledger.start_run(session, "score", now)
            runs.add_task(session, run_id, now, state=RunState.DONE)
    first = client.get("/runs").text
    earlier = re.search(r"/runs\?before=(\d+)", first)
    assert earlier is not None
    assert first.count('<tr id="run-') == 50
    second = client.get(earlier[0]).text
    assert second.count('<tr id="run-') >= 11
    shown = re.findall(r'<tr id="run-(\d+)"', first + second)
    assert len(set(shown)) == len(shown)
