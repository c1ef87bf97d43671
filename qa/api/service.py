"""What the routes share: the store, the recordings, and how to load a call for reading."""

from dataclasses import dataclass

from fastapi import HTTPException, Request

from qa.api.recordings import Located, Recordings
from qa.config import Settings
from qa.records import Scope
from qa.store import queries, queries_queue
from qa.store.scope import require_call
from qa.store.store import Store
from qa.types import Transcript


@dataclass(frozen=True, slots=True)
class Service:
    """One running page; it lives as long as the application."""

    store: Store
    recordings: Recordings
    settings: Settings


@dataclass(frozen=True, slots=True)
class LoadedCall:
    """A call with the transcript that its scorecard judged.

    Attributes:
        transcript: what was judged; without a scorecard what was heard last; None where nothing
            was transcribed.
        recording: where the recording of that transcript lies; None where none was ever found.
    """

    detail: queries.CallDetail
    agent_name: str | None
    transcript: Transcript | None
    recording_id: str | None
    recording: Located | None


def service_of(request: Request) -> Service:
    """Find the service of a request's application."""
    service: Service = request.app.state.service
    return service


async def running_service(request: Request) -> Service:
    """Give routes the service; not worth a change of thread, which a plain function would cost."""
    return service_of(request)


def load_call(service: Service, scope: Scope, call_id: str) -> LoadedCall:
    """Load all that the page shows of a call.

    Raises:
        NotFoundError: there is no such call within the scope.
    """
    with service.store.reading() as session:
        require_call(session, scope, call_id)
        detail = queries.call_detail(session, call_id, service.store.zone)
        transcript = None
        if detail.scorecard:
            transcript = queries.transcript_by_key(session, detail.scorecard.transcript_key)
        elif detail.recording_id:
            transcript = queries.current_transcript(session, detail.recording_id)
        recording_id = transcript.recording_id if transcript else detail.recording_id
        known = queries_queue.known_files(session, recording_id) if recording_id else []
        agent_name = queries_queue.agent_name(session, detail.call.agent_id)
    located = None
    if recording_id:
        located = service.recordings.locate(recording_id, known, detail.path)
    return LoadedCall(detail, agent_name, transcript, recording_id, located)


def locate_audio(service: Service, scope: Scope, call_id: str) -> tuple[str, Located]:
    """Find the recording that a call's page plays: its id and where it lies.

    Raises:
        HTTPException: 404 where the call has no recording.
        NotFoundError: there is no such call.
    """
    with service.store.reading() as session:
        recording_id, path = queries_queue.sound_of(session, scope, call_id)
        known = queries_queue.known_files(session, recording_id) if recording_id else []
    if recording_id is None:
        raise HTTPException(404, "the call has no recording")
    return recording_id, service.recordings.locate(recording_id, known, path)
