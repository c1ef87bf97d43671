"""Recognition side by side: ours and the peers over one corpus, measured alike."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchlib.corpora import Item
from benchlib.errors import Comparison, compare
from benchlib.recognise import OURS, Job, Run
from benchlib.tables import decimal, percent, render

SCRIPTS = Path(__file__).parents[1]


@dataclass(frozen=True)
class Result:
    """One system on one corpus.

    Attributes:
        groups: errors per group (agent, customer, mono; or the name of a pseudo-call).
        cpu_per_s: processor seconds per second of channel audio: the median over the runs.
        peak_mib: peak memory in MiB, the median over the runs.
    """

    system: str
    total: Comparison
    groups: dict[str, Comparison]
    cpu_per_s: float
    load_cpu_s: float
    peak_mib: float


def measure(items: Sequence[Item], jobs: Sequence[Job], *, repeat: int = 1) -> list[Result]:
    """Run every job `repeat` times in turn, each in a process of its own, and compare."""
    runs: dict[str, list[Run]] = {job.system: [] for job in jobs}
    for _ in range(repeat):
        for job in jobs:
            runs[job.system].append(_run(job))
    seconds = sum(channel_seconds(item) for item in items)
    return [_result(items, runs[job.system], seconds) for job in jobs]


def channel_seconds(item: Item) -> float:
    """Seconds of audio, counted once for each channel."""
    import soundfile

    info = soundfile.info(item.file)
    return float(info.duration) * int(info.channels)


def _run(job: Job) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "run.json"
        request = json.dumps({"job": asdict(job), "output": str(output)})
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
        subprocess.run(
            [sys.executable, "-m", "benchlib.recognise"],
            input=request,
            text=True,
            cwd=SCRIPTS,
            env=environment,
            check=True,
        )
        return Run(**json.loads(output.read_text(encoding="utf-8")))


def _result(items: Sequence[Item], runs: Sequence[Run], seconds: float) -> Result:
    groups: dict[str, Comparison] = {}
    for item in items:
        texts = runs[0].texts[str(item.file)]
        for group, said, heard in zip(item.groups, item.references, texts, strict=True):
            groups[group] = groups.get(group, Comparison()) + compare(said, heard)
    return Result(
        system=runs[0].system,
        total=sum(groups.values(), Comparison()),
        groups=groups,
        cpu_per_s=statistics.median(run.cpu_s for run in runs) / seconds,
        load_cpu_s=statistics.median(run.load_cpu_s for run in runs),
        peak_mib=statistics.median(run.peak_mib for run in runs),
    )


def error_table(results: Sequence[Result], *, markdown: bool) -> str:
    """Lay out errors: totals, kinds of error, and how ours stands to each system."""
    ours = next((one for one in results if one.system == OURS), None)
    rows = []
    for one in results:
        chars = one.total.characters
        ratio = ours.total.characters.rate / chars.rate if ours and chars.rate else None
        rows.append(
            [
                one.system,
                percent(chars.rate),
                percent(one.total.syllables.rate),
                percent(chars.deleted / chars.reference),
                percent(chars.inserted / chars.reference),
                percent(chars.substituted / chars.reference),
                decimal(ratio),
            ]
        )
    headers = ["system", "CER", "syllable ER", "deleted", "inserted", "substituted", "ours/it CER"]
    return render(headers, rows, markdown=markdown)


def group_table(results: Sequence[Result], *, markdown: bool) -> str:
    """Lay out the character error rate per group."""
    groups = list(results[0].groups)
    rows = [
        [one.system, *(percent(one.groups[g].characters.rate) for g in groups)] for one in results
    ]
    return render(["CER of", *groups], rows, markdown=markdown)


def cost_table(results: Sequence[Result], *, markdown: bool) -> str:
    """Lay out processor time and memory, and how ours stands to each system."""
    ours = next((one for one in results if one.system == OURS), None)
    rows = [
        [
            one.system,
            decimal(one.cpu_per_s, 4),
            decimal(1 / one.cpu_per_s, 1),
            decimal(ours.cpu_per_s / one.cpu_per_s if ours else None),
            decimal(one.load_cpu_s, 1),
            decimal(one.peak_mib, 0),
            decimal(ours.peak_mib / one.peak_mib if ours else None),
        ]
        for one in results
    ]
    headers = [
        "system",
        "CPU s / s",
        "x real time",
        "ours/it CPU",
        "start CPU s",
        "peak MiB",
        "ours/it MiB",
    ]
    return render(headers, rows, markdown=markdown)


def to_plain(result: Result) -> dict[str, object]:
    """Turn a result into what `--json` prints: no text, only figures."""
    plain = asdict(result)
    plain["cer"] = result.total.characters.rate
    plain["syllable_error_rate"] = result.total.syllables.rate
    return plain
