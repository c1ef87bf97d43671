"""What programs write to their logs: no mobile number gets there, whatever it stands in.

Recorders like to put a caller's number into the names of files, and so it comes into ids of calls,
into messages about them and into tracebacks.
"""

import logging
import re

# Digits that are no part of it may stand before it, of a date or for the exchange (0, 9, 86), and a
# date behind it.
_MOBILE = re.compile(
    r"(?<!\d)((?:20\d{6}(?:\d{6}(?:\d{3})?)?)?(?:(?:00)?86|0|9)?1[3-9]\d)(-?)\d{4}\2(\d{4})"
    r"(?!\d(?!0\d{6}))"
)


def hide_mobiles(text: str) -> str:
    """Hide mobile numbers inside a text, a file name or an id: `138****0000`."""
    return _MOBILE.sub(r"\1\2****\2\3", text)


class HidingFormatter(logging.Formatter):
    """Formats a record, its traceback included, without mobile numbers."""

    def format(self, record: logging.LogRecord) -> str:
        """Format it."""
        return hide_mobiles(super().format(record))


def hide_in_logs() -> None:
    """Let whatever this process logs without a handler of its own be without mobile numbers."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(HidingFormatter("%(message)s"))
