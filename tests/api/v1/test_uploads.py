"""Recordings sent in: streamed, limited, checked by content; one row each, whatever is sent."""

import asyncio
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from qa.api.v1 import recordings
from qa.batch.asked_runs import WorkOptions
from qa.batch.runner import ingest_folder
from qa.batch.uploads import Workshop
from tests.api.v1.conftest import Api
from tests.support.call_folders import rows_of, settled
from tests.support.review_store import HEADER
from tests.support.talking_files import ENGINE, factory

AUDIO = Path(__file__).parents[2] / "fixtures" / "audio"


def sound(number: int, seconds: float = 1.0, kind: str = "WAV", subtype: str = "ALAW") -> bytes:
    """A tone of its own."""
    t = np.arange(int(seconds * 8000)) / 8000
    out = io.BytesIO()
    soundfile.write(out, 0.3 * np.sin(2 * np.pi * (200 + number) * t), 8000, subtype, format=kind)
    return out.getvalue()


def send(
    api: Api, who: str, data: bytes, *, name: str = "a.wav", **metadata: Any
) -> httpx.Response:
    files: dict[str, Any] = {"file": (name, data, "audio/wav")}
    if metadata:
        files["metadata"] = (None, json.dumps(metadata), "application/json")
    return api.ask(who, "POST", "/recordings", files=files)


def files_of(api: Api) -> list[Path]:
    folder = api.review.settings.data_dir / "uploads"
    return [path for path in folder.rglob("*") if path.is_file()]


def refused(response: httpx.Response, status: int, code: str) -> Any:
    assert response.status_code == status, response.text
    problem = response.json()
    assert problem["code"] == code
    return problem


def test_a_recording_becomes_a_call_that_waits(api: Api) -> None:
    answer = send(
        api,
        "head",
        sound(1),
        call_id="C-1",
        agent_id="108",
        direction="inbound",
        started_at="2025-11-18T09:12:30+08:00",
        ring_count=2,
        released_by="customer",
        ticket={"ticket_id": "T9", "name": "李四", "phone": "13911112222"},
    )
    assert answer.status_code == 202, answer.text
    upload = answer.json()
    assert answer.headers["location"] == f"/api/v1/uploads/{upload['upload_id']}"
    assert (upload["state"], upload["call_id"]) == ("received", "C-1")
    assert api.get("head", f"/uploads/{upload['upload_id']}") == upload
    call = api.get("lead", "/calls/C-1")
    assert (call["status"], call["agent_id"], call["ring_count"]) == ("waiting", "108", 2)
    assert call["started_at"] == "2025-11-18T09:12:30+08:00"
    assert call["ticket"]["phone"] == "139****2222"
    [file] = files_of(api)
    assert file.name == f"{upload['upload_id']}.wav" and file.read_bytes() == sound(1)
    [row] = api.get("head", "/audit?action=recording.upload")["items"]
    assert row["subject"] == upload["upload_id"] and "13911112222" not in json.dumps(row)


def test_the_same_twice_is_one_call(api: Api) -> None:
    first = send(api, "head", sound(1), call_id="C-1").json()
    second = send(api, "head", sound(1), call_id="C-2")
    assert second.status_code == 200
    again = second.json()
    assert again["is_duplicate"] and again["call_id"] == "C-1"
    assert again["upload_id"] == first["upload_id"]
    assert len(files_of(api)) == 1 and rows_of(api.review.store, "SELECT count(*) FROM uploads")[
        0
    ] == (1,)
    judged = send(api, "head", (api.review.folder / "3.wav").read_bytes()).json()
    assert (judged["call_id"], judged["state"], judged["upload_id"]) == ("fine", "scored", None)


def test_the_sound_of_a_lost_recording_comes_back(api: Api) -> None:
    path = api.review.folder / "3.wav"
    data = path.read_bytes()
    path.unlink()
    assert api.problem("head", "GET", "/calls/fine/audio", 409)
    assert send(api, "head", data).json()["call_id"] == "fine"
    assert api.ask("head", "GET", "/calls/fine/audio").status_code == 200


def test_a_recording_of_another_team_is_not_told(api: Api) -> None:
    data = (api.review.folder / "3.wav").read_bytes()
    problem = refused(send(api, "lead", data, agent_id="108"), 409, "conflict")
    assert "fine" not in json.dumps(problem) and files_of(api) == []


def test_two_at_once_are_one(api: Api) -> None:
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda: answers.append(send(api, "head", sound(5, 3.0))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 202]
    assert len({answer.json()["call_id"] for answer in answers}) == 1
    assert len(files_of(api)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/cron.d/x.wav",
        'a"b\r\n.wav',
        "C:\\x.wav",
        "",
        "x" * 5000,
        "<script>alert(1)</script>.exe",
        "录音 13800001234.mp3",
    ],
)
def test_the_name_of_the_file_is_not_used(api: Api, name: str) -> None:
    answer = send(api, "head", sound(2), name=name)
    if answer.status_code == 202:
        [file] = files_of(api)
        assert file.name == f"{answer.json()['upload_id']}.wav"
        assert "13800001234" not in json.dumps(answer.json())
    else:  # headers that no client may send
        refused(answer, 400, "bad_request")
        assert files_of(api) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"hello, this is no sound at all" * 100, "not_audio"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not_audio"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "not_audio"),
        (sound(1)[:4000], "truncated"),
        (sound(1)[:44], None),
        (b"RIFF\xff\xff\xff\xffWAVE" + b"\x00" * 200, None),
        (b"%PDF-1.7\n" + b"x" * 999, "not_audio"),
        (b"PK\x03\x04" + b"\x00" * 999, "not_audio"),
    ],
)
def test_what_is_no_recording_is_refused(shared: Api, data: bytes, reason: str | None) -> None:
    problem = refused(send(shared, "head", data), 422, "not_audio")
    assert reason is None or problem["reason"] == reason
    assert files_of(shared) == [] and rows_of(
        shared.review.store, "SELECT count(*) FROM uploads"
    ) == [(0,)]


@pytest.mark.parametrize(
    ("kind", "subtype"), [("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("AIFF", "PCM_16")]
)
def test_the_ending_does_not_matter(api: Api, kind: str, subtype: str) -> None:
    answer = send(api, "head", sound(3, 2.0, kind, subtype), name="x.exe")
    assert answer.status_code == 202, answer.text


def test_too_large_is_refused_while_it_comes(api: Api) -> None:
    api.app.state.service.settings.serve.__dict__["max_upload_mb"] = 1
    refused(send(api, "head", b"\0" * (3 << 20)), 413, "too_large")
    assert files_of(api) == []

    def slowly() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(40):
            sent.append(1)
            yield b"\0" * (1 << 17)

    sent: list[int] = []
    headers = {"content-type": "multipart/form-data; boundary=b"}
    refused(
        api.ask("head", "POST", "/recordings", content=slowly(), headers=headers), 413, "too_large"
    )
    assert files_of(api) == []


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"", "multipart/form-data; boundary=b", 400, "bad_request"),
        (b"--b--\r\n", "multipart/form-data; boundary=b", 422, "invalid"),
        (b"--b\r\nContent-Dis", "multipart/form-data; boundary=b", 400, "bad_request"),
        (b"garbage", "multipart/form-data; boundary=b", 400, "bad_request"),
        (b"x", "multipart/form-data", 415, "unsupported_media_type"),
        (b"x", "audio/wav", 415, "unsupported_media_type"),
        (b"{}", "application/json", 415, "unsupported_media_type"),
        (
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
            422,
            "invalid",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{}\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
            422,
            "invalid",
        ),
        (
            b"--b\r\n" + b"X-A: " + b"y" * 20000 + b"\r\n\r\n",
            "multipart/form-data; boundary=b",
            400,
            "bad_request",
        ),
    ],
)
def test_broken_forms(shared: Api, body: bytes, kind: str, status: int, code: str) -> None:
    answer = shared.ask("head", "POST", "/recordings", content=body, headers={"content-type": kind})
    refused(answer, status, code)
    assert files_of(shared) == []


@pytest.mark.parametrize(
    ("metadata", "field"),
    [
        ({"agent": "108"}, "metadata.agent"),
        ({"started_at": "2025-11-18"}, "metadata.started_at"),
        ({"started_at": "1763430000"}, "metadata.started_at"),
        ({"started_at": 1763430000}, "metadata.started_at"),
        ({"started_at": "yesterday"}, "metadata.started_at"),
        ({"ring_count": -1}, "metadata.ring_count"),
        ({"ring_count": 10**30}, "metadata.ring_count"),
        ({"direction": "sideways"}, "metadata.direction"),
        ({"call_id": "a\nb"}, "metadata.call_id"),
        ({"call_id": "a\0b"}, "metadata.call_id"),
        ({"call_id": ""}, "metadata.call_id"),
        ({"call_id": "x" * 201}, "metadata.call_id"),
        ({"ruleset": "no-such-thing"}, "metadata.ruleset"),
        ({"ruleset": "/etc/passwd"}, "metadata.ruleset"),
        ({"ticket": {"name": "x"}}, "metadata.ticket.ticket_id"),
        ({"ticket": {"ticket_id": "T", "extra": 1}}, "metadata.ticket.extra"),
    ],
)
def test_hostile_metadata(shared: Api, metadata: dict[str, Any], field: str) -> None:
    problem = refused(send(shared, "head", sound(1), **metadata), 422, "invalid")
    assert [one["field"] for one in problem["errors"]] == [field]
    assert files_of(shared) == []


@pytest.mark.parametrize(
    "text", [b"{", b"[]", b"\xff\xfe", b'{"call_id": "\\ud800"}', b"x" * 70000]
)
def test_metadata_that_is_no_object(shared: Api, text: bytes) -> None:
    files = {"file": ("a", sound(1)), "metadata": (None, text, "application/json")}
    refused(shared.ask("head", "POST", "/recordings", files=files), 422, "invalid")
    assert files_of(shared) == []


def test_a_lead_names_an_agent_of_their_teams(api: Api) -> None:
    for metadata in ({}, {"agent_id": "136"}, {"agent_id": "nobody"}):
        problem = refused(send(api, "lead", sound(1), **metadata), 422, "invalid")
        assert problem["errors"][0]["field"] == "metadata.agent_id"
    assert send(api, "lead", sound(1), agent_id="108").status_code == 202
    refused(send(api, "agent", sound(2), agent_id="108"), 403, "not_allowed")
    refused(send(api, "admin", sound(2)), 403, "not_allowed")


def test_nobody_takes_over_a_call_or_a_ticket(api: Api) -> None:
    refused(send(api, "head", sound(1), call_id="open"), 409, "call_exists")
    refused(send(api, "lead", sound(1), call_id="open", agent_id="108"), 409, "call_exists")
    differs = {"call_id": "gone", "agent_id": "136"}  # known with agent 108, without a recording
    assert (
        "agent_id" in refused(send(api, "head", sound(1), **differs), 409, "call_exists")["detail"]
    )
    ticket = {"ticket_id": "T1", "phone": "13900000000"}
    refused(send(api, "head", sound(1), ticket=ticket), 409, "ticket_differs")
    assert files_of(api) == []
    assert send(api, "head", sound(1), ticket={"ticket_id": "T1"}).status_code == 202
    joined = send(api, "head", sound(2), call_id="gone", ring_count=2)
    assert joined.status_code == 202, joined.text
    assert api.get("head", "/calls/gone")["agent_id"] == "108"


def test_whose_uploaded_call_it_is_stays(api: Api) -> None:
    assert send(api, "lead", sound(1), call_id="own-1", agent_id="108").status_code == 202
    assert api.get("lead", "/calls/own-1")["agent_id"] == "108"
    assert api.get("agent", "/calls/own-1")["agent_id"] == "108"
    table = api.review.folder / "calls.csv"
    for agent, expected in (("", "108"), ("108", "108"), ("136", None)):
        settled(table, f"{HEADER},own-1,2025-11-20 09:30,{agent},inbound,2,,\n")
        ingest_folder(api.review.store, api.review.folder)
        assert api.get("head", "/calls/own-1")["agent_id"] == expected
        assert (api.ask("lead", "GET", "/calls/own-1").status_code == 200) is (expected == "108")


def test_what_other_teams_have_is_not_told(api: Api) -> None:
    secret = {"ticket_id": "T2", "phone": "13911113333"}
    assert send(api, "head", sound(9), agent_id="136", ticket=secret).status_code == 202
    dangling = send(api, "head", sound(8), agent_id="136", ticket={"ticket_id": "T3"})
    assert dangling.status_code == 202
    before = len(files_of(api))
    tries: list[tuple[bytes, dict[str, Any]]] = [
        (sound(1), {"ticket": {"ticket_id": "T2"}}),
        (sound(1), {"ticket": secret}),
        (sound(1), {"ticket": {"ticket_id": "T2", "phone": "1"}}),
        (sound(1), {"ticket": {"ticket_id": "T3", "phone": "1"}}),
        (sound(1), {"call_id": "fine"}),
        (sound(1), {"call_id": "fine", "ticket": {"ticket_id": "T1", "phone": "1"}}),
        (sound(9), {}),
        ((api.review.folder / "3.wav").read_bytes(), {"call_id": "open"}),
    ]
    problems = []
    for data, more in tries:
        problem = refused(send(api, "lead", data, agent_id="108", **more), 409, "conflict")
        problems.append({k: v for k, v in problem.items() if k != "instance"})
    assert all(problem == problems[0] for problem in problems)
    assert len(files_of(api)) == before
    assert rows_of(api.review.store, "SELECT count(*) FROM uploads") == [(2,)]
    assert rows_of(api.review.store, "SELECT count(*) FROM tickets WHERE ticket_id = 'T3'") == [
        (0,)
    ]


def test_a_lead_names_tickets_of_their_own_calls_and_of_none(api: Api) -> None:
    new = {"ticket_id": "T7", "phone": "13911114444"}
    for number, ticket in enumerate(({"ticket_id": "T1"}, new, new, {"ticket_id": "T8"})):
        answer = send(api, "lead", sound(20 + number), agent_id="108", ticket=ticket)
        assert answer.status_code == 202, answer.text
        call = api.get("lead", f"/calls/{answer.json()['call_id']}")
        if ticket is new:
            assert call["ticket"]["phone"] == "139****4444"
    differs = {"ticket_id": "T7", "phone": "1"}
    refused(send(api, "lead", sound(30), agent_id="108", ticket=differs), 409, "ticket_differs")


def test_a_time_without_an_offset_is_the_centres(api: Api) -> None:
    assert send(api, "head", sound(1), call_id="C-1", started_at="2025-11-18T09:12").is_success
    assert api.get("head", "/calls/C-1")["started_at"] == "2025-11-18T09:12:00+08:00"


def test_uploads_are_their_senders(api: Api) -> None:
    mine = send(api, "lead", sound(1), agent_id="108").json()["upload_id"]
    theirs = send(api, "head", sound(2)).json()["upload_id"]
    assert api.problem("lead", "GET", f"/uploads/{theirs}", 404)
    assert api.problem("lead", "GET", f"/uploads/{theirs}/events", 404)
    assert [one["upload_id"] for one in api.get("lead", "/uploads")["items"]] == [mine]
    page = api.get("head", "/uploads?limit=1")
    assert [one["upload_id"] for one in page["items"]] == [theirs]
    rest = api.get("head", f"/uploads?limit=1&after={page['next']}")
    assert [one["upload_id"] for one in rest["items"]] == [mine] and rest["next"] is None


def test_too_many_waiting_uploads(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recordings.uploads, "MAX_OPEN", 1)
    assert send(api, "head", sound(1)).status_code == 202
    answer = send(api, "head", sound(2))
    refused(answer, 429, "too_many_requests")
    assert answer.headers["retry-after"] == "60"


def test_events_until_the_scorecard(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALKING_LOG", str(api.review.settings.data_dir / "log"))
    monkeypatch.setattr(api.app.state.service.recordings, "probe", _says_wav)
    text = "坐席: 您好，大龙供暖报修，幺零八为您服务。\n客户: 我家不热。\n坐席: 好的，再见。\n"
    upload = send(api, "head", text.encode(), agent_id="108").json()
    options = WorkOptions(factory, ENGINE)
    workshop = Workshop(api.review.store, api.review.settings, options)
    worker = threading.Timer(1.0, workshop.step)
    worker.start()
    answer = api.ask("head", "GET", f"/uploads/{upload['upload_id']}/events")
    worker.join()
    workshop.close()
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [
        dict(line.split(": ", 1) for line in block.split("\n") if ": " in line)
        for block in answer.text.strip().split("\n\n")
    ]
    told = [(e["event"], json.loads(e["data"])["state"]) for e in events if "event" in e]
    assert told[0] == ("state", "received") and told[-1] == ("end", "scored")
    assert api.get("head", f"/calls/{upload['call_id']}/scorecard")["verdicts"]


def _says_wav(_path: Path) -> Any:
    from qa.transcribe.audio import Probed

    return Probed(8000, 1, "wav/text")


def test_a_stream_needs_somebody_who_may(shared: Api) -> None:
    upload_id = "0" * 32
    assert shared.problem("nobody", "GET", f"/uploads/{upload_id}/events", 401)
    assert shared.problem("agent", "GET", f"/uploads/{upload_id}/events", 403)
    assert shared.problem("head", "GET", f"/uploads/{upload_id}/events", 404)
    assert shared.problem("head", "GET", "/uploads/x/events", 422)


def test_an_interrupted_sender_leaves_nothing(api: Api) -> None:
    async def cut_off() -> None:
        messages = iter(
            [
                {
                    "type": "http.request",
                    "body": b'--b\r\nContent-Disposition: form-data; name="file"; '
                    b'filename="x"\r\n\r\n' + sound(1),
                    "more_body": True,
                },
                {"type": "http.disconnect"},
            ]
        )

        async def receive() -> Any:
            return next(messages)

        async def respond(message: Any) -> None:
            pass

        headers = [
            (b"host", b"127.0.0.1:8787"),
            (b"authorization", f"Bearer {api.tokens['head']}".encode()),
            (b"content-type", b"multipart/form-data; boundary=b"),
        ]
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/api/v1/recordings",
            "raw_path": b"/api/v1/recordings",
            "query_string": b"",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8787),
            "root_path": "",
            "asgi": {"version": "3.0"},
            "state": {},
        }
        await api.app(scope, receive, respond)

    asyncio.run(cut_off())
    assert files_of(api) == [] and rows_of(api.review.store, "SELECT count(*) FROM uploads") == [
        (0,)
    ]


@pytest.mark.model
def test_the_real_engine_hears_an_upload(api: Api) -> None:
    data = (AUDIO / "mono.wav").read_bytes()
    upload = send(api, "head", data, agent_id="169", call_id="heard").json()
    workshop = Workshop(api.review.store, api.review.settings, WorkOptions())
    assert workshop.step()
    workshop.close()
    done = api.get("head", f"/uploads/{upload['upload_id']}")
    assert (done["state"], done["fault"]) == ("scored", None)
    transcript = api.get("head", "/calls/heard/transcript")
    assert sum(len(one["text"]) for one in transcript["utterances"]) > 20
    assert api.get("head", "/calls/heard/scorecard")["verdicts"]
    assert api.get("head", "/calls/heard/peaks?points=50")["points"] == 50
