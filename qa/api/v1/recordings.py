"""Recordings sent in, and what becomes of them."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import ValidationError

from qa.api.access import Viewer
from qa.api.problems import FieldProblem, Refused, declared, invalid
from qa.api.service import Service
from qa.api.v1 import events
from qa.api.v1.events import EventSourceResponse
from qa.api.v1.incoming import FILE, METADATA, Received, receive
from qa.api.v1.schemas_work import RecordingMetadata, UploadOut, UploadPage
from qa.api.v1.shared import After, Limit, Running, moment_of, next_cursor, now, read_cursor, who
from qa.batch.rulesets import RulesetLoader
from qa.batch.uploads import upload_folder
from qa.errors import EngineError, RecordingError, RulesetError, ScratchError
from qa.records import Right
from qa.store import uploads
from qa.store.arrivals import (
    Arrival,
    CallTakenError,
    NotYoursError,
    TicketDiffersError,
    known_call,
)
from qa.store.audit import Detail, audit
from qa.store.scope import agent_id_in_scope
from qa.store.uploads import Upload
from qa.types import Ticket

router = APIRouter(tags=["uploads"])
Sender = Annotated[Viewer, who(Right.UPLOAD)]
UploadId = Annotated[
    str, Path(pattern="^[0-9a-f]{32}$", examples=["5f0c2b7e9d1a4c3f8e6b7a9d0c1e2f3a"])
]
_CALL_COLUMNS = (
    *("agent_id", "started_at", "direction", "ring_count", "released_by"),
    *("caller_number", "source", "ruleset", "fee_unpaid"),
)
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [FILE],
                "additionalProperties": False,
                "properties": {
                    FILE: {
                        "type": "string",
                        "format": "binary",
                        "description": "The recording: WAV (PCM, G.711), MP3, Ogg, M4A, AAC, AMR, "
                        "GSM, FLAC, AIFF or AU. Its content tells what it is, not its name.",
                    },
                    METADATA: {"$ref": "#/components/schemas/RecordingMetadata"},
                },
            },
            "encoding": {METADATA: {"contentType": "application/json"}},
        }
    },
}


@router.post(
    "/recordings",
    summary="Send in a recording",
    status_code=202,
    response_model=UploadOut,
    openapi_extra={"requestBody": _BODY},
    responses={
        200: {"model": UploadOut, "description": "The very same bytes were here already."},
        202: {"description": "It is taken in; watch `GET /uploads/{upload_id}`."},
        **declared(
            *("bad_request", "timeout", "conflict", "call_exists", "ticket_differs"),
            *("too_large", "unsupported_media_type", "not_audio", "invalid"),
            *("too_many_requests", "disk_full"),
        ),
    },
    max_body_size=1 << 62,  # counted while it streams
)
async def send_recording(
    request: Request, response: Response, service: Running, viewer: Sender
) -> UploadOut:
    """Take in a recording and what is known of its call; it is transcribed and judged by itself.

    Sending the same bytes twice is harmless: the second time answers 200 with the call that has
    them. A call that is known without a recording gets this one, if nothing said of it is
    contradicted. A ticket's contents are only taken where the ticket is new. A recording, a call id
    or a ticket of calls that you may not see is a `conflict`, which does not say which of them.
    """
    await run_in_threadpool(_require_room, service)
    limit = service.settings.serve.max_upload_mb << 20
    received = await receive(request, upload_folder(service.settings), limit)
    try:
        outcome = await run_in_threadpool(_TakeIn(service, viewer, received).run)
    finally:
        await run_in_threadpool(received.path.unlink, True)
    response.status_code = 200 if outcome.is_duplicate else 202
    if outcome.upload_id:
        response.headers["location"] = f"/api/v1/uploads/{outcome.upload_id}"
    return outcome


@router.get("/uploads", summary="List uploads", response_model=UploadPage)
def list_uploads(
    service: Running, viewer: Sender, after: After = None, limit: Limit = 50
) -> UploadPage:
    """List your uploads, the last one first; a head sees everybody's."""
    place = None
    if after is not None:
        moment, upload_id = read_cursor(after, str, str)
        place = (moment_of(moment), upload_id)
    with service.store.reading() as session:
        found = uploads.list_uploads(session, sender=_own(viewer), after=place, limit=limit + 1)
    return UploadPage(
        items=[_out(upload) for upload in found[:limit]],
        next=next_cursor(found, limit, lambda one: (one.uploaded_at.isoformat(), one.upload_id)),
    )


@router.get(
    "/uploads/{upload_id}",
    summary="See how an upload stands",
    response_model=UploadOut,
    responses=declared("not_found"),
)
def get_upload(upload_id: UploadId, service: Running, viewer: Sender) -> UploadOut:
    """Give one upload: `received`, `waiting`, `transcribing`, and at last `scored` or `failed`."""
    with service.store.reading() as session:
        return _out(uploads.get_upload(session, upload_id, sender=_own(viewer)))


def _watched(upload_id: UploadId, service: Running, viewer: Sender) -> events.Look:
    """Make sure that there is such an upload before the stream begins."""
    events.require_few(viewer)

    def look() -> tuple[UploadOut, bool]:
        with service.store.reading() as session:
            upload = uploads.get_upload(session, upload_id, sender=_own(viewer))
        return _out(upload), upload.state in uploads.OVER

    look()
    return look


@router.get(
    "/uploads/{upload_id}/events",
    summary="Watch an upload",
    response_class=EventSourceResponse,
    responses={**events.described("UploadOut"), **declared("not_found", "too_many_requests")},
)
async def watch_upload(
    viewer: Sender, look: Annotated[events.Look, events.depends(_watched)]
) -> events.Stream:
    """Stream the upload whenever it changes, until it is `scored` or `failed`."""
    async for event in events.watch(viewer, look):
        yield event


def _own(viewer: Viewer) -> int | None:
    return None if viewer.scope.everything else viewer.user.user_id


def _out(upload: Upload, *, is_duplicate: bool = False) -> UploadOut:
    known = bool(upload.upload_id)
    return UploadOut(
        upload_id=upload.upload_id or None,
        state=upload.state,
        call_id=upload.call_id,
        is_duplicate=is_duplicate,
        size_bytes=upload.size_bytes,
        uploaded_at=upload.uploaded_at if known else None,
        finished_at=upload.finished_at,
        ahead=upload.ahead,
        fault=upload.fault,
        advice=upload.advice,
    )


def _require_room(service: Service) -> None:
    with service.store.reading() as session:
        if uploads.count_open(session) >= uploads.MAX_OPEN:
            raise Refused(
                "too_many_requests", "too many uploads wait", headers={"retry-after": "60"}
            )


@dataclass(frozen=True, slots=True)
class _TakeIn:
    """What follows once the file has arrived; runs in a thread of its own."""

    service: Service
    viewer: Viewer
    received: Received

    def run(self) -> UploadOut:
        """Check everything, then put file and rows in their places together."""
        metadata = self._metadata()
        ending = self._probe()
        path = self.received.path.with_suffix(ending)
        self.received.path.replace(path)
        try:
            outcome, is_kept = self._put(self._arrival(metadata, path))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        if not is_kept:
            path.unlink(missing_ok=True)
        return outcome

    def _metadata(self) -> RecordingMetadata:
        try:
            metadata = RecordingMetadata.model_validate_json(self.received.metadata or b"{}")
        except ValidationError as error:
            raise Refused("invalid", fields=[_field(one) for one in error.errors()]) from None
        self._require_scope(metadata.agent_id)
        if metadata.ruleset is not None:
            loader = RulesetLoader.of(self.service.store, self.service.settings, tables=False)
            try:
                loader.load(metadata.ruleset)
            except RulesetError:
                raise invalid(
                    "metadata.ruleset", "unknown", "no ruleset of this id is in force"
                ) from None
        return metadata

    def _require_scope(self, agent_id: str | None) -> None:
        """Nobody may bring in a call that they could not see themselves."""
        scope = self.viewer.scope
        if scope.everything:
            return
        with self.service.store.reading() as session:
            if agent_id is None or not agent_id_in_scope(session, scope, agent_id):
                raise invalid("metadata.agent_id", "not_yours", "name an agent of your teams")

    def _probe(self) -> str:
        """Look at the content; gives the ending of the file's own name."""
        if not self.received.size_bytes:
            raise Refused("not_audio", "the file is empty", reason="empty_file")
        try:
            probed = self.service.recordings.probe(self.received.path)
        except RecordingError as error:
            raise Refused("not_audio", error.advice, reason=error.fault.value) from None
        except ScratchError:
            raise Refused("disk_full") from None
        except EngineError:
            raise Refused("unavailable") from None
        return f".{probed.codec.partition('/')[0]}"

    def _arrival(self, metadata: RecordingMetadata, path: Any) -> Arrival:
        given = {k: getattr(metadata, k) for k in _CALL_COLUMNS if k in metadata.model_fields_set}
        ticket = metadata.ticket
        if ticket is not None:
            given["ticket_id"] = ticket.ticket_id
        has_more = ticket is not None and len(ticket.model_fields_set) > 1
        started_at = metadata.started_at
        if started_at is not None and started_at.tzinfo is None:
            given["started_at"] = started_at.replace(tzinfo=self.service.store.zone)
        return Arrival(
            upload_id=self.received.upload_id,
            path=path,
            recording_id=self.received.recording_id,
            size_bytes=self.received.size_bytes,
            call_id=metadata.call_id or f"up-{self.received.upload_id[:16]}",
            values={name: value for name, value in given.items() if value is not None},
            ticket=Ticket(**ticket.model_dump()) if ticket is not None and has_more else None,
        )

    def _put(self, arrival: Arrival) -> tuple[UploadOut, bool]:
        """Write all rows in one transaction; says whether the new file is needed."""
        store, user, scope = self.service.store, self.viewer.user, self.viewer.scope
        try:
            with store.writing() as session:
                uploads.hold_uploads(session)
                known = known_call(session, arrival.recording_id, scope)
                if known is not None:
                    is_lost = not uploads.has_file(session, arrival.recording_id)
                    if is_lost:  # the sound comes back
                        uploads.keep_file(session, arrival, now())
                    standing = uploads.upload_of_call(session, known)
                    return _out(standing, is_duplicate=True), is_lost
                uploads.put_upload(
                    session, arrival, scope, user_id=user.user_id, now=now(), zone=store.zone
                )
                details: dict[str, Detail] = {"call": arrival.call_id}
                audit(session, user, "recording.upload", "upload", arrival.upload_id, details)
                return _out(uploads.get_upload(session, arrival.upload_id)), True
        except NotYoursError as error:
            raise Refused("conflict", str(error)) from None
        except CallTakenError as error:
            raise Refused("call_exists", str(error)) from None
        except TicketDiffersError as error:
            raise Refused("ticket_differs", str(error)) from None


def _field(one: Any) -> FieldProblem:
    place = ".".join(str(part) for part in (METADATA, *one["loc"]))
    return FieldProblem(field=place, code=str(one["type"]), message=str(one["msg"]))
