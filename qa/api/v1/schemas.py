"""Schemas that several resources share."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

MAX_INTEGER: Final = 2**53 - 1


def example(**values: Any) -> ConfigDict:
    """Configure an answer: made from the house's own types, shown with an example."""
    extra: dict[str, Any] = {"examples": [values]} if values else {}
    return ConfigDict(from_attributes=True, json_schema_extra=extra)


class Answer(BaseModel):
    """What the API says; new fields may be added at any time."""

    model_config = ConfigDict(from_attributes=True)


class Request(BaseModel):
    """What the API is told; a key that it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


def _plain(text: str) -> str:
    if any(character < " " or character == "\x7f" for character in text):
        raise ValueError("no control characters")
    return text


def _text(text: str) -> str:
    if "\0" in text:
        raise ValueError("no NUL characters")
    return text


Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_plain),
]
"""One line: an id, a name, a number."""

LongLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AfterValidator(_plain),
]

Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000),
    AfterValidator(_text),
]
"""A few sentences that a person wrote."""

Id = Annotated[int, Field(ge=1, le=MAX_INTEGER)]


class SpanOut(Answer):
    """A stretch of the recording, milliseconds from its start; the end is not part of it."""

    model_config = example(start_ms=12_340, end_ms=15_120)

    start_ms: int = Field(ge=0)
    end_ms: int = Field(ge=0)


class TwoLanguages(Answer):
    """A text in both languages of the service."""

    model_config = example(zh="结束语不完整", en="The closing is incomplete")

    zh: str
    en: str
