"""Logging in, staying logged in, and everything that tries to get around it."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy import update

from qa.api.access import SESSION_COOKIE
from qa.api.app import create_app
from qa.api.logins import safe_next
from qa.api.pages.login import LOGIN_COOKIE
from qa.config import Settings
from qa.errors import AccountFault
from qa.records import User, UserRole
from qa.store import accounts, passwords
from qa.store.audit_reading import AuditFilter, list_entries
from qa.store.sessions import hash_secret, make_token
from qa.store.store import Store
from qa.store.tables_people import ApiTokenRow, LoginFailureRow, LoginSessionRow, UserRow
from tests.call_folders import open_store, settings_for
from tests.people import person

BASE = "https://127.0.0.1:8787"  # over TLS, so that the client sends cookies marked Secure
PASSWORD = "five quiet otters"
WRONG = "three loud ravens"


class House:
    """A running service with people who have a password."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.app = create_app(store, settings)
        self.hash = passwords.hash_password(PASSWORD)

    def browser(self) -> TestClient:
        return TestClient(
            self.app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False
        )

    def add(self, role: UserRole = UserRole.HEAD, **given: Any) -> User:
        user = person(self.store, role, **given)
        with self.store.writing() as session:
            accounts.keep_hash(session, user.user_id, self.hash)
        return user

    def audited(self, action: str) -> list[Any]:
        with self.store.reading() as session:
            return list_entries(session, AuditFilter(action=action), limit=1000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, backend: str) -> Iterator[House]:
    settings = settings_for(tmp_path_factory.mktemp("house"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(1, 64, 1))  # real, but quick
        passwords._dummy.cache_clear()
        with open_store(settings) as store:
            yield House(store, settings)
    passwords._dummy.cache_clear()


@pytest.fixture(autouse=True)
def nothing_counted(house: House) -> None:
    """Forget failed log-ins of other tests: all come from one address."""
    with house.store.writing() as session:
        session.query(LoginFailureRow).delete()


def log_in(
    browser: TestClient, login: str, password: str = PASSWORD, wanted: str = "", token: str = ""
) -> httpx.Response:
    page = browser.get("/login", params={"next": wanted} if wanted else {})
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    given = token or (found[1] if found else "")
    form = {"login": login, "password": password, "csrf_token": given, "next": wanted}
    answer: httpx.Response = browser.post("/login", data=form)
    return answer


def csrf_of(browser: TestClient) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', browser.get("/account").text)
    assert found
    return found[1]


def is_logged_in(browser: TestClient) -> bool:
    return browser.get("/account").status_code == 200


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


class Clock:
    """Stands still at the log-in page, however slow the machine is, until it is put forward."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self, _zone: Any) -> datetime:
        return self.time


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


# bodies


def test_large_bodies_are_refused_before_they_are_read(house: House) -> None:
    browser = house.browser()
    assert browser.post("/login", data={"login": "x" * (1 << 20)}).status_code == 413

    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.post("/login", content=endless(), headers=headers).status_code == 413
