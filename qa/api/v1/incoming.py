"""Receive a multipart request as it comes: the file goes to disk, the rest stays small.

The framework's own form parser would write the whole file to a temporary folder before anybody
looks at its size.
"""

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from qa.api.problems import FieldProblem, Refused, invalid

FILE: Final = "file"
METADATA: Final = "metadata"
_MAX_METADATA_BYTES = 64 << 10
_MAX_HEADER_BYTES = 16 << 10
_MAX_PARTS = 8
_WRITE_BYTES = 1 << 20
_SPARE_BYTES = 256 << 20
_SILENCE_S = 60.0
_ENVELOPE_BYTES = 1 << 20
_DRAIN_BYTES = 64 << 20
_DRAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Received:
    """A file that has arrived.

    Attributes:
        upload_id: random; names the file too.
        path: still ends in `.part`.
        recording_id: SHA-256 of its bytes, in hexadecimal.
        metadata: the text of that part; empty where there was none.
    """

    upload_id: str
    path: Path
    recording_id: str
    size_bytes: int
    metadata: bytes


async def receive(request: Request, folder: Path, max_bytes: int) -> Received:
    """Stream a request into a new file; nothing is left of a request that fails.

    Args:
        folder: where the file is to lie; made where it is missing.
        max_bytes: of the file.

    Raises:
        Refused: it is too large, too slow, no multipart form, or has other parts than it may.
    """
    try:
        return await _receive(request, folder, max_bytes)
    except Refused:
        await _let_finish(request)
        raise


async def _receive(request: Request, folder: Path, max_bytes: int) -> Received:
    boundary = _boundary(request)
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:18]) > max_bytes + _ENVELOPE_BYTES:
        raise _too_large(max_bytes)
    upload_id = secrets.token_hex(16)
    path = folder / upload_id[:2] / f"{upload_id}.part"
    await run_in_threadpool(path.parent.mkdir, 0o700, True, True)
    try:
        form = _Form(path, max_bytes, boundary)
        await _feed(form, request)
        return Received(upload_id, path, *form.result())
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


async def _let_finish(request: Request) -> None:
    """Read on for a moment: who still sends when the connection closes never sees the answer.

    Whoever asked first whether to send (`Expect`) does not send now.
    """
    if "expect" in request.headers:
        return
    count = 0
    with suppress(Exception):  # the answer is settled, whatever comes now
        async with asyncio.timeout(_DRAIN_S):
            while count < _DRAIN_BYTES:
                message = await request.receive()
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
                count += len(message.get("body", b""))


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data":
        raise Refused("unsupported_media_type", "send multipart/form-data with a part `file`")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 70:
        raise Refused("unsupported_media_type", "the multipart boundary is missing or too long")
    return boundary


async def _feed(form: "_Form", request: Request) -> None:
    stream = _with_patience(request.stream())
    try:
        async for chunk in stream:
            form.take(chunk)
            if form.pending_bytes >= _WRITE_BYTES:
                await run_in_threadpool(form.write)
        form.finish()
        await run_in_threadpool(form.close)
    except ClientDisconnect:
        raise Refused("bad_request", "the request was broken off") from None
    except FormParserError as error:
        raise Refused("bad_request", "the multipart body is malformed") from error
    finally:
        form.abandon()


async def _with_patience(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), _SILENCE_S)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refused("timeout", f"nothing came for {_SILENCE_S:.0f} s") from None


@dataclass(slots=True)
class _Part:
    header_name: bytes = b""
    header_value: bytes = b""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    header_bytes: int = 0
    name: str = ""


class _Form:
    """Takes a multipart body apart as it comes; the file's name is never looked at."""

    def __init__(self, path: Path, max_bytes: int, boundary: bytes) -> None:
        self._path, self._max_bytes = path, max_bytes
        self._file: IO[bytes] | None = None
        self._pending: list[bytes] = []
        self.pending_bytes = 0
        self._digest = hashlib.sha256()
        self._size = 0
        self._metadata = bytearray()
        self._part = _Part()
        self._seen: set[str] = set()
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    def take(self, chunk: bytes) -> None:
        """Take the next piece of the body."""
        self._parser.write(chunk)

    def write(self) -> None:
        """Write what has come of the file."""
        if self._file is None:
            return
        if shutil.disk_usage(self._path.parent).free < _SPARE_BYTES + self.pending_bytes:
            raise Refused("disk_full")
        for block in self._pending:
            self._digest.update(block)
            self._file.write(block)
        self._pending, self.pending_bytes = [], 0

    def finish(self) -> None:
        """Make sure that the body was whole."""
        self._parser.finalize()
        if not self._ended:
            raise Refused("bad_request", "the multipart body has no end")
        if FILE not in self._seen:
            raise invalid(f"body.{FILE}", "missing", "the part `file` is missing")

    def close(self) -> None:
        """Write the rest, and make sure that it is on the disk."""
        self.write()
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
        self.abandon()

    def abandon(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def result(self) -> tuple[str, int, bytes]:
        """Give hash, size and metadata."""
        return self._digest.hexdigest(), self._size, bytes(self._metadata)

    def _begin(self) -> None:
        self._part = _Part()
        if len(self._seen) >= _MAX_PARTS:
            raise Refused("bad_request", "too many parts")

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]
        self._count_header(end - start)

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]
        self._count_header(end - start)

    def _count_header(self, count: int) -> None:
        self._part.header_bytes += count
        if self._part.header_bytes > _MAX_HEADER_BYTES:
            raise Refused("bad_request", "the headers of a part are too long")

    def _header_end(self) -> None:
        self._part.headers[self._part.header_name.lower()] = self._part.header_value
        self._part.header_name = self._part.header_value = b""

    def _headers_finished(self) -> None:
        given = self._part.headers.get(b"content-disposition", b"")
        _, options = parse_options_header(given)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if name not in (FILE, METADATA):
            unknown = FieldProblem(
                field="body", code="extra_forbidden", message="only `file` and `metadata`"
            )
            raise Refused("invalid", fields=[unknown])
        if name in self._seen:
            raise invalid(f"body.{name}", "repeated", "this part came twice")
        self._seen.add(name)
        self._part.name = name
        if name == FILE:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(handle, "wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part.name == METADATA:
            self._metadata += data[start:end]
            if len(self._metadata) > _MAX_METADATA_BYTES:
                raise invalid(f"body.{METADATA}", "too_long", "at most 64 KiB")
            return
        self._size += end - start
        if self._size > self._max_bytes:
            raise _too_large(self._max_bytes)
        self._pending.append(data[start:end])
        self.pending_bytes += end - start

    def _end(self) -> None:
        self._ended = True


def _too_large(max_bytes: int) -> Refused:
    limit = f"at most {max_bytes >> 20} MiB (serve.max_upload_mb)"
    return Refused("too_large", limit, headers={"connection": "close"})
