"""Find personal data in a call: numbers, names and addresses, wherever they are said."""

from dataclasses import dataclass

from qa.masking.names import hide_names
from qa.masking.numbers import digits_of, hide_numbers
from qa.masking.places import hide_addresses
from qa.masking.secrets import hide_secrets
from qa.masking.sheet import Known, Sheet, make_sheet
from qa.masking.spans import PersonalSpan
from qa.masking.topics import find_topics
from qa.scoring.addresses import parse_address
from qa.text import fold
from qa.types import Call, Role, Transcript

MIN_NUMBER = 7
"""Digits from which a caller's number is one by which somebody is known."""


@dataclass(frozen=True, slots=True)
class Personal:
    """What is personal in a call.

    Attributes:
        spans: for every utterance of the transcript, in its order, the stretches of its text.
        names, compounds, numbers: what was learnt, for texts that belong to the call (remarks).
    """

    spans: tuple[tuple[PersonalSpan, ...], ...]
    names: frozenset[str]
    compounds: frozenset[str]
    numbers: frozenset[str]


Facts = tuple[str | None, ...]


def facts_of(call: Call) -> Facts:
    """List all that the search takes from a call beside its words."""
    ticket = call.ticket
    customer = (ticket.name, ticket.address, ticket.phone) if ticket else (None, None, None)
    return (call.caller_number, call.agent_id, *customer)


def find_personal(transcript: Transcript, call: Call) -> Personal:
    """Find telephone numbers, names of customers and addresses in what was said.

    What the ticket and the telephone system know is found by its characters and by its sound; what
    they do not know by how it was asked for and how it is built. Agents' names and numbers, the
    hotline, times, prices and dates stay.

    Returns:
        For every utterance the stretches that are personal, in order, not overlapping.
    """
    known = _known(facts_of(call))
    sheet = make_sheet(((u.role, u.text) for u in transcript.utterances), known)
    _hide(sheet)
    return Personal(
        tuple(line.spans() for line in sheet.lines),
        frozenset(known.names),
        frozenset(known.compounds),
        frozenset(known.numbers),
    )


def personal_spans(text: str, known: Personal | None = None) -> tuple[PersonalSpan, ...]:
    """Find what is personal in one text by itself, without knowing what was asked before.

    Args:
        known: what a call has taught; its names and numbers are found, too.
    """
    start = Known()
    if known:
        start = Known(set(known.numbers), set(), set(known.names), set(known.compounds))
    sheet = make_sheet([(Role.UNKNOWN, text)], start)
    _hide(sheet)
    return sheet.lines[0].spans()


def _hide(sheet: Sheet) -> None:
    hide_secrets(sheet)
    topics = find_topics(sheet)
    hide_numbers(sheet, topics)
    hide_addresses(sheet, topics)
    hide_names(sheet, topics)


def _known(facts: Facts) -> Known:
    """Gather what is known of the customer before a word was said."""
    caller_number, agent_id, written_name, address, phone = facts
    numbers = {d for d in map(digits_of, (caller_number, phone)) if len(d) >= MIN_NUMBER}
    known = Known(numbers, {agent_id} if agent_id else set())
    if written_name:
        name = fold(written_name).text
        for title in ("先生", "女士", "小姐"):
            name = name.removesuffix(title)
        known.names |= {name} - {""}
    if address:
        parts = parse_address(address)
        known.compounds |= {parts.compound} if len(parts.compound) > 1 else set()
        known.rooms |= {parts.room} if len(parts.room) > 2 else set()
    return known
