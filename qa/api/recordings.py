"""Recordings to listen to: the file that was judged, and never another one.

A recording is played only while its file, or its object in S3-compatible storage, lies where ingest
knows it and still holds the same bytes. Browsers cannot play A-law everywhere, so a PCM copy is
kept in the data folder, with at most `CACHE_BYTES` of them and `OUTLINE_BYTES` of outlines; it is
given out under the same condition, so that deleting a recording takes its sound away from the page
too. An object is fetched once for that copy; its outline, clips and Range requests are answered
from it.
"""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from qa.api.listening import Fetched
from qa.api.objects import Objects
from qa.api.sound import Muted, Sound, sound_of
from qa.config import Settings
from qa.errors import ConfigError, RecordingError
from qa.ingest.objects import ObjectFile, is_object
from qa.store.queries_queue import KnownFile
from qa.transcribe.audio import Decoder, Probed
from qa.transcribe.clips import cut_clip
from qa.transcribe.peaks import Peaks, read_peaks, write_peaks
from qa.transcribe.playback import length_of, write_playable
from qa.types import Span
from qa.vault import SEALED_SUFFIX, load_ring, open_plain

CACHE_BYTES, OUTLINE_BYTES = 2 << 30, 256 << 20
"""An hour of two channels is about 230 MB of sound and 700 kB of outline."""
_BLOCK = 1 << 20


class FileState(StrEnum):
    """Whether a recording can be played."""

    READY = "ready"
    MISSING = "missing"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    NO_ACCESS = "no_access"
    """It lies in a storage that refuses this server."""
    STORAGE_AWAY = "storage_away"
    """It lies in a storage that does not answer now."""


_WORST_FIRST = (
    *(FileState.CHANGED, FileState.UNREADABLE),
    *(FileState.NO_ACCESS, FileState.STORAGE_AWAY),
)
_TURNS = 16


@dataclass(frozen=True, slots=True)
class Located:
    """Where a recording lies; the place is None unless it is ready."""

    state: FileState
    place: Path | ObjectFile | None = None


class Recordings:
    """Finds and decodes recordings; owns the decoding process and the folder of copies.

    Args:
        settings: `data_dir` holds the copies, `audio` limits the decoder.

    Attributes:
        fetched: what was sent to whom lately.
    """

    def __init__(self, settings: Settings) -> None:
        self._keys = load_ring(settings.archive.key_file)
        self._seals = settings.archive.seal and self._keys is not None
        self._decoder = Decoder(settings.audio, self._keys)
        self._cache = settings.data_dir / "cache" / "audio"
        self._outlines = settings.data_dir / "cache" / "peaks"
        if self._seals:  # copies from before it was set
            for old in self._cache.glob("*.wav"):
                old.unlink(missing_ok=True)
        self._hashes: dict[KnownFile, str] = {}
        self._lock = threading.Lock()
        self._turns = tuple(threading.Lock() for _ in range(_TURNS))
        self._objects = Objects(settings)
        self.fetched = Fetched()
        self.muted = Muted()

    def close(self) -> None:
        """End the decoding process."""
        self._decoder.close()

    def locate(
        self, recording_id: str, known: Sequence[KnownFile], call_path: str | None
    ) -> Located:
        """Find a file that still holds the recording.

        Args:
            known: where ingest saw it.
            call_path: where the call's own file lies or lay; tells a changed file from a lost one.
        """
        states = []
        for file in known:
            state = self._state(recording_id, file)
            if state is FileState.READY:
                return Located(state, self._place(file.path))
            states.append(state)
        if not known and call_path and self._is_there(call_path):
            states.append(FileState.CHANGED)
        for state in _WORST_FIRST:
            if state in states:
                return Located(state)
        return Located(FileState.MISSING)

    def playable(self, recording_id: str, place: Path | ObjectFile) -> Path:
        """Give a WAV file that browsers play, fetching and decoding it the first time.

        Raises:
            RecordingError: the recording cannot be read any more, or its bytes changed.
            EngineError: the disk is full, or the storage failed.
        """
        target = self._cache / f"{recording_id}.wav{SEALED_SUFFIX if self._seals else ''}"
        # Nobody waits for the fetching of another recording, and nobody fetches one twice.
        with self._turns[hash(recording_id) % _TURNS]:
            if target.is_file():
                return target
            with self._at_hand(recording_id, place) as path, self._lock:
                self._cache.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_playable(path, recording_id, target, self._decoder, seal=self._seals)
                _make_room(target, "*.wav*", CACHE_BYTES)
        return target

    @contextmanager
    def _at_hand(self, recording_id: str, place: Path | ObjectFile) -> Iterator[Path]:
        if isinstance(place, Path):
            yield place
            return
        with self._objects.copied(place.url, recording_id) as path:
            yield path

    def sound(self, recording_id: str, place: Path | ObjectFile, muted: Sequence[Span]) -> Sound:
        """Give what a reader hears of a recording; raises what `playable` raises."""
        return sound_of(self.playable(recording_id, place), self._keys, muted)

    def peaks(self, recording_id: str, place: Path | ObjectFile, points: int) -> Peaks:
        """Give the outline of a recording, making it the first time.

        Args:
            points: how many at most.

        Raises:
            RecordingError: the recording cannot be read any more, or its bytes changed.
            EngineError: the disk is full, or the storage failed.
        """
        sound = self.playable(recording_id, place)
        outline = self._outlines / f"{recording_id}.npy"
        duration_ms = length_of(sound, self._keys).duration_ms
        with suppress(FileNotFoundError):  # never made, or just now another process made room
            return read_peaks(outline, points, duration_ms)
        with self._lock:
            self._outlines.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_peaks(sound, outline, self._keys)
            _make_room(outline, "*.npy", OUTLINE_BYTES)
            return read_peaks(outline, points, duration_ms)

    def probe(self, path: Path) -> Probed:
        """Look whether a file that somebody sent is a recording, whatever it is called.

        Raises:
            RecordingError: it cannot be used.
            EngineError: the disk is full.
        """
        return self._decoder.probe(path, suffix=".gsm")

    def clip(
        self,
        recording_id: str,
        place: Path | ObjectFile,
        span: Span,
        muted: Sequence[Span] = (),
    ) -> bytes:
        """Cut a clip, with its lead, as WAV; of an object, from its playable copy.

        Args:
            muted: stretches of the recording that are silent in it.

        Raises:
            ValueError: the span lies beyond the recording.
            RecordingError: the recording cannot be read any more.
            EngineError: the disk is full, or the storage failed.
        """
        path = place if isinstance(place, Path) else self.playable(recording_id, place)
        return cut_clip(path, span, decoder=self._decoder, muted=muted)

    def _place(self, path: str) -> Path | ObjectFile:
        return self._objects.file(path) if is_object(path) else Path(path)

    def _is_there(self, path: str) -> bool:
        if not is_object(path):
            return Path(path).is_file()
        with suppress(OSError):
            return bool(self._objects.look(path))
        return False

    def _state(self, recording_id: str, known: KnownFile) -> FileState:
        in_storage = is_object(known.path)
        try:
            found = self._objects.look(known.path) if in_storage else Path(known.path).stat()
            if found.st_size != known.size_bytes:
                return FileState.CHANGED
            if found.st_mtime_ns == known.mtime_ns:
                return FileState.READY
            # Copied or touched: only its bytes can tell.
            now = KnownFile(known.path, found.st_size, found.st_mtime_ns)
            if now not in self._hashes:
                self._hashes[now] = self._hash(known.path)
            same = self._hashes[now] == recording_id
            return FileState.READY if same else FileState.CHANGED
        except (FileNotFoundError, NotADirectoryError):
            return FileState.MISSING
        except (PermissionError, ConfigError):
            return FileState.NO_ACCESS if in_storage else FileState.UNREADABLE
        except (OSError, RecordingError):
            return FileState.STORAGE_AWAY if in_storage else FileState.UNREADABLE

    def _hash(self, path: str) -> str:
        digest = hashlib.sha256()
        place = self._place(path)
        opened = open_plain(place, self._keys) if isinstance(place, Path) else place.open()
        with opened as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()


def _make_room(kept: Path, pattern: str, most_bytes: int) -> None:
    """Delete the oldest files beside one that was just made, until few enough bytes are left."""
    found = []
    for file in kept.parent.glob(pattern):
        with suppress(FileNotFoundError):  # another process makes room, too
            status = file.stat()
            found.append((status.st_mtime, status.st_size, file))
    total = sum(size for _, size, _ in found)
    for _, size, file in sorted(found):
        if total <= most_bytes:
            break
        if file != kept:
            total -= size
            file.unlink(missing_ok=True)
