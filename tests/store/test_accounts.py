"""Accounts: what is refused, who is the last, and which passwords are good enough."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from qa.errors import NotFoundError
from qa.records import User, UserRole
from qa.refusals import AccountError, AccountFault
from qa.store import accounts, passwords
from qa.store.accounts import UserDraft
from qa.store.store import Store
from tests.support.call_folders import open_store, settings_for
from tests.support.waiting import SLOW_S

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LEAD = UserDraft("wang.lead", "王领班", UserRole.LEAD, None, ("一组", "二组"))
AGENT = UserDraft("a108", "陈晨", UserRole.AGENT, "108")
HEAD = UserDraft("head", "部长", UserRole.HEAD)
ADMIN = UserDraft("root", "管理员", UserRole.ADMIN)


class UndoError(Exception):
    """Roll back what a test did."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[Store]:
    with open_store(settings_for(tmp_path_factory.mktemp("people"))) as made:
        yield made


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    with suppress(UndoError), store.writing() as made:
        yield made
        raise UndoError


def add(session: Session, draft: UserDraft) -> User:
    return accounts.add_user(session, draft, password_hash=None, actor=None, now=NOW)


def test_a_person_comes_back_as_entered(session: Session) -> None:
    user = add(session, LEAD)
    assert accounts.user_by_login(session, "wang.lead") == user
    assert accounts.list_users(session) == [user]
    assert (user.teams, user.role, user.must_change_password) == (
        ("一组", "二组"),
        UserRole.LEAD,
        True,
    )
    assert user.created_at == NOW


WRONG: list[tuple[UserDraft, dict[str, Any], AccountFault]] = [
    (HEAD, {"login": ""}, AccountFault.LOGIN_WRONG),
    (HEAD, {"login": "Head"}, AccountFault.LOGIN_WRONG),
    (HEAD, {"login": "部长"}, AccountFault.LOGIN_WRONG),
    (HEAD, {"login": "a b"}, AccountFault.LOGIN_WRONG),
    (HEAD, {"login": "-x"}, AccountFault.LOGIN_WRONG),
    (HEAD, {"login": "x\n"}, AccountFault.LOGIN_WRONG),
    (HEAD, {"login": "x" * 65}, AccountFault.LOGIN_WRONG),
    (HEAD, {"name": " 部长"}, AccountFault.NAME_WRONG),
    (HEAD, {"name": "a\r\nb: c"}, AccountFault.NAME_WRONG),
    (HEAD, {"name": "\u202e"}, AccountFault.NAME_WRONG),
    (HEAD, {"name": "x" * 101}, AccountFault.NAME_WRONG),
    (AGENT, {"agent_id": None}, AccountFault.AGENT_NUMBER_MISSING),
    (AGENT, {"agent_id": "1\x00"}, AccountFault.AGENT_NUMBER_WRONG),
    (AGENT, {"agent_id": ""}, AccountFault.AGENT_NUMBER_WRONG),
    (LEAD, {"teams": ()}, AccountFault.TEAM_MISSING),
    (LEAD, {"teams": ("一组,二组",)}, AccountFault.TEAM_WRONG),
    (LEAD, {"teams": ("",)}, AccountFault.TEAM_WRONG),
    (HEAD, {"teams": ("一组",)}, AccountFault.TEAMS_OF_LEADS_ONLY),
    (LEAD, {"reads_calls": True}, AccountFault.GRANT_OF_ADMINS_ONLY),
]


@pytest.mark.parametrize(("draft", "change", "fault"), WRONG)
def test_what_is_refused(
    session: Session, draft: UserDraft, change: dict[str, Any], fault: AccountFault
) -> None:
    wrong = replace(draft, **change)
    with pytest.raises(AccountError) as error:
        add(session, wrong)
    assert error.value.fault is fault and str(error.value)
    user = add(session, draft)
    if "login" not in change:
        with pytest.raises(AccountError) as error:
            accounts.change_user(session, user.user_id, wrong, actor=None)
        assert error.value.fault is fault


def refused(session: Session, user: User, draft: UserDraft, actor: User | None) -> AccountFault:
    with pytest.raises(AccountError) as error:
        accounts.change_user(session, user.user_id, draft, actor=actor)
    return error.value.fault


def test_a_login_is_taken_once(session: Session) -> None:
    add(session, HEAD)
    with pytest.raises(AccountError) as error:
        add(session, HEAD)
    assert error.value.fault is AccountFault.LOGIN_TAKEN


def test_two_people_do_not_share_an_agents_number(session: Session) -> None:
    first = add(session, AGENT)
    with pytest.raises(AccountError) as error:
        add(session, replace(AGENT, login="a109"))
    assert error.value.fault is AccountFault.AGENT_NUMBER_TAKEN
    accounts.set_disabled(session, first.user_id, True, actor=None)
    add(session, replace(AGENT, login="a109"))
    with pytest.raises(AccountError) as error:
        accounts.set_disabled(session, first.user_id, False, actor=None)
    assert error.value.fault is AccountFault.AGENT_NUMBER_TAKEN


def test_there_is_always_an_administrator(session: Session) -> None:
    first, second = add(session, ADMIN), add(session, replace(ADMIN, login="root2"))
    accounts.set_disabled(session, second.user_id, True, actor=first)
    assert refused(session, first, HEAD, None) is AccountFault.LAST_ADMIN
    with pytest.raises(AccountError) as error:
        accounts.set_disabled(session, first.user_id, True, actor=None)
    assert error.value.fault is AccountFault.LAST_ADMIN
    accounts.set_disabled(session, second.user_id, False, actor=first)
    accounts.set_disabled(session, first.user_id, True, actor=second)
    # A disabled administrator may change role: that leaves as many as before.
    assert accounts.change_user(session, first.user_id, HEAD, actor=second).role is UserRole.HEAD


def test_two_administrators_cannot_disable_each_other_at_once(tmp_path: Path) -> None:
    with open_store(settings_for(tmp_path)) as store:
        with store.writing() as session:
            both = [add(session, replace(ADMIN, login=f"root{n}")) for n in range(2)]
        outcomes: list[str] = []

        def disable(mine: User, other: User) -> None:
            try:
                with store.writing() as session:
                    accounts.set_disabled(session, other.user_id, True, actor=mine)
                outcomes.append("done")
            except AccountError as error:
                outcomes.append(error.fault.value)

        threads = [threading.Thread(target=disable, args=pair) for pair in (both, both[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SLOW_S)
        assert sorted(outcomes) == ["done", "last_admin"]
        with store.reading() as session:
            assert [user.is_disabled for user in accounts.list_users(session)].count(False) == 1


def test_nobody_raises_themselves(session: Session) -> None:
    admin, _ = add(session, ADMIN), add(session, replace(ADMIN, login="root2"))
    for change in (
        replace(ADMIN, reads_calls=True),
        replace(ADMIN, sees_personal_data=True),
        replace(ADMIN, agent_id="7"),
        replace(ADMIN, role=UserRole.HEAD),
    ):
        assert refused(session, admin, change, admin) is AccountFault.ONESELF
    renamed = replace(ADMIN, name="老管理员")
    assert accounts.change_user(session, admin.user_id, renamed, actor=admin).name == "老管理员"
    with pytest.raises(AccountError) as error:
        accounts.set_disabled(session, admin.user_id, True, actor=admin)
    assert error.value.fault is AccountFault.ONESELF


def test_a_new_role_leaves_nothing_of_the_old_one(session: Session) -> None:
    user = add(session, LEAD)
    changed = accounts.change_user(session, user.user_id, replace(AGENT, login="x"), actor=None)
    assert (changed.teams, changed.agent_id, changed.login) == ((), "108", "wang.lead")


def test_nobody_is_not_found(session: Session) -> None:
    for look in (
        lambda: accounts.user_by_id(session, 10**9),
        lambda: accounts.user_by_login(session, "nobody"),
        lambda: accounts.set_disabled(session, 10**9, True, actor=None),
    ):
        with pytest.raises(NotFoundError):
            look()
    assert accounts.credentials_of(session, "nobody") is None


COMMON = [
    *("password", "Password1234", "1234567890", "0987654321", "qwertyuiop", "abcdefghij"),
    *("aaaaaaaaaaaa", "1212121212", "woaini1314", "iloveyou!!!!", "ＰＡＳＳＷＯＲＤ１２３"),
    *("wang.lead1", "wang.leadwang.lead", "!!password!!"),
]


@pytest.mark.parametrize("password", COMMON)
def test_passwords_that_are_guessed_first_are_refused(password: str) -> None:
    with pytest.raises(AccountError) as error:
        passwords.require_good(password, "wang.lead", min_chars=8)
    assert error.value.fault is AccountFault.PASSWORD_COMMON
    assert str(error.value) == str(AccountError(AccountFault.PASSWORD_COMMON))


@pytest.mark.parametrize(
    "password", ["five quiet otters", "天气不错我们去爬山吧", "mq2h-jqyv-33br", "Tr0ub4dor&3x"]
)
def test_good_passwords(password: str) -> None:
    passwords.require_good(password, "wang.lead", min_chars=10)


def test_the_length_counts_what_is_typed() -> None:
    with pytest.raises(AccountError) as error:
        passwords.require_good("我们去爬山", "x", min_chars=10)
    assert (error.value.fault, error.value.detail) == (AccountFault.PASSWORD_SHORT, "10")


def test_passwords_are_kept_as_argon2id_and_differ_each_time() -> None:
    kept = passwords.hash_password("five quiet otters")
    assert kept.startswith("$argon2id$v=19$m=65536,") and "otters" not in kept
    assert kept != passwords.hash_password("five quiet otters")
    assert passwords.is_right("five quiet otters", kept)
    for wrong in ("five quiet otter", "Five quiet otters", "", "x" * 10_000):
        assert not passwords.is_right(wrong, kept)
    assert not passwords.is_right("of nobody", None)
    assert not passwords.is_right("five quiet otters", "broken")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated(kept.replace("m=65536", "m=1024"))


def test_one_password_from_two_keyboards() -> None:
    kept = passwords.hash_password("Caf\u00e9 １２３ 很好喝")
    assert passwords.is_right("Cafe\u0301 123 很好喝", kept)
