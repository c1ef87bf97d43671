"""Building an archive, judging it again, and measuring both."""

import gc
import json
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchlib.archive import ENGINE, ArchivedCall, archived_calls, transcript_of
from benchlib.tables import render
from qa.batch.events import Advanced, Event
from qa.batch.rescoring import RescoreOptions, rescore
from qa.batch.rulesets import RulesetLoader
from qa.codec import decode, encode
from qa.config import Settings
from qa.scoring.check import Scene
from qa.scoring.grammar import EDGE, Pattern
from qa.scoring.lexicon import Lexicon
from qa.scoring.ruleset import Ruleset
from qa.scoring.scorecard import judge_rule, score_call
from qa.store.publishing import pack_card
from qa.store.scorecards import calls_after, count_since, load_judgeable
from qa.store.store import Store
from qa.store.tables import CallRow, RecordingRow, TicketRow, TranscriptRow
from qa.text import fold
from qa.types import Role, Transcript

_BUILD_BATCH = 1_000
NAIVE_CUTOFF = 80
_PHRASES = (
    ("这件事", "这种活儿", "这种情况", "这片儿", "这号问题", "你们那栋", "您说的这些", "换管子"),
    ("我们", "我这儿", "我们站上", "咱们公司", "我这个岗", "维修这边", "服务台"),
    ("插不上手", "管不着", "不伺候", "够不着", "犯不上管", "没义务弄", "摸不着边", "不沾手"),
    ("", "知道吧", "听明白没", "您另请高明", "您自个儿想辙", "您爱找谁找谁"),
    ("", "行了", "就这样", "别打了", "挂了吧"),
)
"""What the added phrase is put together from: some 13,000 things that an agent might say."""
_SHIRKING = "shirking"
"""The list of wordings to which a phrase is added; one rule uses it."""


@dataclass(slots=True)
class Measured:
    """A re-scoring that was watched.

    Attributes:
        start_s, start_cpu_s, start_calls: until the first batch was back: processes had started,
            read the rules and indexed them. The rates leave this out.
        memory_mb: proportional set size of all processes, by share of the calls done (0–1).
    """

    calls: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    done: int = 0
    start_s: float = 0.0
    start_cpu_s: float = 0.0
    start_calls: int = 0
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    changed: int = 0

    @property
    def per_second(self) -> float:
        """Calls a second, once started."""
        return (self.calls - self.start_calls) / (self.wall_s - self.start_s)

    @property
    def cpu_s_per_call(self) -> float:
        """Seconds of processor time a call, once started."""
        return (self.cpu_s - self.start_cpu_s) / (self.calls - self.start_calls)


def _settings(folder: Path, workers: int) -> Settings:
    batch = {"workers": workers}
    return Settings(data_dir=folder, batch=batch)  # type: ignore[arg-type]


def build(folder: Path, calls: int, workers: int) -> float:
    """Make the archive, unless it stands there; return the seconds it took."""
    settings, started = _settings(folder, workers), time.perf_counter()
    with Store.open(settings.database_url, timezone=settings.timezone) as store:
        with store.reading() as session:
            known = count_since(session, None)
        if known >= calls:
            return 0.0
        context = get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context) as pool:
            starts = range(known, calls, _BUILD_BATCH)
            ahead = [starts[i : i + 4 * workers] for i in range(0, len(starts), 4 * workers)]
            for some in ahead:  # never more than a few batches in memory
                ends = [min(calls, start + _BUILD_BATCH) for start in some]
                for made in pool.map(_made, some, ends):
                    _insert(store, made)
    return time.perf_counter() - started


def _made(first: int, last: int) -> list[ArchivedCall]:
    return list(archived_calls(first, last))


def _insert(store: Store, calls: list[ArchivedCall]) -> None:
    now = datetime.now(UTC)
    with store.writing() as session:
        connection = session.connection()
        for table, rows in (
            (RecordingRow, [_recording(c, now) for c in calls]),
            (TicketRow, [c.ticket for c in calls]),
            (CallRow, [c.call for c in calls]),
            (TranscriptRow, [_transcript(c, now) for c in calls]),
        ):
            connection.execute(insert(table), rows)


def _recording(call: ArchivedCall, now: datetime) -> dict[str, Any]:
    return {
        "recording_id": call.recording_id,
        "size_bytes": call.duration_ms * 16,
        "first_seen_at": now,
        "duration_ms": call.duration_ms,
        "channel_count": 2,
    }


def _transcript(call: ArchivedCall, now: datetime) -> dict[str, Any]:
    return {
        "transcript_key": call.transcript_key,
        "recording_id": call.recording_id,
        "engine": ENGINE,
        "created_at": now,
        "is_current": True,
        "blob": call.blob,
    }


def describe(folder: Path, built_s: float) -> str:
    """Say what the archive holds, from its first calls, and how long it took."""
    with Store.open(_settings(folder, 1).database_url) as store, store.reading() as session:
        count = count_since(session, None)
        ids = calls_after(session, "", 500)
        some = [item.transcript for item in load_judgeable(session, ids, store.zone)]
    lengths = sorted(t.duration_ms / 1000 for t in some)
    turns = sorted(len(t.utterances) for t in some)
    letters = sum(len(u.text) for t in some for u in t.utterances) / len(some)
    size = sum(path.stat().st_size for path in folder.iterdir()) / 1e6
    middle, high = len(some) // 2, len(some) * 95 // 100
    return (
        f"{count} calls, {size:.0f} MB; median {lengths[middle]:.0f} s and {turns[middle]} turns, "
        f"95 % up to {lengths[high]:.0f} s, longest of {len(some)} {lengths[-1]:.0f} s; "
        f"{letters:.0f} characters a call; built in {built_s:.0f} s"
    )


def rescore_archive(folder: Path, ruleset: str, workers: int, *, full: bool = False) -> Measured:
    """Judge the archive again as `qa rescore` does, watching time and memory.

    Args:
        full: by every rule.
    """
    settings, measured = _settings(folder, workers), Measured()
    stop = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Advanced):
            measured.done += event.count
            if not measured.start_calls:
                measured.start_calls = event.count
                measured.start_s = time.perf_counter() - started
                measured.start_cpu_s = _cpu_s() + _children_cpu_s() - before

    with Store.open(settings.database_url, timezone=settings.timezone) as store:
        with store.reading() as session:
            total = count_since(session, None)
        watch = threading.Thread(target=_watch, args=(measured, total, stop), daemon=True)
        watch.start()
        before, started = _cpu_s(), time.perf_counter()
        options = RescoreOptions(ruleset=ruleset, full=full)
        result = rescore(store, settings, options, listener=listen)
        measured.wall_s, measured.cpu_s = time.perf_counter() - started, _cpu_s() - before
        stop.set()
        watch.join()
    measured.calls, measured.changed = result.calls, len(result.changes)
    return measured


def changed_rulesets(folder: Path, ruleset: str) -> tuple[str, str]:
    """Write the ruleset with a phrase more in one rule's list, and the same with other points.

    The phrase is another each time, so that an archive that was kept is never judged by the same
    rules twice. The points of the second are those of another rule, and move no verdict.
    """
    number = time.time_ns() // 1_000_000
    words = []
    for choices in _PHRASES:
        number, chosen = divmod(number, len(choices))
        words.append(choices[chosen])
    extend = {_SHIRKING: ["".join(words)]}
    rule = next(rule for rule in _ruleset(ruleset).rules if rule.points)
    adjust = {rule.rule_id: {"points": rule.points % 100 + 1}}
    return (
        _on_top(folder / "phrase.yaml", ruleset, extend=extend),
        _on_top(folder / "points.yaml", ruleset, extend=extend, adjust=adjust),
    )


def _on_top(path: Path, ruleset: str, **changes: Any) -> str:
    document = {
        **{"id": _ruleset(ruleset).ruleset_id, "title": "bench", "title_en": "bench"},
        **{"version": 2, "include": [ruleset]},
        **changes,
    }
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return str(path)


def _cpu_s() -> float:
    """Seconds of processor time of this process and of its children that have ended."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def _children_cpu_s() -> float:
    """Seconds of processor time of the children that still run."""
    ticks = 0
    for fields in _processes().values():
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes() -> dict[str, list[str]]:
    """Fields of `/proc/PID/stat` behind the name, of this process's children; by process number."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = folder.joinpath("stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        if fields[1] == str(os.getpid()):
            found[folder.name] = fields
    return found


def _watch(measured: Measured, total: int, stop: threading.Event) -> None:
    while not stop.wait(1.0):
        measured.memory_mb.append((measured.done / total, _memory_mb()))


def _memory_mb() -> float:
    """Proportional set size of this process and its children; 0 where the system has none."""
    sizes = []
    for number in (str(os.getpid()), *_processes()):
        try:
            rollup = Path(f"/proc/{number}/smaps_rollup").read_text()
            sizes.append(int(rollup.partition("\nPss:")[2].split()[0]) / 1024)
        except (OSError, IndexError, ValueError):
            continue  # it has just ended
    return sum(sizes)


def report(title: str, measured: Measured, workers: int) -> str:
    """Lay out speed and memory."""
    rate = measured.per_second
    minutes = 1_000_000 / rate / 60
    lines = [
        f"{title}: {measured.calls} calls in {measured.wall_s:.1f} s, {measured.changed} changed; "
        f"the first {measured.start_calls} after {measured.start_s:.1f} s, then {rate:.0f} "
        f"calls/s, {rate / workers:.0f} calls/s per core",
        f"  {1000 * measured.cpu_s_per_call:.2f} ms of processor time a call, reading, judging and "
        f"writing: {1 / measured.cpu_s_per_call:.0f} calls per second of a core; a million calls: "
        f"{minutes:.1f} min at the rate of the clock, "
        f"{1_000_000 * measured.cpu_s_per_call / workers / 60:.1f} min by processor time "
        f"on {workers} cores (extrapolated)",
    ]
    shares = []
    for share in (0.25, 0.5, 0.75, 1.0):
        peak = max((mb for done, mb in measured.memory_mb if done <= share), default=0.0)
        shares.append(f"{peak:.0f} MB at {share:.0%}")
    return "\n".join([*lines, f"  memory of all processes, peak until then: {', '.join(shares)}"])


def _ruleset(name: str) -> Ruleset:
    return RulesetLoader.of(None, Settings()).load(name)


def wordings(ruleset: Ruleset) -> list[str]:
    """List every wording of the ruleset's phrase lists, parts joined, without its grammar."""
    found: dict[str, None] = {}
    for rule in ruleset.rules:
        for pattern in _patterns(rule.check):
            for part in pattern.parts:
                found.update(dict.fromkeys(text.strip(EDGE) for text in part))
    return [text for text in found if len(text) > 1]


def _patterns(value: Any) -> Iterator[Pattern]:
    if isinstance(value, Pattern):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _patterns(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _patterns(item)
    elif hasattr(value, "__dict__") and type(value).__module__.startswith("qa."):
        for item in vars(value).values():
            yield from _patterns(item)


def naive(ruleset: str, sample: int, measured: Mapping[str, Measured]) -> str:
    """Time the naive loop on some calls and set it beside ours."""
    from rapidfuzz import fuzz

    rules = _ruleset(ruleset)
    calls = [transcript_of(number) for number in range(sample)]
    for transcript in calls[:2]:  # compiles the phrase lists that are compiled on first use
        score_call(transcript, _call(), rules)
    phrases = wordings(rules)
    started = time.process_time()
    hits = 0
    for transcript in calls:
        for utterance in transcript.utterances:
            if utterance.role is Role.AGENT:
                text = fold(utterance.text).text
                hits += sum(fuzz.partial_ratio(p, text) >= NAIVE_CUTOFF for p in phrases)
    rate = sample / (time.process_time() - started)
    lines = [
        f"naive loop: {len(phrases)} wordings by partial_ratio on each of the agent's utterances, "
        f"{sample} calls: {rate:.2f} calls per second of a core ({hits / sample:.0f} hits a call, "
        f"unjudged, unwritten)"
    ]
    for title, one in measured.items():
        times = 1 / one.cpu_s_per_call / rate
        lines.append(f"  {title}: {times:.0f} times as fast by processor time")
    return "\n".join(lines)


def _call() -> Any:
    from qa.types import Call

    return Call("bench")


def parts(folder: Path, ruleset: str, sample: int) -> str:
    """Measure each step by itself in this process, in milliseconds of processor time a call."""
    rules, settings = _ruleset(ruleset), _settings(folder, 1)
    gc.freeze()  # as a worker does
    with Store.open(settings.database_url) as store, store.reading() as session:
        ids = calls_after(session, "", sample)
        items = list(load_judgeable(session, ids, store.zone))
        load = _timed(lambda: list(load_judgeable(session, ids, store.zone)))
    blobs = [encode(item.transcript) for item in items]
    cards = [score_call(item.transcript, item.call, rules) for item in items]  # warm
    steps = {
        "read rows and decode": load,
        "of that, decode": _timed(lambda: [decode(Transcript, blob) for blob in blobs]),
        "judge, all rules": _timed(
            lambda: [score_call(i.transcript, i.call, rules) for i in items]
        ),
        "encode the card and its rows": _timed(lambda: [pack_card(card) for card in cards]),
    }
    scenes = [Scene(decode(Transcript, b), i.call) for b, i in zip(blobs, items, strict=True)]
    steps["of judging: tracks"] = _timed(lambda: [(_tracks(scene)) for scene in scenes])
    lexicon = _lexicon()
    steps["of judging: nomination"] = _timed(
        lambda: [lexicon.scan(track) for s in scenes for track in (s.agent, s.customer)]
    )
    for rule in rules.rules:
        steps[rule.rule_id] = _timed(lambda rule=rule: [judge_rule(rule, s) for s in scenes])
    rows = [[name, f"{1000 * seconds / len(items):.3f}"] for name, seconds in steps.items()]
    return render(["step", "ms a call"], rows, markdown=False)


def _tracks(scene: Scene) -> None:
    for track in (scene.agent, scene.customer):
        assert len(track.keys) == len(track.sounds)


def _lexicon() -> Lexicon:
    from qa.scoring import shortlist

    return shortlist._lexicon


def _timed(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
