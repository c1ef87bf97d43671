"""The sound: a recording with Range requests, and clips to keep."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from fastapi.responses import FileResponse

from qa.api.access import Viewer, needs
from qa.api.recordings import FileState
from qa.api.service import Service, locate_audio, service_of
from qa.records import Right
from qa.types import Span

MAX_CLIP_MS = 600_000
Running = Annotated[Service, Depends(service_of)]
Listener = Annotated[Viewer, Depends(needs(Right.LISTEN))]

router = APIRouter(include_in_schema=False)


@router.get("/audio/{call_id:path}")
def play(call_id: str, service: Running, viewer: Listener) -> Response:
    """Give the recording as PCM WAV; answers Range requests.

    Raises:
        HTTPException: 409 where the file is gone or holds something else.
    """
    recording_id, located = locate_audio(service, viewer.scope, call_id)
    if located.path is None:
        raise HTTPException(409, f"the recording is {located.state.value}")
    copy = service.recordings.playable(recording_id, located.path)
    return FileResponse(copy, media_type="audio/wav")


@router.get("/clips/{call_id:path}")
def download_clip(
    call_id: str,
    service: Running,
    viewer: Listener,
    start_ms: Annotated[int, Query(ge=0, le=100_000_000)],
    end_ms: Annotated[int, Query(ge=0, le=100_000_000)],
) -> Response:
    """Give a span of the recording, with a second before it, as a WAV file to keep.

    Raises:
        HTTPException: 400 for an impossible span, 409 where the recording cannot be read.
    """
    if not 0 < end_ms - start_ms <= MAX_CLIP_MS:
        raise HTTPException(400, "a clip is longer than nothing and at most ten minutes")
    _, located = locate_audio(service, viewer.scope, call_id)
    if located.state is not FileState.READY or located.path is None:
        raise HTTPException(409, f"the recording is {located.state.value}")
    try:
        clip = service.recordings.clip(located.path, Span(start_ms, end_ms))
    except ValueError as error:
        raise HTTPException(400, "the clip lies beyond the recording") from error
    name = f"clip-{start_ms // 1000}s-{-(-end_ms // 1000)}s.wav"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(clip, media_type="audio/wav", headers=headers)
