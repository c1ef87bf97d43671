"""Which domain words the recogniser is told to expect in a window.

A word that is expected is heard more easily, and also where nobody said it. So a window is told
few words, those of its position in the call, and none where it holds little speech: there the model
would write down what it was told. docs/decisions/0041-domain-words.md.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from qa.config_words import MAX_WORDS, WordSettings
from qa.transcribe.pack import Window
from qa.types import Span

DEFAULT = "default"
OPENING_MS = 20_000
"""What a channel says within so long of the call's first speech may be a greeting."""
CLOSING_MS = 20_000
"""The same for the last sentences, counted from the call's last speech."""
MIN_SPEECH_MS = 4_000
"""A window with less speech is told nothing."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Domain words of a call, by where they are to be expected.

    Attributes:
        span: from the first to the last speech of the call.
    """

    words: WordSettings
    span: Span

    def of(self, window: Window) -> tuple[str, ...]:
        """Choose the words of a window: those of each position that it touches, in turn.

        Returns:
            At most `MAX_WORDS`, each once; none where the window holds little speech.
        """
        if sum(piece.source.duration_ms for piece in window.pieces) < MIN_SPEECH_MS:
            return ()
        first = window.pieces[0].source.start_ms
        last = window.pieces[-1].source.end_ms
        opens = first < self.span.start_ms + OPENING_MS
        closes = last > self.span.end_ms - CLOSING_MS
        inside = last > self.span.start_ms + OPENING_MS and first < self.span.end_ms - CLOSING_MS
        lists = (
            self.words.opening if opens else (),
            self.words.body if inside or not (opens or closes) else (),
            self.words.closing if closes else (),
        )
        in_turn = [word for some in zip_longest(*lists) for word in some if word is not None]
        return tuple(dict.fromkeys(in_turn))[:MAX_WORDS]


def words_for(words: Mapping[str, WordSettings], ruleset: str | None) -> WordSettings | None:
    """Find the words of a ruleset's calls, or those of all others; None where there are none."""
    return words.get(ruleset or DEFAULT) or words.get(DEFAULT)


def words_fingerprint(words: Mapping[str, WordSettings]) -> str:
    """Name the domain words of all rulesets; empty where there are none."""
    plain = {name: own.model_dump() for name, own in words.items()}
    plain = {name: own for name, own in plain.items() if any(own.values())}
    if not plain:
        return ""
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


Told = Sequence[tuple[str, ...]]
"""For each window the words that it is told."""
