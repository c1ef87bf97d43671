"""An archive to look at: some hundred calls of eight weeks, really judged, in three teams.

The dialogues are put together from what agents and customers say; every scorecard comes from the
bundled rules. Chance is seeded, so the same archive comes out every time. Agents differ: one is
new, one took almost no calls, one belongs to no team.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from itertools import groupby
from pathlib import Path

import numpy as np
import soundfile

from qa.batch.rulesets import RulesetLoader
from qa.config import Settings
from qa.scoring.dialogue import parse_dialogue
from qa.scoring.ruleset import Ruleset
from qa.scoring.scorecard import context_revision, score_call, transcript_key
from qa.store import ledger
from qa.store.convert import load_calls
from qa.store.scorecards import RulesetRecord, publish, put_rulesets
from qa.store.store import Store
from qa.store.tables import AgentRow, CallRow, FileRow, RecordingRow, StationRow, TicketRow
from qa.types import Call, Scorecard, Transcript
from tests.support.call_folders import settled

TEAMS = ("一组", "二组", "三组")
UNTIL = datetime(2026, 1, 11, 18, 0, tzinfo=UTC)
_SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
_SOUNDING = 40


@dataclass(frozen=True)
class Agent:
    """Somebody who answers calls, and how often what goes wrong with them.

    Attributes:
        weekly: calls a week.
        weeks: of the last so many weeks only.
        slips: chance of each slip; `_SLIPS` names them.
    """

    agent_id: str
    name: str
    team: str | None
    weekly: int
    weeks: int = 8
    slips: Mapping[str, float] = field(default_factory=dict)


_USUAL = {
    "no_number": 0.08,
    "no_question": 0.1,
    "late": 0.1,
    "no_apology": 0.4,
    "no_problem": 0.12,
    "no_address": 0.08,
    "no_phone": 0.12,
    "short_closing": 0.15,
    "promise": 0.06,
    "shove": 0.02,
    "unknowing": 0.04,
    "irritated": 0.015,
    "abuse": 0.003,
    "ticket_phone": 0.04,
    "ticket_address": 0.02,
    "praise": 0.07,
    "event": 0.1,
    "mono": 0.06,
    "hung_up": 0.05,
}
AGENTS = (
    Agent("108", "陈晨", "一组", 6, slips={"no_phone": 0.05, "short_closing": 0.05}),
    Agent("112", "孙佳", "一组", 5, slips={"promise": 0.22, "no_question": 0.3}),
    Agent("117", "李文静", "一组", 5),
    Agent("121", "王海", "一组", 6, slips={"irritated": 0.08, "shove": 0.1, "abuse": 0.02}),
    Agent("203", "赵敏", "二组", 6, slips={"praise": 0.25}),
    Agent("208", "刘洋", "二组", 5, slips={"late": 0.35, "no_apology": 0.7}),
    Agent("215", "周婷婷", "二组", 4, slips={"ticket_phone": 0.15, "ticket_address": 0.1}),
    Agent("219", "吴桐", "二组", 6, weeks=2, slips={"no_problem": 0.4, "short_closing": 0.5}),
    Agent("301", "郑凯", "三组", 5, slips={"unknowing": 0.2}),
    Agent("305", "冯雪", "三组", 6, slips={"mono": 0.35}),
    Agent("312", "蒋一鸣", "三组", 1, weeks=3),
    Agent("400", "韩冰", None, 2),
)
_HOMES = (
    ("丰收里五号楼二单元三零一", "丰收里5号楼2单元301", "河西站"),
    ("光明小区三号楼一单元九零二", "光明小区3号楼1单元902", "河东站"),
    ("松江花苑二十一号楼一千零二", "松江花苑21号楼1002", "松江站"),
    ("青年路十二号院二号楼一单元四零二", "青年路12号院2号楼1单元402", "河西站"),
)
_STATIONS = {
    "丰收里": "河西站",
    "光明小区": "河东站",
    "松江花苑": "松江站",
    "青年路12号院": "河西站",
}
_PEOPLE = (
    ("赵永和，走肖赵", "赵永和"),
    ("孙丽萍", "孙丽萍"),
    ("贾文丽", "贾文丽"),
    ("姚建军", "姚建军"),
)
_PHONES = ("13500278846", "13604992276", "13945507788", "13122108080")
_PROBLEMS = (
    "我家暖气不热，从昨天晚上就凉了。",
    "屋里冰凉，暖气片一点儿都不热。",
    "暖气不热，孩子都冻感冒了。",
)


@dataclass(frozen=True)
class Archive:
    """What was made: the calls in order of time, and the rules that judged them."""

    call_ids: tuple[str, ...]
    ruleset: Ruleset
    agents: tuple[Agent, ...]


@dataclass(frozen=True)
class Made:
    """One call before it is stored."""

    call: CallRow
    ticket: TicketRow
    transcript: Transcript
    path: Path | None = None


def fill(
    store: Store,
    settings: Settings,
    *,
    until: datetime = UNTIL,
    agents: Sequence[Agent] = AGENTS,
    seed: int = 7,
    sound: Path | None = None,
) -> Archive:
    """Put the archive into an empty store.

    Args:
        settings: those that the rules are judged with.
        until: the last call is before this; aware.
        sound: folder for recordings of the newest calls, tones only; None writes none.
    """
    chance = random.Random(seed)
    with store.writing() as session:
        session.add_all(
            StationRow(origin="archive", compound=compound, station=station)
            for compound, station in _STATIONS.items()
        )
    ruleset = RulesetLoader.of(store, settings).load("heating-repair")
    made = sorted(_calls(chance, until, agents), key=_started)
    with store.writing() as session:
        session.add_all(AgentRow(agent_id=a.agent_id, name=a.name, team=a.team) for a in agents)
        put_rulesets(
            session, [RulesetRecord(ruleset.hash, ruleset.ruleset_id, ruleset.title)], until
        )
    if sound is not None:
        made[-_SOUNDING:] = [_sounding(one, sound) for one in made[-_SOUNDING:]]
    for day, some in groupby(made, key=lambda one: _started(one).date()):
        # Judged in the night after the calls, as a nightly job does.
        night = datetime.combine(day, time(), UTC) + timedelta(days=1)
        keep_calls(store, list(some), ruleset, min(night, until))
    return Archive(tuple(one.call.call_id for one in made), ruleset, tuple(agents))


def _calls(chance: random.Random, until: datetime, agents: Sequence[Agent]) -> Iterator[Made]:
    for agent in agents:
        slips = {**_USUAL, **agent.slips}
        for week in range(agent.weeks):
            for number in range(agent.weekly):
                days = 7 * week + chance.random() * 6.5
                started = until - timedelta(days=days, minutes=chance.randrange(600))
                drawn = {name for name, share in slips.items() if chance.random() < share}
                yield _call(chance, agent, started, drawn, f"{week}{number}")


def _call(
    chance: random.Random, agent: Agent, started: datetime, slips: set[str], number: str
) -> Made:
    home, phone = chance.choice(_HOMES), chance.choice(_PHONES)
    said, name = chance.choice(_PEOPLE)
    call_id = f"{started:%Y%m%d}-{agent.agent_id}-{number}"
    dialogue = "\n".join(_dialogue(chance, agent, slips, (home[0], said, name, phone)))
    transcript = replace(
        parse_dialogue(dialogue), recording_id=sha256(f"{call_id}{dialogue}".encode()).hexdigest()
    )
    wrong_phone = phone[:-2] + phone[-1] + phone[-2] if "ticket_phone" in slips else phone
    address = home[1].replace("5", "6").replace("3", "8") if "ticket_address" in slips else home[1]
    ticket = TicketRow(
        ticket_id=f"T{call_id}",
        name=name,
        phone=wrong_phone,
        address=address,
        problem="暖气不热",
        station=home[2],
    )
    call = CallRow(
        call_id=call_id,
        recording_id=transcript.recording_id,
        has_metadata=True,
        started_at=started.replace(second=0, microsecond=0),
        agent_id=agent.agent_id,
        direction="inbound",
        ring_count=chance.randint(4, 7) if "late" in slips else chance.randint(1, 3),
        released_by="agent" if "hung_up" in slips else "customer",
        ticket_id=ticket.ticket_id,
        context="",
    )
    return Made(call, ticket, transcript)


def _dialogue(
    chance: random.Random, agent: Agent, slips: set[str], customer: tuple[str, str, str, str]
) -> Iterator[str]:
    """Say a repair call, with its slips; a mono recording does not tell who spoke."""
    home, said, name, phone = customer
    us, them = ("未知", "未知") if "mono" in slips else ("坐席(-26dB)", "客户(-28dB)")
    number = "" if "no_number" in slips else f"，{agent.agent_id.translate(_SPOKEN)}"
    sorry = "对不起，让您久等了。" if "late" in slips and "no_apology" not in slips else ""
    question = "" if "no_question" in slips else "，请问您有什么问题？"
    yield f"{us}: {sorry}您好，大龙供暖报修{number}为您服务{question}"
    yield f"{them}: {chance.choice(_PROBLEMS)}"
    for words in _unkind(chance, slips):
        yield f"{us}: {words}"
    yield f"{us}: {'好的' if 'no_problem' in slips else '暖气不热是吧'}，请问您的具体地址？"
    yield f"{them}: {home}。"
    yield f"{us}: {'好的' if 'no_address' in slips else home + '，对吗'}？"
    yield f"{them}: 对。"
    yield f"{us}: 请问您的姓名？"
    yield f"{them}: {said}。"
    yield f"{us}: {name}，好的，请留一下联系电话？"
    spoken = phone.translate(_SPOKEN)
    grouped = f"{spoken[:3]}，{spoken[3:7]}，{spoken[7:]}"
    yield f"{them}: {grouped}。"
    yield f"{us}: {'好，记下了' if 'no_phone' in slips else grouped + '，对吗'}？"
    yield f"{them}: 对。"
    if "event" in slips:
        yield f"{them}: 我礼拜一就报了，这都三天了也没人管。"
        yield f"{us}: 实在对不起，我给您催一下。"
    if "promise" in slips:
        yield f"{us}: {chance.choice(('今天保证给您修好。', '肯定今天下午给您解决。'))}"
    if "praise" in slips:
        yield f"{them}: 姑娘你真有耐心，说得明明白白的。"
    closing = (
        "好，再见。"
        if "short_closing" in slips
        else "好，维修人员会尽快跟您联系，感谢您的来电，再见。"
    )
    yield f"{us}: {closing}"
    yield f"{them}: 好，再见。"


def _unkind(chance: random.Random, slips: set[str]) -> Iterator[str]:
    if "shove" in slips:
        yield "这不归我们管，您找物业吧。"
    if "unknowing" in slips:
        yield chance.choice(("这个我也不知道。", "不清楚，您自己打听打听吧。"))
    if "irritated" in slips:
        yield "跟您说了多少遍了，听不懂吗？"
    if "abuse" in slips:
        yield "你有病吧！"


def keep_calls(store: Store, made: Sequence[Made], ruleset: Ruleset, now: datetime) -> None:
    """Store calls with what was heard, judged by a ruleset."""
    with store.writing() as session:
        for one in made:
            transcript = one.transcript
            session.add(
                RecordingRow(
                    recording_id=transcript.recording_id,
                    size_bytes=0,
                    first_seen_at=one.call.started_at,
                    duration_ms=transcript.duration_ms,
                    channel_count=transcript.channel_count,
                )
            )
            session.add(one.ticket)
        session.flush()
        session.add_all(_file(one) for one in made if one.path is not None)
        session.add_all(one.call for one in made)
        session.flush()
        ledger.put_transcripts(session, [one.transcript for one in made], now)
        calls = load_calls(session, [one.call.call_id for one in made], store.zone)
        contexts = {call_id: context_revision(call) for call_id, call in calls.items()}
        for one in made:
            one.call.context = contexts[one.call.call_id]
        session.flush()
        cards = [_judged(one, calls[one.call.call_id], ruleset) for one in made]
        publish(session, cards, now)


def _file(one: Made) -> FileRow:
    path = one.path
    assert path is not None
    stat = path.stat()
    return FileRow(
        path=str(path),
        root=str(path.parent),
        recording_id=one.transcript.recording_id,
        size_bytes=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
    )


def _started(one: Made) -> datetime:
    started = one.call.started_at
    assert started is not None
    return started


def _judged(one: Made, call: Call, ruleset: Ruleset) -> Scorecard:
    card = score_call(one.transcript, call, ruleset)
    return replace(card, transcript_key=transcript_key(one.transcript))


def _sounding(one: Made, folder: Path) -> Made:
    """Give a call a recording of its length: a tone where each side speaks."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{one.call.call_id}.wav"
    samples = np.zeros((one.transcript.duration_ms * 8, 2), dtype=np.float32)
    own = int(sha256(one.call.call_id.encode()).hexdigest()[:6], 16) / 2**24 * 50  # of other bytes
    for utterance in one.transcript.utterances:
        span = slice(utterance.span.start_ms * 8, utterance.span.end_ms * 8)
        seconds = np.arange(samples[span].shape[0]) / 8000
        pitch = (180, 240)[utterance.channel % 2] + own
        samples[span, utterance.channel % 2] = 0.2 * np.sin(2 * np.pi * pitch * seconds)
    soundfile.write(path, samples, 8000, format="WAV", subtype="ALAW")
    settled(path, path.read_bytes())
    recording_id = sha256(path.read_bytes()).hexdigest()
    transcript = replace(one.transcript, recording_id=recording_id)
    one.call.path, one.call.recording_id = str(path), recording_id
    return Made(one.call, one.ticket, transcript, path)
