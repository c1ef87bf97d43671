"""The sound of a call: the recording, its outline, and the clip of a verdict."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

import qa
from qa.api.audio import MAX_CLIP_MS, clip_response, cut, note_listening, recording_response
from qa.api.problems import Refused, declared
from qa.api.service import locate_audio
from qa.api.unchanged import KEPT_PRIVATELY, is_known, tag_of
from qa.api.v1.schemas_calls import ListensIn, PeaksOut
from qa.api.v1.seeing import see, verdict_out
from qa.api.v1.shared import CallId, Listener, RuleId, Running
from qa.errors import NotFoundError
from qa.store.scope import require_call
from qa.transcribe.peaks import FULL_SCALE
from qa.types import Span

router = APIRouter(prefix="/calls", tags=["sound"])
_BINARY = {"type": "string", "format": "binary"}
_WAV = {"description": "The sound.", "content": {"audio/wav": {"schema": _BINARY}}}
_CLIP = {
    "description": "The sound, as WAV or Ogg Vorbis.",
    "content": {"audio/wav": {"schema": _BINARY}, "audio/ogg": {"schema": _BINARY}},
}

_KNOWN: dict[str, Any] = {
    "description": "You have it: `If-None-Match` names its `ETag`. Written down as if it were sent."
}

ClearSound = Annotated[
    bool,
    Query(
        description="With card numbers, ID numbers and verification codes; needs the right to see "
        "personal data, and is written to the audit log."
    ),
]


@router.get(
    "/{call_id:path}/audio",
    summary="Hear the recording",
    response_class=Response,
    responses={
        200: _WAV,
        206: {**_WAV, "description": "The part that was asked for."},
        304: _KNOWN,
        **declared("not_found", "recording_unusable", "range_not_satisfiable"),
    },
)
def get_audio(
    call_id: CallId, request: Request, service: Running, viewer: Listener, clear: ClearSound = False
) -> Response:
    """Give the recording as 16-bit PCM WAV at 16 kHz; answers Range requests.

    Card numbers, ID numbers and verification codes are silent in it, on all channels.

    What was sent to whom is written to the audit log (`call.fetch_audio`); what a person heard of
    it is for the player to say: see `listens`.
    """
    return recording_response(request, service, viewer, call_id, clear=clear)


@router.post(
    "/{call_id:path}/listens",
    summary="Say what was heard",
    status_code=204,
    response_class=Response,
    responses=declared("not_found", "invalid"),
)
def report_listens(
    call_id: CallId, service: Running, viewer: Listener, heard: ListensIn
) -> Response:
    """Write down which stretches of the recording you heard (`call.listen` in the audit log).

    For whatever plays the recording: it knows what was played, the service only what was sent.
    A clip needs no report.
    """
    with service.store.reading() as session:
        require_call(session, viewer.scope, call_id)
    note_listening(service, viewer, call_id, [Span(s.from_ms, s.to_ms) for s in heard.spans])
    return Response(status_code=204)


@router.get(
    "/{call_id:path}/peaks",
    summary="Draw the recording",
    response_model=PeaksOut,
    responses={304: _KNOWN, **declared("not_found", "recording_unusable")},
)
def get_peaks(
    call_id: CallId,
    request: Request,
    response: Response,
    service: Running,
    viewer: Listener,
    points: Annotated[int, Query(ge=1, le=10_000, description="How many at most.")] = 1_000,
) -> PeaksOut | Response:
    """Give the outline of a recording: for each point its lowest and its highest sample."""
    recording_id, located = locate_audio(service, viewer.scope, call_id)
    if located.place is None:
        state = located.state.value
        raise Refused("recording_unusable", f"the recording is {state}", reason=state)
    tag = tag_of(recording_id, points, qa.__version__)
    headers = {"etag": tag, "cache-control": KEPT_PRIVATELY}
    if is_known(request, tag):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    peaks = service.recordings.peaks(recording_id, located.place, points)
    return PeaksOut(
        duration_ms=peaks.duration_ms,
        points=peaks.points,
        scale=FULL_SCALE,
        channels=[list(channel) for channel in peaks.channels],
    )


@router.get(
    "/{call_id:path}/verdicts/{rule_id}/clip",
    summary="Hear the evidence",
    response_class=Response,
    responses={200: _CLIP, 304: _KNOWN, **declared("not_found", "recording_unusable", "invalid")},
)
def get_clip(
    call_id: CallId,
    rule_id: RuleId,
    request: Request,
    service: Running,
    viewer: Listener,
    format: Annotated[
        Literal["wav", "ogg"] | None, Query(description="Goes before the header `Accept`.")
    ] = None,
    clear: ClearSound = False,
) -> Response:
    """Give what a verdict rests on, from one second before it, at most ten minutes of it."""
    verdict = verdict_out(see(service, viewer, call_id), rule_id)
    found = verdict.evidence.span
    if found is None or verdict.clip is None:
        raise NotFoundError("place to hear of rule", rule_id)
    span = Span(found.start_ms, min(found.end_ms, found.start_ms + MAX_CLIP_MS))
    clip = cut(service, viewer, call_id, span, clear=clear)
    is_ogg = format == "ogg" or (format is None and _wants_ogg(request.headers.get("accept", "")))
    response = clip_response(request, clip, span, is_ogg=is_ogg)
    response.headers["vary"] = "accept"
    return response


def _wants_ogg(accept: str) -> bool:
    """Whether Ogg is asked for and WAV is not; the order of the two does not matter."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return "audio/ogg" in kinds and not kinds & {"audio/wav", "audio/x-wav"}
