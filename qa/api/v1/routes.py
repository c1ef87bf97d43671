"""All resources of the API, in the order in which they are matched and described."""

from fastapi import APIRouter

from qa.api.problems import COMMON
from qa.api.v1 import (
    abnormal,
    about,
    accounts,
    agents,
    appeals,
    archive,
    call_lists,
    calls,
    checks,
    exports,
    ledger,
    messages,
    notices,
    promises,
    proof,
    recordings,
    reports,
    reviews,
    rulesets,
    runs,
    sound,
)

PREFIX = "/api/v1"
MAX_BODY_BYTES = 4 << 20
"""Of every request but an upload."""
_RESOURCES = (
    *(call_lists, sound, reviews, appeals),
    calls,  # last of those about calls: its own address takes every path behind `/calls/`
    *(
        recordings,
        archive,
        agents,
        checks,
        reports,
        promises,
        messages,
        rulesets,
        proof,
        abnormal,
        ledger,
        notices,
        runs,
        exports,
        accounts,
        about,
    ),
)

router = APIRouter(prefix=PREFIX, responses=COMMON, max_body_size=MAX_BODY_BYTES)
for resource in _RESOURCES:
    router.include_router(resource.router)
