"""What no rule finds and a person enters: on a call, confirmed by another, open to objection.

Steps are added, never changed. Until a second person confirms a charge, and while the agent
objects, it costs nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Right, Scope, User
from qa.refusals import InvalidRequestError, NotAllowedError, Refusal, TransitionError
from qa.review.ledger import Charge, Evidence, Stage, stage_for
from qa.review.reviewing import check_text
from qa.review.rights import rights_of
from qa.review.schedule import ENTERABLE, ITEMS, Terms, cost, joint_cost
from qa.store.audit import audit
from qa.store.blind import open_scope
from qa.store.convert import chunks
from qa.store.messages import MessageKind, calls_told, tell_agent
from qa.store.scope import agent_in_scope, call_in_scope, require_call
from qa.store.tables import CallRow, RecordingRow
from qa.store.tables_fines import ChargeRow, ChargeStepRow
from qa.types import Span


class ChargeAction(StrEnum):
    """A step with a charge."""

    CONFIRM = "confirm"
    """By another person than entered it; the agent is told and may object."""
    OBJECT = "object"
    """By the agent, within the window."""
    DISMISS = "dismiss"
    """The objection is dismissed, by somebody who neither entered nor confirmed the charge."""
    WITHDRAW = "withdraw"
    """It does not hold; also how an objection is upheld."""


@dataclass(frozen=True, slots=True)
class ChargeDraft:
    """What a person enters: the sentence, the call, where it is heard, and what was found."""

    item: str
    call_id: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class ChargeStep:
    """A step: who, when, why."""

    action: ChargeAction
    text: str
    done_by: int
    done_at: datetime


@dataclass(frozen=True, slots=True)
class ChargeRules:
    """How entered charges are decided.

    Attributes:
        days: length of the window to object in (setting `review.appeal_days`).
        terms: the readings of the schedule, which say on whom a joint penalty falls.
    """

    days: int
    terms: Terms

    def costs_oneself(self, user: User, item: str) -> bool:
        """Whether a person pays a joint penalty with a charge, so that another one decides it."""
        one = ITEMS[item]
        joint = joint_cost(one, cost(one, 1, self.terms), self.terms)
        return joint > 0 and user.login == self.terms.joint_person


@dataclass(frozen=True, slots=True)
class EnteredCharge:
    """A charge with all that was done about it."""

    charge_id: int
    draft: ChargeDraft
    agent_id: str | None
    started_at: datetime | None
    entered_by: int
    entered_at: datetime
    steps: tuple[ChargeStep, ...]

    @property
    def last(self) -> ChargeAction | None:
        """The step that counts; None while nobody but its author has looked."""
        return self.steps[-1].action if self.steps else None

    def object_until(self, days: int) -> datetime | None:
        """Say until when the agent may object; None while it is not confirmed."""
        confirmed = [s.done_at for s in self.steps if s.action is ChargeAction.CONFIRM]
        return confirmed[-1] + timedelta(days=days) if confirmed else None

    def stage(self, now: datetime, days: int) -> Stage:
        """Say how far it has come.

        Args:
            days: length of the window to object in (setting `review.appeal_days`).
        """
        if self.last is None:
            return Stage.CONFIRMED
        if self.last is ChargeAction.CONFIRM:
            until = self.object_until(days)
            return Stage.FINAL if until is not None and now >= until else Stage.RELEASED
        return {
            ChargeAction.OBJECT: Stage.FROZEN,
            ChargeAction.DISMISS: Stage.FINAL,
            ChargeAction.WITHDRAW: Stage.REJECTED,
        }[self.last]


def enter_charge(
    session: Session, user: User, draft: ChargeDraft, *, now: datetime
) -> EnteredCharge:
    """Enter a charge on a call; another person has to confirm it.

    The same charge entered twice by the same person is one.

    Raises:
        NotAllowedError: the person lacks the right, or it is their own call.
        NotFoundError: no such call in their scope.
        InvalidRequestError: no text, no such sentence, a call without agent or start, or a stretch
            that its recording does not have.
    """
    _require(user, Right.REVIEW)
    require_call(session, open_scope(session, user), draft.call_id)
    text = check_text(draft.text)
    call = session.get(CallRow, draft.call_id)
    if call is None or call.agent_id is None or call.started_at is None:
        raise InvalidRequestError(Refusal.CHARGE_WRONG)
    if call.agent_id == user.agent_id:
        raise NotAllowedError(Refusal.OWN_CALL)
    recording = session.get(RecordingRow, call.recording_id) if call.recording_id else None
    length_ms = recording.duration_ms or 0 if recording else 0
    if draft.item not in ENTERABLE or not 0 <= draft.span.start_ms < draft.span.end_ms <= length_ms:
        raise InvalidRequestError(Refusal.CHARGE_WRONG)
    for known in load_charges(session, ChargeRow.call_id == draft.call_id):
        same = (known.draft.item, known.draft.span, known.entered_by)
        if same == (draft.item, draft.span, user.user_id) and known.last is None:
            return known
    row = ChargeRow(
        item=draft.item,
        call_id=draft.call_id,
        start_ms=draft.span.start_ms,
        end_ms=draft.span.end_ms,
        text=text,
        entered_by=user.user_id,
        entered_at=now,
    )
    session.add(row)
    session.flush()
    details = {"call": draft.call_id, "item": draft.item}
    audit(session, user, "charge.enter", "charge", str(row.charge_id), details)
    return load_charges(session, ChargeRow.charge_id == row.charge_id)[0]


def take_charge_step(
    session: Session,
    user: User,
    charge_id: int,
    action: ChargeAction,
    text: str,
    *,
    now: datetime,
    rules: ChargeRules,
) -> EnteredCharge:
    """Confirm, object to, dismiss the objection to, or withdraw a charge.

    The same step by the same person twice in a row is one.

    Raises:
        NotAllowedError: the person lacks the right, had a part in it before, or pays with it.
        NotFoundError: no such charge in their scope.
        InvalidRequestError: a reason is missing.
        TransitionError: where the charge stands forbids it.
    """
    if session.get_bind().dialect.name != "sqlite":
        held = select(ChargeRow.charge_id).where(ChargeRow.charge_id == charge_id)
        session.execute(held.with_for_update()).all()
    charge = find_charge(session, open_scope(session, user), charge_id)
    text = check_text(text, required=action is not ChargeAction.CONFIRM)
    last = charge.steps[-1] if charge.steps else None
    if last is not None and (last.action, last.done_by) == (action, user.user_id):
        return charge
    _require_step(user, charge, action, now, rules)
    session.add(
        ChargeStepRow(
            charge_id=charge_id,
            action=action.value,
            text=text,
            done_by=user.user_id,
            done_at=now,
        )
    )
    session.flush()
    if action is ChargeAction.CONFIRM:
        tell_agent(session, MessageKind.CHARGE_CONFIRMED, charge.draft.call_id, now)
    details = {"call": charge.draft.call_id, "item": charge.draft.item}
    audit(session, user, f"charge.{action.value}", "charge", str(charge_id), details)
    return find_charge(session, open_scope(session, user), charge_id)


def _require_step(
    user: User, charge: EnteredCharge, action: ChargeAction, now: datetime, rules: ChargeRules
) -> None:
    stage = charge.stage(now, rules.days)
    if action is ChargeAction.OBJECT:
        if user.agent_id is None or user.agent_id != charge.agent_id:
            raise NotAllowedError(Refusal.NOT_OWN_CHARGE)
        if stage is not Stage.RELEASED:
            raise TransitionError(Refusal.CHARGE_MOVED)
        return
    _require(user, Right.KEEP_LEDGER)
    is_own = user.agent_id is not None and user.agent_id == charge.agent_id
    if is_own or rules.costs_oneself(user, charge.draft.item):
        raise NotAllowedError(Refusal.ABOUT_ONESELF)
    allowed = {
        ChargeAction.CONFIRM: charge.last is None,
        ChargeAction.DISMISS: stage is Stage.FROZEN,
        ChargeAction.WITHDRAW: stage is not Stage.REJECTED,
    }
    if not allowed[action]:
        raise TransitionError(Refusal.CHARGE_MOVED)
    had_part = {charge.entered_by} | {
        step.done_by for step in charge.steps if step.action is ChargeAction.CONFIRM
    }
    if action is not ChargeAction.WITHDRAW and user.user_id in had_part:
        raise NotAllowedError(Refusal.OWN_CHARGE)


def find_charge(session: Session, scope: Scope, charge_id: int) -> EnteredCharge:
    """Load one charge.

    Raises:
        NotFoundError: there is none of that number in the scope.
    """
    in_scope = call_in_scope(scope, CallRow.agent_id, CallRow.call_id)
    found = load_charges(session, ChargeRow.charge_id == charge_id, in_scope)
    if not found:
        raise NotFoundError("charge", str(charge_id))
    return found[0]


def list_charges(session: Session, scope: Scope, *, limit: int = 200) -> list[EnteredCharge]:
    """List the newest charges of a scope."""
    return load_charges(session, call_in_scope(scope, CallRow.agent_id, CallRow.call_id))[::-1][
        :limit
    ]


def load_charges(session: Session, *conditions: ColumnElement[bool]) -> list[EnteredCharge]:
    """Load charges with their steps, in order of number."""
    rows = session.execute(
        select(ChargeRow, CallRow.agent_id, CallRow.started_at)
        .join(CallRow, CallRow.call_id == ChargeRow.call_id)
        .where(*conditions)
        .order_by(ChargeRow.charge_id)
    ).all()
    steps = _steps(session, [row[0].charge_id for row in rows])
    return [
        EnteredCharge(
            charge_id=row.charge_id,
            draft=ChargeDraft(row.item, row.call_id, Span(row.start_ms, row.end_ms), row.text),
            agent_id=agent_id,
            started_at=started_at,
            entered_by=row.entered_by,
            entered_at=row.entered_at,
            steps=tuple(steps[row.charge_id]),
        )
        for row, agent_id, started_at in rows
    ]


def _steps(session: Session, charge_ids: Sequence[int]) -> dict[int, list[ChargeStep]]:
    steps: dict[int, list[ChargeStep]] = defaultdict(list)
    for ids in chunks(charge_ids):
        found = select(ChargeStepRow).where(ChargeStepRow.charge_id.in_(ids))
        for one in session.scalars(found.order_by(ChargeStepRow.step_id)):
            step = ChargeStep(ChargeAction(one.action), one.text, one.done_by, one.done_at)
            steps[one.charge_id].append(step)
    return steps


def entered_charges(
    session: Session, now: datetime, days: int, zone: ZoneInfo, scope: Scope | None = None
) -> list[Charge]:
    """Load the entered charges of a scope, or all, as the ledger reckons with them."""
    of_scope = () if scope is None else (agent_in_scope(scope, CallRow.agent_id),)
    told = calls_told(session, MessageKind.CHARGE_CONFIRMED)
    return [
        Charge(
            agent_id=one.agent_id,
            happened_at=one.started_at,
            day=one.started_at.astimezone(zone).date() if one.started_at else None,
            stage=stage_for(one.stage(now, days), was_told=one.draft.call_id in told),
            evidence=Evidence(one.draft.call_id, charge_id=one.charge_id, span=one.draft.span),
            item=one.draft.item,
        )
        for one in load_charges(session, *of_scope)
    ]


def _require(user: User, right: Right) -> None:
    if right not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
