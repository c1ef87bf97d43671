"""The pages' own words, in Chinese and in English; what codes mean is in `qa.wording`.

Each page keeps its words in a file of its own here, as a mapping `WORDS`; what several pages say
stands in `common`. A key names one text in the whole service.
"""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from typing import Final

from qa.reasons import Wording


def _collect() -> Mapping[str, Wording]:
    """Merge the words of all pages.

    Raises:
        ValueError: two pages use one key for their texts.
    """
    found: dict[str, Wording] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        words: Mapping[str, Wording] = import_module(f"{__name__}.{module.name}").WORDS
        taken = sorted(found.keys() & words.keys())
        if taken:
            raise ValueError(f"words/{module.name}.py: other pages have {', '.join(taken)}")
        found.update(words)
    return found


WORDS: Final = _collect()


def word(key: str, lang: str, **values: object) -> str:
    """Say one of the pages' words, with values filled in.

    Raises:
        KeyError: there is no such word; a test keeps templates from asking for one.
    """
    text = WORDS[key].text(lang)
    return text.format(**values) if values else text
