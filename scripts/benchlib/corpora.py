"""What `bench-asr` listens to: call sets and the real-speech folder, with references."""

import csv
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchlib.callset import load_call_set

_GAP_S = 0.6
_CLIPS_PER_FILE = 10


@dataclass(frozen=True)
class Item:
    """A recording with what is said on each channel, and the group each channel counts towards."""

    file: Path
    references: tuple[str, ...]
    groups: tuple[str, ...]


def calls(folder: Path, only: int | None = None) -> list[Item]:
    """Take the recordings of a call set."""
    return [
        Item(
            call.recording, call.references(), ("mono",) if call.is_mono else ("agent", "customer")
        )
        for call in load_call_set(folder, only=only)
    ]


def real_speech(folder: Path, scratch: Path) -> list[Item]:
    """Take the pseudo-calls, and the clips that are not in them, joined to files of a few each.

    A lone short clip is no call: alone in a 30-second window it measures how a recogniser pads,
    not how it hears. Joined files go to `scratch` with a short silence between clips.
    """
    items = [_pseudo_call(path) for path in sorted(folder.glob("call*.json"))]
    told = "".join(item.references[0] for item in items)
    with (folder / "manifest.tsv").open(encoding="utf-8", newline="") as table:
        rows = [
            (folder / row["file"], row["transcript"])
            for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["transcript"] not in told
        ]
    for start in range(0, len(rows), _CLIPS_PER_FILE):
        items.append(_join(rows[start : start + _CLIPS_PER_FILE], scratch / f"clips{start}.wav"))
    return items


def _pseudo_call(path: Path) -> Item:
    told = json.loads(path.read_text(encoding="utf-8"))
    said = "".join(text for _, _, _, text in told["turns"])
    return Item(path.with_name(f"{path.stem}_8k_alaw.wav"), (said,), (path.stem,))


def _join(clips: Sequence[tuple[Path, str]], file: Path) -> Item:
    import numpy as np
    import soundfile

    parts, rate = [], 8000
    for path, _ in clips:
        samples, clip_rate = soundfile.read(path, dtype="float32")
        if clip_rate != rate or samples.ndim != 1:
            raise ValueError(f"{path.name}: expected mono at {rate} Hz")
        parts += [samples, np.zeros(int(_GAP_S * rate), np.float32)]
    soundfile.write(file, np.concatenate(parts), rate, subtype="ALAW")
    said = "".join(re.sub(r"\s+", " ", text) for _, text in clips)
    return Item(file, (said,), ("clips",))
