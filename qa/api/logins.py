"""Logging in: one answer for whatever is wrong, in the same time, and ever later."""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from qa.api.service import Service
from qa.records import User
from qa.refusals import AccountError, AccountFault
from qa.store import accounts, passwords, sessions, throttle
from qa.store.accounts import Credentials
from qa.store.audit import audit
from qa.store.sessions import NewSession
from qa.store.throttle import Throttles, throttles

_MAX_ADDRESS_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody sent to log in.

    Attributes:
        old_session: hash of the session that the browser holds already; it ends.
    """

    login: str
    password: str
    address: str
    browser: str = ""
    old_session: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: a person with a fresh session, a wait, or neither.

    Attributes:
        wait_s: seconds until the next try is looked at; 0 for none.
    """

    user: User | None = None
    session: NewSession | None = None
    wait_s: int = 0


def log_in(service: Service, attempt: Attempt, now: datetime) -> Outcome:
    """Check a password and start a session.

    An unknown login, a wrong password and a disabled account come out alike.
    """
    login = attempt.login.strip().lower()
    with service.store.writing() as session:
        wait_s = throttle.begin_try(
            session, login, attempt.address, now=now, limits=_limits(service)
        )
        found = accounts.credentials_of(session, login) if not wait_s else None
    if wait_s:
        return Outcome(wait_s=wait_s)
    # Between the transactions: a hash takes a tenth of a second, and nobody else should wait.
    is_right = passwords.is_right(attempt.password, found.password_hash if found else None)
    if found is None or not is_right or found.user.is_disabled:
        _note_failure(service, attempt, found, is_right)
        return Outcome()
    better = None
    if passwords.is_outdated(found.password_hash or ""):
        better = passwords.hash_password(attempt.password)
    return _start(service, attempt, found, better, now)


def change_password(
    service: Service,
    user: User,
    given: tuple[str, str, str],
    *,
    address: str,
    browser: str,
) -> NewSession:
    """Change one's own password; ends all sessions and starts a fresh one.

    Args:
        given: the present password, the new one, and the new one again.

    Raises:
        AccountError: the present password is wrong or was tried too often, or the new one is no
            good.
    """
    current, chosen, again = given
    min_chars = service.settings.accounts.password_min_chars
    passwords.require_good(chosen, user.login, min_chars=min_chars)
    if chosen != again:
        raise AccountError(AccountFault.PASSWORDS_DIFFER)
    found = _checked_anew(service, user, current, address)
    if passwords.is_right(chosen, found.password_hash):
        raise AccountError(AccountFault.PASSWORD_SAME)
    chosen_hash, now = passwords.hash_password(chosen), datetime.now(UTC)
    with service.store.writing() as session:
        sessions.end_sessions_of(session, user.user_id, now)
        started = sessions.start_session(
            session, user.user_id, now=now, address=address, browser=browser
        )
        accounts.set_password(
            session, user.user_id, chosen_hash, must_change_password=False, actor=user
        )
    return started


def _checked_anew(service: Service, user: User, current: str, address: str) -> Credentials:
    """Check the password of somebody logged in: whoever found the browser open does not know it."""
    now = datetime.now(UTC)
    with service.store.writing() as session:
        wait_s = throttle.begin_try(session, user.login, address, now=now, limits=_limits(service))
        found = accounts.credentials_of(session, user.login)
    if wait_s:
        raise AccountError(AccountFault.TOO_EARLY, str(wait_s))
    if found is None or not passwords.is_right(current, found.password_hash):
        raise AccountError(AccountFault.PASSWORD_WRONG)
    with service.store.writing() as session:
        throttle.succeed(session, user.login, address)
    return found


def safe_next(wanted: str) -> str:
    """Give an address of our own to go to after the log-in; empty where it is none.

    Only a path with its query is followed: two slashes at the start, backslashes, schemes and
    control characters would lead elsewhere.
    """
    if not wanted.startswith("/") or wanted.startswith("//") or len(wanted) > _MAX_ADDRESS_CHARS:
        return ""
    if "\\" in wanted or not wanted.isprintable():
        return ""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return ""
    if parts.scheme or parts.netloc or parts.path.startswith(("/login", "/logout", "/api/")):
        return ""
    return wanted


def _start(
    service: Service, attempt: Attempt, found: Credentials, better: str | None, now: datetime
) -> Outcome:
    with service.store.writing() as session:
        again = accounts.credentials_of(session, found.user.login)
        # What was checked may have been changed or disabled while it was checked.
        if again is None or again.user.is_disabled or again.password_hash != found.password_hash:
            return Outcome()
        user = again.user
        if better is not None:
            accounts.keep_hash(session, user.user_id, better)
        if attempt.old_session is not None:
            sessions.end_session(session, attempt.old_session, now)
        throttle.succeed(session, user.login, attempt.address)
        started = sessions.start_session(
            session, user.user_id, now=now, address=attempt.address, browser=attempt.browser
        )
        audit(session, user, "session.login", "user", user.login, {"address": attempt.address})
    return Outcome(user, started)


def _note_failure(
    service: Service, attempt: Attempt, found: Credentials | None, is_right: bool
) -> None:
    """Write the failure down; a login that nobody has is not, for it may be a password."""
    subject = found.user.login if found else None
    with service.store.writing() as session:
        audit(
            session,
            None,
            "session.login_failed",
            "user" if found else None,
            subject,
            {
                "address": attempt.address,
                "known": found is not None,
                "disabled": bool(found and found.user.is_disabled and is_right),
            },
        )


def _limits(service: Service) -> Throttles:
    settings = service.settings.accounts
    return throttles(
        settings.throttle_after, settings.throttle_address_after, settings.throttle_max_seconds
    )
