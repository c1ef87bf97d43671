"""The sound: Range requests, outlines, clips; what is heard is written down."""

import io
import shutil
import wave

import pytest
import soundfile

from qa.api import recordings
from tests.api.v1.conftest import Api
from tests.support.review_store import SECONDS

AUDIO = "/calls/fine/audio"


def test_the_whole_recording_and_a_part(shared: Api) -> None:
    whole = shared.ask("head", "GET", AUDIO)
    assert whole.status_code == 200 and whole.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(whole.content)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16000, 2)
        assert sound.getnframes() == SECONDS * 16000
    part = shared.ask("head", "GET", AUDIO, headers={"range": "bytes=100-199"})
    assert part.status_code == 206 and part.content == whole.content[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    last = shared.ask("head", "GET", AUDIO, headers={"range": "bytes=-50"})
    assert last.status_code == 206 and last.content == whole.content[-50:]
    rest = shared.ask("head", "GET", AUDIO, headers={"range": "bytes=64000-"})
    assert rest.status_code == 206 and rest.content == whole.content[64000:]


def test_a_short_range_says_what_a_streamed_one_says(shared: Api) -> None:
    whole = shared.ask("head", "GET", AUDIO)
    wanted = {"range": "bytes=100-199"}
    short = shared.ask("head", "GET", AUDIO, headers=wanted)
    # With If-Range the file itself answers, as long as it is still the same one.
    same = {**wanted, "if-range": whole.headers["etag"]}
    streamed = shared.ask("head", "GET", AUDIO, headers=same)
    assert (short.status_code, short.content) == (streamed.status_code, streamed.content)
    assert dict(short.headers) == dict(streamed.headers)
    other = shared.ask("head", "GET", AUDIO, headers={**wanted, "if-range": '"another"'})
    assert (other.status_code, other.content) == (200, whole.content)


@pytest.mark.parametrize(
    "given",
    [
        "bytes=",
        "bytes=-",
        "bytes=x-y",
        "lines=1-2",
        "bytes=9-3",
        "bytes=1-2,4-5",
        "bytes",
        "bytes=" + "9" * 5000 + "-",
        "bytes=--1",
    ],
)
def test_what_is_no_range_is_left_out(shared: Api, given: str) -> None:
    assert shared.ask("head", "GET", AUDIO, headers={"range": given}).status_code == 200


@pytest.mark.parametrize("given", ["bytes=99999999-", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_beyond_the_end(shared: Api, given: str) -> None:
    refused = shared.ask("head", "GET", AUDIO, headers={"range": given})
    assert refused.status_code == 416 and refused.json()["code"] == "range_not_satisfiable"
    assert refused.headers["content-range"].startswith("bytes */")


def test_what_is_sent_is_audited_once_a_stretch(api: Api) -> None:
    for given in ("bytes=64044-128043", "bytes=64044-100000", "bytes=128044-192043"):
        api.ask("head", "GET", AUDIO, headers={"range": given})
    rows = api.get("head", "/audit?action=call.fetch_audio")["items"]
    assert [row["details"] for row in reversed(rows)] == [
        {"from_ms": 1000, "to_ms": 2000},
        {"from_ms": 2000, "to_ms": 3000},
    ]
    assert {row["subject"] for row in rows} == {"fine"}
    assert api.get("head", "/audit?action=call.listen")["items"] == []


@pytest.mark.parametrize(
    "spans",
    [
        [],
        [{"from_ms": 5, "to_ms": 5}],
        [{"from_ms": -1, "to_ms": 5}],
        [{"from_ms": 0, "to_ms": 10**20}],
        [{"from_ms": 0, "to_ms": 5}] * 101,
        [{"from_ms": 0.5, "to_ms": 5}],
    ],
)
def test_a_report_that_cannot_be(api: Api, spans: list[dict[str, float]]) -> None:
    assert api.problem("head", "POST", "/calls/fine/listens", 422, json={"spans": spans})
    assert api.get("head", "/audit?action=call.listen")["items"] == []


def test_who_may_not_hear_hears_nothing(api: Api) -> None:
    for path in (AUDIO, "/calls/fine/peaks", "/calls/fine/verdicts/IP01/clip"):
        assert api.problem("lead", "GET", path, 404)
        assert api.problem("admin", "GET", path, 403)
        assert api.problem("nobody", "GET", path, 401)
    assert api.get("head", "/audit?action=call")["items"] == []


def test_peaks(api: Api) -> None:
    peaks = api.get("head", "/calls/fine/peaks?points=100")
    assert (peaks["points"], peaks["duration_ms"]) == (100, SECONDS * 1000)
    assert [len(channel) for channel in peaks["channels"]] == [200, 200]
    low, high = peaks["channels"][0][0::2], peaks["channels"][0][1::2]
    assert all(a < 0 < b for a, b in zip(low, high, strict=True))
    assert max(high) == pytest.approx(0.3 * peaks["scale"], abs=3)  # the tone's height
    assert api.get("head", "/calls/fine/peaks?points=10000")["points"] == SECONDS * 50
    cached = list((api.review.settings.data_dir / "cache" / "peaks").iterdir())
    assert len(cached) == 1
    assert api.problem("head", "GET", "/calls/fine/peaks?points=0", 422)


def test_peaks_are_sent_once_to_who_keeps_them(api: Api) -> None:
    address = "/calls/fine/peaks?points=100"
    first = api.ask("head", "GET", address)
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"if-none-match": first.headers["etag"]}
    again = api.ask("head", "GET", address, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == "private, no-cache"
    assert api.ask("head", "GET", "/calls/fine/peaks?points=99", headers=known).status_code == 200
    assert api.problem("lead", "GET", address, 404, headers=known), "knowing it gives no right"
    (api.review.folder / "3.wav").unlink()
    assert api.problem("head", "GET", address, 409, headers=known), "deleted is gone for all"


def test_what_is_known_already_is_sent_to_nobody_and_written_down(api: Api) -> None:
    """A sound is not kept by browsers, and heard again is heard again."""
    clip = "/calls/fine/verdicts/IP01/clip"
    for address in (AUDIO, clip, f"{clip}?format=ogg"):
        first = api.ask("head", "GET", address)
        assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
        known = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
        again = api.ask("other_head", "GET", address, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        changed = {"if-none-match": '"other"'}
        assert api.ask("head", "GET", address, headers=changed).content[:4] in (b"RIFF", b"OggS")
    tag = api.ask("head", "GET", AUDIO).headers["etag"]
    ranged = {"range": "bytes=100-199", "if-none-match": tag}
    assert api.ask("head", "GET", AUDIO, headers=ranged).status_code == 304
    heard = api.get("head", "/audit?action=call.listen")["items"]
    by = [row["actor_login"] for row in heard]
    assert [by.count(api.people[who].login) for who in ("head", "other_head")] == [4, 2]
    sent = api.get("head", "/audit?action=call.fetch_audio")["items"]
    assert {row["actor_login"] for row in sent} == {
        api.people[who].login for who in ("head", "other_head")
    }


def test_outlines_take_bounded_room(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = api.review.settings.data_dir / "cache" / "peaks"
    api.get("head", "/calls/fine/peaks")
    (first,) = folder.iterdir()
    monkeypatch.setattr(recordings, "OUTLINE_BYTES", first.stat().st_size)
    api.get("head", "/calls/open/peaks")
    (second,) = folder.iterdir()
    assert second != first, "the older one made room"
    assert api.get("head", "/calls/fine/peaks")["points"], "and is made again"
    assert [file.name for file in folder.iterdir()] == [first.name]


def test_a_clip_starts_a_second_before_its_evidence(shared: Api) -> None:
    span = shared.get("head", "/calls/fine/verdicts/IP01")["evidence"]["span"]
    clip = shared.ask("head", "GET", "/calls/fine/verdicts/IP01/clip")
    assert clip.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(clip.content)) as sound:
        length_ms = sound.getnframes() * 1000 / sound.getframerate()
    lead = min(1000, span["start_ms"])
    assert length_ms == pytest.approx(span["end_ms"] - span["start_ms"] + lead, abs=2)
    assert shared.problem("head", "GET", "/calls/clean/verdicts/IP01/clip", 404)


def test_a_clip_as_ogg(shared: Api) -> None:
    address = "/calls/fine/verdicts/IP01/clip"
    for more in ({"params": {"format": "ogg"}}, {"headers": {"accept": "audio/ogg, */*;q=0.1"}}):
        clip = shared.ask("head", "GET", address, **more)
        assert clip.headers["content-type"] == "audio/ogg"
        assert ".ogg" in clip.headers["content-disposition"]
        assert soundfile.info(io.BytesIO(clip.content)).format == "OGG"
    both = shared.ask("head", "GET", address, headers={"accept": "audio/ogg, audio/wav"})
    assert both.headers["content-type"] == "audio/wav"
    assert shared.problem("head", "GET", f"{address}?format=mp3", 422)


def test_a_recording_that_is_gone_or_changed_is_not_played(api: Api) -> None:
    path = api.review.folder / "3.wav"  # of `fine`
    shutil.copy(api.review.folder / "0.wav", path)
    for address in (AUDIO, "/calls/fine/peaks", "/calls/fine/verdicts/IP01/clip"):
        assert api.problem("head", "GET", address, 409)["reason"] == "changed"
    path.unlink()
    assert api.problem("head", "GET", AUDIO, 409)["reason"] == "missing"
