"""Which stretches of a recording are silent for a reader: card and ID numbers, codes."""

from qa.api.access import Viewer
from qa.api.problems import Refused
from qa.api.service import Service
from qa.masking import protected_spans
from qa.records import Right
from qa.store import queries, queries_queue
from qa.types import Span


def muted_for(service: Service, viewer: Viewer, call_id: str, *, clear: bool) -> tuple[Span, ...]:
    """Say what of a call is silent for a reader; a recording nobody transcribed has nothing.

    Raises:
        Refused: the original was asked for without the right.
        NotFoundError: there is no such call within the scope.
    """
    if clear:
        if not viewer.may(Right.SEE_PERSONAL_DATA):
            raise Refused("not_allowed", "your account does not hear personal data in clear")
        return ()
    memory = service.recordings.muted
    with service.store.reading() as session:
        key = queries_queue.transcript_of_sound(session, viewer.scope, call_id)
        if key is None:
            return ()
        spans = memory.get(key)
        if spans is None:
            transcript = queries.transcript_by_key(session, key)
            spans = protected_spans(transcript) if transcript else ()
            memory.put(key, spans)
    return spans
