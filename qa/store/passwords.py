"""Passwords: which are good enough, and how they are kept (argon2id)."""

import threading
import unicodedata
from functools import cache
from importlib import resources
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from qa.refusals import AccountError, AccountFault

MAX_CHARS = 200
MIN_CHARS = 8
_FEW = 4  # characters of a password without variety: 12121212

_hasher = PasswordHasher()  # argon2id with the parameters that the library's authors recommend
# Each check takes 64 MiB: a flood of log-ins must not take the machine's memory.
_turn = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """Hash a password for keeping."""
    with _turn:
        return _hasher.hash(_normal(password))


def is_right(password: str, kept: str | None) -> bool:
    """Check a password against a kept hash.

    Takes the same time where there is no hash, so that nobody learns which accounts exist.
    """
    if len(password) > MAX_CHARS:
        password = ""
    instead = _dummy()  # made before anyone could tell from the time that it was made
    with _turn:
        try:
            return _hasher.verify(kept or instead, _normal(password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def is_outdated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def require_good(password: str, login: str, *, min_chars: int) -> None:
    """Refuse a password that is easily guessed.

    Args:
        min_chars: shortest length accepted.

    Raises:
        AccountError: it is too short, too long, among the commonest, or made from the login.
    """
    plain = _normal(password).casefold()
    if len(plain) < min_chars:
        raise AccountError(AccountFault.PASSWORD_SHORT, str(min_chars))
    if len(password) > MAX_CHARS:
        raise AccountError(AccountFault.PASSWORD_LONG, str(MAX_CHARS))
    bare = plain.strip("0123456789!@#$%^&*.?_- ")
    if plain in _common() or bare in _common() or len(set(plain)) < _FEW or _is_row(plain):
        raise AccountError(AccountFault.PASSWORD_COMMON)
    if login and (plain in login * 4 or bare == login):
        raise AccountError(AccountFault.PASSWORD_COMMON)


def _is_row(text: str) -> bool:
    """Whether each character follows the one before it: `abcdefghij`, `9876543210`."""
    steps = {ord(b) - ord(a) for a, b in pairwise(text.replace("90", "9:").replace("09", ":9"))}
    return steps in ({1}, {-1})


def _normal(password: str) -> str:
    # The same characters may come composed or not, full-width or not, from different keyboards.
    return unicodedata.normalize("NFKC", password)


@cache
def _common() -> frozenset[str]:
    text = resources.files("qa.store").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("# "))


@cache
def _dummy() -> str:
    return _hasher.hash("of nobody")
