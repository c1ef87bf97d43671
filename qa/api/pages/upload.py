"""Bring in recordings from the page, and follow each until its scorecard appears."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from qa.api.access import Viewer, needs
from qa.api.pages.shared import code_words
from qa.api.rendering import language, page
from qa.api.rulesets import rulesets_in_force
from qa.api.service import Service, running_service
from qa.api.words import word
from qa.errors import RecordingFault
from qa.records import Right, UserRole
from qa.store.agent_lists import agents_in_scope
from qa.store.uploads import list_uploads
from qa.wording import fault_text

SHOWN = 15
_STATES = ("received", "waiting", "transcribing", "scored", "failed")
_PROBLEMS = (
    *("too_large", "not_audio", "invalid", "conflict", "call_exists", "ticket_differs"),
    *("too_many_requests", "disk_full", "timeout", "unsupported_media_type", "not_logged_in"),
    *("not_allowed", "unavailable", "broken_off", "other"),
)

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Sender = Annotated[Viewer, Depends(needs(Right.UPLOAD))]


@router.get("/upload")
def show_upload(request: Request, service: Running, viewer: Sender) -> Response:
    """Show the form, and the recordings that this person sent lately."""
    lang = language(request)
    own = None if viewer.user.role is UserRole.HEAD else viewer.user.user_id
    with service.store.reading() as session:
        sent = list_uploads(session, sender=own, after=None, limit=SHOWN)
        agents = agents_in_scope(session, viewer.scope)
    values = {
        "viewer": viewer,
        "agents": agents,
        "rulesets": [one for one in rulesets_in_force(service) if one.ruleset],
        "sent": sent,
        "max_mb": service.settings.serve.max_upload_mb,
        "zone": service.store.zone,
        "script_words": _script_words(lang, service.settings.serve.max_upload_mb),
        "needs_agent": not viewer.scope.everything,
    }
    return page(request, "upload.html", values | code_words(request))


def _script_words(lang: str, max_mb: int) -> dict[str, Any]:
    """Give the page's script what it says while it works."""
    faults = {fault.value: fault_text(fault, lang) for fault in RecordingFault}
    faults["not_judged"] = word("upload_not_judged", lang)
    return {
        "states": {state: word(f"upload_state_{state}", lang) for state in _STATES},
        "problems": {
            code: word(f"upload_problem_{code}", lang, n=max_mb)
            if code == "too_large"
            else word(f"upload_problem_{code}", lang)
            for code in _PROBLEMS
        },
        "faults": faults,
        "sending": word("upload_sending", lang),
        "ahead": word("upload_ahead", lang, n="{n}"),
        "known": word("upload_known", lang),
        "ticket_needed": word("upload_ticket_needed", lang),
        "open": word("upload_open", lang),
        "remove": word("upload_remove", lang),
        "again": word("upload_again", lang),
        "max_bytes": max_mb << 20,
    }
