"""A store for tests of the review page: real files, taken in for real, with written verdicts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import soundfile

from qa.batch.runner import ingest_folder
from qa.config import Settings
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.scorecard import context_revision, transcript_key
from qa.store import convert, ledger, queries
from qa.store.ledger import Fault
from qa.store.scorecards import RulesetRecord, publish, put_rulesets
from qa.store.store import Store
from qa.types import (
    Grade,
    GroupScore,
    Match,
    Outcome,
    Role,
    Scorecard,
    ScoreLine,
    SlotStatus,
    SlotVerdict,
    Span,
    Transcript,
    Verdict,
)
from tests.support.call_folders import open_store, settings_for, settled

NOW = datetime(2025, 11, 18, 12, 0, tzinfo=UTC)
EVIL = "<script>alert(1)</script>"
PHONE = "13800001234"
HEADER = "file,call_id,started_at,agent_id,direction,ring_count,caller_number,ticket_id\n"
SECONDS = 12

# call id: agent, day, what is wrong with it
CALLS = {
    "clean": ("108", "2025-11-20", ()),
    "open": ("108", "2025-11-19", ("?IP01",)),
    "score": ("136", "2025-11-18", ("CL01",)),
    "fine": ("136", "2025-11-17", ("IP01", "CL01")),
    "critical": ("169", "2025-11-16", ("FP01",)),
    "year/2025/nested": ("169", "2025-11-15", ("CL01",)),
}
_RULES = {
    "FP01": ("辱骂攻击", "Abuse", Grade.FINE, True, 30),
    "IP01": ("无效承诺", "Invalid promise", Grade.FINE, False, 20),
    "CL01": ("结束语", "Closing", Grade.SCORE, False, 10),
}
_DIALOGUE = f"""坐席: 您好,大龙供暖报修,一零八为您服务。
客户: 我家不热{EVIL}
坐席: 今天保证给您修好。
"""


@dataclass(frozen=True)
class Review:
    """The open store and where its files lie."""

    store: Store
    settings: Settings
    folder: Path


@contextmanager
def review_store(tmp_path: Path) -> Iterator[Review]:
    """Six scored calls, one that failed, one without recording, one without metadata."""
    folder = tmp_path / "calls"
    lines = [HEADER]
    for number, (call_id, (agent, day, _)) in enumerate(CALLS.items()):
        _tone(folder / f"{number}.wav", number)
        lines.append(f"{number}.wav,{call_id},{day} 09:30,{agent},inbound,2,{PHONE},T1\n")
    _tone(folder / f"loose-{PHONE}.wav", 90)
    _tone(folder / "broken.wav", 91)
    lines.append("broken.wav,broken,2025-11-14 09:00,108,inbound,2,,\n")
    lines.append("gone.wav,gone,2025-11-13 09:00,108,inbound,2,,\n")
    settled(folder / "calls.csv", "".join(lines))
    settled(folder / "agents.csv", "agent_id,name,team\n108,陈晨,一组\n136,孙佳,二组\n")
    ticket = f"T1,王小明,{PHONE},幸福路<b>9号</b>,不热,河西站\n"
    settled(folder / "tickets.csv", f"ticket_id,name,phone,address,problem,station\n{ticket}")
    settings = settings_for(tmp_path)
    with open_store(settings) as store:
        ingest_folder(store, folder)
        _judge(store)
        yield Review(store, settings, folder)


def _tone(path: Path, number: int) -> None:
    """A-law stereo, each of other bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(SECONDS * 8000) / 8000
    sides = [0.3 * np.sin(2 * np.pi * (300 + 7 * number + 100 * side) * t) for side in (0, 1)]
    soundfile.write(path, np.stack(sides, axis=1), 8000, format="WAV", subtype="ALAW")
    settled(path, path.read_bytes())


def _judge(store: Store) -> None:
    with store.reading() as session:
        calls = convert.load_calls(session, list(CALLS), store.zone)
        ids = {i: queries.call_detail(session, i, store.zone).recording_id for i in CALLS}
        broken = queries.call_detail(session, "broken", store.zone).recording_id
    heard = parse_dialogue(_DIALOGUE)
    transcripts = {
        i: replace(heard, recording_id=recording_id or "", duration_ms=SECONDS * 1000)
        for i, recording_id in ids.items()
    }
    cards = []
    for call_id, call in calls.items():
        lines = tuple(_line(rule_id, CALLS[call_id][2], heard) for rule_id in _RULES)
        cards.append(
            Scorecard(
                call_id=call_id,
                transcript_key=transcript_key(transcripts[call_id]),
                context=context_revision(call),
                ruleset_id="heating-repair",
                ruleset_hash="f" * 64,
                total=0 if call_id == "critical" else 100 - sum(line.points for line in lines),
                critical_failure=call_id == "critical",
                groups=(GroupScore("all", "全部", sum(x.points for x in lines), 0, 0, "All"),),
                lines=lines,
            )
        )
    with store.writing() as session:
        put_rulesets(session, [RulesetRecord("f" * 64, "heating-repair", "规则")], NOW)
        ledger.put_transcripts(session, list(transcripts.values()), NOW)
        publish(session, cards, NOW)
        ledger.mark_failed(session, broken or "", Fault("truncated", "cut short", "e"), NOW)


def _line(rule_id: str, wrong: tuple[str, ...], heard: Transcript) -> ScoreLine:
    title, title_en, grade, critical, points = _RULES[rule_id]
    violated = rule_id in wrong
    verdict = Verdict(Outcome.MET, "phrase_absent")
    if violated or f"?{rule_id}" in wrong:
        outcome = Outcome.VIOLATED if violated else Outcome.UNDECIDED
        verdict = _script(outcome) if rule_id == "CL01" else _phrase(outcome, heard)
    return ScoreLine(
        rule_id, title, "all", grade, critical, verdict, points if violated else 0, title_en
    )


def _phrase(outcome: Outcome, heard: Transcript) -> Verdict:
    said = heard.utterances[2]
    match = Match(2, said.role, said.span, f"今天保证{EVIL}", "今天保证", 0.96)
    reason = "promise_heard" if outcome is Outcome.VIOLATED else "promise_unsure"
    return Verdict(outcome, reason, (("promise", "今天…保证"),), (match,))


def _script(outcome: Outcome) -> Verdict:
    bye = Match(0, Role.AGENT, Span(400, 900), "您好", "再见", 0.35)
    slots = (
        SlotVerdict("thanks", SlotStatus.SAID, Match(0, Role.AGENT, Span(400, 900), "感谢", "", 1)),
        SlotVerdict("bye", SlotStatus.MISSING, None, bye),
    )
    return Verdict(outcome, "slots_missing", (("slots", "bye"),), (), Span(0, 9000), None, slots)
