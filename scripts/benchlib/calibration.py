"""From trials to thresholds: error rates by margin, and margins from which the sound decides."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchlib.tables import percent, render
from benchlib.trials import Heard, Trial
from qa.codec import decode, encode
from qa.scoring.hypotheses import Finding, Kind
from qa.transcribe.hear import HEAR_REVISION
from qa.types import Hearing, Question, Transcript

FALSE_ACCEPT = {Kind.PHRASE: 0.01, Kind.NUMBER: 0.01, Kind.SLOT: 0.025, Kind.VALUE: 0.025}
"""How often the sound may say of what was not said that it was. Phrases convict and numbers
acquit, so they have the lower limit."""
FALSE_REJECT = dict.fromkeys(Kind, 0.015)
"""How often it may say of what was said that it was not."""
FOUND = 0.95
"""Where the curves lie far apart, `said` stays at what finds so much of what was said: going down
to the limit of false accepts would find little more, and texts shorter than the trials' would pass
too easily."""
STEP = 0.5
"""Thresholds are multiples of so many nats: finer ones would pretend to more data."""
GAP = 2.0
"""There is always so much room between the two thresholds, in nats."""


@dataclass(frozen=True)
class Weighing:
    """A trial and the margin that the sound gave it, in nats."""

    trial: Trial
    margin: float


class HearingCache:
    """Answers kept per call, by everything that shapes them."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        content = f"{fingerprint}/hear{HEAR_REVISION}".encode()
        self._folder = folder / hashlib.sha256(content).hexdigest()[:16]

    def load(self, call_id: str) -> tuple[Hearing, ...]:
        """Return the answers kept for a call."""
        path = self._folder / f"{call_id}.json.zst"
        return decode(Transcript, path.read_bytes()).hearings if path.is_file() else ()

    def save(self, call_id: str, transcript: Transcript) -> None:
        """Keep the answers in a transcript."""
        path = self._folder / f"{call_id}.json.zst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(transcript))


def open_of(heard: Heard, trials: Iterable[Trial]) -> list[Question]:
    """List what trials of a call ask that its transcript has no answer to."""
    scene = heard.scene
    scene.asked.clear()
    for trial in trials:
        trial.weigh(scene)
    return list(dict.fromkeys(scene.asked))


def weighings(heard: Heard, trials: Iterable[Trial]) -> list[Weighing]:
    """Weigh a call's trials by the answers in its transcript; what is still open is left out."""
    found = []
    for trial in trials:
        weighed = trial.weigh(heard.scene)
        if weighed.finding is not Finding.OPEN and weighed.margin is not None:
            found.append(Weighing(trial, weighed.margin))
    return found


def choose(found: Sequence[Weighing], kind: Kind) -> tuple[float, float]:
    """Choose a kind's thresholds.

    As many errors as the limits allow, rounded down: none among fewer than a hundred trials where
    the limit is 1 %, so that few trials give careful thresholds.

    Returns:
        From the first margin up it was said; up to the second it was not.

    Raises:
        ValueError: there are no trials of both answers.
    """
    yes = sorted(w.margin for w in found if w.trial.kind is kind and w.trial.said)
    no = sorted(
        (w.margin for w in found if w.trial.kind is kind and not w.trial.said), reverse=True
    )
    if not yes or not no:
        raise ValueError(f"no trials of kind {kind}")
    accepted = int(FALSE_ACCEPT[kind] * len(no))
    rejected = int(FALSE_REJECT[kind] * len(yes))
    # The first error that is too many bounds the threshold from beyond.
    said = -(-(no[accepted] + 0.01) // STEP) * STEP
    said = max(said, yes[int((1 - FOUND) * len(yes))] // STEP * STEP)
    not_said = (yes[rejected] - 0.01) // STEP * STEP
    return said, min(not_said, said - GAP)


def rate_table(found: Sequence[Weighing], thresholds: Mapping[Kind, tuple[float, float]]) -> str:
    """Lay out, per kind, what the thresholds do to what was said and to what was not."""
    rows = []
    for kind, (said, not_said) in thresholds.items():
        yes = [w.margin for w in found if w.trial.kind is kind and w.trial.said]
        no = [w.margin for w in found if w.trial.kind is kind and not w.trial.said]
        rows.append(
            [
                kind.value,
                f"{said:+.1f}",
                f"{not_said:+.1f}",
                str(len(yes)),
                percent(_share(yes, lambda m, t=said: m >= t)),
                percent(_share(yes, lambda m, t=not_said: m <= t)),
                str(len(no)),
                percent(_share(no, lambda m, t=said: m >= t)),
                percent(_share(no, lambda m, t=not_said: m <= t)),
            ]
        )
    headers = ["kind", "said from", "not said to", "said", "found", "rejected"]
    headers += ["not said", "accepted", "excluded"]
    return render(headers, rows, markdown=True)


def curve_table(found: Sequence[Weighing], kind: Kind) -> str:
    """Lay out a kind's error rates over the margin: the two curves that the thresholds cut."""
    yes = [w.margin for w in found if w.trial.kind is kind and w.trial.said]
    no = [w.margin for w in found if w.trial.kind is kind and not w.trial.said]
    rows = [
        [
            f"{at:+d}",
            percent(_share(yes, lambda m, t=at: m >= t)),
            percent(_share(no, lambda m, t=at: m >= t)),
        ]
        for at in range(-24, 13, 2)
    ]
    return render(["margin from", "said", "not said"], rows, markdown=True)


def sort_table(found: Sequence[Weighing]) -> str:
    """Lay out the margins by kind and origin of the trials."""
    groups: dict[tuple[str, str], list[float]] = {}
    for one in found:
        groups.setdefault((one.trial.kind.value, one.trial.sort), []).append(one.margin)
    rows = []
    for (kind, sort), margins in sorted(groups.items()):
        ordered = sorted(margins)
        cuts = [ordered[min(len(ordered) - 1, int(q * len(ordered)))] for q in (0.05, 0.5, 0.95)]
        rows.append([kind, sort, str(len(ordered)), *(f"{cut:+.1f}" for cut in cuts)])
    return render(["kind", "texts", "trials", "5 %", "median", "95 %"], rows, markdown=True)


def _share(margins: Sequence[float], test: Callable[[float], bool]) -> float | None:
    return sum(map(test, margins)) / len(margins) if margins else None
