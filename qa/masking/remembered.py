"""What is personal in a call, kept for the next reader instead of being searched for again.

It is trusted only under the stamp of all that it follows from: the words, the little that is known
of the customer, and the program that searched. Whatever differs, is missing or is damaged is
searched for anew: nothing can show more than a search does.
"""

import json
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any

from qa.masking.find import Personal, facts_of
from qa.masking.spans import Kind, PersonalSpan
from qa.types import Call, Transcript

STAMP_BYTES = 32
SEARCHED_WITH = ("masking", "packed", "scoring", "types", "slotted.py", "text.py")
"""What the search is made of, folders with all that lies in them; a test compares the imports."""
_LIBRARIES = ("pypinyin", "OpenCC", "rapidfuzz")
_DAMAGED = (ValueError, TypeError, KeyError, AttributeError)


@cache
def searched_by() -> str:
    """Say which program searches: other code or libraries have another name."""
    digest = blake2b(digest_size=16)
    for path in _sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\0".encode())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    top = Path(__file__).parent.parent
    for name in SEARCHED_WITH:
        place = top / name
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def stamp_of(transcript: Transcript, call: Call) -> bytes:
    """Make the stamp of what is personal in a call."""
    said = [[utterance.role.value, utterance.text] for utterance in transcript.utterances]
    about = json.dumps([searched_by(), said, facts_of(call)], ensure_ascii=True)
    return blake2b(about.encode(), digest_size=STAMP_BYTES).digest()


def pack_personal(personal: Personal) -> bytes:
    """Write down what is personal in a call."""
    spans = {
        number: [[span.start, span.end, span.kind.value] for span in some]
        for number, some in enumerate(personal.spans)
        if some
    }
    learnt = [sorted(known) for known in (personal.names, personal.compounds, personal.numbers)]
    return json.dumps([spans, *learnt], ensure_ascii=False, separators=(",", ":")).encode()


def unpack_personal(data: bytes, transcript: Transcript) -> Personal | None:
    """Read what `pack_personal` wrote; None where it is damaged or does not fit the words."""
    try:
        spans, *learnt = json.loads(data)
        names, compounds, numbers = (_words(known) for known in learnt)
        texts = [utterance.text for utterance in transcript.utterances]
        found = {int(number): _spans(some, texts[int(number)]) for number, some in spans.items()}
    except (*_DAMAGED, IndexError):
        return None
    return Personal(
        tuple(found.get(number, ()) for number in range(len(texts))), names, compounds, numbers
    )


def _words(known: Any) -> frozenset[str]:
    if not isinstance(known, list) or not all(isinstance(one, str) for one in known):
        raise TypeError("no list of words")
    return frozenset(known)


def _spans(some: Any, text: str) -> tuple[PersonalSpan, ...]:
    spans = tuple(PersonalSpan(start, end, Kind(kind)) for start, end, kind in some)
    at = 0
    for span in spans:
        if not at <= span.start < span.end <= len(text):
            raise ValueError("a stretch that does not fit its text")
        at = span.end
    return spans
