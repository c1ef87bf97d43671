"""The bytes of a playable copy as one reader may hear them: protected stretches are silent."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from qa.transcribe.playback import SoundLength, length_of, read_sound
from qa.types import Span
from qa.vault import KeyRing, open_plain

_BLOCK = 1 << 18
_REMEMBERED = 500


class Muted:
    """Remembers what is protected in the transcripts that were played lately.

    A player asks for a recording in many pieces; a transcript's text never changes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: OrderedDict[str, tuple[Span, ...]] = OrderedDict()

    def get(self, key: str) -> tuple[Span, ...] | None:
        """Give what is known of a transcript."""
        with self._lock:
            if key in self._spans:
                self._spans.move_to_end(key)
            return self._spans.get(key)

    def put(self, key: str, spans: tuple[Span, ...]) -> None:
        """Remember a transcript's."""
        with self._lock:
            self._spans[key] = spans
            while len(self._spans) > _REMEMBERED:
                self._spans.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Sound:
    """A playable copy for one reader.

    Attributes:
        muted: what is silent for them, on all channels.
        is_plain: whether the file itself is what they get.
        version: changes with what they hear.
    """

    copy: Path
    keys: KeyRing | None
    length: SoundLength
    muted: tuple[Span, ...]
    is_plain: bool
    version: str

    def read(self, first: int, end: int) -> bytes:
        """Read bytes `[first, end)`."""
        with open_plain(self.copy, self.keys) as file:
            return read_sound(file, self.length, (first, end), self.muted)

    def stream(self, first: int, end: int) -> Iterator[bytes]:
        """Read them block by block."""
        with open_plain(self.copy, self.keys) as file:
            for at in range(first, end, _BLOCK):
                yield read_sound(file, self.length, (at, min(end, at + _BLOCK)), self.muted)


def sound_of(copy: Path, keys: KeyRing | None, muted: Sequence[Span]) -> Sound:
    """Open a playable copy for a reader.

    Raises:
        OSError: it is gone.
        RecordingError: it is sealed and cannot be opened.
    """
    status = copy.stat()
    about = f"{status.st_size}-{status.st_mtime_ns}-{[(s.start_ms, s.end_ms) for s in muted]}"
    version = hashlib.sha256(about.encode()).hexdigest()[:32]
    plain = not muted and copy.suffix == ".wav"
    return Sound(copy, keys, length_of(copy, keys), tuple(muted), plain, version)


def sound_response(request: Request, sound: Sound, part: tuple[int, int] | None) -> Response:
    """Give a part of the sound, or all of it, block by block.

    Args:
        part: first byte and the one after the last, within the file; None for the whole.
    """
    size, tag = sound.length.size_bytes, f'"{sound.version}"'
    asked = request.headers.get("if-range")
    if part is not None and asked is not None and asked != tag:
        part = None
    first, end = part or (0, size)
    headers = {"accept-ranges": "bytes", "etag": tag, "content-length": str(end - first)}
    if part is not None:
        headers["content-range"] = f"bytes {first}-{end - 1}/{size}"
    status = 200 if part is None else 206
    if request.method == "HEAD":
        return Response(None, status, headers, media_type="audio/wav")
    return StreamingResponse(sound.stream(first, end), status, headers, media_type="audio/wav")
