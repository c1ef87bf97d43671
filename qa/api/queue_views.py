"""The queue as its page shows it: rows, chips of the restrictions in force, ages."""

import hashlib
import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from qa.api.display import format_length, format_short_moment
from qa.api.kept import KeptOf
from qa.api.queue_query import QueueQuery
from qa.api.rulesets import Current
from qa.api.views import CLASSES, SYMBOLS
from qa.api.words import WORDS
from qa.api.words import word as say
from qa.errors import NotFoundError, RulesetError
from qa.masking import mask_numbers_in
from qa.records import FlagAction
from qa.scoring.ruleset import Ruleset
from qa.store.call_status import UNKNOWN_TIME
from qa.store.queue import Cursor, QueueLine, Show
from qa.store.queue_filter import SEVERITIES
from qa.types import Direction, Outcome
from qa.wording import DIRECTIONS, outcome_name

MAX_FLAGS = 7
MAX_DOUBTS = 3
_DECIDED_CSS = {FlagAction.CONFIRM: "upheld", FlagAction.REJECT: "cleared", FlagAction.CHANGE: ""}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_STATES = ("state", "severity", "days")
_TITLES: KeptOf[dict[str, str]] = KeptOf(100)


@dataclass(frozen=True, slots=True)
class FlagChip:
    """A flag in a row; `decided` says what a person made of it, empty while nobody has."""

    rule_id: str
    title: str
    symbol: str
    css: str
    grade: str
    critical: bool
    points: int
    decided: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A call in the queue.

    Attributes:
        shown_id: the call's id without numbers that are somebody's.
        when: the time of the call, without the year where it is this one.
        until: the end of the appeal window, in the same way.
        hidden: titles of the flags for which there was no room.
        age: how long ago the call was, in words.
    """

    line: QueueLine
    href: str
    shown_id: str
    direction: str
    length: str
    when: str
    until: str
    age: str
    flags: tuple[FlagChip, ...]
    hidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A call in the queue, laid out only where its row is not kept.

    Attributes:
        stamp: all that the row follows from.
    """

    stamp: tuple[Any, ...]
    view: Callable[[], RowView]


@dataclass(frozen=True, slots=True)
class Chip:
    """A restriction in force; `href` is the list without it."""

    name: str
    value: str
    href: str


def row_views(
    lines: Sequence[QueueLine],
    asked: QueueQuery,
    show: Show,
    titles: Mapping[str, str],
    reading: tuple[str, datetime],
) -> list[ListedRow]:
    """Lay out a page of the queue.

    Args:
        titles: of rules, by id.
        reading: the language, and the time it is now.
    """
    lang, now = reading
    link = asked.call_links()
    # Rows stand in as many lists as there are readers, and hardly one changes between two looks.
    whole = hashlib.sha256(
        pickle.dumps((replace(asked, after="", before=""), show, titles, lang, now.year))
    ).digest()

    def listed(line: QueueLine) -> ListedRow:
        age = age_text(line.started_at, now, lang)

        def view() -> RowView:
            return _row(line, link(line.call_id, _at(line, show)), titles, (lang, now, age))

        return ListedRow((whole, line.read, age), view)

    return [listed(line) for line in lines]


def _row(
    line: QueueLine, href: str, titles: Mapping[str, str], reading: tuple[str, datetime, str]
) -> RowView:
    lang, now, age = reading
    until = line.appeal_until
    shown: list[FlagChip] = []
    hidden: list[FlagChip] = []
    doubts = 0
    for flag in line.flags:
        doubts += flag.outcome is Outcome.UNDECIDED
        chip = FlagChip(
            rule_id=flag.rule_id,
            title=titles.get(flag.rule_id, ""),
            symbol=SYMBOLS[flag.outcome],
            css=CLASSES[flag.outcome],
            grade=flag.grade.value,
            critical=flag.critical and flag.outcome is Outcome.VIOLATED,
            points=flag.points,
            decided=_DECIDED_CSS.get(flag.action, "") if flag.action else "",
        )
        fits = len(shown) < MAX_FLAGS and (chip.css != "undecided" or doubts <= MAX_DOUBTS)
        (shown if fits else hidden).append(chip)
    return RowView(
        line=line,
        href=href,
        shown_id=mask_numbers_in(line.call_id),
        direction=DIRECTIONS[Direction(line.direction)].text(lang) if line.direction else "",
        length=format_length(line.duration_ms),
        when=format_short_moment(line.started_at, now.year),
        until=format_short_moment(until and until.astimezone(now.tzinfo), now.year),
        age=age,
        flags=tuple(shown),
        hidden=tuple(f"{chip.rule_id} {chip.title}".strip() for chip in hidden),
    )


def _at(line: QueueLine, show: Show) -> str:
    """Write where a call stands in the list, so that its page finds what stood beside it."""
    severity = SEVERITIES.index(line.severity)
    rank = {Show.REVIEW: severity + 1, Show.FLAGGED: severity, Show.ALL: 0}[show]
    return Cursor(rank, line.started_at or UNKNOWN_TIME, line.call_id).text()


def age_text(started_at: datetime | None, now: datetime, lang: str) -> str:
    """Say how long ago something was; empty where nobody knows, or for the future."""
    if started_at is None or started_at > now:
        return ""
    seconds = (now - started_at).total_seconds()
    if seconds < _HOUR:
        return say("age_minutes", lang, n=max(1, int(seconds // _MINUTE)))
    if seconds < 2 * _DAY:
        return say("age_hours", lang, n=int(seconds // _HOUR))
    return say("age_days", lang, n=int(seconds // _DAY))


def chips(
    asked: QueueQuery, agents: Mapping[str, str], titles: Mapping[str, str], lang: str
) -> list[Chip]:
    """Write the restrictions in force, each with the list that lacks it."""
    named = {"agent": agents, "rule": titles}

    def value(name: str, text: str) -> str:
        if name == "outcome":
            return outcome_name(Outcome(text), lang)
        if f"{name}_{text}" in WORDS and name in _STATES:
            return say(f"{name}_{text}", lang)
        title = named.get(name, {}).get(text, "")
        return f"{text} {title}".strip() if name != "score" else _score(text)

    return [
        Chip(say(f"by_{name}", lang), value(name, text), asked.link(**{name: ""}))
        for name, text in asked.choices().items()
    ]


def _score(text: str) -> str:
    low, high = text.split("-")
    return low if low == high else f"{low}–{high}"


def known_titles(current: Current, ruleset_ids: Iterable[str], lang: str) -> dict[str, str]:
    """Name the rules of some rulesets, by id; what cannot be loaded stays without names.

    Only those that a page needs: reading a ruleset for the first time takes most of a second.
    """
    found: dict[str, str] = {}
    for ruleset_id in sorted(set(ruleset_ids)):
        try:
            ruleset = current.find(ruleset_id)
        except (NotFoundError, RulesetError):
            continue
        found |= _TITLES.get(ruleset, lang, partial(_titles, ruleset, lang))
    return dict(sorted(found.items()))


def _titles(ruleset: Ruleset, lang: str) -> dict[str, str]:
    return {
        rule.rule_id: rule.title_en if lang == "en" and rule.title_en else rule.title
        for rule in ruleset.rules
    }
