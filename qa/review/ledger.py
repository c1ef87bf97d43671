"""What people's decisions cost: from charges to cases to sums.

Pure. `reckon` says what every case costs as things stand; it looks at the set of charges, never at
the order in which they came about, so that replaying the decisions gives the same total. Which
entries of the ledger follow is in `booking.py`. Money is an integer number of fen (分).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from qa.records import ReviewState
from qa.review.reviewing import ReviewedLine
from qa.review.schedule import ITEMS, JOINT, Terms, cost, item_of, joint_cost, window_of
from qa.types import Grade, Outcome, Span


class Stage(StrEnum):
    """How far a charge has come on its way from a reviewer to the agent's pay."""

    CONFIRMED = "confirmed"
    """A person confirmed it; the agent has not been told."""
    RELEASED = "released"
    """The agent has been told and may object."""
    FROZEN = "frozen"
    """The agent has objected; nothing counts until that is decided."""
    FINAL = "final"
    REJECTED = "rejected"
    """A person found that it does not hold."""
    RULESET_WITHDRAWN = "ruleset_withdrawn"
    """The ruleset version that found it is withdrawn."""


class Standing(StrEnum):
    """What a case does to the agent's pay now."""

    COUNTS = "counts"
    FROZEN = "frozen"
    WAITS = "waits"
    REJECTED = "rejected"
    RULESET_WITHDRAWN = "ruleset_withdrawn"
    NO_SUM = "no_sum"
    """No sentence of the regulation in force names a sum for it."""
    UNPLACED = "unplaced"
    """Nobody knows when the call was, or whose: it costs nobody anything."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a charge can be heard and who decided it.

    Attributes:
        decision_id: the decision that confirms the flag; None for a charge that a person entered.
        charge_id: that charge.
        span: of the words, where a line has any.
    """

    call_id: str
    scorecard_id: int | None = None
    rule_id: str | None = None
    decision_id: int | None = None
    charge_id: int | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """A `fine` flag that a person decided, or something that a person entered.

    Attributes:
        item: for an entered one, the sentence that it falls under.
        ruleset_id, grade: of a flag; together with its rule they say which sentence it is.
        happened_at: start of the call; the order of cases follows from it.
        day: the same in the centre's zone.
    """

    agent_id: str | None
    happened_at: datetime | None
    day: date | None
    stage: Stage
    evidence: Evidence
    item: str | None = None
    ruleset_id: str = ""
    grade: Grade = Grade.FINE


@dataclass(frozen=True, slots=True)
class Case:
    """What is paid for at once: the charges of a call under one sentence, or each of them.

    Attributes:
        key: the same for the same case, whatever becomes of it.
        agent_id: who pays; None where `login` does.
        login: the department head on whom a joint penalty falls.
        ordinal: which case of its window it is, from 1; 0 where it does not count.
        fen: what it costs now; `pending_fen` what it would cost if it and all that wait counted.
        terms: name of the readings that it was reckoned under.
    """

    key: str
    item: str | None
    agent_id: str | None
    login: str | None
    day: date | None
    standing: Standing
    charges: tuple[Charge, ...]
    ordinal: int = 0
    fen: int = 0
    pending_fen: int = 0
    terms: str = ""

    @property
    def evidence(self) -> Evidence:
        """The charge that leads to its clip: one that counts, where there is any."""
        best = min(self.charges, key=lambda charge: _RANK.get(charge.stage, 9))
        return best.evidence


_RANK = {Stage.FINAL: 0, Stage.RELEASED: 1, Stage.FROZEN: 2, Stage.CONFIRMED: 3}
_BY_RANK = (Standing.COUNTS, Standing.FROZEN, Standing.WAITS, Standing.RULESET_WITHDRAWN)
_PENDING = frozenset({Standing.COUNTS, Standing.FROZEN, Standing.WAITS})
TermsAt = Callable[[str], Terms]
"""Gives the readings that hold for a month, `2025-11`: those of its closing, else the present."""


def month_of(day: date) -> str:
    """Name the month of a day, `2025-11`."""
    return f"{day:%Y-%m}"


def flag_stage(line: ReviewedLine, state: ReviewState, *, is_withdrawn: bool) -> Stage | None:
    """Say how far a `fine` flag has come; None where nobody decided it.

    A violation for which a person took no points costs nothing either.

    Args:
        is_withdrawn: the ruleset version that found it is withdrawn.
    """
    if line.line.grade is not Grade.FINE or line.decision is None:
        return None
    forgiven = line.points == 0 and not line.fails_call and line.line.points > 0
    if line.outcome is not Outcome.VIOLATED or forgiven:
        return Stage.REJECTED
    if is_withdrawn:
        return Stage.RULESET_WITHDRAWN
    return {
        ReviewState.APPEALED: Stage.FROZEN,
        ReviewState.FINAL: Stage.FINAL,
        ReviewState.RELEASED: Stage.RELEASED,
    }.get(state, Stage.CONFIRMED)


def stage_for(stage: Stage, *, was_told: bool) -> Stage:
    """Say how far a charge has come for the agent whose the call is now.

    A call that was given to another agent after it was released is held against nobody before that
    agent was told of it too: they have had no chance to object.
    """
    has_come_far = stage in (Stage.RELEASED, Stage.FROZEN, Stage.FINAL)
    return Stage.CONFIRMED if has_come_far and not was_told else stage


def reckon(charges: Iterable[Charge], terms_at: TermsAt) -> list[Case]:
    """Say what every case costs as things stand, in order of when it happened.

    Returns:
        All cases, those too that cost nothing, and the joint penalties that follow from them.
    """
    grouped: dict[tuple[str, str | None], list[Charge]] = defaultdict(list)
    for charge in charges:
        terms = terms_at(month_of(charge.day)) if charge.day else Terms()
        item = charge.item or item_of(
            charge.ruleset_id, charge.evidence.rule_id or "", charge.grade, terms
        )
        grouped[_key(charge, item, terms), item].append(charge)
    cases = [_case(key, item, group, terms_at) for (key, item), group in grouped.items()]
    cases.sort(key=_order)
    return _with_joint(_priced(cases, terms_at), terms_at)


def _key(charge: Charge, item: str | None, terms: Terms) -> str:
    """Name the case that a charge belongs to."""
    one = charge.evidence
    parts = [item or "-", charge.agent_id or "-", one.call_id]
    if one.charge_id is not None:
        parts.append(f"#{one.charge_id}")
    elif terms.counts_per == "flag" or item is None:
        parts.append(one.rule_id or "-")
    return "|".join(parts)


def _case(key: str, item: str | None, group: Sequence[Charge], terms_at: TermsAt) -> Case:
    charges = tuple(sorted(group, key=lambda c: (c.evidence.rule_id or "", c.stage)))
    first = charges[0]
    terms = terms_at(month_of(first.day)) if first.day else Terms()
    standings = {_standing(charge, terms) for charge in charges}
    standing = next((one for one in _BY_RANK if one in standings), Standing.REJECTED)
    if standing is not Standing.REJECTED:
        if item is None:
            standing = Standing.NO_SUM
        elif first.agent_id is None or first.day is None:
            standing = Standing.UNPLACED
    return Case(key, item, first.agent_id, None, first.day, standing, charges, terms=terms.name)


def _standing(charge: Charge, terms: Terms) -> Standing:
    if charge.stage is Stage.RELEASED:
        return Standing.COUNTS if terms.books_at == "released" else Standing.WAITS
    return {
        Stage.FINAL: Standing.COUNTS,
        Stage.FROZEN: Standing.FROZEN,
        Stage.CONFIRMED: Standing.WAITS,
        Stage.REJECTED: Standing.REJECTED,
        Stage.RULESET_WITHDRAWN: Standing.RULESET_WITHDRAWN,
    }[charge.stage]


def _order(case: Case) -> tuple[bool, float, str]:
    """Order cases by when they happened; those whose time nobody knows come last."""
    moment = case.charges[0].happened_at
    return moment is None, moment.timestamp() if moment else 0.0, case.key


def _priced(cases: Sequence[Case], terms_at: TermsAt) -> list[Case]:
    """Count each agent's cases within their windows, and price them."""
    counting: dict[tuple[str | None, str, str], int] = defaultdict(int)
    pending: dict[tuple[str | None, str, str], int] = defaultdict(int)
    priced = []
    for case in cases:
        if case.standing not in _PENDING or case.item is None or case.day is None:
            priced.append(case)
            continue
        item, terms = ITEMS[case.item], terms_at(month_of(case.day))
        window = (case.agent_id, case.item, window_of(case.day, terms))
        pending[window] += 1
        case = replace(case, pending_fen=cost(item, pending[window], terms))
        if case.standing is Standing.COUNTS:
            counting[window] += 1
            ordinal = counting[window]
            case = replace(case, ordinal=ordinal, fen=cost(item, ordinal, terms))
        priced.append(case)
    return priced


def _with_joint(cases: Sequence[Case], terms_at: TermsAt) -> list[Case]:
    """Add the department head's share of each case."""
    found: list[Case] = []
    for case in cases:
        found.append(case)
        if case.item is None or case.day is None or case.standing not in _PENDING:
            continue
        terms, item = terms_at(month_of(case.day)), ITEMS[case.item]
        pending = joint_cost(item, case.pending_fen, terms)
        if pending:
            share = joint_cost(item, case.fen, terms)
            key = f"{JOINT}|{terms.joint_person}|{case.key}"
            person = replace(case, key=key, item=JOINT, agent_id=None, login=terms.joint_person)
            found.append(replace(person, fen=share, pending_fen=pending))
    return found
