"""Labelled call sets: scripts, audio, true times, and the calls and transcripts made of them.

A call set is a folder with `scripts/*.yaml`, the recordings and their `*.truth.json` in `audio/`
(or in the folder itself), and optionally `settings.yaml` with the values that its labels assume.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from qa.types import (
    Attitude,
    Call,
    Direction,
    KeyedAnswers,
    Notice,
    Outcome,
    ReleasedBy,
    Role,
    Segment,
    Span,
    Ticket,
    Transcript,
    Utterance,
    Word,
)


@dataclass(frozen=True)
class LabelledCall:
    """One call of a set.

    Attributes:
        script: the YAML document.
        audio: folder of the recording and its true times.
    """

    script: Mapping[str, Any]
    audio: Path

    @property
    def call_id(self) -> str:
        """The name of script, recording and call."""
        return str(self.script["id"])

    @property
    def ruleset(self) -> str:
        """The ruleset that the labels are about."""
        return str(self.script["ruleset"])

    @property
    def is_mono(self) -> bool:
        """Whether both speakers share one channel."""
        return str(self.script["channels"]) == "mono"

    @property
    def recording(self) -> Path:
        """The WAV file."""
        return self.audio / f"{self.call_id}.wav"

    @property
    def labels(self) -> dict[str, Outcome]:
        """What the inspector found, by rule id."""
        return {rule: Outcome(value) for rule, value in self.script["labels"].items()}

    @cached_property
    def truth(self) -> Mapping[str, Any]:
        """The rendered turns with their times."""
        text = (self.audio / f"{self.call_id}.truth.json").read_text(encoding="utf-8")
        loaded: dict[str, Any] = json.loads(text)
        return loaded

    def references(self) -> tuple[str, ...]:
        """Join what was said, per channel of the recording, in order of time."""
        turns = sorted(self.truth["turns"], key=lambda turn: turn["start"])
        if self.is_mono:
            return ("".join(turn["spoken"] for turn in turns),)
        return tuple(
            "".join(turn["spoken"] for turn in turns if turn["channel"] == channel)
            for channel in (0, 1)
        )


def load_call_set(folder: Path, *, only: int | None = None) -> list[LabelledCall]:
    """Read the scripts of a call set, in name order.

    Args:
        only: take only this many calls, spread evenly over the set.

    Raises:
        FileNotFoundError: the folder holds no scripts.
    """
    paths = sorted((folder / "scripts").glob("*.yaml"))
    if not paths:
        raise FileNotFoundError(f"{folder / 'scripts'} holds no call scripts (*.yaml)")
    if only is not None and only < len(paths):
        paths = [paths[i * len(paths) // only] for i in range(only)]
    audio = folder / "audio" if (folder / "audio").is_dir() else folder
    return [LabelledCall(yaml.safe_load(path.read_text(encoding="utf-8")), audio) for path in paths]


def ruleset_values(folder: Path, declared: Mapping[str, Any]) -> dict[str, Any]:
    """Pick from a set's settings and tables the values that a ruleset declares, keys within too.

    `settings.yaml` holds values by name; `stations.yaml` (compound: station) and `knowledge.yaml`
    (entries) are the values `stations` and `knowledge`.
    """
    settings = {**_table(folder / "settings.yaml")}
    for name in ("stations", "knowledge"):
        if table := _table(folder / f"{name}.yaml"):
            settings[name] = table
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in declared:
            continue
        if isinstance(value, dict) and isinstance(declared[name], Mapping) and declared[name]:
            value = {key: part for key, part in value.items() if key in declared[name]}
        values[name] = value
    return values


def _table(file: Path) -> Any:
    return (yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None) or {}


def build_call(labelled: LabelledCall) -> Call:
    """Say what the telephone system, the ticket and the notices know of a call."""
    script, metadata = labelled.script, labelled.script.get("metadata") or {}
    direction, released_by = metadata.get("direction"), metadata.get("released_by")
    ticket = _build_ticket(labelled.call_id, script.get("ticket"))
    return Call(
        call_id=labelled.call_id,
        started_at=datetime.fromisoformat(script["started_at"]),
        agent_id=script["agent"]["id"],
        direction=Direction(direction) if direction else None,
        ring_count=metadata.get("ring_count"),
        released_by=ReleasedBy(released_by) if released_by else None,
        caller_number=metadata.get("caller_number"),
        ticket_id=ticket.ticket_id if ticket else None,
        ruleset=labelled.ruleset,
        ticket=ticket,
        notices=tuple(_build_notices(script.get("festival_notices") or ())),
        fee_unpaid=metadata.get("fee_unpaid"),
        keyed=_build_keyed(script.get("keyed_answers")),
    )


def _build_ticket(call_id: str, fields: Mapping[str, str] | None) -> Ticket | None:
    if fields is None:
        return None
    return Ticket(**{"ticket_id": f"ticket-{call_id}", **fields})


def _build_keyed(fields: Mapping[str, Any] | None) -> KeyedAnswers | None:
    if fields is None:
        return None
    yes_no = {"是": True, "否": False, True: True, False: False, None: None}
    attitude = fields.get("b")
    return KeyedAnswers(
        solved=yes_no[fields.get("a")],
        attitude=Attitude(attitude) if attitude else None,
        charged=yes_no[fields.get("c")],
        points=fields.get("d"),
        remark=fields.get("e"),
    )


def _build_notices(entries: list[Mapping[str, str]] | tuple[()]) -> Iterator[Notice]:
    for entry in entries:
        first, last = (date.fromisoformat(str(entry[key])) for key in ("from", "to"))
        yield Notice(str(entry["festival"]), first, last)


def true_transcript(labelled: LabelledCall) -> Transcript:
    """Build the transcript that a perfect recogniser would give.

    Each turn is an utterance with its true times; its words are single characters (a punctuation
    mark belongs to the character before it), spread evenly over the sentence that holds them. The
    roles are the true ones, in mono too: the text is judged here, not the hearing. Levels are
    measured in the recording at the true times; None where the set has no recording.
    """
    audio = _samples(labelled)
    utterances = [
        replace(one, level_dbfs=_level(audio, one))
        for one in (_true_utterance(turn, labelled.is_mono) for turn in labelled.truth["turns"])
    ]
    speech = [Segment(u.channel, u.span) for u in utterances]
    return Transcript(
        recording_id=f"truth-{labelled.call_id}",
        engine="truth",
        duration_ms=round(labelled.truth["duration_s"] * 1000),
        channel_count=1 if labelled.is_mono else 2,
        utterances=tuple(sorted(utterances, key=lambda one: (one.span, one.channel))),
        speech=tuple(sorted(speech, key=lambda one: (one.span, one.channel))),
    )


def _samples(labelled: LabelledCall) -> tuple[NDArray[np.float32], int] | None:
    if not labelled.recording.is_file():
        return None
    import soundfile

    samples, rate = soundfile.read(labelled.recording, dtype="float32", always_2d=True)
    return samples, rate


def _level(audio: tuple[NDArray[np.float32], int] | None, utterance: Utterance) -> float | None:
    if audio is None:
        return None
    samples, rate = audio
    first, last = (ms * rate // 1000 for ms in (utterance.span.start_ms, utterance.span.end_ms))
    power = float(np.mean(np.square(samples[first:last, utterance.channel]), dtype=np.float64))
    return round(10 * float(np.log10(power + 1e-12)), 1)


def _true_utterance(turn: Mapping[str, Any], is_mono: bool) -> Utterance:
    words = [word for segment in turn["segments"] for word in _spread(segment)]
    return Utterance(
        role=Role(turn["role"]),
        role_confidence=1.0,
        channel=0 if is_mono else turn["channel"],
        span=Span(round(turn["start"] * 1000), round(turn["end"] * 1000)),
        text="".join(word.text for word in words),
        words=tuple(words),
        confidence=1.0,
    )


def _spread(segment: Mapping[str, Any]) -> Iterator[Word]:
    units: list[str] = []
    for char in segment["text"].strip():
        if units and not char.isalnum():
            units[-1] += char
        elif char.isalnum():
            units.append(char)
    start, end = segment["start"] * 1000, segment["end"] * 1000
    edges = [round(start + (end - start) * i / len(units)) for i in range(len(units) + 1)]
    for unit, begin, finish in zip(units, edges[:-1], edges[1:], strict=True):
        yield Word(unit, Span(begin, finish), 1.0)
