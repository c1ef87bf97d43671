"""The sound: a recording with Range requests, and clips to keep.

Written down are two things: `call.fetch_audio`, which stretch was sent to whom (the service knows
it for certain, before it sends anything), and `call.listen`, which stretch was heard: a clip, or
what the player reports. Browsers ask for a whole recording to play three seconds of it.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import Headers

from qa.api.access import Viewer, needs
from qa.api.listening import REMEMBERED
from qa.api.problems import Refused
from qa.api.redaction import muted_for
from qa.api.service import Service, locate_audio, running_service
from qa.api.sound import sound_response
from qa.api.unchanged import is_known, tag_of, unless_known
from qa.errors import QAError
from qa.records import Right
from qa.store.audit import Detail, audit
from qa.store.audit_reading import was_written_lately
from qa.transcribe.clips import as_ogg
from qa.transcribe.playback import SoundLength
from qa.types import Span

MAX_CLIP_MS = 600_000
FETCHED = "call.fetch_audio"
LEAD_MS = 1_000
"""So much is heard before the evidence, so that the ear is ready when it begins."""
_RANGE = re.compile(r"bytes=\s*(?=\d|-\d)([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", re.IGNORECASE)
_SHORT = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})")  # as `_asked_span` writes it
_PIECE_BYTES = 1 << 20
Running = Annotated[Service, Depends(running_service)]
Listener = Annotated[Viewer, Depends(needs(Right.LISTEN))]

router = APIRouter(include_in_schema=False)


def note_listening(
    service: Service, viewer: Viewer, call_id: str, spans: Sequence[Span], *, clear: bool = False
) -> None:
    """Write down who heard which call, from where to where (milliseconds): a row for each span."""
    with service.store.writing() as session:
        for span in spans:
            details = _details(span, clear=clear)
            audit(session, viewer.user, "call.listen", "call", call_id, details)


def _note_fetch(service: Service, viewer: Viewer, call_id: str, span: Span, *, clear: bool) -> None:
    """Write down which stretch of a call's sound is sent to whom, unless it lately was.

    A process remembers what it sent itself; of what others sent the log knows.
    """
    fetched, user_id = service.recordings.fetched, viewer.user.user_id
    key = f"{call_id}\0clear" if clear else call_id
    if not fetched.is_new(user_id, key, span):
        return
    details = _details(span, clear=clear)

    def holds(known: dict[str, Any]) -> bool:
        within = known["from_ms"] <= span.start_ms and span.end_ms <= known["to_ms"]
        return bool(within) and bool(known.get("clear")) is clear

    try:
        with service.store.writing() as session:
            if not was_written_lately(session, user_id, FETCHED, call_id, holds, REMEMBERED):
                audit(session, viewer.user, FETCHED, "call", call_id, details)
    except QAError:
        fetched.forget(user_id, key)  # nothing was given; the next try is written down
        raise


def _details(span: Span, *, clear: bool = False) -> dict[str, Detail]:
    details: dict[str, Detail] = {"from_ms": span.start_ms, "to_ms": span.end_ms}
    return {**details, "clear": True} if clear else details


def recording_response(
    request: Request, service: Service, viewer: Viewer, call_id: str, *, clear: bool = False
) -> Response:
    """Give a recording as PCM WAV, protected numbers silent in it; answers Range requests.

    Who has it already gets 304, written down as if it were sent.

    Args:
        clear: as it was recorded; needs the right to see personal data and is written down.

    Raises:
        Refused: 409 where the file is gone or holds something else, 416 for an impossible range.
        NotFoundError: there is no such call within the scope.
    """
    recording_id, located = locate_audio(service, viewer.scope, call_id)
    if located.place is None:
        raise Refused(
            "recording_unusable",
            f"the recording is {located.state.value}",
            reason=located.state.value,
        )
    muted = muted_for(service, viewer, call_id, clear=clear)
    sound = service.recordings.sound(recording_id, located.place, muted)
    span = _asked_span(request, sound.length)
    if request.method == "GET":
        _note_fetch(service, viewer, call_id, span, clear=clear)
    if sound.is_plain:
        return unless_known(request, _piece(request, sound.copy) or _whole(sound.copy))
    found = _SHORT.fullmatch(Headers(scope=request.scope).get("range", ""))
    part = (int(found[1]), int(found[2]) + 1) if found else None
    return unless_known(request, sound_response(request, sound, part))


def _whole(copy: Path) -> FileResponse:
    return FileResponse(copy, media_type="audio/wav", stat_result=copy.stat())


def _piece(request: Request, copy: Path) -> Response | None:
    """Give a short range at once; None for what is better streamed, or is for another to answer.

    A player asks for many short ones, and to stream a file costs several changes of thread.
    """
    found = _SHORT.fullmatch(request.headers.get("range", ""))
    if found is None or request.method != "GET" or "if-range" in request.headers:
        return None
    first, last = int(found[1]), int(found[2])
    with copy.open("rb") as file:
        status = os.fstat(file.fileno())
        end = min(last + 1, status.st_size)
        if not first < end <= first + _PIECE_BYTES:
            return None
        file.seek(first)
        body = file.read(end - first)
    whole = FileResponse(copy, media_type="audio/wav", stat_result=status)
    headers = {name: whole.headers[name] for name in ("accept-ranges", "etag", "last-modified")}
    headers["content-range"] = f"bytes {first}-{first + len(body) - 1}/{status.st_size}"
    return Response(body, 206, headers, media_type="audio/wav")


def cut(
    service: Service, viewer: Viewer, call_id: str, span: Span, *, clear: bool = False
) -> bytes:
    """Cut a clip out of a call's recording, with its lead, as WAV; written down as heard.

    Args:
        clear: with protected numbers; needs the right to see personal data.

    Raises:
        Refused: 409 where the recording cannot be read, 422 where the span lies beyond it.
        NotFoundError: there is no such call within the scope.
    """
    recording_id, located = locate_audio(service, viewer.scope, call_id)
    if located.place is None:
        raise Refused(
            "recording_unusable",
            f"the recording is {located.state.value}",
            reason=located.state.value,
        )
    try:
        muted = muted_for(service, viewer, call_id, clear=clear)
        clip = service.recordings.clip(recording_id, located.place, span, muted)
    except ValueError as error:
        raise Refused("invalid", "the clip lies beyond the recording") from error
    heard = Span(max(0, span.start_ms - LEAD_MS), span.end_ms)
    note_listening(service, viewer, call_id, [heard], clear=clear)
    return clip


@router.get("/audio/{call_id:path}")
def play(
    call_id: str, request: Request, service: Running, viewer: Listener, clear: bool = False
) -> Response:
    """Give the recording for the player of a page; see `recording_response`."""
    return recording_response(request, service, viewer, call_id, clear=clear)


@router.get("/clips/{call_id:path}")
def download_clip(
    call_id: str,
    request: Request,
    service: Running,
    viewer: Listener,
    start_ms: Annotated[int, Query(ge=0, le=100_000_000)],
    end_ms: Annotated[int, Query(ge=0, le=100_000_000)],
    clear: bool = False,
) -> Response:
    """Give a span of the recording, with a second before it, as a WAV file to keep.

    Raises:
        HTTPException: 400 for an impossible span.
        Refused: see `cut`.
    """
    if not 0 < end_ms - start_ms <= MAX_CLIP_MS:
        raise HTTPException(400, "a clip is longer than nothing and at most ten minutes")
    clip = cut(service, viewer, call_id, Span(start_ms, end_ms), clear=clear)
    return clip_response(request, clip, Span(start_ms, end_ms))


def clip_response(request: Request, clip: bytes, span: Span, *, is_ogg: bool = False) -> Response:
    """Give a clip as a file to keep, named after its place and nothing else; 304 to who has it.

    Args:
        clip: as WAV.
        is_ogg: whether to send Ogg Vorbis instead.
    """
    ending = "ogg" if is_ogg else "wav"
    name = f"clip-{span.start_ms // 1000}s-{-(-span.end_ms // 1000)}s.{ending}"
    # The same sound is packed into Ogg with another number each time: the tag is of the sound.
    tag = tag_of(ending, hashlib.sha256(clip).hexdigest())
    headers = {"content-disposition": f'attachment; filename="{name}"', "etag": tag}
    if is_ogg and not is_known(request, tag):
        clip = as_ogg(clip)
    return unless_known(request, Response(clip, media_type=f"audio/{ending}", headers=headers))


def _asked_span(request: Request, length: SoundLength) -> Span:
    """Read which stretch is asked for, and leave nothing else of the header for the answer.

    What is no range at all, and several at once, are left out (RFC 9110, 14.2).

    Raises:
        Refused: 416 for a range that lies beyond the file.
    """
    whole, size = Span(0, length.duration_ms), length.size_bytes
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if found is None:
        _set_range(request, None)
        return whole
    start, end = (int(part) if part else None for part in found.groups())
    if start is None:
        first, last = size - min(size, end or 0), size
    else:
        first, last = start, size if end is None else min(size, end + 1)
    if first >= size:
        raise Refused("range_not_satisfiable", headers={"content-range": f"bytes */{size}"})
    if last <= first:
        _set_range(request, None)
        return whole
    _set_range(request, f"bytes={first}-{last - 1}")
    return Span(length.at_ms(first), length.at_ms(last))


def _set_range(request: Request, value: str | None) -> None:
    headers = [(k, v) for k, v in request.scope["headers"] if k != b"range"]
    request.scope["headers"] = headers + ([(b"range", value.encode())] if value else [])
