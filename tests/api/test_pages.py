"""The pages and the read API: what they show, what they hide, and what they refuse."""

import logging
import re
from datetime import datetime
from zoneinfo import ZoneInfo

import jinja2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.api.rendering import STATIC, _templates
from qa.api.views import card_view
from qa.api.words import WORDS
from qa.records import UserRole
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import load_ruleset
from qa.scoring.scorecard import score_call
from qa.types import Call, Direction, Ticket
from tests.support.people import log_in, person
from tests.support.review_store import PHONE, Review

BASE = "http://127.0.0.1:8787"
SERIOUS = ["critical", "fine", "year/2025/nested", "score", "open"]


def test_hostile_text_is_only_text(client: TestClient) -> None:
    for path in ("/", "/calls/fine", "/calls/year%2F2025%2Fnested", "/agents"):
        html = client.get(path).text
        assert "<script>alert" not in html and "<b>9号" not in html
    html = client.get("/calls/fine").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&lt;b&gt;9号" in client.get("/calls/fine?personal=true").text or "9号" not in html
    answer = client.get("/", params={"agent": '"><script>x</script>'})
    assert "<script>x" not in answer.text


def test_language_is_remembered(app: FastAPI, review: Review) -> None:
    with TestClient(app, base_url=BASE) as own:
        log_in(own, review.store, person(review.store, UserRole.HEAD))
        assert '<html lang="zh-CN">' in own.get("/").text
        english = own.get("/?lang=en&show=all").text
        assert '<html lang="en">' in english and "Invalid promise" in english
        assert 'href="?show=all&amp;lang=zh"' in english
        assert "invalid promise heard" in own.get("/calls/fine").text
        assert '<html lang="zh-CN">' in own.get("/?lang=zh").text
        assert '<html lang="zh-CN">' in own.get("/agents?lang=fr").text


def test_agents_page(client: TestClient) -> None:
    html = client.get("/agents").text
    row = re.search(r"<tr>\s*<td[^>]*><a[^>]*>136</a>.*?</tr>", html, re.DOTALL)
    assert row is not None and "孙佳" in row[0] and "90.0" in row[0] and "×2" in row[0]
    assert 'href="/?agent=136&amp;rule=CL01"' in row[0]


def test_every_answer_carries_the_policy(client: TestClient) -> None:
    for path in ("/", "/calls/fine", "/nowhere", "/static/app.css", "/api/v1/agents"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] in ("no-store", "no-cache")


def test_static_files_are_sent_once(client: TestClient) -> None:
    first = client.get("/static/app.css")
    assert first.headers["cache-control"] == "no-cache", "kept, and asked for again"
    known = {"if-none-match": first.headers["etag"]}
    again = client.get("/static/app.css", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["cache-control"] == "no-cache"
    assert "content-security-policy" in again.headers
    assert client.get("/static/call.js", headers=known).status_code == 200


def test_pages_need_nothing_inline_and_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/calls/fine", "/agents", "/nowhere"):
        html = client.get(path).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", html)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', html)
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))
    for name in ("app.css", "queue.js", "call.js", "icon.svg"):
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        assert not re.search(r"https?://(?!www\.w3\.org)", answer.text)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8787", "10.0.0.1", ""])
def test_other_host_names_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/calls/fine", headers={"host": host})
    assert answer.status_code == 421 and "fine" not in answer.text


@pytest.mark.parametrize("host", ["localhost:9", "127.0.0.1", "LOCALHOST", "[::1]:8787", "[::1]"])
def test_own_host_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/agents", headers={"host": host}).status_code == 200


def test_errors_are_plain_words(client: TestClient) -> None:
    missing = client.get("/calls/none")
    assert missing.status_code == 404 and "找不到这个页面" in missing.text
    assert "There is no such page" in client.get("/nowhere?lang=en").text
    assert client.get(f"/?rule={'x' * 51}").status_code == 400
    problem = client.get("/api/v1/calls/none")
    assert problem.headers["content-type"] == "application/problem+json"
    assert (problem.status_code, problem.json()["status"]) == (404, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_pages_that_only_show_take_nothing(client: TestClient, method: str) -> None:
    for path in ("/", "/calls/fine", "/agents", "/audio/fine"):
        assert client.request(method, path).status_code == 405


def test_a_bug_shows_a_page_and_logs_no_words(
    review: Review, caplog: pytest.LogCaptureFixture
) -> None:
    app, words = create_app(review.store, review.settings), "今天保证"

    @app.get("/bug")
    def fail() -> None:
        raise RuntimeError(words)

    caplog.set_level(logging.INFO, "qa.api")
    answer = TestClient(app, base_url=BASE, raise_server_exceptions=False).get("/bug?q=secret")
    assert answer.status_code == 500 and "页面出错了" in answer.text
    assert "content-security-policy" in answer.headers
    assert "RuntimeError in /bug" in caplog.text and "in fail" in caplog.text
    assert words not in caplog.text and "secret" not in caplog.text
    assert "GET /bug 500" in caplog.text


def test_the_log_names_routes_only(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "qa.api")
    client.get(f"/calls/loose-{PHONE}?agent={PHONE}")
    assert "GET /calls/{call_id:path} 200" in caplog.text
    assert not [r for r in caplog.records if r.name == "qa.api" and PHONE in r.getMessage()]


def test_every_word_of_the_templates_exists() -> None:
    asked = set()
    for name in _templates.list_templates():
        source = _templates.loader.get_source(_templates, name)[0]  # type: ignore[union-attr]
        for call in _templates.parse(source).find_all(jinja2.nodes.Call):
            if getattr(call.node, "name", "") == "w" and isinstance(
                call.args[0], jinja2.nodes.Const
            ):
                asked.add(call.args[0].value)
    assert len(asked) > 60
    assert asked - set(WORDS) == set()
    assert all(word.zh and word.en for word in WORDS.values())


def test_card_has_each_rule_once_and_says_what_a_reader_needs() -> None:
    rules = load_ruleset("heating-repair")
    heard = parse_dialogue(
        "坐席: 您好，大龙供暖报修，一零八号为您服务，请问您有什么问题？\n"
        "客户: 幸福里三号楼二单元五零二，我叫林芳，暖气不热，上次报修了三天都没人来。\n"
        "坐席: 幸福里三号楼二单元五零二，林芳女士，暖气不热。"
        "我保证今天下午五点以前给您修好。再见。\n"
        "客户: 再见。\n"
    )
    ticket = Ticket("T1", name="林芳", address="幸福里3号楼2单元501室", phone=PHONE)
    start = datetime(2025, 12, 8, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    call = Call("c", start, "108", Direction.INBOUND, 2, ticket=ticket)
    card = card_view(score_call(heard, call, rules), call, "zh")
    folds = [line for fold in (*card.doubts, *card.met) for line in fold.lines]
    shown = [line.rule_id for line in (*card.flags, *card.news, *card.idle, *folds)]
    assert sorted(shown) == sorted(rule.rule_id for rule in rules.rules)
    flags = {line.rule_id: line for line in card.flags}
    assert flags["IP01"].quotes[0].due == "期限 2025-12-08 17:00"
    assert flags["TK01"].ticket == ("地址", ticket.address)
    assert flags["RB04"].ticket == ("电话", PHONE), "in full, to be compared with what was said"
    names = [line for line in folds if line.rule_id == "RB03"]
    assert names[0].ticket == ("姓名", "林*"), "masked where nothing is wrong"
    assert "EV01" in [line.rule_id for line in card.news]


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_both_themes_are_complete_and_readable() -> None:
    css = (STATIC / "app.css").read_text("utf-8")
    blocks = re.findall(r":root(?:\S*) \{(.*?)\}", css, re.DOTALL)
    light, by_system, by_choice = (dict(re.findall(r"--([\w-]+): ([^;]+);", b)) for b in blocks)
    assert by_system == by_choice, "dark is dark, however it was chosen"
    colors = {name for name, value in light.items() if value.startswith(("#", "rgb", "0 "))}
    assert colors - by_system.keys() <= {"ring"}, "a colour that only one theme has"
    for sheet in set(STATIC.glob("*.css")) - {STATIC / "api-docs.css"}:  # a frame of its own
        used = set(re.findall(r"var\(--([\w-]+)", sheet.read_text("utf-8")))
        own = set(re.findall(r"--([\w-]+):", sheet.read_text("utf-8")))
        assert used <= light.keys() | own, sheet.name
    for theme in (light, light | by_system):
        for ink in ("text", "quiet", "accent", "violated", "undecided", "met", "agent", "customer"):
            for ground in ("bg", "panel", "soft"):
                bright, dim = sorted((_luminance(theme[ink]), _luminance(theme[ground])))[::-1]
                assert (bright + 0.05) / (dim + 0.05) >= 4.5, (ink, ground)
