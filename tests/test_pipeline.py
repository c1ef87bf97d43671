"""The two halves of the house joined: what names a transcript, what a worker does with bad files.

The recogniser itself is tested in `tests/transcribe/test_recognise.py`.
"""

from pathlib import Path

import pytest

from qa.config import HearingSettings, Settings, SourceSettings
from qa.errors import ConfigError, ModelNotFoundError, RecordingError, RecordingFault
from qa.pipeline import Worker, engine_fingerprint, judge
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import load_ruleset
from qa.types import Call, Outcome

FIXTURES = Path(__file__).parent / "fixtures" / "audio"
pytestmark = pytest.mark.model


@pytest.fixture
def settings(base_model: Path) -> Settings:
    return Settings(models_dir=base_model.parent)


def hearing(settings: Settings, **changes: object) -> Settings:
    changed = HearingSettings.model_validate(settings.hearing.model_dump() | changes)
    return settings.model_copy(update={"hearing": changed})


@pytest.mark.parametrize(
    "changes", [{"beam_size": 1}, {"compute_type": "float32"}, {"vad_aggressiveness": 3}]
)
def test_whatever_shapes_the_text_changes_the_fingerprint(
    settings: Settings, changes: dict[str, object]
) -> None:
    assert engine_fingerprint(hearing(settings, **changes)) != engine_fingerprint(settings)


@pytest.mark.parametrize("changes", [{"threads": 2}, {"device": "auto"}])
def test_what_only_costs_time_does_not(settings: Settings, changes: dict[str, object]) -> None:
    assert engine_fingerprint(hearing(settings, **changes)) == engine_fingerprint(settings)


def test_another_channel_map_gives_other_transcripts(settings: Settings) -> None:
    right = {"hotline": SourceSettings(agent_channel="right")}
    mapped = settings.model_copy(update={"sources": right})
    assert engine_fingerprint(mapped) != engine_fingerprint(settings)


def test_another_models_bytes_change_the_fingerprint(settings: Settings) -> None:
    fingerprint = engine_fingerprint(settings)
    assert "base@d01c3014881c" in fingerprint
    assert engine_fingerprint(settings) == fingerprint


def test_an_unknown_model_is_told_before_any_work(tmp_path: Path) -> None:
    unknown = hearing(Settings(models_dir=tmp_path), model="no-such-model")
    with pytest.raises(ConfigError):
        engine_fingerprint(unknown)
    with pytest.raises(ConfigError):
        Worker(unknown)


def test_a_model_that_is_not_here_is_no_fault_of_the_recording(tmp_path: Path) -> None:
    """A published model has a fingerprint before it is fetched; hearing needs its files."""
    absent = Settings(models_dir=tmp_path)
    with Worker(absent) as worker, pytest.raises(ModelNotFoundError):
        worker.transcribe(FIXTURES / "bad.wav")


@pytest.mark.parametrize(
    ("content", "fault"),
    [(b"", RecordingFault.EMPTY_FILE), (b"#EXTM3U\nhello\n" * 9, RecordingFault.NOT_AUDIO)],
)
def test_a_bad_file_is_a_recording_error_and_the_worker_goes_on(
    settings: Settings, tmp_path: Path, content: bytes, fault: RecordingFault
) -> None:
    bad = tmp_path / "bad.wav"
    bad.write_bytes(content)
    with Worker(settings) as worker:
        for _ in range(2):
            with pytest.raises(RecordingError) as caught:
                worker.transcribe(bad)
            assert caught.value.fault is fault


def test_judging_is_pure() -> None:
    transcript = parse_dialogue("坐席: 您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？")
    call, ruleset = Call("one", agent_id="108", ring_count=1), load_ruleset("heating-repair")
    card = judge(transcript, call, ruleset)
    assert card == judge(transcript, call, ruleset)
    assert {line.rule_id: line.verdict.outcome for line in card.lines}["GR02"] is Outcome.MET
