"""Fetching models over a real loopback server, by a real pip, and from folders."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from qa.errors import ConfigError, ModelCorruptError, ModelNotFoundError
from qa.transcribe import fetch, models, registry
from tests.support.waiting import SLOW_S

REVISION = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = hashlib.shake_256(b"weights").digest(3_000_000)
FILES = {"model.bin": WEIGHTS, "config.json": b'{"a": 1}', "vocabulary.txt": b"vocabulary\n"}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Hub:
    """What the loopback server has, how it behaves, and what was asked of it."""

    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    supports_ranges: bool = True
    break_after: list[int] = field(default_factory=list)  # bytes of body, one entry a request
    statuses: list[int] = field(default_factory=list)  # answered before anything is served
    bytes_per_s: int | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        name, wanted = self.path.rsplit("/", 1)[-1], self.headers.get("Range")
        self.hub.asked.append((name, wanted))
        if self.hub.statuses:
            self.send_error(self.hub.statuses.pop(0))
            return
        if f"/resolve/{REVISION}/" not in self.path or name not in self.hub.files:
            self.send_error(404)
            return
        content, start = self.hub.files[name], 0
        if wanted and self.hub.supports_ranges:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(content):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        body = content[start:]
        if name == "model.bin" and self.hub.break_after:
            body = body[: self.hub.break_after.pop(0)]
        self.send(body)

    def send(self, body: bytes) -> None:
        step = 1 << 15
        for offset in range(0, len(body), step):
            try:
                self.wfile.write(body[offset : offset + step])
            except OSError:  # the client was killed
                return
            if self.hub.bytes_per_s:
                time.sleep(step / self.hub.bytes_per_s)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    hub = Hub()
    handler = type("BoundHandler", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


def describe(published: tuple[str, ...] = ("model.bin",), **sizes: int) -> dict[str, Any]:
    """A registry entry for FILES, with published hashes for some of them."""
    files: dict[str, dict[str, Any]] = {}
    for name, content in FILES.items():
        files[name] = {"size": len(content)}
        if name in published:
            files[name]["sha256"] = sha256(content)
    source = {"hub": "someone/tiny", "revision": REVISION}
    texts = {"title": "Tiny", "licence": "MIT", "note": "for tests"}
    return {**texts, "files": files, "sources": [source]}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A models folder with a registry of its own that knows the model `tiny`."""
    file = tmp_path / "registry.yaml"
    file.write_text(yaml.safe_dump({"models": {"tiny": describe()}}), "utf-8")
    use_registry(monkeypatch, file)
    monkeypatch.setattr(fetch, "_BACKOFF_S", 0.001)
    return SimpleNamespace(registry=file, models_dir=tmp_path / "models", tmp=tmp_path)


def use_registry(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    entries = registry.load_registry(file)
    monkeypatch.setattr(models, "load_registry", lambda: entries)
    monkeypatch.setattr(models, "find_model", lambda name: entries[name])


def contents(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if not p.name.startswith(".")}


def test_pull_from_hub(place: SimpleNamespace, hub: Hub) -> None:
    told: list[tuple[str, int, int]] = []
    path = models.pull("tiny", models_dir=place.models_dir, report=lambda *step: told.append(step))
    assert contents(path) == FILES
    assert models.model_path("tiny", models_dir=place.models_dir) == path
    assert models.model_fingerprint("tiny", models_dir=place.models_dir) == sha256(WEIGHTS)
    assert ("fetching model.bin", len(WEIGHTS), len(WEIGHTS)) in told
    assert not (place.models_dir / "tiny.partial").exists()


def test_second_pull_asks_nothing(place: SimpleNamespace, hub: Hub) -> None:
    models.pull("tiny", models_dir=place.models_dir)
    hub.asked.clear()
    models.pull("tiny", models_dir=place.models_dir)
    assert hub.asked == []


def test_broken_connection_is_continued(place: SimpleNamespace, hub: Hub) -> None:
    hub.break_after = [1_000_000, 700_000]
    path = models.pull("tiny", models_dir=place.models_dir)
    assert contents(path) == FILES
    ranges = [wanted for name, wanted in hub.asked if name == "model.bin"]
    assert ranges == [None, "bytes=1000000-", "bytes=1700000-"]


def test_server_without_ranges_starts_over(place: SimpleNamespace, hub: Hub) -> None:
    hub.supports_ranges, hub.break_after = False, [1_000_000]
    assert contents(models.pull("tiny", models_dir=place.models_dir)) == FILES


def test_busy_server_is_asked_again(place: SimpleNamespace, hub: Hub) -> None:
    hub.statuses = [503, 429]
    assert contents(models.pull("tiny", models_dir=place.models_dir)) == FILES


def test_dead_server_gives_up_and_keeps_what_came(place: SimpleNamespace, hub: Hub) -> None:
    hub.break_after = [1_000_000] + [0] * 20
    with pytest.raises(ModelNotFoundError, match=r"1,000,000 of 3,000,000 bytes are kept"):
        models.pull("tiny", models_dir=place.models_dir)
    [state] = models.list_models(models_dir=place.models_dir)
    assert state.status is models.ModelStatus.PARTIAL
    hub.break_after, hub.asked = [], []
    assert contents(models.pull("tiny", models_dir=place.models_dir)) == FILES
    assert hub.asked[0] == ("model.bin", "bytes=1000000-")


def test_wrong_bytes_are_refused_and_removed(place: SimpleNamespace, hub: Hub) -> None:
    wrong = hub.files["model.bin"] = bytes(len(WEIGHTS))
    with pytest.raises(ModelCorruptError) as caught:
        models.pull("tiny", models_dir=place.models_dir)
    assert sha256(WEIGHTS) in str(caught.value)
    assert sha256(wrong) in str(caught.value)
    assert not (place.models_dir / "tiny").exists()
    assert not list(place.models_dir.rglob("model.bin*"))
    hub.files["model.bin"] = WEIGHTS
    assert contents(models.pull("tiny", models_dir=place.models_dir)) == FILES


def test_longer_file_is_refused(place: SimpleNamespace, hub: Hub) -> None:
    hub.files["model.bin"] = WEIGHTS + b"more"
    with pytest.raises(ModelNotFoundError, match="more than the 3,000,000 bytes"):
        models.pull("tiny", models_dir=place.models_dir)


def test_missing_file_names_the_three_ways(place: SimpleNamespace, hub: Hub) -> None:
    del hub.files["config.json"]
    with pytest.raises(ModelNotFoundError) as caught:
        models.pull("tiny", models_dir=place.models_dir)
    message = str(caught.value)
    assert "HTTP 404" in message
    for way in ("package index", "HF_ENDPOINT=", "--from DIR"):
        assert way in message


def test_absent_model_names_the_three_ways(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError) as caught:
        models.model_path("base", models_dir=tmp_path)
    for way in ("through pip", "HF_ENDPOINT=", "--from DIR"):
        assert way in str(caught.value)


def test_endpoint_must_be_http(place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "file:///etc")
    with pytest.raises(ConfigError, match="HF_ENDPOINT"):
        models.pull("tiny", models_dir=place.models_dir)


def test_first_copy_is_pinned_and_holds(place: SimpleNamespace, hub: Hub) -> None:
    path = models.pull("tiny", models_dir=place.models_dir)
    pins = json.loads((place.models_dir / "tiny.pins.json").read_text())
    assert pins == {name: sha256(FILES[name]) for name in ("config.json", "vocabulary.txt")}
    for file in path.iterdir():
        file.unlink()
    path.rmdir()
    hub.files["config.json"] = b'{"a": 2}'
    with pytest.raises(ModelCorruptError):
        models.pull("tiny", models_dir=place.models_dir)


def test_unpinned_weights_have_no_fingerprint_yet(
    place: SimpleNamespace, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.registry.write_text(yaml.safe_dump({"models": {"tiny": describe(published=())}}))
    registry.load_registry.cache_clear()
    use_registry(monkeypatch, place.registry)
    with pytest.raises(ModelNotFoundError, match="not been verified"):
        models.model_fingerprint("tiny", models_dir=place.models_dir)
    models.pull("tiny", models_dir=place.models_dir)
    assert models.model_fingerprint("tiny", models_dir=place.models_dir) == sha256(WEIGHTS)


def test_changed_file_is_noticed(place: SimpleNamespace, hub: Hub) -> None:
    path = models.pull("tiny", models_dir=place.models_dir)
    (path / "model.bin").write_bytes(bytes(len(WEIGHTS)))
    with pytest.raises(ModelCorruptError):
        models.model_path("tiny", models_dir=place.models_dir)
    with pytest.raises(ModelCorruptError):
        models.verify("tiny", models_dir=place.models_dir)
    assert contents(models.pull("tiny", models_dir=place.models_dir)) == FILES


def test_touched_file_is_hashed_once_more(place: SimpleNamespace, hub: Hub) -> None:
    path = models.pull("tiny", models_dir=place.models_dir)
    os.utime(path / "model.bin", (1, 1))
    [state] = models.list_models(models_dir=place.models_dir)
    assert state.status is models.ModelStatus.UNCHECKED
    assert models.model_path("tiny", models_dir=place.models_dir) == path
    [state] = models.list_models(models_dir=place.models_dir)
    assert state.status is models.ModelStatus.READY


def test_incomplete_folder_is_no_model(place: SimpleNamespace, hub: Hub) -> None:
    path = models.pull("tiny", models_dir=place.models_dir)
    (path / "config.json").unlink()
    with pytest.raises(ModelNotFoundError, match=r"config\.json missing"):
        models.model_path("tiny", models_dir=place.models_dir)


def test_import_from_folder(place: SimpleNamespace) -> None:
    folder = place.tmp / "usb"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    path = models.pull("tiny", models_dir=place.models_dir, source_dir=folder)
    assert contents(path) == FILES


def test_import_from_folder_that_lacks_a_file(place: SimpleNamespace) -> None:
    folder = place.tmp / "usb"
    folder.mkdir()
    (folder / "model.bin").write_bytes(WEIGHTS)
    with pytest.raises(ConfigError, match=r"missing: config\.json, vocabulary\.txt"):
        models.pull("tiny", models_dir=place.models_dir, source_dir=folder)


def test_import_of_wrong_weights_is_refused(place: SimpleNamespace) -> None:
    folder = place.tmp / "usb"
    folder.mkdir()
    for name in FILES:
        (folder / name).write_bytes(b"other")
    with pytest.raises(ModelCorruptError):
        models.pull("tiny", models_dir=place.models_dir, source_dir=folder)
    assert (folder / "model.bin").exists(), "the user's own file is not ours to remove"


def write_wheels(folder: Path) -> list[dict[str, Any]]:
    """Two wheels that pip accepts, with the weights split over them."""
    described = []
    for number, half in ((1, WEIGHTS[:2_000_000]), (2, WEIGHTS[2_000_000:])):
        name = f"tiny_part{number}"
        info = f"{name}-1.0.0.dist-info"
        path = folder / f"{name}-1.0.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}/model.bin.part", half)
            if number == 1:
                archive.writestr(f"{name}/config.json", FILES["config.json"])
                archive.writestr(f"{name}/vocabulary.txt", FILES["vocabulary.txt"])
            archive.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n"
            )
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        content = path.read_bytes()
        described.append(
            {
                "requirement": f"tiny-part{number}==1.0.0",
                "file": path.name,
                "size": len(content),
                "sha256": sha256(content),
            }
        )
    return described


@pytest.fixture
def wheels(place: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip finds, and a registry that asks for them before the hub."""
    folder: Path = place.tmp / "wheels"
    folder.mkdir()
    members = {
        "model.bin": ["tiny_part1/model.bin.part", "tiny_part2/model.bin.part"],
        "config.json": ["tiny_part1/config.json"],
        "vocabulary.txt": ["tiny_part1/vocabulary.txt"],
    }
    entry = describe()
    entry["sources"].insert(0, {"wheels": write_wheels(folder), "members": members})
    place.registry.write_text(yaml.safe_dump({"models": {"tiny": entry}}))
    registry.load_registry.cache_clear()
    use_registry(monkeypatch, place.registry)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_pull_through_pip(place: SimpleNamespace, wheels: Path, hub: Hub) -> None:
    assert contents(models.pull("tiny", models_dir=place.models_dir)) == FILES
    assert hub.asked == []


def test_second_source_when_pip_finds_nothing(
    place: SimpleNamespace, wheels: Path, hub: Hub
) -> None:
    for wheel in wheels.iterdir():
        wheel.unlink()
    assert contents(models.pull("tiny", models_dir=place.models_dir)) == FILES
    assert hub.asked


def test_wheel_with_other_bytes_is_refused(place: SimpleNamespace, wheels: Path, hub: Hub) -> None:
    with zipfile.ZipFile(next(wheels.glob("*part2*")), "a") as archive:
        archive.writestr("extra", "x")
    with pytest.raises(ModelCorruptError):
        models.pull("tiny", models_dir=place.models_dir)
    assert not list(place.models_dir.rglob("*part2*.whl"))


def test_import_from_folder_of_wheels(place: SimpleNamespace, wheels: Path) -> None:
    path = models.pull("tiny", models_dir=place.models_dir, source_dir=wheels)
    assert contents(path) == FILES


# A pull in a process of its own, with the registry of the test.
PULL = """
import sys
from pathlib import Path
from qa.transcribe import models, registry
entries = registry.load_registry(Path(sys.argv[1]))
models.find_model = lambda name: entries[name]
print(models.pull("tiny", models_dir=Path(sys.argv[2])))
"""


def start_pull(place: SimpleNamespace) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PULL, str(place.registry), str(place.models_dir)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_killed_pull_is_finished_by_the_next(place: SimpleNamespace, hub: Hub) -> None:
    hub.bytes_per_s = 2_000_000
    part = place.models_dir / "tiny.partial" / "downloads" / "model.bin.part"
    with start_pull(place) as process:
        deadline = time.monotonic() + SLOW_S
        while not (part.exists() and part.stat().st_size > 300_000):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert not (place.models_dir / "tiny").exists()
    kept = part.stat().st_size
    assert 300_000 < kept < len(WEIGHTS)
    hub.bytes_per_s = None
    hub.asked.clear()
    assert contents(models.pull("tiny", models_dir=place.models_dir)) == FILES
    assert hub.asked[0] == ("model.bin", f"bytes={kept}-")


def test_two_pulls_at_once(place: SimpleNamespace, hub: Hub) -> None:
    hub.bytes_per_s = 6_000_000
    with start_pull(place) as first, start_pull(place) as second:
        for process in (first, second):
            output, _ = process.communicate(timeout=SLOW_S)
            assert process.returncode == 0
            assert output.strip() == str(place.models_dir / "tiny")
    assert contents(place.models_dir / "tiny") == FILES
    assert [name for name, _ in hub.asked].count("model.bin") == 1


def test_registry_in_the_repository() -> None:
    known = registry.load_registry()
    recognisers = ["base", "small", "medium", "large-v3", "large-v3-turbo"]
    others = ["sensevoice", "paraformer"]
    assert list(known) == [*recognisers, *others, "campplus"]
    for spec in map(known.__getitem__, others):
        # Nobody here has had these files yet: their hashes are pinned by the first copy.
        assert [file.sha256 for file in spec.files] == [None, None]
        assert spec.licence == "FunASR Model License 1.1" and spec.weights == "model.int8.onnx"
    [voices] = known["campplus"].files
    assert voices.sha256 is not None and known["campplus"].licence == "Apache-2.0"
    for spec in map(known.__getitem__, recognisers):
        weights = next(file for file in spec.files if file.name == "model.bin")
        assert weights.sha256 is not None
        assert spec.licence == "MIT"
    [wheels, hub] = known["base"].sources
    assert isinstance(wheels, registry.WheelSource)
    assert isinstance(hub, registry.HubSource)
    assert hub.repository == "Systran/faster-whisper-base"


@pytest.mark.parametrize(
    "change",
    [
        {"sources": [{"hub": "someone/tiny", "revision": "main"}]},
        {"files": {"model.bin": {"size": 1, "sha256": "abc"}}},
        {"files": {"model.bin": {}}},
    ],
)
def test_faulty_registry_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    file = tmp_path / "registry.yaml"
    file.write_text(yaml.safe_dump({"models": {"tiny": describe() | change}}))
    with pytest.raises(ConfigError, match="registry"):
        registry.load_registry(file)


def test_unknown_model_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="base, small"):
        models.model_path("enormous")


def test_default_folder_is_in_the_checkout() -> None:
    assert models.default_models_dir() == Path(__file__).resolve().parents[2] / "models"


def test_default_folder_of_an_installed_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "__file__", str(tmp_path / "lib" / "qa" / "transcribe" / "m.py"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert models.default_models_dir() == tmp_path / "data" / "tingjian" / "models"


def test_unwritable_folder_is_explained(place: SimpleNamespace, hub: Hub) -> None:
    place.models_dir.write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot store the model"):
        models.pull("tiny", models_dir=place.models_dir)


@pytest.mark.model
def test_base_is_the_published_one(base_model: Path) -> None:
    files = models.verify("base", models_dir=base_model.parent)
    assert all(not file.pinned for file in files)
    assert files[0].sha256 == models.model_fingerprint("base", models_dir=base_model.parent)
