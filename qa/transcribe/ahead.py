"""Recordings decoded before their turn, so that whoever recognises them never waits for samples.

Each decoder is a process of its own (`audio.Decoder`), driven by a thread that only waits for it.
How many recordings may lie decoded is bounded by whoever says which ones come next.
"""

import queue
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from qa.config import AudioSettings
from qa.errors import ScratchError
from qa.transcribe.audio import DecodedRecording, Decoder
from qa.vault import KeyRing


class DecodersAhead:
    """Decodes and measures what was announced, meanwhile; use it as a context manager.

    Args:
        aggressiveness: of webrtcvad, 0–3.
        processes: decoding processes, at least 1; each is started when it is first needed.
        keys: open sealed recordings.
    """

    def __init__(
        self,
        settings: AudioSettings,
        *,
        aggressiveness: int,
        processes: int = 1,
        keys: KeyRing | None = None,
    ) -> None:
        self._decoders = [
            Decoder(settings, keys, aggressiveness=aggressiveness) for _ in range(processes)
        ]
        self._idle: queue.SimpleQueue[Decoder] = queue.SimpleQueue()
        for decoder in self._decoders:
            self._idle.put(decoder)
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="decode")
        self._announced: dict[Path, Future[DecodedRecording]] = {}

    def __enter__(self) -> Self:
        """Start the first process; it loads its libraries while the caller loads a model.

        Raises:
            ConfigError: the scratch folder cannot be made.
        """
        self._decoders[0].__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def expect(self, path: Path) -> None:
        """Announce a recording; it is decoded in the order of announcements."""
        if path not in self._announced:
            self._announced[path] = self._threads.submit(self._decode, path)

    def take(self, path: Path) -> DecodedRecording:
        """Give a recording's samples: those decoded meanwhile, else it is decoded now.

        Raises:
            RecordingError: the recording cannot be used; its fault says why.
            ScratchError: the disk is full; the recording itself may be fine.
            ConfigError: no process starts, or the scratch folder cannot be made.
        """
        announced = self._announced.pop(path, None)
        if announced is None:
            return self._decode(path)
        try:
            return announced.result()
        except ScratchError:
            if not self._announced:
                raise
        # What was decoded for later may be what fills the disk; it will be decoded again.
        self._drop()
        return self._decode(path)

    def close(self) -> None:
        """End the processes and drop what was decoded for later."""
        self._drop()
        self._threads.shutdown()
        with ExitStack() as stack:
            for decoder in self._decoders:
                stack.callback(decoder.close)

    def _decode(self, path: Path) -> DecodedRecording:
        decoder = self._idle.get()
        try:
            return decoder.decode(path)
        finally:
            self._idle.put(decoder)

    def _drop(self) -> None:
        """Wait for what is being decoded, and give its disk space back."""
        announced, self._announced = self._announced, {}
        waiting = [future for future in announced.values() if not future.cancel()]
        for future in waiting:
            if future.exception() is None:
                future.result().close()
