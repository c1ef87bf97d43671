"""A recogniser that only pretends: it reads its words off the samples, at once and always alike.

For measurements and tests of everything around a recogniser. The words say nothing about the sound.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa.config import Settings
from qa.pipeline import Worker
from qa.transcribe.engine import Abilities, Heard, HeardWord, Stretch, Weight

SENTENCES = (
    "您好，大龙供暖报修，幺零八为您服务，请问您有什么问题？",
    "我家暖气不热，三号楼二单元五零一。",
    "您的电话是幺三九零零零零零零零零对吗？",
    "维修人员会尽快跟您联系，请您耐心等待。",
    "这个不归我们管，您找物业吧。",
    "感谢您的来电，再见。",
    "嗯，好的，那就这样。",
    "阀门打开了，回水管还是凉的。",
)
CHAR_MS = 180
_HZ = 16_000


class FakeEngine:
    """Hears sentences chosen by the samples' hash, as many as fit the window."""

    abilities = Abilities()

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint

    def recognise(
        self,
        windows: Sequence[NDArray[np.float32]],
        *,
        careful: bool = False,
        told: Sequence[tuple[str, ...]] = (),
    ) -> list[Heard]:
        """See `Engine.recognise`."""
        return [_heard(window) for window in windows]

    def weigh(self, stretches: Sequence[Stretch], texts: Sequence[str]) -> list[Weight]:
        """See `Engine.weigh`; the same sound and text always weigh the same."""
        sound = b"".join(_digest(s.window[s.start_ms * 16 : s.end_ms * 16]) for s in stretches)
        return [_weight(sound, text) for text in texts]

    def forget(self) -> None:
        """See `Engine.forget`."""


def load_fake(settings: Settings, fingerprint: str) -> FakeEngine:
    """Make the engine; for `qa.pipeline.Worker`."""
    return FakeEngine(fingerprint)


def fake_worker(settings: Settings) -> Worker:
    """Make a worker of which the recogniser alone is not real."""
    return Worker(settings, load=load_fake)


def _heard(window: NDArray[np.float32]) -> Heard:
    length_ms, words, at = len(window) * 1000 // _HZ, [], 0
    for byte in _digest(window):
        for char in SENTENCES[byte % len(SENTENCES)]:
            if at + CHAR_MS > length_ms:
                break
            words.append(HeardWord(char, at, at + CHAR_MS, 0.9))
            at += CHAR_MS
    return Heard(tuple(words), -0.3, 0.01)


def _weight(sound: bytes, text: str) -> Weight:
    drawn = hashlib.blake2b(sound + text.encode(), digest_size=1).digest()[0]
    return Weight(-1.0 - drawn / 8, tuple(map(ord, text)))


def _digest(samples: NDArray[np.float32]) -> bytes:
    return hashlib.blake2b(np.ascontiguousarray(samples).tobytes(), digest_size=16).digest()
