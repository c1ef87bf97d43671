"""What people wrote about calls, as pages and answers show it: one place for all of them."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from qa.api.kept import Kept
from qa.masking import Heard, listen, mask_written
from qa.store.convert import load_calls
from qa.types import Call

_WRITTEN: Kept[str] = Kept(5_000)
"""Texts of lists with what is personal hidden; they follow from the text and the call alone."""
Hide = Callable[[str], str]
"""Gives a written text with what is personal in it hidden."""


def hide_in(heard: Heard | None) -> Hide:
    """Say how texts about one call are shown.

    Args:
        heard: what `listen` found in the call; None for a reader who asked for clear text, may
            see it, and whose look was written down.
    """
    return partial(mask_written, heard=heard) if heard is not None else str


def hide_by_call(
    session: Any, call_ids: Iterable[str], zone: ZoneInfo
) -> Callable[[str, str], str]:
    """Say how texts about several calls are shown: by what is known of each, nothing in clear.

    Lists use it: what was said is not read again for every line, as on a call's own page.

    Returns:
        A function of the call's id and the text; an id that is not there counts as unknown.
    """
    wanted = list(dict.fromkeys(call_ids))
    calls = load_calls(session, wanted, zone) if wanted else {}
    nothing = Call("")

    def written(call_id: str, text: str) -> str:
        if not text:
            return text
        call = calls.get(call_id, nothing)
        return _WRITTEN.get((text, call), lambda: mask_written(text, listen(None, call)))

    return written
