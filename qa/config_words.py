"""Settings of the domain words that the recogniser is told to expect."""

from typing import Annotated

from pydantic import Field, StringConstraints

from qa.sections import Section

MAX_WORDS = 12
"""More words than these distract the recogniser: docs/decisions/0041-domain-words.md."""
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=12)]


class WordSettings(Section):
    """Domain words of one ruleset's calls, by where in the call they are to be expected."""

    opening: tuple[Word, ...] = Field(
        (), max_length=MAX_WORDS, description="words of greetings: company, festival, agents' names"
    )
    body: tuple[Word, ...] = Field(
        (), max_length=MAX_WORDS, description="words of the matter: compounds, parts, stations"
    )
    closing: tuple[Word, ...] = Field(
        (), max_length=MAX_WORDS, description="words of the last sentences"
    )
