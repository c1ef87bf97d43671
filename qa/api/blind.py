"""Who still has to label a call sees nothing of what the machine or anybody else found of it."""

from qa.api.access import Viewer
from qa.api.service import Service
from qa.refusals import NotAllowedError, Refusal
from qa.store.blind import is_blind_to


def is_blind(service: Service, viewer: Viewer, call_id: str) -> bool:
    """Whether a person still has this call to label, and has not handed in."""
    with service.store.reading() as session:
        return is_blind_to(session, viewer.user.user_id, call_id)


def require_not_blind(service: Service, viewer: Viewer, call_id: str) -> None:
    """Keep who still has to label a call from its results.

    Raises:
        NotAllowedError: they have not handed in yet.
    """
    if is_blind(service, viewer, call_id):
        raise NotAllowedError(Refusal.BLIND)
