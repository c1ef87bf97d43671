"""What judging again changes, counted batch by batch; many changes wait in a file."""

import pickle
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, overload

from qa.store.scorecards import CardSummary
from qa.types import Call, Outcome, Scorecard

CHECK_FAILED = "check_failed"
_NAMES = {outcome: outcome.value for outcome in Outcome}
KEPT = 2_000
"""Changes kept in memory; a new ruleset changes every call of the archive."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One rule on one call; an outcome is None where the rule was not, or is no longer, judged."""

    rule_id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class CallChange:
    """A call whose scorecard differs; `before` is None where it had none."""

    call_id: str
    agent_id: str | None
    before: int | None
    after: int
    rules: tuple[RuleChange, ...]


@dataclass(slots=True)
class Tally:
    """Counts over some calls; those of two batches add up.

    Attributes:
        before, after: rule id and outcome, how often it stood before and stands after, on calls
            that had a card before.
        agents: by agent id (empty where unknown), calls that had a card before, and the sums of
            their totals before and after.
        broken: by rule id, lines whose check broke.
    """

    calls: int = 0
    changes: list[CallChange] = field(default_factory=list)
    before: Counter[tuple[str, str]] = field(default_factory=Counter)
    after: Counter[tuple[str, str]] = field(default_factory=Counter)
    agents: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    broken: Counter[str] = field(default_factory=Counter)

    def add(self, call: Call, before: CardSummary | None, after: Scorecard) -> None:
        """Count one call in."""
        self.calls += 1
        old = before.outcomes if before else {}
        new = {line.rule_id: _NAMES[line.verdict.outcome] for line in after.lines}
        self.broken.update(broken_checks(after))
        if before is not None:
            self.before.update(old.items())
            self.after.update(new.items())
            self._count_agent(call.agent_id or "", 1, before.total, after.total)
        total = before.total if before else None
        if old != new or total != after.total:
            rules = tuple(
                RuleChange(rule_id, old.get(rule_id), new.get(rule_id))
                for rule_id in sorted(old.keys() | new.keys())
                if old.get(rule_id) != new.get(rule_id)
            )
            change = CallChange(call.call_id, call.agent_id, total, after.total, rules)
            self.changes.append(change)

    def merge(self, other: "Tally") -> None:
        """Count another tally's calls in, all but its changes."""
        self.calls += other.calls
        self.broken.update(other.broken)
        self.before.update(other.before)
        self.after.update(other.after)
        for agent_id, sums in other.agents.items():
            self._count_agent(agent_id, *sums)

    def rules(self) -> dict[str, "RuleCounts"]:
        """Sort the outcomes by rule id."""
        counts: dict[str, RuleCounts] = {}
        for rule_id in sorted({rule_id for rule_id, _ in self.before | self.after}):
            counts[rule_id] = RuleCounts(
                *(
                    {outcome: n for (rule, outcome), n in counter.items() if rule == rule_id}
                    for counter in (self.before, self.after)
                )
            )
        return counts

    def _count_agent(self, agent_id: str, calls: int, before: int, after: int) -> None:
        sums = self.agents.get(agent_id, (0, 0, 0))
        self.agents[agent_id] = (sums[0] + calls, sums[1] + before, sums[2] + after)


class Changes(Sequence[CallChange]):
    """Changes in the order they were added, the first in memory and the others in a file.

    The file has no name, and goes with the object.
    """

    def __init__(self) -> None:
        self._first: list[CallChange] = []
        self._file: IO[bytes] | None = None
        self._blocks: list[tuple[int, int]] = []
        self._length = 0

    def extend(self, changes: Sequence[CallChange]) -> None:
        """Add changes at the end."""
        self._length += len(changes)
        room = max(0, KEPT - len(self._first))
        self._first += changes[:room]
        if rest := list(changes[room:]):
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115
                weakref.finalize(self, self._file.close)
            self._blocks.append((self._file.tell(), len(rest)))
            pickle.dump(rest, self._file)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[CallChange]:
        yield from self._first
        for at, _ in self._blocks:
            yield from self._block(at)

    def _block(self, at: int) -> list[CallChange]:
        assert self._file is not None  # a block stands in a file
        end = self._file.tell()
        self._file.seek(at)
        block: list[CallChange] = pickle.load(self._file)
        self._file.seek(end)
        return block

    @overload
    def __getitem__(self, index: int) -> CallChange: ...

    @overload
    def __getitem__(self, index: slice) -> list[CallChange]: ...

    def __getitem__(self, index: int | slice) -> CallChange | list[CallChange]:
        if isinstance(index, slice):
            start, stop, step = index.indices(self._length)
            if step == 1 and stop <= len(self._first):
                return self._first[start:stop]
            return list(self)[index]
        at = range(self._length)[index]
        if at < len(self._first):
            return self._first[at]
        at -= len(self._first)
        for place, count in self._blocks:
            if at < count:
                return self._block(place)[at]
            at -= count
        raise IndexError(index)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None  # type: ignore[assignment]


def broken_checks(card: Scorecard) -> list[str]:
    """List the rules whose check broke on a call: a bug, never the agent's fault."""
    return [line.rule_id for line in card.lines if line.verdict.reason == CHECK_FAILED]


@dataclass(frozen=True, slots=True)
class RuleCounts:
    """How often each outcome stood before and stands after, on calls that had a card before."""

    before: Mapping[str, int]
    after: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class AgentMeans:
    """An agent's mean total over calls that had a scorecard before; 0–100."""

    calls: int
    before: float
    after: float
