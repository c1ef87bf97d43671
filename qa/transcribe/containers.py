"""Know an audio file by its first bytes, and see from its structure whether it is all there.

Nothing here trusts a file name (a playlist may be called `.wav`) or a library's tolerance: both
libsndfile and FFmpeg read the half of a file that is left and call it a success, and a call whose
end is missing would be judged for a closing that nobody could hear.
"""

import os
import struct
from dataclasses import dataclass
from enum import StrEnum

from qa.errors import RecordingFault

SAMPLE_RATE_HZ = 16_000  # of everything that leaves the decoder: float32, so 4 bytes a sample
SAMPLE_BYTES = 4
MIN_RATE_HZ = 8_000
MAX_RATE_HZ = 48_000

# Programs that write to a pipe, and recorders that crash, leave one of these for a length that
# they meant to fill in: 0, 0xFFFFFFFF (FFmpeg), 0x7FFFFFFF less a header (SoX), 0x80000000.
_UNFINISHED_SIZE = 0x7FFF0000
_HEAD_BYTES = 16
_OGG_PAGE_MAX = 27 + 255 + 255 * 255
_GSM_FRAME_BYTES = 33
_AMR_FRAME_BYTES = {  # by frame type, with the byte that holds it; other types are reserved
    b"#!AMR\n": {0: 13, 1: 14, 2: 16, 3: 18, 4: 20, 5: 21, 6: 27, 7: 32, 8: 6, 15: 1},
    b"#!AMR-WB\n": {
        0: 18,
        1: 24,
        2: 33,
        3: 37,
        4: 41,
        5: 47,
        6: 51,
        7: 59,
        8: 61,
        9: 6,
        14: 1,
        15: 1,
    },
}
_AMR_BLOCK_BYTES = 1 << 20
_MP3_PADDING_FRAMES = 8  # encoder delay and padding, which decoders cut off


class Kind(StrEnum):
    """What a file is; the value is FFmpeg's name for the demultiplexer."""

    WAV = "wav"
    W64 = "w64"
    AIFF = "aiff"
    AU = "au"
    FLAC = "flac"
    CAF = "caf"
    OGG = "ogg"
    MP3 = "mp3"
    AAC = "aac"
    MP4 = "mov"
    AMR = "amr"
    GSM = "gsm"


_PROMISED = frozenset({Kind.AIFF, Kind.AU, Kind.W64, Kind.CAF})
_UNKNOWN = 0xFFFFFFFF
SNDFILE_KINDS = frozenset({Kind.WAV, Kind.W64, Kind.AIFF, Kind.AU, Kind.FLAC, Kind.CAF})

_MAGIC = (
    (b".snd", Kind.AU),
    (b"fLaC", Kind.FLAC),
    (b"caff", Kind.CAF),
    (b"OggS", Kind.OGG),
    (b"#!AMR", Kind.AMR),
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", Kind.W64),
)


class RejectedError(Exception):
    """Refuse a recording.

    Args:
        fault: the reason code.
        advice: what is wrong and what to do about it, in one sentence.
    """

    def __init__(self, fault: RecordingFault, advice: str) -> None:
        super().__init__(fault, advice)
        self.fault, self.advice = fault, advice


@dataclass(frozen=True, slots=True)
class Source:
    """An open recording whose structure has been looked at.

    Attributes:
        unfinished: the header's length is a placeholder; the samples reach to the end of the file.
        least_frames: sample frames that must come out at least, where the file says so; else 0.
    """

    fd: int
    size: int
    kind: Kind
    unfinished: bool = False
    least_frames: int = 0


def inspect(fd: int, size: int, suffix: str) -> Source:
    """Recognise the container and check that its parts reach no further than the file.

    Args:
        fd: descriptor of the open file; its position does not matter and does not move.
        suffix: of the file's name, in lower case; only raw GSM, which has no header, needs it.

    Raises:
        RejectedError: NOT_AUDIO, TRUNCATED, NO_SAMPLES or UNREADABLE.
    """
    kind = sniff(fd, size, suffix)
    if kind is None:
        raise RejectedError(
            RecordingFault.NOT_AUDIO,
            "the content is not of an audio format read here (WAV, MP3, Ogg, M4A, AAC, AMR, GSM, "
            "FLAC, AIFF, AU), whatever the name says; export the recording again.",
        )
    if kind is Kind.WAV:
        return Source(fd, size, kind, unfinished=_wav_is_unfinished(fd, size))
    if kind is Kind.MP3:
        return Source(fd, size, kind, least_frames=_mp3_least_frames(fd, size))
    if kind is Kind.OGG:
        _check_ogg(fd, size)
    elif kind is Kind.MP4:
        _check_mp4(fd, size)
    elif kind is Kind.AMR:
        _check_amr(fd, size)
    elif kind in _PROMISED:
        _check_promise(fd, size, kind)
    elif kind is Kind.GSM and size % _GSM_FRAME_BYTES:
        raise truncated()
    return Source(fd, size, kind)


def truncated() -> RejectedError:
    """Make the error for a file whose end is missing."""
    return RejectedError(
        RecordingFault.TRUNCATED,
        "the end of the file is missing; copy the recording again from where it was made.",
    )


def sniff(fd: int, size: int, suffix: str) -> Kind | None:
    """Name the container by its first bytes; None for what is not audio."""
    head = os.pread(fd, _HEAD_BYTES, 0)
    if head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE":
        return Kind.WAV
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return Kind.AIFF
    if head[4:8] == b"ftyp":
        return Kind.MP4
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if suffix == ".gsm" and _looks_like_gsm(fd, size):
        return Kind.GSM
    sync = os.pread(fd, 4, _id3_bytes(fd))
    if len(sync) < 4 or sync[0] != 0xFF:
        return None
    if sync[1] & 0xF6 == 0xF0:
        return Kind.AAC
    return Kind.MP3 if _is_mp3_header(sync) else None


def _looks_like_gsm(fd: int, size: int) -> bool:
    """Look at the frames: raw GSM 06.10 has no header, but each of 33 bytes begins with 0xD."""
    starts = os.pread(fd, 8 * _GSM_FRAME_BYTES, 0)[::_GSM_FRAME_BYTES]
    return bool(starts) and size >= _GSM_FRAME_BYTES and all(byte >> 4 == 0xD for byte in starts)


def _id3_bytes(fd: int) -> int:
    """Length of the ID3v2 tag in front of MP3 or AAC data; 0 where there is none."""
    head = os.pread(fd, 10, 0)
    if len(head) < 10 or head[:3] != b"ID3":
        return 0
    a, b, c, d = head[6:10]  # four "synchsafe" bytes of seven bits
    footer = 10 if head[5] & 0x10 else 0
    return 10 + footer + (a << 21 | b << 14 | c << 7 | d)


# --- WAV -----------------------------------------------------------------------------------------


def _wav_is_unfinished(fd: int, size: int) -> bool:
    """Walk the chunks up to `data`; tell whether its length is a placeholder."""
    order = ">" if os.pread(fd, 4, 0) == b"RIFX" else "<"
    at, long_data = 12, None
    while at + 8 <= size:
        name, length = struct.unpack(f"{order}4sI", os.pread(fd, 8, at))
        body = at + 8
        if name == b"data":
            if long_data is not None and length == 0xFFFFFFFF:
                length = long_data
            return _data_is_unfinished(fd, size, (body, length), order)
        if name == b"ds64" and body + 16 <= size:
            (long_data,) = struct.unpack("<Q", os.pread(fd, 8, body + 8))
        if body + length > size:
            raise truncated()
        at = body + length + (length & 1)
        if length & 1 and not _is_chunk(fd, at, size, order) and _is_chunk(fd, at - 1, size, order):
            at -= 1  # some writers forget the padding byte
    (promised,) = struct.unpack(f"{order}I", os.pread(fd, 4, 4)) if size >= 12 else (0,)
    if promised > size - 8 and promised != 0xFFFFFFFF:
        raise truncated()
    raise RejectedError(
        RecordingFault.UNREADABLE, "the WAV file has no data chunk; export the recording again."
    )


def _data_is_unfinished(fd: int, size: int, data: tuple[int, int], order: str) -> bool:
    body, length = data
    present = size - body
    if length == 0 or (length >= _UNFINISHED_SIZE and length > present):
        if present == 0 or (length == 0 and _is_chunk(fd, body, size, order)):
            raise RejectedError(
                RecordingFault.NO_SAMPLES,
                "the file holds a header and no sound; check the recorder.",
            )
        return True
    if length > present:
        raise truncated()
    # A recorder that died may leave the length of its first flush. When more lies outside the
    # chunk than inside and is no chunk itself, it is the rest of the call.
    rest = body + length
    outside = present - length
    return outside > length and not any(_is_chunk(fd, at, size, order) for at in (rest, rest + 1))


def _is_chunk(fd: int, at: int, size: int, order: str) -> bool:
    """Whether a well-formed RIFF chunk lies here."""
    head = os.pread(fd, 8, at)
    if len(head) < 8:
        return False
    name, length = struct.unpack(f"{order}4sI", head)
    return all(0x20 <= byte < 0x7F for byte in name) and at + 8 + length <= size


# --- Ogg, MP4, AMR, MP3 --------------------------------------------------------------------------


def _check_ogg(fd: int, size: int) -> None:
    """Check that the last page ends with the file and is marked as the last of its stream."""
    start = max(0, size - _OGG_PAGE_MAX)
    tail = os.pread(fd, _OGG_PAGE_MAX, start)
    at = tail.rfind(b"OggS\x00")
    page = tail[at:]
    if at < 0 or len(page) < 27:
        raise truncated()
    lacing = page[27 : 27 + page[26]]
    is_whole = len(page) >= 27 + len(lacing) + sum(lacing) and len(lacing) == page[26]
    is_last = bool(page[5] & 4)
    if not (is_whole and is_last):
        raise truncated()


def _check_mp4(fd: int, size: int) -> None:
    """Check that every top-level box ends within the file, and that `moov`, the index, exists."""
    at, seen = 0, set()
    while at + 8 <= size:
        length, name = struct.unpack(">I4s", os.pread(fd, 8, at))
        if length == 1 and at + 16 <= size:
            (length,) = struct.unpack(">Q", os.pread(fd, 8, at + 8))
        elif length == 0:  # reaches to the end of the file
            length = size - at
        if length < 8:
            break  # damaged; FFmpeg will say so
        seen.add(name)
        at += length
    if at > size or b"moov" not in seen:
        raise truncated()


def _check_promise(fd: int, size: int, kind: Kind) -> None:
    """Check that the file is as long as its header says."""
    if _promised_size(fd, size, kind) > size:
        raise truncated()


def _promised_size(fd: int, size: int, kind: Kind) -> int:
    """Read how long the header says that the file is; libsndfile takes half a file for a whole."""
    head = os.pread(fd, 24, 0).ljust(24, b"\0")
    if kind is Kind.AIFF:
        return 8 + int(struct.unpack(">I", head[4:8])[0])
    if kind is Kind.W64:
        return int(struct.unpack("<Q", head[16:24])[0])
    if kind is Kind.AU:
        offset, length = struct.unpack(">II", head[4:12])
        return int(offset + (0 if length == _UNKNOWN else length))
    at = 8
    while at + 12 <= size:  # CAF: chunks, of which the last may reach to the end of the file
        (length,) = struct.unpack(">q", os.pread(fd, 8, at + 4).ljust(8, b"\0"))
        at += 12 + max(0, length)
        if length < 0:
            return size
    return at


def _check_amr(fd: int, size: int) -> None:
    """Check that the last frame ends with the file; FFmpeg decodes the half of a frame."""
    head = os.pread(fd, _HEAD_BYTES, 0)
    for magic, lengths in _AMR_FRAME_BYTES.items():
        if not head.startswith(magic):
            continue
        at, block, block_at = len(magic), b"", 0
        while at < size:
            if at >= block_at + len(block):
                block, block_at = os.pread(fd, _AMR_BLOCK_BYTES, at), at
            length = lengths.get(block[at - block_at] >> 3 & 0xF) if block else None
            if length is None:
                return  # damaged or cut meanwhile; FFmpeg and the look at the file will say so
            at += length
        if at > size:
            raise truncated()


def _is_mp3_header(head: bytes) -> bool:
    """Whether four bytes are a layer III frame header without reserved values."""
    return (
        head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and head[1] & 0x18 != 0x08
        and head[2] & 0xF0 not in (0x00, 0xF0)
        and head[2] & 0x0C != 0x0C
    )


def _mp3_least_frames(fd: int, size: int) -> int:
    """Sample frames that the Xing or Info tag of an MP3 promises, less padding; 0 without one."""
    start = _id3_bytes(fd)
    frame = os.pread(fd, 64, start)
    if start >= size or len(frame) < 64:
        raise truncated()
    is_mpeg1, is_mono = frame[1] & 0x18 == 0x18, frame[3] & 0xC0 == 0xC0
    side_bytes = (17 if is_mono else 32) if is_mpeg1 else (9 if is_mono else 17)
    name, flags, count = struct.unpack(">4sII", frame[4 + side_bytes : 16 + side_bytes])
    if name not in (b"Xing", b"Info") or not flags & 1:
        return 0
    return max(0, int(count) - _MP3_PADDING_FRAMES) * (1152 if is_mpeg1 else 576)
