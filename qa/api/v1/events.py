"""Events (SSE): a resource again and again until it is over, without holding a thread."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from qa.api.access import Viewer
from qa.api.problems import Refused

POLL_S: Final = 0.5
LONGEST_S: Final = 120.0
"""So long one connection lasts; the client then connects again, and is asked anew who it is."""
PER_PERSON: Final = 20
_RETRY_MS: Final = 2_000
_open: dict[int, int] = {}

Look = Callable[[], tuple[BaseModel, bool]]
"""Loads the resource as it is now, and says whether it is over."""

Stream = AsyncIterator[ServerSentEvent]


@contextmanager
def counted(viewer: Viewer) -> Iterator[None]:
    """Count one open stream of a person."""
    user_id = viewer.user.user_id
    _open[user_id] = _open.get(user_id, 0) + 1
    try:
        yield
    finally:
        _open[user_id] -= 1
        if not _open[user_id]:
            del _open[user_id]


def require_few(viewer: Viewer) -> None:
    """Make sure that a person does not open streams without end.

    Raises:
        Refused: too many are open.
    """
    if _open.get(viewer.user.user_id, 0) >= PER_PERSON:
        raise Refused("too_many_requests", "too many open streams", headers={"retry-after": "10"})


async def watch(viewer: Viewer, look: Look) -> AsyncIterator[ServerSentEvent]:
    """Send the resource when it has changed; `event: end` with its last state closes the stream."""
    with counted(viewer):
        last, began = "", time.monotonic()
        while time.monotonic() - began < LONGEST_S:
            found, is_over = await run_in_threadpool(look)
            text = found.model_dump_json()
            if is_over:
                yield ServerSentEvent(raw_data=text, event="end")
                return
            if text != last:
                yield ServerSentEvent(raw_data=text, event="state", retry=_RETRY_MS)
                last = text
            await asyncio.sleep(POLL_S)


def described(schema: str) -> dict[int | str, dict[str, Any]]:
    """Describe a stream for OpenAPI.

    Args:
        schema: name of the schema of each event's data.
    """
    text = (
        f"A stream of events: `state` with a `{schema}` as JSON whenever it changes, then `end` "
        "with the last one. It is cut after two minutes; connect again."
    )
    return {
        200: {
            "description": text,
            "content": {"text/event-stream": {}},
        }
    }


def depends(watched: Callable[..., Look]) -> Any:
    """Make the dependency of a stream, which answers 404 and the like before the stream begins."""
    return Depends(watched)


__all__ = ["EventSourceResponse"]
