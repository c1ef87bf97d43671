"""A night whose workers are killed at random, and what must be true of the tables afterwards."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from qa.store.store import Store

ROOT = Path(__file__).resolve().parents[2]
_CHECKS = {
    "recordings": "SELECT count(*) FROM recordings",
    "transcripts": "SELECT count(*) FROM transcripts WHERE is_current",
    "all transcripts": "SELECT count(*) FROM transcripts",
    "scorecards": "SELECT count(*) FROM scorecards WHERE is_current",
    "all scorecards": "SELECT count(*) FROM scorecards",
    "failed": "SELECT count(*) FROM recordings WHERE fault IS NOT NULL",
    "claims": "SELECT count(*) FROM claims",
}


@dataclass(frozen=True, slots=True)
class Storm:
    """What a killed night came to.

    Attributes:
        kills: workers that were killed with signal 9.
        quarantined: recordings that met three of them and were set aside; a quiet night with
            `--retry-failed` heard them.
        counts: rows of the tables after that.
        damages: what SQLite's integrity check and both foreign key checks found.
    """

    calls: int
    kills: int
    quarantined: int
    wall_s: float
    counts: Mapping[str, int]
    damages: tuple[str, ...]

    @property
    def lost_or_doubled(self) -> int:
        """How many rows are missing or too many."""
        same = ("recordings", "transcripts", "all transcripts", "scorecards", "all scorecards")
        wrong = sum(abs(self.counts[name] - self.calls) for name in same)
        return wrong + self.counts["failed"] + self.counts["claims"]


def run_storm(
    folder: Path, url: str, *, calls: int, kills: int, pause_s: float = 0.02, seed: int = 1
) -> Storm:
    """Do a night on a folder while workers are killed, then a quiet one, and look at the tables.

    Args:
        pause_s: mean time between two kills; on a slow machine, long enough for some work.

    Raises:
        RuntimeError: the night itself ended otherwise than it should.
    """
    began, chance = time.monotonic(), random.Random(seed)
    (folder.parent / "at-work").mkdir(exist_ok=True)
    process = _night(folder, url)
    done = 0
    while process.poll() is None:
        time.sleep(chance.uniform(0.0, 2 * pause_s))
        workers = _at_work(folder.parent / "at-work") if done < kills else []
        if workers:
            (folder.parent / "at-work" / str(victim := chance.choice(workers))).unlink()
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                done += 1
                if done % 50 == 0:
                    print(f"{done} killed", file=sys.stderr, flush=True)
    out = _result(process)
    quarantined = out["failed"]
    _result(_night(folder, url, "--retry-failed"))
    with Store.open(url) as store:
        counts, damages = _counts(store), _damages(store)
    wall_s = time.monotonic() - began
    return Storm(calls, done, quarantined, wall_s, counts, damages)


def _night(folder: Path, url: str, *more: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "QA_DATABASE__URL": url,
        "QA_DATA_DIR": str(folder.parent / "data"),
        "QUICK_AT_WORK": str(folder.parent / "at-work"),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "scripts")]),
    }
    command = [sys.executable, "-m", "benchlib.quick_night", str(folder), *more]
    return subprocess.Popen(
        command, cwd=folder.parent, env=environment, stdout=subprocess.PIPE, text=True
    )


def _result(process: "subprocess.Popen[str]") -> dict[str, int]:
    out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the night ended with exit code {process.returncode}")
    found: dict[str, int] = json.loads(out)
    return found


def _at_work(folder: Path) -> list[int]:
    """List the workers that have begun with a recording and are alive."""
    pids = [int(entry.name) for entry in folder.iterdir()]
    return [pid for pid in sorted(pids) if Path(f"/proc/{pid}").exists()]


def _counts(store: Store) -> dict[str, int]:
    with store.reading() as session:
        return {
            name: int(session.execute(text(sql)).scalar() or 0) for name, sql in _CHECKS.items()
        }


def _damages(store: Store) -> tuple[str, ...]:
    """Ask SQLite for damages; PostgreSQL keeps such checks to itself."""
    with store.reading() as session:
        if session.get_bind().dialect.name != "sqlite":
            return ()
        whole = [str(row[0]) for row in session.execute(text("PRAGMA integrity_check"))]
        links = [str(tuple(row)) for row in session.execute(text("PRAGMA foreign_key_check"))]
        return tuple([line for line in whole if line != "ok"] + links)
