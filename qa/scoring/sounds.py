"""Regular expressions by sound: each Chinese character stands for its toneless syllable.

A recogniser writes 姓明 or 信名 for 姓名; a pattern that is searched in syllables finds them at the
price of one regular expression. Confusable syllables are different here: what is sought this way
is short, and near misses of two syllables are everywhere.
"""

import re
from functools import lru_cache

from qa.scoring.syllables import sounds


@lru_cache(maxsize=1_000)
def sound_regex(pattern: str) -> re.Pattern[str]:
    """Compile a pattern whose Chinese characters match whatever sounds the same.

    Args:
        pattern: a regular expression over Chinese characters; other characters keep their meaning,
            so digits may be counts (`.{0,4}`). Search it in `sounds` of a folded text.
    """
    return re.compile("".join(sounds(c) if "\u4e00" <= c <= "\u9fff" else c for c in pattern))
