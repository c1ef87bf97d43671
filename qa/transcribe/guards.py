"""Refuse text that nobody said: loops, chatter in silence, more characters than a mouth can say."""

import re
import zlib

from qa.text import fold
from qa.transcribe.engine import Heard, HeardWord
from qa.transcribe.pack import Window

MAX_CHARS_PER_S = 12.0
"""Fast Mandarin is 7–8 characters a second; twelve over a whole window is invention."""
NO_SPEECH_LIMIT = 0.8
LOGPROB_LIMIT = -1.0
"""Both together mean that the model itself doubts that anything was said (Whisper's own rule uses
0.6 and −1.0; the windows here hold only speech that the VAD found, so the bar is higher)."""
RECOVERED_NO_SPEECH = 0.6
RECOVERED_LOGPROB = -0.7
COMPRESSION_LIMIT = 2.4
"""Text that zlib shrinks this much repeats itself (threshold of the Whisper paper)."""
LOOP_REPEATS = 4
BABBLE_CHARS = 20
BABBLE_VARIETY = 0.3
WITHHELD_CONFIDENCE = 0.2
"""Confidence given to words of a window that looked invented twice."""
_DRONE = re.compile(r"(..?)\1{11}")
DIGITS = "0123456789零〇一二三四五六七八九幺"


def looks_invented(heard: Heard, window: Window) -> bool:
    """Whether a window's text should be decoded again without loops, or withheld."""
    text = fold("".join(word.text for word in heard.words)).text
    if not text:
        return False
    if doubts_speech(heard):
        return True
    speech_s = sum(p.source.duration_ms for p in window.pieces) / 1000
    if len(text) > MAX_CHARS_PER_S * max(speech_s, 1.0):
        return True
    if window.parted and drones(text):  # only there: texts of stereo recordings stay what they are
        return True
    return babbles(text) or loops(text) or compression_ratio(text) > COMPRESSION_LIMIT


def drones(text: str) -> bool:
    """Whether one or two characters come twelve times in a row, digits too (8,8,8,8,8…).

    A number whose reading was cut off in the middle makes the decoder go on like that.
    """
    return _DRONE.search(text) is not None


def babbles(text: str) -> bool:
    """Whether a longer text is made of a handful of characters (计计讽计许讽计…).

    Speech of that length uses two characters of three once; digits are left out, since people read
    out long numbers.
    """
    chars = [c for c in text if c not in DIGITS]
    return len(chars) >= BABBLE_CHARS and len(set(chars)) < BABBLE_VARIETY * len(chars)


def doubts_speech(heard: Heard) -> bool:
    """Whether the model itself doubts that anything was said in a window."""
    return heard.no_speech > NO_SPEECH_LIMIT and _below(heard, LOGPROB_LIMIT)


def doubts_recovered(heard: Heard) -> bool:
    """Whether words from a stretch that the first reading passed over had better be left out.

    Two readings disagree there, so less doubt is enough: hold music gives −0.9, speech −0.2 to
    −0.6.
    """
    return heard.no_speech > RECOVERED_NO_SPEECH and _below(heard, RECOVERED_LOGPROB)


def _below(heard: Heard, logprob: float) -> bool:
    """Whether the engine is less sure than that; one that does not say is not believed more."""
    return heard.mean_logprob is None or heard.mean_logprob < logprob


def compression_ratio(text: str) -> float:
    """Bytes of the text over bytes after zlib; about 0.9–1.3 for a turn of speech."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def loops(text: str) -> bool:
    """Whether a run of 2–12 characters comes four times or more in a row.

    Single characters are left out: people do say 对对对对 and 好好好好.
    """
    return _first_round_end(text) is not None


def _is_small_talk(unit: str) -> bool:
    """Whether a unit is one repeated character (对对) or digits (a phone number's 幺幺幺)."""
    return len(set(unit)) == 1 or all(c in DIGITS for c in unit)


def without_loop(words: tuple[HeardWord, ...]) -> tuple[HeardWord, ...]:
    """Cut the words at the end of a loop's first round; all of them when nothing loops.

    A word may hold several characters or none that count; one that the first round ends inside of
    is kept whole.
    """
    texts = [fold(word.text).text for word in words]
    end = _first_round_end("".join(texts))
    if end is None:
        return words
    length = 0
    for count, text in enumerate(texts, start=1):
        length += len(text)
        if length >= end:
            return words[:count]
    return words


def withheld(heard: Heard) -> Heard:
    """Cut a loop after its first round and mark what remains as doubtful.

    Nothing remains where the model itself doubts that anything was said: text from silence
    (字幕由…) could otherwise convict somebody.
    """
    if doubts_speech(heard):
        return nothing(heard)
    return Heard(_doubted(without_loop(heard.words)), heard.mean_logprob, heard.no_speech)


def nothing(heard: Heard) -> Heard:
    """Leave none of a window's words."""
    return Heard((), heard.mean_logprob, heard.no_speech)


def _doubted(words: tuple[HeardWord, ...]) -> tuple[HeardWord, ...]:
    return tuple(
        HeardWord(w.text, w.start_ms, w.end_ms, min(w.confidence, WITHHELD_CONFIDENCE))
        for w in words
    )


def _first_round_end(text: str) -> int | None:
    """Position after the first round of the loop that is complete first; None when none is."""
    ends = (_loop_end(text, size) for size in range(2, 13))
    found = [(end, size) for size, end in enumerate(ends, start=2) if end is not None]
    if not found:
        return None
    end, size = min(found)
    return end - size * (LOOP_REPEATS - 1)


def _loop_end(text: str, size: int) -> int | None:
    """Position after the fourth round of a run of `size` characters; None when none repeats so."""
    run = 0
    for i in range(size, len(text)):
        run = run + 1 if text[i] == text[i - size] else 0
        if run >= size * (LOOP_REPEATS - 1) and not _is_small_talk(text[i - size + 1 : i + 1]):
            return i + 1
    return None
