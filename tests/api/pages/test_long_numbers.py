"""Numbers longer than any database keeps are refused like others that name nothing."""

import pytest

from qa.records import UserRole
from tests.api.pages.conftest import Open, Site
from tests.support.people import person

LONG = "9" * 20
HEAD = [
    ("GET", "/drafts/{n}"),
    ("GET", "/drafts/{n}/progress"),
    ("POST", "/drafts/{n}/publish"),
    ("GET", "/appeals?after={n}"),
    ("POST", "/checks/{n}"),
    ("POST", "/appeals/{n}"),
    ("POST", "/account/tokens/{n}/revoke"),
    ("POST", "/messages/read"),
    ("POST", "/review/release"),
]
ADMIN = [
    ("GET", "/users/{n}"),
    ("POST", "/users/{n}"),
    ("POST", "/users/{n}/disable"),
    ("POST", "/users/{n}/enable"),
    ("POST", "/users/{n}/password"),
    ("POST", "/users/{n}/logout"),
]


@pytest.mark.parametrize("number", [LONG, str(2**53)])
@pytest.mark.parametrize(("role", "asked"), [(UserRole.HEAD, HEAD), (UserRole.ADMIN, ADMIN)])
def test_a_number_too_long_names_nothing(
    site: Site, opened: Open, role: UserRole, asked: list[tuple[str, str]], number: str
) -> None:
    browser = opened(person(site.store, role))
    form = {"last": number, "call_id": "fine", "scorecard_id": number, "result": "全程听过了。"}
    for method, path in asked:
        address = path.format(n=number)
        if method == "GET":
            status = browser.client.get(address).status_code
        else:
            status = browser.post(address, answer="理由写在这里。", decision="reject", **form)[0]
        assert status in (400, 404), address
