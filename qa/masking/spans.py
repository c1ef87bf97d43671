"""What personal data in a text is: where it stands and of which kind."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of personal data."""

    PHONE = "phone"
    NAME = "name"
    ADDRESS = "address"
    ID = "id"
    CARD = "card"
    CITIZEN_ID = "citizen_id"
    CODE = "code"


PROTECTED = frozenset({Kind.CARD, Kind.CITIZEN_ID, Kind.CODE})
"""What is also silent in the sound: bank cards, ID cards, verification codes and passwords."""


@dataclass(frozen=True, slots=True, order=True)
class PersonalSpan:
    """A stretch of one utterance's text, half-open `[start, end)`, in characters."""

    start: int
    end: int
    kind: Kind
