"""Random changes of rules' lists, to prove which calls they can reach and which they cannot."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from qa.scoring.check import Check
from qa.scoring.grammar import compile_pattern
from qa.scoring.spotting import Guards
from qa.scoring.syllables import fold_syllable, syllable_of
from qa.text import fold

NARROW = ("phrase_absent", "promise_absent", "customer_mentions")
"""Kinds of checks that can say which calls a changed list reaches."""
_LISTS = {
    "phrase_absent": ("phrases", "doubtful", "asked"),
    "promise_absent": (
        *("promises", "pledges", "doubtful", "allowed", "commitments", "asked", "firm"),
    ),
    "customer_mentions": ("phrases", "said_of", "mild", "prompted", "prompts"),
}


def changed(check: Check, texts: Sequence[str], chance: random.Random) -> Check:
    """Return the check with wordings added to and taken from a list or two, or a guard's.

    Args:
        texts: what was said in calls; some of the new wordings are cut from it, as they are or
            garbled, so that they are nearly there.
    """
    names = [name for name in _LISTS[check.kind] if getattr(check, name)]
    changes: dict[str, Any] = {}
    for name in chance.sample(names, min(len(names), chance.randint(1, 2))):
        changes[name] = _other(getattr(check, name), texts, chance)
    guards = getattr(check, "guards")  # noqa: B009
    if isinstance(guards, Guards) and chance.random() < 0.4:
        name = chance.choice([field.name for field in fields(guards)])
        changes["guards"] = replace(
            guards, **{name: _other(getattr(guards, name), texts, chance, smallest=0)}
        )
    assert is_dataclass(check)
    return replace(check, **changes)


def _other(
    wordings: tuple[str, ...], texts: Sequence[str], chance: random.Random, smallest: int = 1
) -> tuple[str, ...]:
    kept = [w for w in wordings if chance.random() > 0.15]
    if len(kept) < smallest:
        kept = list(wordings)
    for _ in range(chance.randint(0 if len(kept) < len(wordings) else 1, 3)):
        kept.insert(chance.randint(0, len(kept)), _wording(texts, chance))
    return tuple(dict.fromkeys(kept))


def _wording(texts: Sequence[str], chance: random.Random) -> str:
    """Cut a wording from what was said: as it is, garbled, in parts, or with alternatives."""
    while True:
        text = fold(chance.choice(texts)).text
        length = chance.choice((1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 10, 14))
        at = chance.randint(0, max(0, len(text) - length))
        piece = [_garbled(c, chance) for c in text[at : at + length]]
        if len(piece) > 3 and chance.random() < 0.3:
            piece[len(piece) // 2] += chance.choice("…~")
        if len(piece) > 2 and chance.random() < 0.2:
            piece[0] = f"[{piece[0]}|{_garbled(text[0], chance)}|]"
        wording = "".join(piece)
        try:
            compile_pattern(wording)
        except ValueError:
            continue
        return wording


def _garbled(char: str, chance: random.Random) -> str:
    """Return the character, or now and then one that sounds like it, or any other."""
    kind = chance.random()
    if kind > 0.15:
        return char
    if kind > 0.1:
        return chance.choice(_COMMON)
    wanted = fold_syllable(syllable_of(char))
    alike = [c for c in _COMMON if fold_syllable(syllable_of(c)) == wanted]
    return chance.choice(alike) if alike else char


_COMMON = (
    "您好不是我们的这个没有知道管家里说来去人师傅修暖气热电话问找物业吧"
    "啊嗯吗了给你他她自己行能保证一定今天明下午上尽快费退"
)


def variants(
    checks: Mapping[str, Check], texts: Sequence[str], seed: int
) -> Iterator[tuple[str, Check, Check]]:
    """Give for each narrow check a changed one: rule id, check before, check after."""
    chance = random.Random(seed)
    for rule_id, check in checks.items():
        if check.kind in NARROW:
            yield rule_id, check, changed(check, texts, chance)
