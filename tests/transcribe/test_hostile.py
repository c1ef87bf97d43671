"""Hundreds of broken and hostile files, thousands of damaged ones: each has its reason code.

The files are decoded by real decoding processes. What a file does to its process is that process's
own affair: the worker beside it goes on.
"""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from benchlib.fake_engine import fake_worker

from qa.batch.jobs import Job, Refused, Result
from qa.batch.local import LocalPool
from qa.config import AudioSettings, BatchSettings, Settings
from qa.errors import RecordingError, RecordingFault
from qa.transcribe.audio import Decoder
from tests.support.hostile_files import broken_files, mutated, whole_files

MUTATED = 2_000
SECONDS = 200


def test_each_of_hundreds_of_broken_files_has_a_reason_and_no_worker_dies(tmp_path: Path) -> None:
    paths = broken_files(tmp_path)
    assert len(paths) >= 300
    audio = AudioSettings(decoder_timeout_s=SECONDS, scratch_dir=tmp_path / "scratch")
    settings = Settings(
        data_dir=tmp_path, audio=audio, batch=BatchSettings(worker_recordings=10_000)
    )
    with LocalPool(fake_worker, settings, 1) as pool:
        pool.submit([Job(path.name, str(path), None) for path in paths])
        results: list[Result] = []
        while pool.unfinished:
            results += pool.poll(1.0)
    accepted = [r.job.recording_id for r in results if not isinstance(r, Refused)]
    assert accepted == []
    faults = Counter(r.error.fault for r in results if isinstance(r, Refused))
    assert sum(faults.values()) == len(paths)
    assert len(faults) >= 7, "reasons differ, as the files do"
    assert RecordingFault.DECODER_TIMEOUT not in faults
    for result in results:
        assert isinstance(result, Refused) and len(result.error.advice) > 10
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_recording_is_refused_or_sound(tmp_path: Path, seed: int) -> None:
    whole = whole_files(tmp_path / "whole")
    path, outcomes, children = tmp_path / "a", Counter[str](), set()
    settings = AudioSettings(decoder_timeout_s=SECONDS, scratch_dir=tmp_path / "scratch")
    with Decoder(settings, aggressiveness=1) as decoder:
        for name, content in mutated(whole, MUTATED // 4, seed):
            path = tmp_path / f"damaged{Path(name).suffix}"
            path.write_bytes(content)
            try:
                decoded = decoder.decode(path)
            except RecordingError as error:
                outcomes[error.fault.value] += 1
            else:
                with decoded:
                    _check_sound(decoded)
                outcomes["decoded"] += 1
            children.add(decoder.child_pid)
        assert list((tmp_path / "scratch").glob("*/*.f32")) == []
    assert sum(outcomes.values()) == MUTATED // 4
    assert outcomes["decoded"] > 20 and outcomes["truncated"] > 20
    assert outcomes["decoder_timeout"] == 0, "nothing that small takes so long"
    # A file may cost its process; more than a few would cost a night its time.
    assert len(children - {None}) <= 5
    assert os.getpid() not in children


def _check_sound(decoded: object) -> None:
    """What was accepted has samples that are samples."""
    from qa.transcribe.audio import DecodedRecording

    assert isinstance(decoded, DecodedRecording)
    assert decoded.recording.duration_ms > 0
    for index in range(decoded.recording.channel_count):
        samples = decoded.channel(index).read(0, 10_000_000)
        assert np.isfinite(samples).all() and (np.abs(samples) <= 1).all()
        assert len(decoded.frames(index, aggressiveness=1).voiced)
