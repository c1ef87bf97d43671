"""Entries, cases and charges of the ledger as pages show them: in words, masked, with clips."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from qa.api.access import Viewer
from qa.api.display import format_moment
from qa.api.words import word
from qa.api.written import hide_by_call
from qa.records import Right, User
from qa.review.booking import Entry, person_of, yuan
from qa.review.ledger import Case, Stage, Standing
from qa.review.schedule import ITEMS
from qa.store.charges import ChargeAction, ChargeRules, EnteredCharge
from qa.store.names import user_names
from qa.store.queries import agent_names
from qa.types import Span


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of a list."""

    entry_id: int
    who: str
    day: str
    item: str
    kind: str
    kind_name: str
    ordinal: int
    why: str
    amount: str
    call_id: str
    rule_id: str
    span: Span | None
    agent_id: str
    month: str


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case that is not booked, or may change."""

    who: str
    day: str
    item: str
    standing: str
    standing_name: str
    pending: str
    call_id: str
    rule_id: str
    span: Span | None
    next: str


@dataclass(frozen=True, slots=True)
class ChargeView:
    """A charge that a person entered; `actions` are what this reader may do."""

    charge_id: int
    who: str
    item: str
    quote: str
    call_id: str
    span: Span
    text: str
    stage: str
    entered: str
    steps: tuple[tuple[str, str, str, str], ...]
    actions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PersonSum:
    """What one person pays in a month; `agent_id` names their sheet."""

    who: str
    agent_id: str
    amount: str
    entries: int


def entry_views(entries: Sequence[Entry], agents: dict[str, str], lang: str) -> list[EntryView]:
    """Lay out entries."""
    return [_entry(entry, agents, lang) for entry in entries]


def _entry(entry: Entry, agents: dict[str, str], lang: str) -> EntryView:
    found = entry.evidence
    return EntryView(
        entry_id=entry.entry_id,
        who=_who(entry.agent_id, entry.login, agents),
        day=entry.day.isoformat(),
        item=word(f"sheet_item_{entry.item}", lang),
        kind=entry.kind.value,
        kind_name=word(f"sheet_kind_{entry.kind.value}", lang),
        ordinal=entry.ordinal,
        why=word(f"sheet_why_{entry.why.value}", lang),
        amount=yuan(entry.fen),
        call_id=found.call_id if found else "",
        rule_id=(found.rule_id or "") if found else "",
        span=found.span if found else None,
        agent_id=entry.agent_id or "",
        month=entry.month,
    )


def _who(agent_id: str | None, login: str | None, agents: dict[str, str]) -> str:
    return f"{agent_id} {agents.get(agent_id, '')}".strip() if agent_id else person_of(None, login)


def person_sums(entries: Iterable[Entry], agents: dict[str, str]) -> list[PersonSum]:
    """Add up what each person pays, the most first."""
    sums: dict[tuple[str | None, str | None], list[int]] = defaultdict(lambda: [0, 0])
    for entry in entries:
        one = sums[entry.agent_id, entry.login]
        one[0], one[1] = one[0] + entry.fen, one[1] + 1
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1][0], str(pair[0])))
    return [
        PersonSum(_who(agent_id, login, agents), person_of(agent_id, login), yuan(fen), count)
        for (agent_id, login), (fen, count) in ordered
    ]


def case_views(cases: Iterable[Case], agents: dict[str, str], lang: str) -> list[CaseView]:
    """Lay out cases, the newest first."""
    return [_case(case, agents, lang) for case in reversed(list(cases))]


def _case(case: Case, agents: dict[str, str], lang: str) -> CaseView:
    found = case.evidence
    known = (Standing.FROZEN, Standing.WAITS, Standing.COUNTS)
    what_next = case.standing.value if case.standing in known else "other"
    return CaseView(
        who=_who(case.agent_id, case.login, agents),
        day=case.day.isoformat() if case.day else "",
        item=word(f"sheet_item_{case.item}", lang) if case.item else "–",
        standing=case.standing.value,
        standing_name=word(f"standing_{case.standing.value}", lang),
        pending=yuan(case.pending_fen),
        call_id=found.call_id,
        rule_id=", ".join(sorted({c.evidence.rule_id or "" for c in case.charges} - {""})),
        span=found.span,
        next=word(f"next_{what_next}", lang),
    )


def charge_views(
    session: Any,
    charges: Sequence[EnteredCharge],
    viewer: Viewer,
    lang: str,
    zone: ZoneInfo,
    now: datetime,
    rules: ChargeRules,
) -> list[ChargeView]:
    """Lay out entered charges, with what this reader may do with each."""
    agents = agent_names(session)
    people = {one.entered_by for one in charges}
    people |= {step.done_by for one in charges for step in one.steps}
    names = user_names(session, people)
    written = hide_by_call(session, [one.draft.call_id for one in charges], zone)
    views = []
    for one in charges:
        call_id, stage = one.draft.call_id, one.stage(now, rules.days)
        steps = tuple(
            (
                word(f"charge_did_{step.action.value}", lang),
                names.get(step.done_by, "–"),
                format_moment(step.done_at.astimezone(zone)),
                written(call_id, step.text),
            )
            for step in one.steps
        )
        entered = word(
            "ledger_entered_by",
            lang,
            who=names.get(one.entered_by, "–"),
            when=format_moment(one.entered_at.astimezone(zone)),
        )
        actions = _charge_actions(one, stage, viewer, rules)
        views.append(
            ChargeView(
                charge_id=one.charge_id,
                who=_who(one.agent_id, None, agents),
                item=word(f"sheet_item_{one.draft.item}", lang),
                quote=ITEMS[one.draft.item].quote,
                call_id=call_id,
                span=one.draft.span,
                text=written(call_id, one.draft.text),
                stage=stage.value,
                entered=entered,
                steps=steps,
                actions=tuple((a.value, word(f"charge_do_{a.value}", lang)) for a in actions),
            )
        )
    return views


def _charge_actions(
    one: EnteredCharge, stage: Stage, viewer: Viewer, rules: ChargeRules
) -> list[ChargeAction]:
    user: User = viewer.user
    is_own = user.agent_id is not None and user.agent_id == one.agent_id
    if is_own:
        return [ChargeAction.OBJECT] if stage is Stage.RELEASED else []
    if not viewer.may(Right.KEEP_LEDGER) or rules.costs_oneself(user, one.draft.item):
        return []
    had_part = {one.entered_by}
    had_part |= {step.done_by for step in one.steps if step.action is ChargeAction.CONFIRM}
    found = []
    if one.last is None and user.user_id not in had_part:
        found.append(ChargeAction.CONFIRM)
    if stage is Stage.FROZEN and user.user_id not in had_part:
        found.append(ChargeAction.DISMISS)
    if stage is not Stage.REJECTED:
        found.append(ChargeAction.WITHDRAW)
    return found
