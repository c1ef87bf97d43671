"""Every page, for everybody who has it: accessible in both themes, nothing blocked, no errors."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visitor, serious_problems

pytestmark = [pytest.mark.browser, pytest.mark.model]

PAGES = {
    "agent": ("/me", "/", "/calls/bad", "/appeals", "/messages", "/rules", "/account"),
    "lead": (
        "/",
        "/calls/bad",
        "/agents",
        "/agents/417",
        "/teams",
        "/teams/二组",
        "/checks",
        "/upload",
    ),
    "head": (
        *("/calls/mono", "/centre", "/checks", "/appeals", "/rules/heating-repair"),
        *("/rules/heating-repair/FP01", "/try", "/drafts", "/notices", "/audit", "/runs"),
    ),
    "admin": ("/users", "/users/add", "/audit", "/account"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("role", PAGES)
def test_pages_are_accessible(
    visit: Callable[..., Visitor], axe: str, role: str, scheme: str
) -> None:
    visitor = visit(role, color_scheme=scheme)
    found = []
    for path in PAGES[role]:
        visitor.open(path)
        visitor.page.wait_for_load_state("networkidle")
        visitor.shoot(f"{role}-{path.strip('/').replace('/', '-') or 'home'}-{scheme}")
        found += [f"{path} {problem}" for problem in serious_problems(visitor.page, axe)]
    assert found == []


@pytest.mark.parametrize("role", PAGES)
def test_pages_speak_english(visit: Callable[..., Visitor], role: str) -> None:
    visitor = visit(role)
    for path in PAGES[role]:
        visitor.open(f"{path}?lang=en")
        assert visitor.page.locator("html").get_attribute("lang") == "en"
        visitor.shoot(f"{role}-{path.strip('/').replace('/', '-') or 'home'}-en")


@pytest.mark.parametrize("width", [820, 1920])
def test_nothing_runs_out_of_the_page(visit: Callable[..., Visitor], width: int) -> None:
    visitor = visit("head", viewport={"width": width, "height": 1000})
    for path in ("/", "/calls/bad", "/centre", "/agents/417", "/rules/heating-repair"):
        visitor.open(path)
        visitor.shoot(f"head-{path.strip('/').replace('/', '-') or 'home'}-{width}")
        too_wide = visitor.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert too_wide <= 0, path
