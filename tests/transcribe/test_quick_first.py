"""One beam first, and all beams only for the windows that it was unsure of."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from qa.config import HearingSettings
from qa.transcribe.engine import Heard
from qa.transcribe.faster_whisper import UNSURE_LOGPROB, FasterWhisper, decode_fingerprint
from qa.transcribe.vad import SAMPLE_RATE_HZ

FIXTURES = Path(__file__).parents[1] / "fixtures" / "audio"


def test_it_is_part_of_the_fingerprint() -> None:
    prints = {
        decode_fingerprint(HearingSettings(quick_first=quick), "0" * 64) for quick in (False, True)
    }
    assert len(prints) == 2


def text(heard: Heard) -> str:
    return "".join(word.text for word in heard.words)


@pytest.mark.model
def test_what_one_beam_is_unsure_of_gets_all_of_them(base_model: Path) -> None:
    speech, rate = soundfile.read(FIXTURES / "good.wav", dtype="float32", frames=5 * 8000)
    clear = np.repeat(speech[:, 0], SAMPLE_RATE_HZ // rate)
    noise = np.random.default_rng(1).normal(0, 0.05, len(clear)).astype(np.float32)
    windows = [clear, clear + noise, clear + 3 * noise]

    def hear(quick: bool, beams: int) -> list[Heard]:
        settings = HearingSettings(
            quick_first=quick, beam_size=beams, short_windows=True, vocabulary="chinese"
        )
        return FasterWhisper(base_model, settings, fingerprint="any").recognise(windows)

    one, all_beams, quick = hear(False, 1), hear(False, 5), hear(True, 5)
    unsure = [heard.mean_logprob or 0.0 for heard in one]
    doubtful = [value < UNSURE_LOGPROB for value in unsure]
    assert set(doubtful) == {False, True}, unsure
    for few, many, again, found in zip(one, all_beams, doubtful, quick, strict=True):
        expected = many if again else few
        assert text(found) == text(expected)
        assert found.mean_logprob == pytest.approx(expected.mean_logprob, abs=0.01)
    assert list(map(text, one)) != list(map(text, all_beams))
