"""The upload page: who may send, which agents they may name, and what became of what was sent."""

import json
import re
from datetime import UTC, datetime

from qa.errors import RecordingFault
from qa.records import UserRole
from qa.store.tables_review import UploadRow
from tests.api.pages.conftest import HOSTILE, Open, Site
from tests.support.people import person


def test_a_lead_names_agents_of_the_own_team_only(site: Site, opened: Open) -> None:
    page = opened(site.people.lead).get("/upload")
    assert 'value="108"' in page and 'value="203"' not in page
    assert HOSTILE not in page and "&lt;img src=x" in page
    assert "必须选择本组的坐席" in page
    head = opened(site.people.head).get("/upload")
    assert 'value="203"' in head and 'value="400"' in head


def test_agents_and_administrators_send_nothing(site: Site, opened: Open) -> None:
    for user in (site.people.agents["112"], person(site.store, UserRole.ADMIN)):
        assert opened(user).client.get("/upload").status_code == 403


def test_the_script_has_a_word_for_every_fault(site: Site, opened: Open) -> None:
    for lang in ("zh", "en"):
        page = opened(site.people.lead).get(f"/upload?lang={lang}")
        block = re.search(r'id="upload-words">(.*?)</script>', page)
        assert block is not None
        words = json.loads(block[1])
        assert {fault.value for fault in RecordingFault} <= set(words["faults"])
        assert {"received", "waiting", "transcribing", "scored", "failed"} == set(words["states"])
        assert words["max_bytes"] == site.settings.serve.max_upload_mb << 20


def test_what_was_sent_is_listed_with_its_fate(site: Site, opened: Open) -> None:
    sender = person(site.store, UserRole.LEAD, teams=("一组",))
    with site.store.writing() as session:
        session.add(
            UploadRow(
                upload_id="f" * 32,
                uploaded_by=sender.user_id,
                uploaded_at=datetime.now(UTC),
                path="/nowhere/x.wav",
                size_bytes=2_000_000,
                state="failed",
                fault="truncated",
                call_id=None,
            )
        )
    page = opened(sender).get("/upload")
    assert "无法使用" in page and "文件不完整" in page and "1.9 MB" in page
    assert "/nowhere" not in page
    assert "文件不完整" not in opened(site.people.lead).get("/upload")
