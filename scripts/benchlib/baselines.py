"""Two simple ways to judge a transcript, from the same phrase lists: exact and fuzzy search.

`exact` finds a phrase where its characters stand in a sentence; `fuzzy` where RapidFuzz's
`partial_ratio` of phrase and sentence is at least 80 (of a sentence shorter than the phrase, the whole
ratio: else 好 would hold every phrase with a 好 in it). Both see sentences without punctuation
and judge by what a script of fifty lines would do: a slot is said when any of its phrases is
found in an agent's sentence, a number when any way of saying it is. Where roles are unknown they
leave the rule undecided, as we do.
"""

import re
from collections.abc import Callable, Mapping

Finder = Callable[[str, str], bool]
FUZZY_CUTOFF = 80
_SENTENCE_END = re.compile(r"[。！？!?;；]")
_SPOKEN = {
    **{"0": "0零洞〇", "1": "1一幺", "2": "2二两", "3": "3三", "4": "4四"},
    **{"5": "5五", "6": "6六", "7": "7七拐", "8": "8八", "9": "9九勾"},
}
_ANY_NUMBER = re.compile(f"[{''.join(_SPOKEN.values())}]{{3,}}")


def find_exact(phrase: str, sentence: str) -> bool:
    """Find a phrase word for word."""
    return phrase in sentence


def find_fuzzy(phrase: str, sentence: str) -> bool:
    """Find a phrase by RapidFuzz on the whole sentence."""
    from rapidfuzz import fuzz

    ratio = fuzz.partial_ratio if len(sentence) >= len(phrase) else fuzz.ratio
    return float(ratio(phrase, sentence)) >= FUZZY_CUTOFF


FINDERS: Mapping[str, Finder] = {"exact": find_exact, "fuzzy": find_fuzzy}
