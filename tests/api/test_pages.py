"""The pages and the read API: what they show, what they hide, and what they refuse."""

import io
import logging
import re
import shutil
import wave
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from qa.api.app import create_app
from qa.api.filters import ListQuery
from qa.api.rendering import _templates
from qa.api.views import card_view
from qa.api.words import WORDS
from qa.records import UserRole
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import load_ruleset
from qa.scoring.scorecard import score_call
from qa.types import Call, Direction, Ticket
from tests.call_folders import open_store, settings_for
from tests.people import log_in, person
from tests.review_store import PHONE, SECONDS, Review, review_store

BASE = "http://127.0.0.1:8787"
SERIOUS = ["critical", "fine", "year/2025/nested", "score", "open"]


@pytest.fixture(scope="module")
def review(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Review]:
    with review_store(tmp_path_factory.mktemp("review")) as made:
        yield made


@pytest.fixture(scope="module")
def app(review: Review) -> FastAPI:
    return create_app(review.store, review.settings)


@pytest.fixture
def client(app: FastAPI, review: Review) -> Iterator[TestClient]:
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as made:
        log_in(made, review.store, person(review.store, UserRole.HEAD))
        yield made


def listed(html: str) -> list[str]:
    """Call ids of the queue in order."""
    return re.findall(r'<td class="id"><a href="[^"]*">([^<]*)</a>', html)


def test_queue_shows_flagged_calls_most_serious_first(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    found = listed(page.text)
    assert found[:2] == ["critical", "fine"] and found[-1] == "open"
    assert sorted(found) == sorted(SERIOUS)
    assert "一票否决" in page.text and "−20" in page.text
    assert "孙佳" in page.text


def test_all_calls_come_newest_first(client: TestClient) -> None:
    found = listed(client.get("/?show=all").text)
    assert found[0] == "clean" and len(found) == 9


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("agent=136", {"score", "fine"}),
        ("rule=IP01", {"fine", "open"}),
        ("since=2025-11-17&until=2025-11-18", {"score", "fine"}),
        ("agent=none", set()),
        ("agent=&rule=&since=&until=&show=flagged", set(SERIOUS)),
    ],
)
def test_filters(client: TestClient, query: str, expected: set[str]) -> None:
    assert set(listed(client.get(f"/?{query}").text)) == expected


def test_problems_stand_apart(client: TestClient) -> None:
    problems = client.get("/").text.split('id="problems"')[1]
    assert "broken" in problems and "文件不完整" in problems
    assert ">gone<" in problems
    shown = re.sub(r"<[^>]*>", "", problems)  # the address of a call must hold its id
    assert "loose-138****1234" in shown and PHONE not in shown


def test_queue_has_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.api.pages.queue.PAGE_SIZE", 2)
    first, last = client.get("/").text, client.get("/?page=99").text
    assert listed(first) == ["critical", "fine"] and listed(last) == ["open"]
    assert 'rel="next" href="/?page=2"' in first
    assert "第 3 / 3 页" in last


def test_call_page_shows_every_rule_with_its_evidence(client: TestClient) -> None:
    html = client.get("/calls/fine?page=2").text
    assert re.findall(r'id="rule-(\w+)"', html) == ["IP01", "CL01", "FP01"]
    assert "作了无效承诺：今天…保证" in html
    assert "没有说：再见" in html
    assert re.search(r"再见 最接近.*「您好」.*音近 35%", html, re.DOTALL)
    assert 'href="/clips/fine?start_ms=' in html and 'src="/audio/fine"' in html
    assert 'id="previous" href="/calls/critical"' in html
    assert re.search(r'id="next" href="/calls/[^"]*page=3"', html)
    assert 'id="back" href="/"' in html


def test_low_confidence_words_and_evidence_are_marked(client: TestClient) -> None:
    html = client.get("/calls/critical").text
    assert 'class="hit-violated"' in html and 'class="badge violated"' in html
    assert "您好，大龙" in html, "half-width commas are set full-width"


def test_hostile_text_is_only_text(client: TestClient) -> None:
    for path in ("/", "/calls/fine", "/calls/year%2F2025%2Fnested", "/agents"):
        html = client.get(path).text
        assert "<script>alert" not in html and "<b>9号" not in html
    html = client.get("/calls/fine").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html and "&lt;b&gt;9号" in html
    answer = client.get("/", params={"agent": '"><script>x</script>'})
    assert "<script>x" not in answer.text


def test_personal_data_is_masked(client: TestClient) -> None:
    html = client.get("/calls/fine").text
    assert "138****1234" in html and PHONE not in html
    assert "王**" in html and "王小明" not in html
    call = client.get("/api/v1/calls/fine").json()["call"]
    assert call["caller_number"] == call["ticket"]["phone"] == "138****1234"
    assert call["ticket"]["name"] == "王**"


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
    assert row is not None and "孙佳" in row[0] and "80.0" in row[0] and "×2" in row[0]
    assert 'href="/?agent=136&amp;rule=CL01"' in row[0]


def test_an_empty_store_says_what_to_do(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with open_store(settings) as store:
        own = TestClient(create_app(store, settings), base_url=BASE)
        log_in(own, store, person(store, UserRole.HEAD))
        assert "还没有通话" in own.get("/").text and "qa run DIR" in own.get("/").text
        assert own.get("/agents").status_code == 200


def test_recording_is_playable_wav_with_ranges(client: TestClient) -> None:
    whole = client.get("/audio/fine")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(whole.content)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (2, 2, 16000)
        assert sound.getnframes() == SECONDS * 16000
        samples = memoryview(sound.readframes(16000)).cast("h")
    assert max(samples) > 8000, "the tone is there"
    part = client.get("/audio/fine", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    assert client.get("/audio/fine", headers={"range": "bytes=99999999-"}).status_code == 416
    assert client.get("/audio/year%2F2025%2Fnested").status_code == 200


def test_clip_begins_a_second_early(client: TestClient) -> None:
    clip = client.get("/clips/fine?start_ms=3000&end_ms=5000")
    assert 'attachment; filename="clip-3s-5s.wav"' in clip.headers["content-disposition"]
    with wave.open(io.BytesIO(clip.content)) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(3.0, abs=0.01)
    for query in ("start_ms=5000&end_ms=5000", "start_ms=0&end_ms=9000000", "start_ms=x&end_ms=1"):
        assert client.get(f"/clips/fine?{query}").status_code == 400
    assert client.get("/clips/fine?start_ms=60000&end_ms=61000").status_code == 400


def test_moved_and_changed_recordings_are_not_played(tmp_path: Path) -> None:
    with (
        review_store(tmp_path) as own,
        TestClient(create_app(own.store, own.settings), base_url=BASE) as client,
    ):
        log_in(client, own.store, person(own.store, UserRole.HEAD))
        file = own.folder / "3.wav"
        assert client.get("/audio/fine").status_code == 200  # a copy is in the cache now

        shutil.copy(file, tmp_path / "kept.wav")
        file.unlink()
        assert "录音文件已不在原处" in client.get("/calls/fine").text
        assert "<audio" not in client.get("/calls/fine").text
        assert client.get("/audio/fine").status_code == 409
        assert client.get("/clips/fine?start_ms=0&end_ms=900").status_code == 409

        shutil.copyfile(own.folder / "0.wav", file)  # as long, but another call
        assert "内容已经改变" in client.get("/calls/fine").text
        assert client.get("/audio/fine").status_code == 409
        assert client.get("/api/v1/calls/fine").json()["recording"] == "changed"

        shutil.copyfile(tmp_path / "kept.wav", file)  # back, with another time
        assert "<audio" in client.get("/calls/fine").text
        assert client.get("/audio/fine").status_code == 200


def test_calls_that_were_not_judged(client: TestClient) -> None:
    broken, gone = client.get("/calls/broken").text, client.get("/calls/gone").text
    assert "没有评分：录音无法使用" in broken and "文件不完整" in broken
    assert "没有找到录音" in gone and "<audio" not in gone
    assert client.get("/audio/gone").status_code == 404


def test_every_answer_carries_the_policy(client: TestClient) -> None:
    for path in ("/", "/calls/fine", "/nowhere", "/static/app.css", "/api/v1/agents"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] in ("no-store", "no-cache")


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
    assert "日期应写作" in client.get("/?since=yesterday").text
    assert "There is no such page" in client.get("/nowhere?lang=en").text
    assert client.get("/?page=0").status_code == 400
    assert client.get("/?since=2025-11-18T00:00").status_code == 400
    problem = client.get("/api/v1/calls/none")
    assert problem.headers["content-type"] == "application/problem+json"
    assert (problem.status_code, problem.json()["status"]) == (404, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(client: TestClient, method: str) -> None:
    for path in ("/", "/calls/fine", "/agents", "/audio/fine", "/api/v1/calls"):
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


def test_api(client: TestClient) -> None:
    page = client.get("/api/v1/calls?per_page=2").json()
    assert [line["call_id"] for line in page["calls"]] == ["critical", "fine"]
    assert page["counts"]["critical"] == page["counts"]["undecided"] == 1
    assert page["calls"][0]["severity"] == "critical"
    call = client.get("/api/v1/calls/year%2F2025%2Fnested").json()
    assert call["scorecard"]["total"] == 90 and call["recording"] == "ready"
    assert len(call["transcript"]["utterances"]) == 3
    agents = {row["agent_id"]: row for row in client.get("/api/v1/agents").json()}
    assert agents["136"]["violated"] == 3
    schema = client.get("/api/v1/openapi.json").json()
    assert set(schema["paths"]) == {
        *("/api/v1/calls", "/api/v1/calls/{call_id}", "/api/v1/agents"),
    }
    assert all(set(operations) == {"get"} for operations in schema["paths"].values())


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


def test_links_keep_the_filter() -> None:
    asked = ListQuery(agent="1 0", rule="FP01", page=3)
    assert asked.link(page=4) == "/?agent=1+0&rule=FP01&page=4"
    assert ListQuery().link() == "/"


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
