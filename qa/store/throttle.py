"""Guessing passwords takes time: failed log-ins of a name and from an address are counted.

A try is counted before its password is checked and taken back when it was right, so that many
tries at once count as well. Names are kept hashed: people type passwords into the wrong field.
"""

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from qa.store.tables_people import LoginFailureRow
from qa.store.upsert import upsert

_KEPT = timedelta(days=1)
_MAX_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many failures go without a wait, and how long a wait grows.

    Attributes:
        free: failures before each further try waits; the first wait is one second, each doubles.
        forgiven_every: after so much time one failure is forgotten.
        longest: no wait is longer.
    """

    free: int
    forgiven_every: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Throttles:
    """One for the name, one for the address, behind which a whole office may sit."""

    of_name: Throttle
    of_address: Throttle


def throttles(free: int, address_free: int, max_seconds: int) -> Throttles:
    """Make both from the settings."""
    longest = timedelta(seconds=max_seconds)
    return Throttles(
        Throttle(free, timedelta(minutes=15), longest),
        Throttle(address_free, timedelta(minutes=1), longest),
    )


def begin_try(
    session: Session, login: str, address: str, *, now: datetime, limits: Throttles
) -> int:
    """Count a try as failed, unless it comes too early.

    Args:
        session: a writing one, committed before the password is checked.

    Returns:
        Seconds to wait before the next try is looked at; 0 where this one is.
    """
    session.execute(delete(LoginFailureRow).where(LoginFailureRow.last_at < now - _KEPT))
    subjects = _subjects(login, address, limits)
    waits = []
    for subject, _ in subjects:
        row = _locked(session, subject, now)
        blocked = row.blocked_until
        waits.append((blocked - now).total_seconds() if blocked is not None else 0.0)
    if max(waits) > 0:
        return math.ceil(max(waits))
    for subject, throttle in subjects:
        _count(session, _locked(session, subject, now), throttle, now)
    return 0


def succeed(session: Session, login: str, address: str) -> None:
    """Take a counted try back: the name starts anew, the address is where it was before."""
    session.execute(delete(LoginFailureRow).where(LoginFailureRow.subject == _of_name(login)))
    # The address only loses this one: else somebody with an account could guess for ever.
    session.execute(
        update(LoginFailureRow)
        .where(LoginFailureRow.subject == _of_address(address), LoginFailureRow.failures > 0)
        .values(failures=LoginFailureRow.failures - 1, blocked_until=None)
    )


def _count(session: Session, row: LoginFailureRow, throttle: Throttle, now: datetime) -> None:
    forgiven = int((now - row.last_at) / throttle.forgiven_every)
    row.failures = max(0, row.failures - forgiven) + 1
    row.last_at = now
    beyond = row.failures - throttle.free
    wait = timedelta(seconds=2 ** min(beyond, _MAX_DOUBLINGS)) if beyond >= 0 else timedelta()
    row.blocked_until = now + min(wait, throttle.longest) if wait else None
    session.flush()


def _locked(session: Session, subject: str, now: datetime) -> LoginFailureRow:
    upsert(session, LoginFailureRow, [{"subject": subject, "failures": 0, "last_at": now}])
    return session.scalars(
        select(LoginFailureRow).where(LoginFailureRow.subject == subject).with_for_update()
    ).one()


def _subjects(login: str, address: str, limits: Throttles) -> tuple[tuple[str, Throttle], ...]:
    return (_of_name(login), limits.of_name), (_of_address(address), limits.of_address)


def _of_name(login: str) -> str:
    return "name:" + hashlib.sha256(login.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _of_address(address: str) -> str:
    """Name the address, of IPv6 the network that one customer has to choose from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "address:unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return f"address:{parsed.ipv4_mapped}"
        return f"address:{ipaddress.ip_network((parsed, 64), strict=False)}"
    return f"address:{parsed}"
