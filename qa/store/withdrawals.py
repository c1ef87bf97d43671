"""Ruleset versions that are withdrawn: what they found costs nobody anything."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import Right, User
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.review.reviewing import check_text
from qa.review.rights import rights_of
from qa.store.audit import audit
from qa.store.tables import RulesetRow
from qa.store.tables_fines import RulesetWithdrawalRow

WITHDRAW = "withdraw"
REINSTATE = "reinstate"
SHORTEST_HASH = 8


@dataclass(frozen=True, slots=True)
class RulesetVersion:
    """A ruleset version that has judged something, and whether it is withdrawn; why, if so."""

    ruleset_hash: str
    ruleset_id: str
    title: str
    first_used_at: datetime
    is_withdrawn: bool
    why: str


def withdrawn_rulesets(session: Session) -> frozenset[str]:
    """List the hashes of the versions that are withdrawn."""
    return frozenset(row.ruleset_hash for row in _last_steps(session) if row.action == WITHDRAW)


def ruleset_versions(session: Session) -> list[RulesetVersion]:
    """List the versions that have judged something, the newest first."""
    steps = {row.ruleset_hash: row for row in _last_steps(session)}
    rows = session.scalars(select(RulesetRow).order_by(RulesetRow.first_used_at.desc()))
    return [
        RulesetVersion(
            row.ruleset_hash,
            row.ruleset_id,
            row.title,
            row.first_used_at,
            (step := steps.get(row.ruleset_hash)) is not None and step.action == WITHDRAW,
            step.text if step is not None else "",
        )
        for row in rows
    ]


def whole_hash(session: Session, begin: str) -> str:
    """Complete the hash of a version, of which pages and tables show the beginning.

    Args:
        begin: at least 8 digits.

    Raises:
        NotFoundError: no version that has judged something begins so, or more than one.
    """
    found = [
        one for one in session.scalars(select(RulesetRow.ruleset_hash)) if one.startswith(begin)
    ]
    if len(begin) < SHORTEST_HASH or len(found) != 1:
        raise NotFoundError("ruleset version", begin)
    return found[0]


def set_withdrawn(
    session: Session,
    user: User,
    ruleset_hash: str,
    *,
    withdrawn: bool,
    reason: str,
    payer: str = "",
    now: datetime,
) -> None:
    """Withdraw a ruleset version from the ledger, or let it count again.

    The entries that follow are booked with the next booking, and in months that are open.

    Args:
        payer: login of who pays a joint penalty with every fine, and so takes none back.

    Raises:
        NotAllowedError: the person lacks the right, or would spare themselves a joint penalty.
        NotFoundError: no such version has judged anything.
        InvalidRequestError: no reason.
        TransitionError: it is in that state already.
    """
    if Right.KEEP_LEDGER not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    if withdrawn and payer and user.login == payer:
        raise NotAllowedError(Refusal.ABOUT_ONESELF)
    text = check_text(reason)
    if session.get(RulesetRow, ruleset_hash, with_for_update=True) is None:
        raise NotFoundError("ruleset version", ruleset_hash)
    if (ruleset_hash in withdrawn_rulesets(session)) == withdrawn:
        raise TransitionError(Refusal.RULESET_AS_IT_IS)
    action = WITHDRAW if withdrawn else REINSTATE
    session.add(
        RulesetWithdrawalRow(
            ruleset_hash=ruleset_hash,
            action=action,
            text=text,
            done_by=user.user_id,
            done_at=now,
        )
    )
    session.flush()
    details = {"hash": ruleset_hash}
    audit(session, user, f"ledger.ruleset_{action}", "ruleset", ruleset_hash[:12], details)


def _last_steps(session: Session) -> list[RulesetWithdrawalRow]:
    last = select(func.max(RulesetWithdrawalRow.step_id)).group_by(
        RulesetWithdrawalRow.ruleset_hash
    )
    wanted = select(RulesetWithdrawalRow).where(RulesetWithdrawalRow.step_id.in_(last))
    return list(session.scalars(wanted))
