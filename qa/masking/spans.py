"""What personal data in a text is: where it stands and of which kind."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of personal data."""

    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"
    ID = "id"


@dataclass(frozen=True, slots=True, order=True)
class PersonalSpan:
    """A stretch of one utterance's text, half-open `[start, end)`, in characters."""

    start: int
    end: int
    kind: Kind
