"""One call's page: its evidence, its words, its recording, and what stays hidden."""

import io
import re
import shutil
import wave
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from qa.api.app import create_app
from qa.records import UserRole
from qa.scoring import correcting
from qa.store.audit_reading import AuditFilter, list_entries
from qa.store.scorecards import current_scorecards, publish
from qa.store.tables import TicketRow
from qa.types import Match, Outcome, Role, Span, Verdict
from tests.api.conftest import BASE
from tests.support.people import log_in, person
from tests.support.review_store import NOW, PHONE, SECONDS, Review, review_store


def test_call_page_shows_every_rule_with_its_evidence(client: TestClient) -> None:
    html = client.get("/calls/fine").text
    assert re.findall(r'<li class="[^"]*" id="rule-(\w+)"', html) == ["IP01", "CL01", "FP01"]
    assert "作了无效承诺：今天…保证" in html
    assert "没有说：再见" in html
    assert re.search(r"再见 最接近.*「您好」.*音近 35%", html, re.DOTALL)
    assert 'href="/clips/fine?start_ms=' in html and 'src="/audio/fine"' in html
    assert "确认后扣 20" in html, "a fine counts only once a person confirmed it"
    assert "应该这样说" in html and "感谢您的来电" in html


def test_a_call_knows_what_stands_beside_it_in_its_list(client: TestClient) -> None:
    opened = re.search(r'data-href="(/calls/fine[^"]*)"', client.get("/?show=flagged").text)
    assert opened is not None
    html = client.get(opened[1].replace("&amp;", "&")).text
    assert re.search(r'id="previous" class="[^"]*" href="/calls/critical\?show=flagged', html)
    assert re.search(r'id="next" class="[^"]*" href="/calls/score\?show=flagged', html)
    assert re.search(r'id="back" class="[^"]*" href="/\?show=flagged"', html)
    first = client.get("/calls/critical").text
    assert 'id="previous"' not in first and 'id="next"' in first


def test_who_may_ask_for_deletion_is_led_there(tmp_path: Path) -> None:
    with review_store(tmp_path) as review:
        app = create_app(review.store, review.settings)
        with TestClient(app, base_url=BASE) as client:
            log_in(client, review.store, person(review.store, UserRole.AGENT, agent_id="108"))
            answer = client.get("/calls/open")
            assert answer.status_code == 200 and "request-deletion" not in answer.text
            log_in(client, review.store, person(review.store, UserRole.LEAD, teams=("一组",)))
            page = client.get("/calls/open?lang=zh").text
            found = re.search(r'id="request-deletion" href="([^"]+)">申请删除录音<', page)
            assert found is not None
            assert ">Request deletion<" in client.get("/calls/open?lang=en").text
            request = client.get(found[1]).text
            assert re.search(r'name="call_id"[^>]* value="open"', request), "filled in there"


def test_every_word_has_its_time(client: TestClient) -> None:
    html = client.get("/calls/critical").text
    words = re.findall(r'<span class="w[^"]*" data-t="(\d+),(\d+)">([^<]*)</span>', html)
    assert "您好，大龙" in "".join(text for _, _, text in words), "commas are set full-width"
    assert all(int(start) < int(end) for start, end, _ in words)
    assert re.search(r'<span class="w hit-violated[^"]*"', html)
    assert 'class="badge violated" href="#rule-FP01"' in html


def test_undecided_is_said_to_be_no_guilt(client: TestClient) -> None:
    html = client.get("/calls/open").text
    assert "待定不等于违规" in html and "1 项待定，未扣分" in html
    assert "判为" not in client.get("/calls/clean").text


def test_personal_data_is_masked(client: TestClient) -> None:
    html = client.get("/calls/fine").text
    assert "138****1234" in html and PHONE not in html
    assert "王**" in html and "王小明" not in html
    assert "personal=true" not in html, "nobody without the right is offered to see it"
    assert PHONE not in client.get("/calls/fine?personal=true").text


def test_a_look_at_personal_data_is_a_right_and_audited(client: TestClient, review: Review) -> None:
    log_in(client, review.store, person(review.store, UserRole.HEAD, sees_personal_data=True))
    closed = client.get("/calls/fine").text
    assert PHONE not in closed and "王小明" not in closed and "personal=true" in closed
    assert _looks(review) == 0
    shown = client.get("/calls/fine?personal=true").text
    assert PHONE in shown and "王小明" in shown
    assert _looks(review) == 1


def _looks(review: Review) -> int:
    with review.store.reading() as session:
        return len(list_entries(session, AuditFilter(action="call.read_personal"), limit=50))


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


def test_the_player_finds_an_outline_and_knows_whose_channel_is_whose(client: TestClient) -> None:
    html = client.get("/calls/fine").text
    player = re.search(
        r'data-peaks="([^"]*)" data-listens="[^"]*" data-agent="(\d)" data-customer="(\d)"', html
    )
    assert player is not None and {player[2], player[3]} == {"0", "1"}
    peaks = client.get(f"{player[1]}?points=100").json()
    assert [len(channel) for channel in peaks["channels"]] == [200, 200]


def test_clip_begins_a_second_early(client: TestClient) -> None:
    clip = client.get("/clips/fine?start_ms=3000&end_ms=5000")
    assert "attachment" in clip.headers["content-disposition"]
    with wave.open(io.BytesIO(clip.content)) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(3.0, abs=0.6)
    for query in ("start_ms=5000&end_ms=5000", "start_ms=0&end_ms=9000000", "start_ms=x&end_ms=1"):
        assert client.get(f"/clips/fine?{query}").status_code in (400, 422)


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

        shutil.copyfile(own.folder / "0.wav", file)  # as long, but another call
        assert "内容已经改变" in client.get("/calls/fine").text
        assert client.get("/audio/fine").status_code == 409

        shutil.copyfile(tmp_path / "kept.wav", file)  # back, with another time
        assert "<audio" in client.get("/calls/fine").text
        assert client.get("/audio/fine").status_code == 200


def test_calls_that_were_not_judged(client: TestClient) -> None:
    broken, gone = client.get("/calls/broken").text, client.get("/calls/gone").text
    assert "没有评分：录音无法使用" in broken and "文件不完整" in broken
    assert "没有找到录音" in gone and "<audio" not in gone
    assert client.get("/audio/gone").status_code == 404


def test_where_a_second_recogniser_hears_otherwise_both_readings_are_shown(tmp_path: Path) -> None:
    with review_store(tmp_path) as review:
        with review.store.reading() as session:
            card = current_scorecards(session, ["score"])["score"]
        said = Match(2, Role.AGENT, Span(4_000, 6_000), "今天保证给您修好", "今天保证", 1.0)
        other = replace(said, quote="今天争取给您修好", expected=said.quote, similarity=0.75)
        differs = Verdict(Outcome.UNDECIDED, "second_ear_differs", matches=(said,), nearest=other)
        lines = tuple(replace(x, verdict=differs) if x.rule_id == "IP01" else x for x in card.lines)
        with review.store.writing() as session:
            publish(session, [replace(card, lines=lines, hearings="a" * 64)], NOW)
        app = create_app(review.store, review.settings)
        with TestClient(app, base_url=BASE) as client:
            log_in(client, review.store, person(review.store, UserRole.HEAD))
            zh, en = (client.get(f"/calls/score?lang={lang}").text for lang in ("zh", "en"))
    for html, label in ((zh, "第二识别模型听到"), (en, "the second recogniser hears")):
        assert "「今天保证给您修好」" in html
        assert re.search(f"{label}</span>.*「今天争取给您修好」", html, re.DOTALL)
    assert "两个识别模型在这里听到的不一样" in zh and "−20" not in zh


def test_the_lexicon_corrects_words_but_writes_nothing_that_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correcting, "MAX_CONFIDENCE", 1.1)  # the dialogue was heard perfectly
    with review_store(tmp_path) as review:

        def page(entry: str) -> str:
            settings = review.settings.model_copy(update={"lexicon": {"default": (entry,)}})
            with TestClient(create_app(review.store, settings), base_url=BASE) as client:
                log_in(client, review.store, person(review.store, UserRole.HEAD))
                return client.get("/calls/fine?lang=zh").text

        html, plain = page("大农供暖"), page("大楼供热")
        with review.store.writing() as session:
            row = session.scalars(select(TicketRow)).one()
            row.name = "大农供"
        hidden = page("大农供")
    assert 'title="听到：大龙供暖">农</span>' in html and "按词表改写" in html
    assert re.search(r'class="w[^"]*corrected"', html)
    assert "听到：" not in plain and ">龙</span>" in plain
    assert "听到：" not in hidden and ">农</span>" not in hidden
