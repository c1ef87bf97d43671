"""File names read by patterns; a wrong pattern is told before any file is read by it."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.errors import ConfigError
from qa.ingest.names import compile_pattern, entry_of
from qa.ingest.rows import CallEntry, FoundFile, Voice
from qa.types import Direction

ZONE = ZoneInfo("Asia/Shanghai")
USUAL = "{agent}_{started:%Y%m%d-%H%M%S}_{caller}.wav"


def found(relative: str) -> FoundFile:
    return FoundFile(Path("/in", relative), relative, 1, 1)


def read(pattern: str, relative: str) -> CallEntry | None:
    return entry_of(found(relative), [compile_pattern(pattern)], ZONE)[0]


@pytest.mark.parametrize(
    ("pattern", "name", "values"),
    [
        (
            USUAL,
            "108_20251118-091230_13900000001.WAV",
            {
                "agent_id": "108",
                "caller_number": "13900000001",
                "started_at": datetime(2025, 11, 18, 1, 12, 30, tzinfo=UTC),
            },
        ),
        ("{agent:3}{caller}.wav", "0071390.wav", {"agent_id": "007", "caller_number": "1390"}),
        (
            "{direction}-{extension}-{*}-{*}-{call}",
            "in-8001-x-y-1763428345.1.mp3",
            {"direction": Direction.INBOUND, "extension": "8001"},
        ),
        (
            "{agent}/{started:%Y-%m-%d %H.%M}/{ticket}.wav",
            "deep/108/2025-11-18 09.12/T1.wav",
            {
                "agent_id": "108",
                "ticket_id": "T1",
                "started_at": datetime(2025, 11, 18, 1, 12, tzinfo=UTC),
            },
        ),
        (
            "{started:%s}_{*}",
            "1763428345_x.wav",
            {"started_at": datetime.fromtimestamp(1763428345, UTC)},
        ),
        ("(班组.一){agent}[a]", "(班组.一)108[a].ogg", {"agent_id": "108"}),
    ],
)
def test_what_a_name_says(pattern: str, name: str, values: dict[str, object]) -> None:
    entry = read(pattern, name)
    assert entry is not None
    assert dict(entry.values) == values
    assert (entry.voice, entry.file) == (Voice.NAME, name)


def test_the_id_of_a_call_may_hold_points() -> None:
    entry = read("{direction}_{call}.wav", "呼入_pbx-1763428345.17.wav")
    assert entry is not None
    assert entry.call_id == "pbx-1763428345.17"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("108_20251118-091230.wav", "name_not_understood"),
        ("1_08_20251118-091230_139.wav", "name_not_understood"),
        ("108_20251131-091230_139.wav", "bad_time"),
        ("108_20251118-096130_139.wav", "bad_time"),
        ("108_20251118-091230_139.mp3", "name_not_understood"),
        (f"{'9' * 201}_20251118-091230_139.wav", "too_long"),
    ],
)
def test_a_name_that_says_nothing_is_told_and_the_recording_kept(name: str, code: str) -> None:
    entry, (issue,) = entry_of(found(name), [compile_pattern(USUAL)], ZONE)
    assert entry is None
    assert (issue.code, issue.file, issue.rejected) == (code, name, False)


def test_the_first_pattern_that_fits_counts() -> None:
    patterns = [compile_pattern("A{agent}.wav"), compile_pattern("{caller}.wav")]
    values = [
        dict(e.values)
        for n in ("A1.wav", "B1.wav")
        for e, _ in [entry_of(found(n), patterns, ZONE)]
        if e
    ]
    assert values == [{"agent_id": "1"}, {"caller_number": "B1"}]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "1 to 500 characters"),
        ("plain.wav", "reads nothing"),
        ("{*}.wav", "reads nothing"),
        ("{agnet}.wav", "no field {agnet}"),
        ("{agent}{caller}.wav", "side by side"),
        ("{agent}_{agent}.wav", "stands twice"),
        ("{agent_{caller}.wav", "no partner"),
        ("{agent}}.wav", "no partner"),
        ("{agent:x}.wav", "width"),
        ("{agent:0}.wav", "width"),
        ("{started}.wav", "needs its format"),
        ("{started:%Y%m%d}.wav", "needs year, month, day, hour and minute"),
        ("{started:%Y%m%d%H%M%Q}.wav", "%Q cannot be read"),
        ("{started:%Y%m%d%H%M%}.wav", "% cannot be read"),
        ("{started:%s%H%M}.wav", "stands alone"),
        ("{started:%Y%Y%m%d%H%M}.wav", "stands twice"),
    ],
)
def test_a_wrong_pattern_is_told_at_once(pattern: str, problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        compile_pattern(pattern)
    assert problem in str(error.value)


@given(st.text(max_size=60))
def test_any_text_is_a_pattern_or_a_settings_error(text: str) -> None:
    try:
        pattern = compile_pattern(text)
    except ConfigError:
        return
    assert pattern.cells("a/b/c.wav") is None or pattern.cells("a/b/c.wav")


PATTERN = compile_pattern(USUAL)


@given(st.from_regex(PATTERN.regex, fullmatch=True) | st.text(max_size=80))
def test_any_name_gives_an_entry_or_is_told(stem: str) -> None:
    entry, issues = entry_of(found(f"{stem}.wav"), [PATTERN], ZONE)
    assert (entry is None) == (len(issues) == 1)
