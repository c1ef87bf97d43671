"""Logging in and out, each role, in a real browser."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visitor, log_in, serious_problems

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.mark.parametrize("role", ["agent", "lead", "head", "admin"])
def test_each_role_logs_in_and_out(visit: Callable[..., Visitor], role: str) -> None:
    visitor = visit(role)
    cookies = {cookie["name"]: cookie for cookie in visitor.page.context.cookies()}
    (session,) = [cookie for name, cookie in cookies.items() if "session" in name]
    assert session["httpOnly"] and session["sameSite"] in ("Lax", "Strict")
    visitor.page.evaluate("document.querySelector('form[action=\"/logout\"]').requestSubmit()")
    visitor.page.wait_for_url("**/login*")
    visitor.open("/")
    assert "/login" in visitor.page.url


def test_a_wrong_password_says_so_and_lets_try_again(visit: Callable[..., Visitor]) -> None:
    visitor = visit(None)
    visitor.open("/login")
    visitor.page.fill("input[name=login]", "lead")
    visitor.page.fill("input[name=password]", "certainly wrong")
    visitor.page.press("input[name=password]", "Enter")
    assert visitor.page.locator("[role=alert]").is_visible()
    visitor.complaints.clear()  # the browser notes the refusal as an error on its console
    log_in(visitor, "lead")


def test_a_page_asked_for_comes_after_logging_in(visit: Callable[..., Visitor]) -> None:
    visitor = visit(None)
    visitor.open("/calls/bad")
    assert "/login" in visitor.page.url
    login, password = visitor.site.accounts["lead"]
    visitor.page.fill("input[name=login]", login)
    visitor.page.fill("input[name=password]", password)
    visitor.page.press("input[name=password]", "Enter")
    visitor.page.wait_for_url("**/calls/bad")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_log_in_page_is_accessible(
    visit: Callable[..., Visitor], axe: str, scheme: str
) -> None:
    visitor = visit(None, color_scheme=scheme)
    visitor.open("/login")
    visitor.shoot(f"login-{scheme}")
    assert serious_problems(visitor.page, axe) == []
