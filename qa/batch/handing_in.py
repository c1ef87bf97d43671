"""Take in rows that another program hands in; the API's routes call this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qa.ingest.rows import Issue
from qa.ingest.sources.handed import HandedKind, HandedSource
from qa.store import intake as rows
from qa.store.convert import chunks
from qa.store.store import Store


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What became of the rows: how many were kept, and why the others were not.

    `line` of an issue is the row's place in the list, from 1.
    """

    kept: int
    issues: tuple[Issue, ...]


def hand_in(
    store: Store, kind: HandedKind, handed: Sequence[Mapping[str, Any]], *, origin: str = "api"
) -> HandedIn:
    """Keep tickets, keyed answers or agents; the calls concerned wait to be judged again.

    Handing in the same rows again changes nothing. A run that is going on is not disturbed: it
    judges what it began with, and the next one what has changed.

    Args:
        handed: objects with the fields of `docs/reference/ingest.md`.
        origin: who hands in, for the issues.

    Raises:
        StoreError: the database refused; rows of earlier batches of 500 are kept.
    """
    intake = HandedSource(kind, handed, store.zone, origin).read()
    issues = list(intake.issues)
    for some in chunks(intake.agents):
        with store.writing() as session:
            rows.put_agents(session, some)
    for tickets in chunks(intake.tickets):
        with store.writing() as session:
            rows.put_tickets(session, tickets, store.zone)
    for answers in chunks(intake.answers):
        with store.writing() as session:
            issues += rows.put_answers(session, [(entry, None) for entry in answers], store.zone)
    kept = len(intake.agents) + len(intake.tickets) + len(intake.answers)
    return HandedIn(kept, tuple(issues))
