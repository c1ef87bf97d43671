"""The upload page in a browser: what was sent moves on, what was refused says why."""

import io
import json
import re
from collections.abc import Callable

import numpy as np
import pytest
import soundfile
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.browser


def tone(pitch_hz: int) -> bytes:
    t = np.arange(8000) / 8000
    out = io.BytesIO()
    soundfile.write(out, 0.3 * np.sin(2 * np.pi * pitch_hz * t), 8000, "ALAW", format="WAV")
    return out.getvalue()


def choose(page: Page, **files: bytes) -> None:
    made: list[FilePayload] = [
        {"name": f"{name}.wav", "mimeType": "audio/wav", "buffer": data}
        for name, data in files.items()
    ]
    page.set_input_files("#files", made)


def test_sent_files_leave_the_list_and_refused_ones_say_why(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit("lead")
    visitor.open("/upload")
    page = visitor.page
    page.select_option("#agent_id", index=1)
    choose(page, empty=b"", rubbish=b"no sound at all" * 99, cut=tone(500)[:4000], good=tone(501))
    page.click("#send")
    expect(page.locator("#sent li")).to_have_count(1)
    expect(page.locator("#sent li")).to_contain_text("good.wav")
    expect(page.locator("#none-sent")).to_be_hidden()
    expect(page.locator("#uploads li")).to_have_count(3)
    for name, why in (("empty", "文件是空的"), ("rubbish", "不是音频文件"), ("cut", "文件不完整")):
        expect(page.locator("#uploads li", has_text=name)).to_contain_text(why)
    visitor.shoot("upload-sent")
    assert all("422" in complaint for complaint in visitor.complaints)  # the browser's own log
    visitor.complaints.clear()


def test_a_ticket_needs_its_number_and_times_are_the_centres(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit("lead", timezone_id="America/New_York")
    visitor.open("/upload")
    page = visitor.page
    page.select_option("#agent_id", index=1)
    choose(page, night=tone(600))
    page.fill("#started_at", "2025-11-18T23:30")
    page.click("#ticket summary")
    page.fill("#u-phone", "13900000000")
    page.click("#ticket summary")
    page.click("#send")
    expect(page.locator("#ticket_id")).to_be_focused()
    assert "工单号" in str(page.evaluate("document.querySelector('#ticket_id').validationMessage"))
    expect(page.locator("#uploads li")).to_have_count(1)
    page.fill("#ticket_id", "T-browser-1")
    with page.expect_response("**/api/v1/recordings") as answer:
        page.click("#send")
    call_id = answer.value.json()["call_id"]
    expect(page.locator("#sent li")).to_contain_text("night.wav")
    call = json.loads(
        str(page.evaluate("i => fetch(`/api/v1/calls/${i}`).then((a) => a.text())", call_id))
    )
    assert re.match("2025-11-18T23:30:00", call["started_at"]) and call["ticket"]["ticket_id"]
