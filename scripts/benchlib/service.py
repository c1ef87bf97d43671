"""Measures `qa serve` on a large archive: real processes, real people, 50 connections."""

import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from benchlib.load import Answers, Asked, load
from benchlib.service_archive import AGENTS, HEARD, TEAMS
from benchlib.tables import render
from qa.api.access import SESSION_COOKIE
from qa.config import Settings
from qa.records import UserRole
from qa.store.accounts import UserDraft, add_user
from qa.store.sessions import start_session
from qa.store.store import Store

GOAL_MS = 100
START_S = 120
_ADDRESS = re.compile(r"http://([0-9.]+):(\d+)")
RANGE_BYTES = 65_536
WAV_BYTES = 120 * 8_000 * 2 * 2


def log_in(store: Store) -> dict[str, str]:
    """Add a head, a lead of two teams and an agent, and log them in.

    Returns:
        The cookie header of each, by role.
    """
    now = datetime.now(UTC)
    drafts = (
        UserDraft(f"bench-head-{now:%H%M%S%f}", "部长", UserRole.HEAD),
        UserDraft(f"bench-lead-{now:%H%M%S%f}", "领班", UserRole.LEAD, teams=("班组1", "班组2")),
    )
    cookies = {}
    with store.writing() as session:
        for draft in drafts:
            user = add_user(
                session,
                draft,
                password_hash=None,
                must_change_password=False,
                actor=None,
                now=now,
            )
            secret = start_session(session, user.user_id, now=now).secret
            cookies[draft.role.value] = f"{SESSION_COOKIE}={secret}"
    return cookies


@contextmanager
def served(settings: Settings, log: Path) -> Iterator[tuple[tuple[str, int], int]]:
    """Run `qa serve` on a free port until the block ends; yield its address and process id."""
    environment = {
        **os.environ,
        "QA_DATA_DIR": str(settings.data_dir),
        "QA_DATABASE__URL": settings.database_url,
        "QA_SERVE__PORT": "0",
        "QA_SERVE__WORKERS": str(settings.serve.workers),
        "QA_SERVE__PROCESS_UPLOADS": "false",
    }
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from qa.cli.app import main; main()", "serve"],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            yield _address(process, log), process.pid
        finally:
            process.terminate()
            process.wait(30)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> tuple[str, int]:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        if found := _ADDRESS.search(log.read_text("utf-8")):
            return found[1], int(found[2])
        time.sleep(0.1)
    raise RuntimeError(f"qa serve did not start; see {log}")


def requests_of(kind: str, calls: int) -> Callable[[random.Random, int], Asked]:
    """Return what picks requests: of one kind, or of all in the shares of a working day."""
    makers = {
        "queue": _queue,
        "queue, filtered": _filtered,
        "call": lambda chance: Asked("call", f"/calls/bench-{chance.randrange(calls):08}"),
        "call (API)": lambda chance: Asked(
            "call (API)", f"/api/v1/calls/bench-{chance.randrange(calls):08}"
        ),
        "agent": lambda chance: Asked("agent", f"/agents/{101 + chance.randrange(AGENTS)}"),
        "audio range": _audio,
    }
    if kind != "mixed":
        return lambda chance, _: makers[kind](chance)
    names = list(makers)
    weights = (20, 10, 30, 10, 5, 25)
    return lambda chance, _: makers[chance.choices(names, weights)[0]](chance)


def _queue(_chance: random.Random) -> Asked:
    return Asked("queue", "/")


def _filtered(chance: random.Random) -> Asked:
    choice = chance.randrange(4)
    if choice == 0:
        query = f"agent={101 + chance.randrange(AGENTS)}"
    elif choice == 1:
        query = "team=" + quote(f"班组{1 + chance.randrange(TEAMS)}")
    elif choice == 2:
        query = f"since=2025-0{1 + chance.randrange(9)}-01"
    else:
        query = "show=all"
    return Asked("queue, filtered", f"/?{query}")


def _audio(chance: random.Random) -> Asked:
    first = chance.randrange(WAV_BYTES - RANGE_BYTES)
    wanted = ("Range", f"bytes={first}-{first + RANGE_BYTES - 1}")
    return Asked("audio range", f"/audio/bench-{chance.randrange(HEARD):08}", (wanted,))


KINDS = ("queue", "queue, filtered", "call", "call (API)", "agent", "audio range")


def cpu_s(pid: int) -> float:
    """Processor seconds that a process and those that it started have used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    started = Path(f"/proc/{pid}/task").glob("*/children")
    return own + sum(cpu_s(int(child)) for file in started for child in file.read_text().split())


def measure(
    server: tuple[tuple[str, int], int],
    calls: int,
    cookie: str,
    *,
    connections: int,
    seconds: float,
    every_s: float,
    kinds: Sequence[str] = KINDS,
) -> dict[str, Answers]:
    """Load the service with each kind by itself and with all mixed; return what came back."""
    found = {}
    address, pid = server
    for kind in (*kinds, "mixed"):
        load(  # what is loaded late, and the caches of the database
            address, requests_of(kind, calls), {"Cookie": cookie}, connections=4, seconds=2
        )
        before = cpu_s(pid)
        found[kind] = load(
            address,
            requests_of(kind, calls),
            {"Cookie": cookie},
            connections=connections,
            seconds=seconds,
            every_s=every_s,
        )
        found[kind].cpu_s = cpu_s(pid) - before
    return found


def report(found: dict[str, Answers], *, markdown: bool) -> str:
    """Lay out what was measured: each kind by itself, then in the mixed load."""
    rows = []
    for title, answers in found.items():
        for kind in sorted(answers.seconds, key=lambda k: KINDS.index(k)):
            name = kind if title != "mixed" else f"mixed: {kind}"
            wrong = sum(n for (k, _), n in answers.wrong.items() if k == kind)
            rows.append(
                [
                    name,
                    str(len(answers.seconds[kind])),
                    f"{answers.percentile(kind, 0.5):.0f} ms",
                    f"{answers.percentile(kind, 0.99):.0f} ms",
                    f"{len(answers.seconds[kind]) / answers.wall_s:.0f}/s",
                    f"{1000 * answers.cpu_s / answers.count:.0f} ms" if kind == title else "",
                    str(wrong) if wrong else "0",
                ]
            )
    heads = ["reads", "requests", "p50", "p99", "rate", "CPU each", "failed"]
    return render(heads, rows, markdown=markdown)


def slow(found: dict[str, Answers]) -> list[str]:
    """Name the kinds that miss the goal."""
    return [
        f"{title}: {kind}"
        for title, answers in found.items()
        for kind in answers.seconds
        if answers.percentile(kind, 0.99) > GOAL_MS
    ]
