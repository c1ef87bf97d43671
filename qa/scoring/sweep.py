"""Look through hundreds of calls at once for what a changed list can reach (`qa.scoring.reach`).

A call's words are joined, whoever's turn they were in, and turned into codes by one table: no
track is built and no utterance folded by itself. So a gram may be found that spans two turns, which
only makes a call be judged that need not be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qa.scoring.grammar import compile_all
from qa.scoring.grams import EDGE, REACH, known_code
from qa.scoring.lexicon import Lexicon, Stretches
from qa.scoring.reach import Reach
from qa.scoring.shortlist import Shortlist
from qa.scoring.syllables import keys
from qa.scoring.track import key_pairs
from qa.text import FILLERS, folded_char
from qa.types import Role

Array = Any
_UNSEEN, _NOTHING, _SEVERAL = 0xFFFF, 0xFFFE, 0xFFFD
"""A character not met yet; one that is folded away; one that becomes several."""
_ROLES = (Role.AGENT, Role.CUSTOMER)
_SHIFT = 16


@dataclass(frozen=True, slots=True)
class Said:
    """What both sides said, as it was recognised, each joined in the order of the utterances."""

    agent: str
    customer: str


class Sweep:
    """Finds the calls that changed rules may judge otherwise.

    Args:
        reaches: by rule id.
    """

    def __init__(self, reaches: Mapping[str, Reach]) -> None:
        self._rules = frozenset(reaches)
        self._lexicons = {role: Lexicon() for role in _ROLES}
        self._bits: list[tuple[Role, str, int]] = []
        self._near: list[tuple[str, frozenset[str]]] = []
        for rule_id, reach in reaches.items():
            for sought in reach.sought:
                lexicon, patterns = self._lexicons[sought.role], compile_all(sought.notations)
                first = lexicon.reserve(0)
                Shortlist(
                    patterns,
                    sought.floor,
                    strict=sought.strict,
                    chars=sought.chars,
                    exact_below=sought.exact_below,
                    lexicon=lexicon,
                )
                mask = ((1 << len(patterns)) - 1) << first
                self._bits.append((sought.role, rule_id, mask))
            texts = (text for p in compile_all(reach.near) for text in p.parts[0])
            self._near += [(rule_id, key_pairs(keys(text))) for text in texts]

    def reached(self, calls: Sequence[Said]) -> list[frozenset[str]]:
        """Name for each call the rules that may judge it otherwise than they did."""
        found: list[set[str]] = [set() for _ in calls]
        for role in _ROLES:
            wanted = [(rule_id, mask) for its, rule_id, mask in self._bits if its is role]
            near = self._near if role is Role.AGENT else []
            if not (wanted or near):
                continue
            stretches, unsure = _stretches([getattr(call, role.value) for call in calls])
            if wanted:
                for rules, patterns in zip(
                    found, self._lexicons[role].held(stretches), strict=True
                ):
                    if patterns:
                        rules.update([rule_id for rule_id, mask in wanted if patterns & mask])
            for rule_id, pairs in near:
                for number in _with_half(stretches, pairs):
                    found[number].add(rule_id)
            for number in unsure:
                found[number] |= self._rules
        return [frozenset(rules) for rules in found]


def _with_half(stretches: Stretches, pairs: frozenset[str]) -> list[int]:
    """Find the texts, by number, that hold half of some pairs of neighbouring keys."""
    import numpy as np

    counts = np.zeros(stretches.count, dtype=np.int64)
    codes = stretches.codes.astype(np.uint32)
    both = codes[:-1] | codes[1:] << np.uint32(_SHIFT)
    for pair in pairs:
        wanted = known_code(pair[0]) | known_code(pair[1]) << _SHIFT
        places = (both[: len(stretches.owners)] == np.uint32(wanted)).nonzero()[0]
        counts[np.unique(stretches.owners[places])] += 1
    numbers: list[int] = (2 * counts >= len(pairs)).nonzero()[0].tolist()
    return numbers


class _Letters:
    """A table of what each character becomes, filled as characters are met."""

    def __init__(self) -> None:
        import numpy as np

        self._codes = np.full(1 << 16, _UNSEEN, dtype=np.uint16)
        self._fillers = np.zeros(1 << 16, dtype=bool)

    def read(self, characters: Array) -> tuple[Array, Array]:
        """Return the code of each character, and whether it is a filler."""
        import numpy as np

        codes: Array = self._codes[characters]
        unseen = codes == _UNSEEN
        if unseen.any():
            for number in np.unique(characters[unseen]).tolist():
                self._learn(number)
            codes = self._codes[characters]
        return codes, self._fillers[characters]

    def _learn(self, number: int) -> None:
        char = chr(number)
        # Half of a character beyond 16 bits: what the whole becomes is not looked up.
        folded = "??" if 0xD800 <= number < 0xE000 else folded_char(char)
        if len(folded) > 1:
            self._codes[number] = _SEVERAL
        else:
            self._codes[number] = known_code(keys(folded)) if folded else _NOTHING
        self._fillers[number] = folded in FILLERS


_letters: _Letters | None = None


def _stretches(texts: Sequence[str]) -> tuple[Stretches, list[int]]:
    """Turn texts into codes; and number those with a character that becomes several."""
    import numpy as np

    global _letters
    if _letters is None:
        _letters = _Letters()
    raw = [text.encode("utf-16-le", "surrogatepass") for text in texts]
    characters = np.frombuffer(b"".join(raw), dtype="<u2")
    owners = np.repeat(np.arange(len(texts)), [len(one) // 2 for one in raw])
    codes, fillers = _letters.read(characters)
    unsure: list[int] = np.unique(owners[codes == _SEVERAL]).tolist()
    kept = codes < _SEVERAL
    bare = kept & ~fillers
    return _with_edges([codes[kept], codes[bare]], [owners[kept], owners[bare]], len(texts)), unsure


def _with_edges(codes: list[Array], owners: list[Array], count: int) -> Stretches:
    """Lay codes out with edges behind each text."""
    import numpy as np

    laid, owned = [], []
    for some, its in zip(codes, owners, strict=True):
        lengths = np.bincount(its, minlength=count) + REACH
        padded = np.full(int(lengths.sum()), EDGE, dtype=np.uint16)
        padded[np.arange(len(some)) + its * REACH] = some
        laid.append(padded)
        owned.append(np.repeat(np.arange(count), lengths))
    ends = np.full(REACH, EDGE, dtype=np.uint16)
    return Stretches(np.concatenate([*laid, ends]), np.concatenate(owned), count)
