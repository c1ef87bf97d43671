"""Personal data: found in what was said, and hidden from who may not read it.

Pure functions on transcripts, scorecards and calls; who may read what is decided by the caller.
"""

from qa.masking.apply import (
    MARK,
    Heard,
    listen,
    mask_address,
    mask_call,
    mask_match,
    mask_name,
    mask_number,
    mask_numbers_in,
    mask_scorecard,
    mask_text,
    mask_transcript,
    mask_verdict,
)
from qa.masking.find import Personal, find_personal, personal_spans
from qa.masking.remembered import pack_personal, searched_by, stamp_of, unpack_personal
from qa.masking.silence import protected_spans
from qa.masking.spans import Kind, PersonalSpan
from qa.masking.written import mask_written

__all__ = [
    "MARK",
    "Heard",
    "Kind",
    "Personal",
    "PersonalSpan",
    "find_personal",
    "listen",
    "mask_address",
    "mask_call",
    "mask_match",
    "mask_name",
    "mask_number",
    "mask_numbers_in",
    "mask_scorecard",
    "mask_text",
    "mask_transcript",
    "mask_verdict",
    "mask_written",
    "pack_personal",
    "personal_spans",
    "protected_spans",
    "searched_by",
    "stamp_of",
    "unpack_personal",
]
