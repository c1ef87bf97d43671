"""Protected numbers are silent in what is played, but for who may hear them and asks for it."""

import io
import wave
from dataclasses import replace

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from qa.codec import encode
from qa.records import UserRole
from qa.scoring.dialogue import parse_dialogue
from qa.store.tables import TranscriptRow
from qa.store.tables_people import AuditRow
from qa.types import Span
from tests.support.people import log_in, person
from tests.support.review_store import Review, review_store  # noqa: F401 - opens stores

RATE = 16_000
SAID = parse_dialogue("坐席: 您好\n坐席: 验证码是多少?\n客户: 是八一九四零六。\n坐席: 好的。")


@pytest.fixture(scope="module")
def code(review: Review) -> Span:
    """Have the customer of the call `clean` say a code from 5 to 7 s."""
    with review.store.writing() as session:
        rows = session.scalars(select(TranscriptRow)).all()
        for row in rows:
            said = [
                replace(u, span=s, words=())
                for u, s in zip(
                    SAID.utterances,
                    (Span(0, 900), Span(2000, 3000), Span(5000, 7000), Span(10_000, 11_000)),
                    strict=True,
                )
            ]
            heard = replace(
                SAID, utterances=tuple(said), recording_id=row.recording_id, duration_ms=12_000
            )
            row.blob = encode(heard)
    return Span(5000, 7000)


def _samples(data: bytes) -> "np.ndarray[tuple[int, ...], np.dtype[np.int16]]":
    with wave.open(io.BytesIO(data), "rb") as file:
        channels = file.getnchannels()
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, channels)


def test_a_code_is_silent_on_all_channels_and_nothing_else_is(
    client: TestClient, code: Span
) -> None:
    whole = client.get("/audio/clean")
    assert whole.status_code == 200
    samples = _samples(whole.content)
    assert not samples[5 * RATE : 7 * RATE].any()
    assert samples[: 4 * RATE].any() and samples[8 * RATE :].any()


def test_any_range_is_silent_where_the_whole_is(client: TestClient, code: Span) -> None:
    whole = client.get("/audio/clean")
    for first, last in ((0, 99), (43, 1 << 19), (44 + 4 * 5 * RATE + 1, 44 + 4 * 5 * RATE + 9)):
        part = client.get("/audio/clean", headers={"range": f"bytes={first}-{last}"})
        assert part.status_code == 206
        assert part.content == whole.content[first : last + 1]
        size = len(whole.content)
        end = min(last, size - 1)
        assert part.headers["content-range"] == f"bytes {first}-{end}/{size}"
    tail = client.get("/audio/clean", headers={"range": "bytes=-100"})
    assert tail.content == whole.content[-100:]
    beyond = client.get("/audio/clean", headers={"range": "bytes=99999999-"})
    assert beyond.status_code == 416
    stale = client.get("/audio/clean", headers={"range": "bytes=0-9", "if-range": '"old"'})
    assert stale.status_code == 200 and stale.content == whole.content


def test_clips_are_silent_there_too(client: TestClient, code: Span) -> None:
    clip = client.get("/clips/clean", params={"start_ms": 4000, "end_ms": 9000})
    samples = _samples(clip.content)  # from 3 s, at the recording's own rate
    assert not samples[2 * 8000 : 4 * 8000].any()
    assert samples[: 8000 // 2].any() and samples[5 * 8000 :].any()


def test_the_original_needs_the_right_and_is_written_down(
    client: TestClient, app: FastAPI, review: Review, code: Span
) -> None:
    muted = client.get("/audio/clean")
    for path in ("/audio/clean?clear=true", "/api/v1/calls/clean/audio?clear=true"):
        assert client.get(path).status_code == 403
    clip = "/clips/clean?start_ms=4000&end_ms=9000&clear=true"
    assert client.get(clip).status_code == 403
    may = person(review.store, UserRole.HEAD, sees_personal_data=True)
    log_in(client, review.store, may)
    assert client.get("/audio/clean").content == muted.content
    original = client.get("/audio/clean?clear=true")
    assert _samples(original.content)[5 * RATE : 7 * RATE].any()
    assert original.headers["etag"] != muted.headers["etag"]
    assert _samples(client.get(clip).content)[2 * 8000 : 4 * 8000].any()
    with review.store.reading() as session:
        rows = session.scalars(
            select(AuditRow.details).where(
                AuditRow.actor == may.user_id,
                AuditRow.action.in_(("call.fetch_audio", "call.listen")),
            )
        ).all()
    assert sum('"clear":true' in row for row in rows) == 2


def test_text_and_quotes_hide_the_code(client: TestClient, code: Span) -> None:
    answer = client.get("/api/v1/calls/clean/transcript")
    assert answer.status_code == 200
    assert "八一九四零六" not in answer.text
