"""The connection to a Ray cluster: a process of its own that places workers and feeds them.

It is a process of its own because Ray ends the process that is connected to it when the cluster is
lost; the run outlives that, and the tables say what is left. Workers are actors: each holds one
model, gets one job at a time, and never touches the database.
"""

import os
import signal
import sys
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from typing import Any

from qa.batch.cluster_attach import attach
from qa.batch.cluster_hearer import Hearer
from qa.batch.cluster_words import Answered, CannotStart, Orders, Recipe, Started, Turn
from qa.batch.jobs import Job, WorkerDied
from qa.config import Settings
from qa.errors import ClusterError, ConfigError, QAError

CPU, GPU = "CPU", "GPU"
_TURN_S = 0.5
_LOOK_S = 1.0
_SETTLE_S = 2.0
_DOUBT_S = 120.0
_MAX_PAUSE_S = 60.0
_MAX_NODE_LOSSES = 10
"""A recording that so many nodes went down with is suspected itself."""


def connect(pipe: "Connection[Any, Any]", recipe: Recipe) -> None:
    """Run the connection's process until the run ends it or the cluster is lost."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_runner, daemon=True).start()
    _be_silent()
    try:
        ray = attach(recipe.task.settings)
        places = _Places(ray, recipe)
        while True:
            pipe.send(places.turn())
            orders = pipe.recv()
            if orders is None:
                break
            places.take(orders)
        ray.shutdown()
    except QAError as error:
        with suppress(OSError):
            pipe.send(CannotStart(error))
    except (EOFError, BrokenPipeError):
        pass  # the run is gone


def _be_silent() -> None:
    """Keep Ray's chatter out of the terminal; it stands in Ray's own logs too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    os.close(nowhere)


@dataclass(slots=True, eq=False)
class _Slot:
    """One worker of the cluster, from the moment it is asked for.

    Attributes:
        ref: what is awaited: its start, its job, or a ping while it is in doubt.
        doubt_since: since when it is not known whether it lives.
    """

    kind: str
    node: str
    actor: Any
    ref: Any
    ready: bool = False
    job: Job | None = None
    doubt_since: float | None = None
    done: int = 0


@dataclass(slots=True, eq=False)
class _Fallen:
    """A worker that died over a job; whether its node did too is seen a moment later."""

    job: Job
    node: str
    since: float


@dataclass(slots=True)
class _Node:
    place: str
    totals: dict[str, float] = field(default_factory=dict)


class _Places:
    """Workers on the nodes of a cluster, and the jobs they are at."""

    def __init__(self, ray: Any, recipe: Recipe) -> None:
        self._ray, self._recipe = ray, recipe
        self._hearer = ray.remote(Hearer)
        self._slots: list[_Slot] = []
        self._backlog: deque[Job] = deque()
        self._fallen: list[_Fallen] = []
        self._nodes: dict[str, _Node] = {}
        self._alive: set[str] = set()
        self._banned: dict[str, QAError] = {}
        self._failed_starts: Counter[str] = Counter()
        self._not_before: dict[str, float] = {}
        self._losses: Counter[str] = Counter()
        self._looked = float("-inf")
        self._answers: list[Answered] = []
        self._notices: list[str] = []

    def turn(self) -> Turn:
        """Wait until something happens, half a second at most, and say what.

        Raises:
            QAError: no node can be used.
        """
        self._look()
        self._place()
        self._feed()
        self._await()
        self._settle()
        self._feed()
        ready = [slot for slot in self._slots if slot.ready]
        # One more for each worker than it is at, so that none waits for a turn.
        room = sum((slot.job is None) + 1 for slot in ready) - len(self._backlog)
        turn = Turn(tuple(self._answers), max(0, room), tuple(self._notices), len(ready))
        self._answers, self._notices = [], []
        return turn

    def take(self, orders: Orders) -> None:
        """Take jobs, and stop using nodes."""
        self._backlog.extend(orders.jobs)
        for node, reason in orders.banned:
            self._ban(node, ClusterError(reason))

    def _look(self) -> None:
        """See which nodes there are."""
        if time.monotonic() - self._looked < _LOOK_S:
            return
        seen = {n["NodeID"]: n for n in self._ray.nodes() if n["Alive"]}
        for node_id in seen.keys() - self._alive:
            place, totals = seen[node_id]["NodeManagerAddress"], seen[node_id]["Resources"]
            self._nodes[node_id] = _Node(place, totals)
            self._notices.append(f"node {place} is there")
        for node_id in self._alive - seen.keys():
            self._notices.append(f"node {self._nodes[node_id].place} is gone")
        self._alive = set(seen)
        self._looked = time.monotonic()
        if self._alive and self._alive <= self._banned.keys() and not self._slots:
            why = next(error for node, error in self._banned.items() if node in self._alive)
            raise ConfigError(f"no node of the cluster can be used: {why}")

    def _place(self) -> None:
        """Ask for the workers that are missing, where there is room, evenly."""
        settings = self._recipe.task.settings.cluster
        for kind, wanted in ((GPU, settings.gpu_workers), (CPU, settings.cpu_workers)):
            while sum(slot.kind == kind for slot in self._slots) < wanted:
                node = self._roomiest(kind)
                if node is None:
                    break
                self._slots.append(self._start(kind, node))

    def _roomiest(self, kind: str) -> str | None:
        need, best = _needs(self._recipe.task.settings, kind), None
        most = 0.0
        now = time.monotonic()
        for node in sorted(self._alive - self._banned.keys()):
            if now < self._not_before.get(node, now):
                continue
            left = {
                name: self._nodes[node].totals.get(name, 0.0) - self._used(node, name)
                for name in need
            }
            if all(left[name] >= amount for name, amount in need.items()) and left[kind] > most:
                best, most = node, left[kind]
        return best

    def _used(self, node: str, resource: str) -> float:
        settings = self._recipe.task.settings
        here = [slot for slot in self._slots if slot.node == node]
        return sum(_needs(settings, slot.kind).get(resource, 0.0) for slot in here)

    def _start(self, kind: str, node: str) -> _Slot:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        need = _needs(self._recipe.task.settings, kind)
        actor = self._hearer.options(
            num_cpus=need[CPU],
            num_gpus=need.get(GPU, 0),
            max_restarts=0,
            max_task_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node_id=node, soft=False),
        ).remote(_recipe_for(self._recipe, kind))
        return _Slot(kind, node, actor, actor.start.remote())

    def _feed(self) -> None:
        for slot in self._slots:
            if self._backlog and slot.ready and slot.ref is None:
                slot.job = self._backlog.popleft()
                slot.ref = slot.actor.answer.remote(slot.job)

    def _await(self) -> None:
        """Wait until one awaited thing is there, and take all that are."""
        refs = {slot.ref: slot for slot in self._slots if slot.ref is not None}
        if not refs:
            time.sleep(_TURN_S / 5)
            return
        self._ray.wait(list(refs), num_returns=1, timeout=_TURN_S)
        done, _ = self._ray.wait(list(refs), num_returns=len(refs), timeout=0)
        for ref in done:
            if refs[ref] in self._slots:  # not ended by what came before it
                self._collect(refs[ref])

    def _collect(self, slot: _Slot) -> None:
        errors = self._ray.exceptions
        try:
            said = self._ray.get(slot.ref)
        except errors.ActorUnavailableError:
            self._doubt(slot)
        except errors.RayError as error:
            self._bury(slot, type(error).__name__)
        else:
            slot.ref = None
            self._take(slot, said)

    def _take(self, slot: _Slot, said: Any) -> None:
        if isinstance(said, CannotStart):
            self._ban(slot.node, said.error)
        elif isinstance(said, Started):
            if said.version != self._recipe.version:
                wanted = self._recipe.version
                problem = f"it has version {said.version} of tingjian, the run has {wanted}"
                self._ban(slot.node, ConfigError(f"{self._nodes[slot.node].place}: {problem}"))
                return
            slot.ready = True
            self._failed_starts[slot.node] = 0
        elif said is None:  # a ping: it lives, but what it was at is lost
            slot.doubt_since = None
            self._give_back(slot)
        else:
            slot.job = None
            slot.done += 1
            self._answers.append(Answered(slot.node, self._nodes[slot.node].place, said))
            if slot.done >= self._recipe.task.settings.batch.worker_recordings:
                self._end(slot)  # a fresh one takes its place

    def _doubt(self, slot: _Slot) -> None:
        """Ask a worker that cannot be reached whether it lives, for a while."""
        now = time.monotonic()
        slot.doubt_since = slot.doubt_since or now
        if not slot.ready or now - slot.doubt_since > _DOUBT_S:
            self._end(slot)
            return
        slot.ref = slot.actor.ping.remote()

    def _bury(self, slot: _Slot, how: str) -> None:
        """Take a dead worker out; what it was at is judged when it is known whether a node died."""
        self._slots.remove(slot)
        place = self._nodes[slot.node].place
        if slot.job is not None:
            self._fallen.append(_Fallen(slot.job, slot.node, time.monotonic()))
            self._notices.append(f"a worker on {place} ended while it worked ({how})")
        elif not slot.ready:
            # Perhaps the node is gone, which is seen only later: it is left alone for a while.
            self._failed_starts[slot.node] += 1
            pause_s = min(_MAX_PAUSE_S, 2.0 ** self._failed_starts[slot.node])
            self._not_before[slot.node] = time.monotonic() + pause_s
            self._notices.append(f"a worker on {place} ended while it started ({how})")

    def _settle(self) -> None:
        """Judge the deaths of a moment ago: a node's end is not the recording's fault."""
        now = time.monotonic()
        for fallen in [f for f in self._fallen if now - f.since >= _SETTLE_S]:
            self._fallen.remove(fallen)
            self._losses[fallen.job.recording_id] += 1
            lost = fallen.node not in self._alive
            if lost and self._losses[fallen.job.recording_id] < _MAX_NODE_LOSSES:
                self._backlog.appendleft(fallen.job)
            else:
                place = self._nodes[fallen.node].place
                self._answers.append(Answered(fallen.node, place, WorkerDied(fallen.job, None)))

    def _ban(self, node: str, error: QAError) -> None:
        """Use a node no more; what its workers were at is done elsewhere."""
        if node not in self._banned:
            self._notices.append(f"node {self._nodes[node].place} is not used any more: {error}")
        self._banned.setdefault(node, error)
        for slot in [slot for slot in self._slots if slot.node == node]:
            self._end(slot)

    def _end(self, slot: _Slot) -> None:
        self._give_back(slot)
        self._slots.remove(slot)
        self._ray.kill(slot.actor)

    def _give_back(self, slot: _Slot) -> None:
        if slot.job is not None:
            self._backlog.appendleft(slot.job)
            slot.job = None


def _needs(settings: Settings, kind: str) -> dict[str, float]:
    """Say what a worker takes of its node."""
    threads = float(settings.hearing.threads)
    if kind == GPU:
        return {CPU: 1.0, GPU: settings.cluster.gpus_per_worker}
    return {CPU: threads}


def _recipe_for(recipe: Recipe, kind: str) -> Recipe:
    """Put the model where the worker is: Ray shows a worker only the GPU that it was given."""
    device = "cuda" if kind == GPU else "cpu"
    settings = recipe.task.settings
    hearing = settings.hearing.model_copy(update={"device": device})
    task = replace(recipe.task, settings=settings.model_copy(update={"hearing": hearing}))
    return replace(recipe, task=task)


def _end_with_runner() -> None:
    runner = parent_process()
    if runner is not None:
        runner.join()
        os.kill(os.getpid(), signal.SIGKILL)
