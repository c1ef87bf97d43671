"""Broken and hostile files, made from nothing: what recorders, copies and strangers leave behind.

`broken_files` names files of which none is a recording that can be used; `mutated` damages a whole
recording at random, so that what comes of it is either refused or sound.
"""

import gzip
import io
import json
import os
import pickle
import random
import socket
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from tests.transcribe.sound_files import encode, tones, wav_bytes, write_wav

ENDINGS = (".wav", ".mp3", ".m4a", ".ogg", ".flac", ".amr", ".gsm")
SINE = (tones(0.5, 8000, 1)[:, 0] * 20000).astype("<i2").tobytes()


def whole_files(folder: Path) -> dict[str, bytes]:
    """Make one whole recording of each container; half a second long."""
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, bytes] = {}
    for subtype in ("ALAW", "ULAW", "PCM_16", "PCM_24", "FLOAT", "IMA_ADPCM", "GSM610"):
        channels = 1 if subtype == "GSM610" else 2
        path = write_wav(folder / f"{subtype}.wav", seconds=0.5, subtype=subtype, channels=channels)
        made[f"{subtype}.wav"] = path.read_bytes()
    for name, form in (("whole.flac", "FLAC"), ("vorbis.ogg", "OGG"), ("whole.aiff", "AIFF")):
        soundfile.write(folder / name, tones(0.5, 16000, 2), 16000, format=form)
        made[name] = (folder / name).read_bytes()
    for name, muxer, codec, rate in (
        ("whole.mp3", "mp3", "libmp3lame", 16000),
        ("whole.m4a", "mp4", "aac", 16000),
        ("opus.ogg", "ogg", "libopus", 48000),
    ):
        path = encode(folder / name, muxer, codec, tones(0.5, rate, 2), rate)
        made[name] = path.read_bytes()
    return made


def broken_files(folder: Path) -> list[Path]:
    """Write files that are no usable recordings; hundreds of them, each of its own kind."""
    whole = whole_files(folder / "whole")
    folder = folder / "broken"
    folder.mkdir()
    paths = []
    for name, content in _contents(whole):
        path = folder / f"{len(paths):04d}-{name}"
        path.write_bytes(content)
        paths.append(path)
    return paths + _things(folder)


def mutated(whole: dict[str, bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Damage whole recordings at random, always the same for a seed."""
    source, names = random.Random(seed), sorted(whole)
    for number in range(count):
        name = names[number % len(names)]
        data = bytearray(whole[name])
        for _ in range(source.choice((1, 1, 2, 4, 16, 64))):
            _damage(data, source)
        yield f"{number:05d}-{name}", bytes(data)


def _damage(data: bytearray, source: random.Random) -> None:
    """Do one thing to it; headers are hit as often as all the rest."""
    end = min(len(data), source.choice((64, 64, 512, len(data)))) or 1
    at = source.randrange(end)
    kind = source.randrange(7)
    if kind == 0:
        data[at : at + 1] = bytes([source.randrange(256)])
    elif kind == 1:
        data[at : at + 4] = struct.pack("<I", source.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF)))
    elif kind == 2:
        data[at : at + 4] = struct.pack(">I", source.choice((0, 8, 0x7FFFFFFF, 0xFFFFFFFF)))
    elif kind == 3:
        del data[source.randrange(len(data) or 1) :]
    elif kind == 4:
        del data[at : at + source.choice((1, 2, 16, 256))]
    elif kind == 5:
        data[at:at] = source.randbytes(source.choice((1, 2, 16, 256)))
    else:
        size = source.choice((8, 64, 1024))
        data[at : at + size] = bytes(min(size, max(0, len(data) - at)))


def _contents(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield from _cut(whole)
    yield from _strangers()
    yield from _lying_headers()
    yield from _without_sound()


def _cut(whole: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Copies that broke off, at every byte of a header and all along the sound."""
    wav = whole["PCM_16.wav"]
    for length in range(44):
        yield f"cut-{length}.wav", wav[:length]
    for name in ("ALAW.wav", "ULAW.wav", "PCM_24.wav", "whole.aiff", "whole.flac", "opus.ogg"):
        for percent in (1, 5, 10, 20, 30, 40, 60, 80, 95):
            yield f"cut-{percent}-{name}", whole[name][: len(whole[name]) * percent // 100]
    for name, data in whole.items():
        yield f"zeros-{name}", bytes(len(data))
        yield f"beheaded-{name}", bytes(16) + data[16 : len(data) // 8]


def _strangers() -> Iterator[tuple[str, bytes]]:
    """Files of other kinds under the names of recordings."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.wav", bytes(1 << 20))
    kinds = {
        "text": "您好，这里是客服热线。\n".encode() * 50,
        "html": b"<!doctype html><html><body>404 Not Found</body></html>" * 9,
        "json": json.dumps({"error": "not found"}).encode() * 9,
        "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a/>',
        "zip": archive.getvalue(),
        "gzip": gzip.compress(bytes(1 << 20)),
        "zlib": zlib.compress(bytes(1 << 20)),
        "pickle": pickle.dumps([os.getcwd] * 9),
        "png": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "pdf": b"%PDF-1.7\n" + bytes(200),
        "elf": b"\x7fELF" + bytes(200),
        "script": b"#!/bin/sh\nrm -rf /tmp/never\n" * 5,
        "m3u": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n" * 5,
        "ffconcat": b"ffconcat version 1.0\nfile /etc/passwd\n" * 5,
        "hls": b'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="file:///etc/passwd"\n#EXTINF:1,\na.ts\n',
        "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n" * 3,
        "noise": random.Random(1).randbytes(4096),
        "riff": b"RIFF" + struct.pack("<I", 4) + b"AVI " + bytes(64),
        "sqlite": b"SQLite format 3\x00" + bytes(200),
    }
    for kind, content in kinds.items():
        for ending in ENDINGS[:6]:
            yield f"{kind}{ending}", content


def _lying_headers() -> Iterator[tuple[str, bytes]]:
    """WAV headers that promise what cannot be."""
    for rate in (0, 1, 7, 3999, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF):
        yield f"rate-{rate}.wav", _with_field(24, struct.pack("<I", rate))
    for channels in (0, 3, 6, 8, 255, 65535):
        yield f"channels-{channels}.wav", _with_field(22, struct.pack("<H", channels))
    for tag in (0, 0x45, 0x161, 0x2000, 0x7A21, 0xABCD):
        yield f"tag-{tag}.wav", _with_field(20, struct.pack("<H", tag))
    for bits in (0, 65, 128, 255, 1000, 65535):
        yield f"bits-{bits}.wav", _with_field(34, struct.pack("<H", bits))
    for size in (0, 1, 2, 8):
        yield f"fmt-{size}.wav", _with_field(16, struct.pack("<I", size))
    for extra in (2, 1000, 1 << 20, 1 << 24):
        yield f"promised-{extra}.wav", wav_bytes(SINE, data_size=len(SINE) + extra)
    for chunk in (b"LIST", b"junk", b"\x00\x00\x00\x00"):
        head = b"RIFF" + struct.pack("<I", 0x7FFFFFF0) + b"WAVE" + chunk
        yield f"chunk-{chunk.hex()}.wav", head + struct.pack("<I", 0x7FFFFFF0) + bytes(100)
    deep = b"".join(b"LIST" + struct.pack("<I", 0) for _ in range(20_000))
    yield "many-chunks.wav", b"RIFF" + struct.pack("<I", len(deep) + 4) + b"WAVE" + deep
    for depth in (10, 200, 5_000):
        yield f"boxes-{depth}.m4a", _nested_boxes(depth)
    for size in (0, 1, 7, 0xFFFFFFFF):
        yield f"box-{size}.m4a", b"\x00\x00\x00\x18ftypM4A " + struct.pack(">I", size) + b"moov"


def _without_sound() -> Iterator[tuple[str, bytes]]:
    """Recordings in which there is nothing, or nothing that is a sound."""
    yield "empty.wav", b""
    for rate in (8000, 16000, 44100):
        for channels in (1, 2):
            yield (
                f"silent-{rate}-{channels}.wav",
                wav_bytes(bytes(32000), rate_hz=rate, channels=channels),
            )
    for tag, idle in ((6, b"\xd5"), (6, b"\x55"), (7, b"\xff"), (7, b"\x7f")):
        yield f"idle-{tag}-{idle.hex()}.wav", wav_bytes(idle * 8000, tag=tag, bits=8)
    for value in (np.nan, np.inf, -np.inf):
        samples = np.full(8000, value, "<f4").tobytes()
        yield f"{value}.wav", wav_bytes(samples, tag=3, bits=32)
    for form, ending in (("FLAC", "flac"), ("OGG", "ogg")):
        silence = io.BytesIO()
        soundfile.write(silence, np.zeros((8000, 1)), 8000, format=form)
        yield f"silent.{ending}", silence.getvalue()


def _things(folder: Path) -> list[Path]:
    """What is no file at all, or not there."""
    made = {name: folder / name for name in ("folder.wav", "pipe.wav", "loop.wav", "gone.wav")}
    made["folder.wav"].mkdir()
    os.mkfifo(made["pipe.wav"])
    made["loop.wav"].symlink_to(made["loop.wav"])
    endless, nothing, dangling = folder / "zero.wav", folder / "null.wav", folder / "lost.wav"
    endless.symlink_to("/dev/zero")
    nothing.symlink_to("/dev/null")
    dangling.symlink_to(folder / "nowhere.wav")
    listening = socket.socket(socket.AF_UNIX)
    with listening:
        plug = folder / "s.wav"
        if len(str(plug)) < 100:  # a socket's name is short
            listening.bind(str(plug))
            made["s.wav"] = plug
    return [*made.values(), endless, nothing, dangling]


def _with_field(at: int, field: bytes) -> bytes:
    data = bytearray(wav_bytes(SINE))
    data[at : at + len(field)] = field
    return bytes(data)


def _nested_boxes(depth: int) -> bytes:
    inner = b""
    for _ in range(depth):
        inner = struct.pack(">I", len(inner) + 8) + b"moov" + inner
    return b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42" + inner
