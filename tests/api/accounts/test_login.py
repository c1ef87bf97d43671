"""Logging in, staying logged in, and everything that tries to get around it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from qa.api.access import SESSION_COOKIE
from qa.api.logins import safe_next
from qa.api.pages.login import LOGIN_COOKIE
from qa.records import UserRole
from qa.store import accounts, passwords
from qa.store.sessions import hash_secret
from qa.store.tables_people import LoginFailureRow, LoginSessionRow
from tests.support.login_house import (
    PASSWORD,
    WRONG,
    Clock,
    House,
    csrf_of,
    is_logged_in,
    log_in,
)
from tests.support.people import person


def test_the_cookie_is_for_this_host_over_tls_only(house: House) -> None:
    answer = log_in(house.browser(), house.add().login)
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    (cookie,) = [c for c in answer.headers.get_list("set-cookie") if SESSION_COOKIE in c]
    assert SESSION_COOKIE.startswith("__Host-")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "secure", "path=/", "samesite=lax"}
    secret = cookie.split("=", 1)[1].split(";")[0]
    assert len(secret) >= 43
    with house.store.reading() as session:
        kept = session.get(LoginSessionRow, hash_secret(secret))
        assert kept is not None and secret not in repr(vars(kept))


def test_answers_are_not_kept_and_tls_is_demanded(house: House) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    headers = browser.get("/account").headers
    assert headers["cache-control"] == "no-store"
    assert headers["strict-transport-security"].startswith("max-age=")
    plain = TestClient(house.app, base_url="http://127.0.0.1:8787").get("/login")
    assert "strict-transport-security" not in plain.headers


def test_every_failure_looks_the_same(house: House) -> None:
    known, disabled, empty = house.add(), house.add(), person(house.store, UserRole.HEAD)
    with house.store.writing() as session:
        accounts.set_disabled(session, disabled.user_id, True, actor=None)
    pages = set()
    for login, password in (
        (known.login, WRONG),
        ("nobody-at-all", WRONG),
        (disabled.login, PASSWORD),
        (empty.login, ""),
        (known.login, PASSWORD.upper()),
        (known.login, "x" * 900),
        (known.login, ""),
    ):
        answer = log_in(house.browser(), login, password)
        assert answer.status_code == 401 and SESSION_COOKIE not in answer.headers["set-cookie"]
        text = answer.text.replace(f'value="{login}"', "")
        pages.add(re.sub(r'(csrf_token" value=)"[^"]+"', r"\1", text))
    assert len(pages) == 1


def test_an_unknown_name_costs_as_much_time_as_a_wrong_password(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, checked = passwords._hasher, []

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            checked.append(kept)
            return real.verify(kept, password)

        hash, check_needs_rehash = real.hash, real.check_needs_rehash

    known, nothing = house.add(), person(house.store, UserRole.HEAD)
    monkeypatch.setattr(passwords, "_hasher", Counting())
    for login in (known.login, "nobody-at-all", nothing.login):
        log_in(house.browser(), login, WRONG)
    assert len(checked) == 3 and all(kept.startswith("$argon2id$") for kept in checked)
    parameters = {kept.rsplit("$", 2)[0] for kept in checked}
    assert len(parameters) == 1, "all hashes cost the same"


def test_names_are_read_whatever_their_case(house: House) -> None:
    assert log_in(house.browser(), f" {house.add().login.upper()} ").status_code == 303


def test_a_session_given_by_somebody_else_is_not_taken_over(house: House) -> None:
    user, victim, attacker = house.add(), house.browser(), house.browser()
    log_in(attacker, house.add().login)
    planted = attacker.cookies[SESSION_COOKIE]
    victim.cookies.set(SESSION_COOKIE, planted)
    answer = log_in_over(victim, user.login)
    fresh = answer.cookies[SESSION_COOKIE]
    assert fresh != planted
    assert not is_logged_in(attacker), "the planted session has ended"
    own = house.browser()
    own.cookies.set(SESSION_COOKIE, fresh)
    assert user.login in own.get("/account").text


def log_in_over(browser: TestClient, login: str) -> httpx.Response:
    """Log in where the page would only lead on, because a session is there already."""
    browser.cookies.set(LOGIN_COOKIE, "t" * 43)
    form = {"login": login, "password": PASSWORD, "csrf_token": "t" * 43}
    answer: httpx.Response = browser.post("/login", data=form)
    return answer


def test_each_log_in_has_a_secret_of_its_own(house: House) -> None:
    login = house.add().login
    secrets = {log_in(house.browser(), login).cookies[SESSION_COOKIE] for _ in range(4)}
    assert len(secrets) == 4


@pytest.mark.parametrize(
    "forged", ["", "x", "a" * 43, "a" * 5000, "' OR 1=1 --", "../../etc", "%00", "\xff\xfe"]
)
def test_forged_cookies_open_nothing(house: House, forged: str) -> None:
    headers = [(b"cookie", f"{SESSION_COOKIE}={forged}".encode("latin-1"))]
    answer = house.browser().get("/account", headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 303 and answer.headers["location"].startswith("/login")


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        ({"last_seen_at": timedelta(minutes=59)}, True),
        ({"last_seen_at": timedelta(minutes=61)}, False),
        ({"created_at": timedelta(minutes=719)}, True),
        ({"created_at": timedelta(minutes=721)}, False),
        ({"revoked_at": timedelta(0)}, False),
    ],
)
def test_sessions_run_out(house: House, change: dict[str, timedelta], stays: bool) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    backdate(house, browser, change)
    assert is_logged_in(browser) is stays


def backdate(house: House, browser: TestClient, change: dict[str, timedelta]) -> None:
    values = {name: datetime.now(UTC) - age for name, age in change.items()}
    with house.store.writing() as session:
        session.execute(
            update(LoginSessionRow)
            .where(LoginSessionRow.session_hash == hash_secret(browser.cookies[SESSION_COOKIE]))
            .values(values)
        )


def last_seen(house: House, browser: TestClient) -> datetime:
    with house.store.reading() as session:
        row = session.get(LoginSessionRow, hash_secret(browser.cookies[SESSION_COOKIE]))
        assert row is not None
        return row.last_seen_at


def test_the_last_use_is_written_at_most_once_a_minute(house: House) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    first = last_seen(house, browser)
    assert is_logged_in(browser) and last_seen(house, browser) == first
    backdate(house, browser, {"last_seen_at": timedelta(seconds=61)})
    assert is_logged_in(browser) and last_seen(house, browser) > first


def test_a_change_of_role_counts_on_the_next_request(house: House) -> None:
    user, browser = house.add(UserRole.HEAD), house.browser()
    log_in(browser, user.login)
    assert browser.get("/audit").status_code == 200
    with house.store.writing() as session:
        draft = accounts.UserDraft(user.login, user.name, UserRole.LEAD, teams=("一组",))
        accounts.change_user(session, user.user_id, draft, actor=None)
    assert browser.get("/audit").status_code == 403
    with house.store.writing() as session:
        accounts.set_disabled(session, user.user_id, True, actor=None)
    assert browser.get("/account").headers["location"].startswith("/login")


def test_logging_out_counts_at_once_and_only_by_post(house: House) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    secret = browser.cookies[SESSION_COOKIE]
    assert browser.get("/logout").status_code == 405 and is_logged_in(browser)
    answer = browser.post("/logout", data={"csrf_token": csrf_of(browser)})
    assert answer.headers["location"] == "/login"
    again = house.browser()
    again.cookies.set(SESSION_COOKIE, secret)
    assert not is_logged_in(again), "the secret opens nothing, even where it was kept"


def test_logging_out_everywhere(house: House) -> None:
    login, here, there = house.add().login, house.browser(), house.browser()
    log_in(here, login)
    log_in(there, login)
    here.post("/account/logout-everywhere", data={"csrf_token": csrf_of(here)})
    assert not is_logged_in(here) and not is_logged_in(there)


# the log-in form's own token, and the tokens of sessions


def test_nobody_is_logged_in_by_another_page(house: House) -> None:
    login = house.add().login
    for token in ("x" * 43, " "):
        answer = log_in(house.browser(), login, token=token)
        assert answer.status_code == 403 and SESSION_COOKIE not in answer.headers["set-cookie"]
    bare = house.browser().post(
        "/login", data={"login": login, "password": PASSWORD, "csrf_token": "a"}
    )
    assert bare.status_code == 403
    empty = house.browser().post(
        "/login", data={"login": login, "password": PASSWORD, "csrf_token": ""}
    )
    assert empty.status_code == 403


def test_writes_need_the_token_of_this_session(house: House) -> None:
    mine, other = house.browser(), house.browser()
    log_in(mine, house.add().login)
    log_in(other, house.add().login)
    right, foreign = csrf_of(mine), csrf_of(other)
    for wrong in ("", "x", foreign, right[:-1], right + "x", right.upper()):
        assert mine.post("/logout", data={"csrf_token": wrong}).status_code == 403
        assert mine.post("/logout", headers={"x-csrf-token": wrong}).status_code == 403
    assert mine.post(f"/logout?csrf_token={right}").status_code == 403, "not in the address"
    assert mine.post("/logout", json={"csrf_token": right}).status_code == 403
    many = mine.post("/logout", files={"csrf_token": (None, right)})
    assert many.status_code == 403, "forms of pages are plain; uploads send the header"
    assert is_logged_in(mine)
    assert mine.post("/logout", headers={"x-csrf-token": right}).status_code == 303


# where to go afterwards


@pytest.mark.parametrize(
    "wanted",
    [
        *("//evil.example", "///evil.example", "https://evil.example", "http:evil.example"),
        *("/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example"),
        *("javascript:alert(1)", "evil.example", " //evil.example", "/login", "/logout"),
        *("/login?next=//evil.example", "/api/v1/calls", "/" + "x" * 3000, "/a\r\nset-cookie: a=b"),
    ],
)
def test_only_addresses_of_ours_are_followed(house: House, wanted: str) -> None:
    assert safe_next(wanted) == ""
    answer = log_in(house.browser(), house.add().login, wanted=wanted)
    assert answer.status_code == 303 and answer.headers["location"] == "/"


def test_one_comes_back_to_where_one_wanted_to_go(house: House) -> None:
    browser = house.browser()
    wanted = "/audit?action=call.listen&subject=a%2Fb%3Fc"
    sent = browser.get(wanted).headers["location"]
    assert sent == "/login?next=%2Faudit%3Faction%3Dcall.listen%26subject%3Da%252Fb%253Fc"
    page = browser.get(sent)
    found = re.search(r'name="next" value="([^"]+)"', page.text)
    assert found
    answer = log_in(browser, house.add().login, wanted=found[1].replace("&amp;", "&"))
    assert answer.headers["location"] == wanted


def test_who_is_logged_in_needs_no_log_in_page(house: House) -> None:
    browser = house.browser()
    log_in(browser, house.add().login)
    assert browser.get("/login?next=/audit").headers["location"] == "/audit"
    assert browser.get("/login?next=//evil.example").headers["location"] == "/"


# guessing


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("qa.api.pages.login.datetime", made)
    return made


def test_guessing_a_name_takes_ever_longer(house: House, clock: Clock) -> None:
    user, browser = house.add(), house.browser()
    codes = [log_in(browser, user.login, WRONG).status_code for _ in range(7)]
    assert codes == [401] * 5 + [429] * 2
    blocked = log_in(browser, user.login, PASSWORD)
    assert blocked.status_code == 429 and blocked.headers["retry-after"] == "1"
    assert log_in(house.browser(), house.add().login).status_code == 303, "others are let in"
    waits = [1]
    for _ in range(11):
        clock.time += timedelta(seconds=waits[-1])
        assert log_in(browser, user.login, WRONG).status_code == 401
        waits.append(int(log_in(browser, user.login, WRONG).headers["retry-after"]))
    assert waits[:5] == [1, 2, 4, 8, 16] and waits[-1] == 300
    clock.time += timedelta(seconds=299)
    assert log_in(browser, user.login).status_code == 429
    clock.time += timedelta(seconds=1)
    assert log_in(house.browser(), user.login).status_code == 303
    codes = [log_in(browser, user.login, WRONG).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429], "counted anew"


def test_failures_are_forgotten_one_by_one(house: House, clock: Clock) -> None:
    user, browser = house.add(), house.browser()
    for _ in range(5):
        log_in(browser, user.login, WRONG)
    clock.time += timedelta(minutes=45)
    codes = [log_in(browser, user.login, WRONG).status_code for _ in range(4)]
    assert codes == [401] * 3 + [429]


def unblock(house: House) -> None:
    with house.store.writing() as session:
        session.execute(update(LoginFailureRow).values(blocked_until=None))


def test_an_unknown_name_is_slowed_down_alike(house: House, clock: Clock) -> None:
    browser = house.browser()
    codes = [log_in(browser, "no-such-name", WRONG).status_code for _ in range(7)]
    assert codes == [401] * 5 + [429] * 2


def test_guessing_many_names_from_one_address(house: House, clock: Clock) -> None:
    browser, page = house.browser(), None
    for number in range(50):
        page = log_in(browser, f"name{number}", WRONG)
        assert page.status_code == 401
    assert log_in(browser, "another", WRONG).status_code == 429
    with house.store.reading() as session:
        subjects = [row.subject for row in session.query(LoginFailureRow)]
    assert "address:unknown" in subjects and not any("name1" in one for one in subjects)


def test_tries_at_once_are_counted_as_well(house: House, clock: Clock) -> None:
    user = house.add()

    def guess(number: int) -> int:
        return log_in(house.browser(), user.login, f"{WRONG} {number}").status_code

    with ThreadPoolExecutor(12) as pool:
        codes = list(pool.map(guess, range(24)))
    assert codes.count(401) == 5 and codes.count(401) + codes.count(429) == 24


def test_an_account_of_ones_own_does_not_reset_the_address(house: House) -> None:
    own, browser = house.add(), house.browser()
    for number in range(60):
        log_in(browser, f"victim{number}", WRONG)
        unblock(house)
        log_in(house.browser(), own.login)
    with house.store.reading() as session:
        row = session.get(LoginFailureRow, "address:unknown")
        assert row is not None and row.failures == 60


def test_failures_are_written_down_without_what_was_typed(house: House) -> None:
    user = house.add()
    log_in(house.browser(), user.login, WRONG)
    log_in(house.browser(), "my-secret-passphrase", WRONG)
    unknown, known = house.audited("session.login_failed")[:2]
    assert (known.subject, unknown.subject) == (user.login, None)
    assert "secret" not in repr((known, unknown)) and WRONG not in repr((known, unknown))
    log_in(house.browser(), user.login)
    assert house.audited("session.login")[0].actor_login == user.login


# bodies


def test_large_bodies_are_refused_before_they_are_read(house: House) -> None:
    browser = house.browser()
    assert browser.post("/login", data={"login": "x" * (1 << 20)}).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/login", content=endless(), headers=headers).status_code == 413
