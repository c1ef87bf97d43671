"""Calls for measured nights: cut from a bundled recording, each with bytes of its own."""

import os
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

SOUND = Path(__file__).parents[2] / "tests" / "fixtures" / "audio" / "good.wav"
RATE_HZ = 8000
CHANNELS = 2
_AGE_S = 3600
_STEP_S = 3
_PER_FOLDER = 500
_HEADER = "file,call_id,started_at,agent_id,direction,ring_count,released_by,ticket_id"


def make_calls(folder: Path, count: int, seconds: float) -> None:
    """Write stereo A-law recordings and their table; what is there already stays.

    Args:
        seconds: length of each recording, at most that of the bundled one.
    """
    payload = _payload()
    size = int(seconds * RATE_HZ) * CHANNELS
    day = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%d")
    lines = [_HEADER]
    for number in range(count):
        name = f"{number // _PER_FOLDER:03d}/{number:06d}.wav"
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            start = number * _STEP_S * RATE_HZ * CHANNELS % (len(payload) - size)
            # Eight samples that no other has, too short to be heard.
            own = struct.pack("<Q", number ^ 0x5555555555555555)
            path.write_bytes(_header(size) + payload[start : start + size - 8] + own)
        hour, rest = divmod(number % 36_000, 3_600)
        lines.append(
            f"{name},N{number:06d},{day} {8 + hour:02d}:{rest // 60:02d}:{rest % 60:02d},"
            f"{100 + number % 40},inbound,2,customer,"
        )
    _write_old(folder / "calls.csv", "\n".join(lines) + "\n")
    then = time.time() - _AGE_S
    for path in folder.rglob("*.wav"):
        os.utime(path, (then, then))


def _write_old(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    then = time.time() - _AGE_S
    os.utime(path, (then, then))


def _payload() -> bytes:
    """Return the samples of the bundled recording: A-law, two channels interleaved."""
    data = SOUND.read_bytes()
    at = data.index(b"data")
    (size,) = struct.unpack("<I", data[at + 4 : at + 8])
    return data[at + 8 : at + 8 + size]


def _header(size: int) -> bytes:
    """Write the head of an A-law WAV file."""
    form = struct.pack("<HHIIHHH", 6, CHANNELS, RATE_HZ, RATE_HZ * CHANNELS, CHANNELS, 8, 0)
    fact = struct.pack("<I", size // CHANNELS)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form
    body += b"fact" + struct.pack("<I", len(fact)) + fact + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", len(body) + size) + body
