"""What a client has already and asks for again: 304 instead of the same bytes once more.

Who asks is checked and written down as if they were sent. Nothing of a sound is kept by a browser
(`no-store`): a computer in a call centre has many users, and what one heard stays with none. The
tag serves programs that keep clips themselves.
"""

import hashlib

from fastapi import Request, Response
from starlette.staticfiles import NotModifiedResponse

KEPT_PRIVATELY = "private, no-cache"
"""A person's own browser may keep it, and asks each time whether they still may see it."""


def tag_of(*about: object) -> str:
    """Make an entity tag out of all that an answer follows from; it shows none of that."""
    return f'"{hashlib.sha256(repr(about).encode()).hexdigest()[:32]}"'


def is_known(request: Request, tag: str) -> bool:
    """Whether the client has what bears this tag."""
    asked = [part.strip().removeprefix("W/") for part in _asked(request).split(",")]
    return "*" in asked or tag in asked


def unless_known(request: Request, response: Response) -> Response:
    """Give the answer, or 304 where its tag says that the client has it; goes before a range."""
    tag = response.headers.get("etag")
    if tag is None or response.status_code not in (200, 206) or not is_known(request, tag):
        return response
    return NotModifiedResponse(response.headers)


def _asked(request: Request) -> str:
    return ",".join(request.headers.getlist("if-none-match"))
