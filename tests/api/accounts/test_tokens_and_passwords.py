"""Tokens of programs, passwords, and what administrators do to accounts."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from qa.api.access import SESSION_COOKIE
from qa.api.app import create_app
from qa.records import User, UserRole
from qa.refusals import AccountFault
from qa.store import accounts
from qa.store.sessions import hash_secret, make_token
from qa.store.tables_people import ApiTokenRow, UserRow
from tests.support.call_folders import open_store, settings_for
from tests.support.login_house import (
    BASE,
    PASSWORD,
    WRONG,
    Clock,
    House,
    csrf_of,
    is_logged_in,
    log_in,
)

# tokens


def token_of(house: House, user: User, days: int = 1) -> str:
    with house.store.writing() as session:
        return make_token(session, user, "test", days=days, actor=user, now=datetime.now(UTC))[0]


def read_api(house: House, secret: str) -> int:
    headers = {"authorization": f"Bearer {secret}"}
    code: int = house.browser().get("/api/v1/calls", headers=headers).status_code
    return code


def test_a_token_opens_the_api_and_nothing_else(house: House) -> None:
    user = house.add()
    secret = token_of(house, user)
    browser = house.browser()
    assert read_api(house, secret) == 200
    headers = {"authorization": f"Bearer {secret}"}
    for path in ("/", "/account", "/audit"):
        assert browser.get(path, headers=headers).status_code == 401
    made = browser.post("/account/tokens", headers=headers, data={"name": "more", "days": "9"})
    assert made.status_code == 401
    for query in ("token", "access_token", "authorization", "bearer"):
        assert browser.get(f"/api/v1/calls?{query}={secret}").status_code == 401
    browser.cookies.set(SESSION_COOKIE, secret)
    assert browser.get("/api/v1/calls").status_code == 401


def test_a_wrong_token_is_not_helped_by_a_cookie(house: House) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    assert browser.get("/api/v1/calls").status_code == 200
    for given in ("Bearer wrong", "Basic abc", "", "Bearer", "qa_" + "x" * 43):
        answer = browser.get("/api/v1/calls", headers={"authorization": given})
        assert answer.status_code == 401


def test_tokens_end(house: House) -> None:
    user = house.add()
    disabled, expired, reset = (token_of(house, user) for _ in range(3))
    with house.store.writing() as session:
        session.execute(
            update(ApiTokenRow)
            .where(ApiTokenRow.token_hash == hash_secret(expired))
            .values(expires_at=datetime.now(UTC) - timedelta(seconds=1))
        )
    assert (read_api(house, expired), read_api(house, disabled)) == (401, 200)
    with house.store.writing() as session:
        accounts.set_disabled(session, user.user_id, True, actor=None)
    assert read_api(house, disabled) == 401
    with house.store.writing() as session:
        accounts.set_disabled(session, user.user_id, False, actor=None)
        session.execute(update(UserRow).values(must_change_password=False))
    assert read_api(house, reset) == 200


def test_a_token_is_shown_once_and_can_be_revoked(house: House) -> None:
    user, browser = house.add(), house.browser()
    log_in(browser, user.login)
    csrf = csrf_of(browser)
    form = {"name": "夜间报表", "days": "30", "csrf_token": csrf}
    page = browser.post("/account/tokens", data=form).text
    found = re.search(r"qa_[\w-]{43}", page)
    assert found and read_api(house, found[0]) == 200
    again = browser.get("/account").text
    assert found[0] not in again and found[0][:8] in again
    other = house.browser()
    log_in(other, house.add().login)
    target = re.search(r"/account/tokens/(\d+)/revoke", again)
    assert target
    theirs = other.post(target[0], data={"csrf_token": csrf_of(other)})
    assert theirs.status_code == 404 and read_api(house, found[0]) == 200
    assert browser.post(target[0], data={"csrf_token": csrf}).status_code == 303
    assert read_api(house, found[0]) == 401


@pytest.mark.parametrize("name", ["", " ", "a\r\nset-cookie: x=y", "x" * 101, "\x00"])
def test_odd_names_of_tokens_are_refused(house: House, name: str) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    form = {"name": name, "days": "30", "csrf_token": csrf_of(browser)}
    answer = browser.post("/account/tokens", data=form)
    assert answer.status_code == 409 and "qa_" not in answer.text
    assert "x" not in answer.headers.get_list("set-cookie")


# passwords


def change(browser: TestClient, current: str, chosen: str, again: str = "") -> httpx.Response:
    found = re.search(r'csrf_token" value="([^"]+)"', browser.get("/account/password").text)
    assert found
    form = {"current": current, "chosen": chosen, "again": again or chosen, "csrf_token": found[1]}
    answer: httpx.Response = browser.post("/account/password", data=form)
    return answer


def test_changing_the_password_ends_every_other_session(house: House) -> None:
    login, here, there = house.add().login, house.browser(), house.browser()
    log_in(here, login)
    log_in(there, login)
    before = here.cookies[SESSION_COOKIE]
    assert change(here, PASSWORD, "seven calm herons").status_code == 303
    assert here.cookies[SESSION_COOKIE] != before
    assert is_logged_in(here) and not is_logged_in(there)
    stolen = house.browser()
    stolen.cookies.set(SESSION_COOKIE, before)
    assert not is_logged_in(stolen)
    assert log_in(house.browser(), login).status_code == 401
    assert log_in(house.browser(), login, "seven calm herons").status_code == 303


@pytest.mark.parametrize(
    ("current", "chosen", "again", "said"),
    [
        (WRONG, "seven calm herons", "", "现在的密码不正确"),
        (PASSWORD, PASSWORD, "", "与现在的相同"),
        (PASSWORD, "seven calm herons", "seven calm heron", "两次输入的新密码不同"),
        (PASSWORD, "short one", "", "密码太短"),
        (PASSWORD, "password123", "", "很容易被猜到"),
        (PASSWORD, "y" * 201, "", "密码太长"),
    ],
)
def test_a_new_password_must_be_good(
    house: House, current: str, chosen: str, again: str, said: str
) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    answer = change(browser, current, chosen, again)
    assert answer.status_code == 409 and said in answer.text and is_logged_in(browser)


def test_whoever_finds_a_browser_open_cannot_guess_its_password(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    monkeypatch.setattr("qa.api.logins.datetime", Clock())
    for _ in range(5):
        assert "不正确" in change(browser, WRONG, "seven calm herons").text
    assert "尝试次数过多" in change(browser, PASSWORD, "seven calm herons").text


def test_a_password_of_somebody_else_must_be_changed_first(house: House) -> None:
    admin, helper = house.browser(), house.add(UserRole.ADMIN)
    log_in(admin, helper.login)
    form = {"login": "new.lead", "name": "新领班", "role": "lead", "teams": "一组，三组"}
    page = admin.post("/users", data={**form, "csrf_token": csrf_of(admin)}).text
    found = re.search(r'class="secret">([\w-]+)<', page)
    assert found
    browser = house.browser()
    assert log_in(browser, "new.lead", found[1]).status_code == 303
    for path in ("/", "/account", "/agents"):
        assert browser.get(path).headers["location"] == "/account/password"
    assert browser.get("/api/v1/calls").status_code == 403
    assert change(browser, found[1], "eight brave wrens").status_code == 303
    assert browser.get("/account").status_code == 200


def test_an_administrator_resets_a_password(house: House) -> None:
    admin, user, browser = house.browser(), house.add(), house.browser()
    log_in(admin, house.add(UserRole.ADMIN).login)
    log_in(browser, user.login)
    secret = token_of(house, user)
    csrf = csrf_of(admin)
    page = admin.post(f"/users/{user.user_id}/password", data={"csrf_token": csrf}).text
    found = re.search(r'class="secret">([\w-]+)<', page)
    assert found and not is_logged_in(browser) and read_api(house, secret) == 401
    assert log_in(house.browser(), user.login).status_code == 401
    assert log_in(house.browser(), user.login, found[1]).status_code == 303
    assert found[1] not in repr(house.audited("user.password"))


def test_administrators_do_not_raise_themselves(house: House) -> None:
    admin, browser = house.add(UserRole.ADMIN), house.browser()
    log_in(browser, admin.login)
    csrf = csrf_of(browser)
    own = f"/users/{admin.user_id}"
    form = {"name": "新名字", "role": "admin", "csrf_token": csrf}
    assert browser.post(own, data=form).status_code == 303
    for more in ({"reads_calls": "true"}, {"sees_personal_data": "true"}, {"role": "head"}):
        answer = browser.post(own, data=form | more)
        assert answer.status_code == 409 and "不能更改自己" in answer.text
    assert browser.post(f"{own}/disable", data={"csrf_token": csrf}).status_code == 409


@pytest.mark.parametrize("name", ["a\r\nset-cookie: x=y", "\x00", "x" * 101, ""])
def test_odd_names_are_refused(house: House, name: str) -> None:
    browser = house.browser()
    log_in(browser, house.add(UserRole.ADMIN).login)
    form = {"login": "odd", "name": name, "role": "head", "csrf_token": csrf_of(browser)}
    answer = browser.post("/users", data=form)
    assert answer.status_code == 409
    with house.store.reading() as session:
        assert accounts.credentials_of(session, "odd") is None


def test_names_are_shown_as_text(house: House) -> None:
    evil = '<img src=x onerror="alert(1)">'
    browser = house.browser()
    log_in(browser, house.add(UserRole.ADMIN).login)
    form = {"login": "evil", "name": evil, "role": "lead", "teams": "<b>队</b>"}
    page = browser.post("/users", data={**form, "csrf_token": csrf_of(browser)}).text
    assert "<img" not in page and "<b>队" not in page and "&lt;img src=x" in page
    assert "<img" not in browser.get("/users").text
    assert "<b>队" not in browser.get("/audit").text


def test_every_fault_has_its_words() -> None:
    from qa.api.words import WORDS
    from qa.api.words.accounts import FAULT

    assert {f"{FAULT}{fault.value}" for fault in AccountFault} == {
        key for key in WORDS if key.startswith(FAULT)
    }


def test_nobody_yet(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = settings_for(tmp_path_factory.mktemp("empty"))
    with open_store(settings) as store:
        page = TestClient(create_app(store, settings), base_url=BASE).get("/login").text
        assert "qa users add NAME --role admin" in page
