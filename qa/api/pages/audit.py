"""The audit log: who did what, for heads and administrators."""

import json
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.display import format_time
from qa.api.pages.shared import midnight
from qa.api.rendering import language, page
from qa.api.service import Service, running_service
from qa.api.words import WORDS, word
from qa.api.words.audit import ACTION
from qa.records import Right
from qa.store.audit_reading import AuditEntry, AuditFilter, list_entries

PAGE_SIZE = 100

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_AUDIT))]


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What the page is asked to show; days are the call centre's, both included."""

    action: Annotated[str, Query(max_length=50)] = ""
    person: Annotated[str, Query(max_length=64)] = ""
    kind: Annotated[str, Query(max_length=50)] = ""
    subject: Annotated[str, Query(max_length=200)] = ""
    since: Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    until: Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")] = ""
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None

    def to_filter(self, zone: ZoneInfo) -> AuditFilter:
        """Turn days into times.

        Raises:
            HTTPException: 400, a day that does not exist.
        """
        return AuditFilter(
            action=self.action.strip(),
            person=self.person.strip().lower(),
            subject_kind=self.kind.strip(),
            subject=self.subject.strip(),
            since=midnight(self.since, zone, 0),
            until=midnight(self.until, zone, 1),
        )

    def link(self, before: int) -> str:
        """Write the address of the next page."""
        given = {
            "action": self.action,
            "person": self.person,
            "kind": self.kind,
            "subject": self.subject,
            "since": self.since,
            "until": self.until,
        }
        chosen = {name: value for name, value in given.items() if value}
        return "/audit?" + urlencode({**chosen, "before": before})


@router.get("/audit")
def show_audit(
    request: Request, service: Running, viewer: Reader, asked: Annotated[AuditQuery, Depends()]
) -> Response:
    """Show the audit log, newest first."""
    zone = service.store.zone
    wanted = asked.to_filter(zone)
    with service.store.reading() as session:
        found = list_entries(
            session,
            wanted,
            before=asked.before,
            limit=PAGE_SIZE + 1,
            closed=viewer.scope.closed,
        )
    lang = language(request)
    entries = found[:PAGE_SIZE]
    values: dict[str, Any] = {
        "asked": asked,
        "entries": [(entry, _facts(entry, lang)) for entry in entries],
        "older": asked.link(entries[-1].entry_id) if len(found) > PAGE_SIZE else "",
        "actions": sorted(key.removeprefix(ACTION) for key in WORDS if key.startswith(ACTION)),
        "kind_name": lambda kind: _known(f"audit_kind_{kind}", kind, lang),
        "action_name": lambda action: _action_name(action, lang),
        "zone": zone,
        "links_calls": viewer.may(Right.READ_CALLS),
    }
    return page(request, "audit.html", values)


def _action_name(action: str, lang: str) -> str:
    key = ACTION + action
    return word(key, lang) if key in WORDS else ""


def _facts(entry: AuditEntry, lang: str) -> list[tuple[str, str]]:
    """Read the details for showing; those that say nothing are left out, a 0 is not."""
    facts = json.loads(entry.details)
    return [
        (_known(f"audit_fact_{name}", name, lang), _value(name, value, lang))
        for name, value in facts.items()
        if value is not None and value is not False and value != ""
    ]


def _value(name: str, value: str | int | bool, lang: str) -> str:
    if value is True:
        return word("audit_yes", lang)
    if name.endswith("_ms") and isinstance(value, int):
        return format_time(value)
    key = f"role_{value}" if name == "role" else f"audit_value_{value}"
    return _known(key, str(value), lang)


def _known(key: str, otherwise: str, lang: str) -> str:
    """Say a code in words; one without words says itself."""
    return word(key, lang) if key in WORDS else otherwise
