"""Problems: every error of the API as RFC 9457 wants it, with a code that programs can rely on."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from qa.errors import (
    ConfigError,
    ConflictError,
    EngineError,
    NotFoundError,
    QAError,
    RecordingError,
    StoreError,
)
from qa.refusals import AccountError, InvalidRequestError, NotAllowedError, TransitionError

MEDIA_TYPE: Final = "application/problem+json"
PREFIX: Final = "/api/"
METRICS: Final = "/metrics"
_DOCS: Final = "/api/v1/docs#problem-"
_MAX_FIELDS = 50
_log = logging.getLogger("qa.api")


@dataclass(frozen=True, slots=True)
class _Kind:
    status: int
    title: str


KINDS: Final[Mapping[str, _Kind]] = {
    "bad_request": _Kind(400, "The request cannot be understood."),
    "not_logged_in": _Kind(401, "Log in, or send a valid token."),
    "not_allowed": _Kind(403, "Your account has no right to do this."),
    "not_found": _Kind(404, "There is no such thing, or it is not yours to see."),
    "method_not_allowed": _Kind(405, "This address does not take this method."),
    "timeout": _Kind(408, "The request did not arrive in time."),
    "conflict": _Kind(409, "The thing is no longer as you saw it."),
    "call_exists": _Kind(409, "Another recording has this call id."),
    "ticket_differs": _Kind(409, "The ticket is known with other contents."),
    "recording_unusable": _Kind(409, "The recording cannot be played now."),
    "not_scored": _Kind(409, "The call has no scorecard yet."),
    "too_large": _Kind(413, "The request is larger than is taken."),
    "unsupported_media_type": _Kind(415, "The body is not of a type that is read here."),
    "range_not_satisfiable": _Kind(416, "The range lies beyond the recording."),
    "misdirected": _Kind(421, "The Host header names no address of this service."),
    "invalid": _Kind(422, "Some fields are missing or wrong."),
    "bad_cursor": _Kind(422, "The cursor belongs to another list, or is damaged."),
    "not_audio": _Kind(422, "The file is not a recording that can be used."),
    "ruleset_wrong": _Kind(422, "The ruleset cannot be used."),
    "too_many_requests": _Kind(429, "Too much at once; try again later."),
    "internal": _Kind(500, "The service failed; its log says where."),
    "unavailable": _Kind(503, "The service cannot do this now; try again later."),
    "disk_full": _Kind(507, "There is no room for the recording."),
}
"""Every code, with its status and its title; codes are never renamed."""

_BY_STATUS: Final[Mapping[int, str]] = {
    **{kind.status: code for code, kind in [*KINDS.items()][::-1]},
    409: "conflict",
    422: "invalid",
}


_OF_HOUSE: Final[Mapping[type[QAError], str]] = {
    NotFoundError: "not_found",
    ConflictError: "conflict",
    ConfigError: "ruleset_wrong",
}


class FieldProblem(BaseModel):
    """One field that is missing or wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"field": "body.reason", "code": "missing", "message": "Field required"}]
        }
    )

    field: str = Field(description="Where: `query.limit`, `body.reason`, `path.call_id`, …")
    code: str = Field(description="What is wrong, stable for programs: `missing`, `too_long`, …")
    message: str = Field(description="What is wrong, for people; never the value itself.")


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": f"{_DOCS}not_found",
                    "title": KINDS["not_found"].title,
                    "status": 404,
                    "detail": "no call 'C-1'",
                    "instance": "urn:uuid:9b2f3a3e-6a57-4f0e-9d84-3a4f8f8a1c52",
                    "code": "not_found",
                }
            ]
        }
    )

    type: str = Field(description="Address of the explanation of this kind of error.")
    title: str = Field(description="The kind of error, in one sentence; the same for each code.")
    status: int = Field(ge=400, le=599, description="The status of the response, again.")
    detail: str | None = Field(None, description="What is wrong this time, and what to do.")
    instance: str = Field(description="This one occurrence; the log of the service names it too.")
    code: str = Field(description="The kind of error for programs; codes are never renamed.")
    reason: str | None = Field(
        None,
        description="Why, finer than `code` and stable too: `stale_scorecard`, `window_passed`, "
        "`truncated`, …",
    )
    errors: list[FieldProblem] | None = Field(
        None, description="The fields concerned; only where `code` is `invalid`."
    )


class Refused(HTTPException):  # a refusal, not a failure
    """Stop a request with a problem.

    Args:
        code: one of `KINDS`.
        detail: what is wrong this time; no words of a conversation, numbers or names.
        reason: why, finer than the code.
        fields: what `errors` lists.
        headers: more headers of the response.
    """

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        reason: str | None = None,
        fields: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(KINDS[code].status, detail or KINDS[code].title, dict(headers or {}))
        self.code, self.said, self.reason, self.fields = code, detail, reason, tuple(fields)


def invalid(field: str, code: str, message: str) -> Refused:
    """Make the error for one wrong field."""
    return Refused("invalid", fields=[FieldProblem(field=field, code=code, message=message)])


def is_api(request: Request) -> bool:
    """Whether a request is a program's, who wants problems and not pages."""
    return request.url.path.startswith(PREFIX) or request.url.path == METRICS


def response(
    code: str,
    detail: str | None = None,
    *,
    reason: str | None = None,
    fields: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Write a problem; one of the service's own failing is named in the log."""
    kind = KINDS[code]
    problem = Problem(
        type=_DOCS + code,
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=f"urn:uuid:{uuid.uuid4()}",
        code=code,
        reason=reason,
        errors=list(fields) or None,
    )
    if kind.status >= 500:
        _log.error("%s is %s", problem.instance, code)
    body = problem.model_dump(exclude_none=True)
    return JSONResponse(body, kind.status, headers, media_type=MEDIA_TYPE)


def for_status(status: int) -> Response:
    """Write the plainest problem of a status."""
    return response(_code_of(status))


def for_http(error: HTTPException) -> Response:
    """Write what somebody refused."""
    if isinstance(error, Refused):
        return response(
            error.code,
            error.said,
            reason=error.reason,
            fields=error.fields,
            headers=error.headers,
        )
    code = _code_of(error.status_code)
    # Starlette fills in the phrase of the status, which says nothing.
    said = error.detail if error.status_code in (401, 403, 409, 413, 429) else None
    return response(code, str(said) if said else None, headers=error.headers)


def for_validation(error: RequestValidationError, request: Request) -> Response:
    """List the fields that are missing or wrong, never their values."""
    found = error.errors()
    wants_json = any(one["loc"][:1] == ("body",) for one in found)
    kind = request.headers.get("content-type", "")
    if wants_json and kind and "json" not in kind.partition(";")[0].lower():
        return response("unsupported_media_type", "send the body as application/json")
    return response("invalid", fields=[_field(one) for one in found[:_MAX_FIELDS]])


def for_house(error: QAError) -> Response:
    """Say what the house reports; its messages hold no personal data."""
    if isinstance(error, NotAllowedError):
        return response("not_allowed", str(error), reason=error.refusal.value)
    if isinstance(error, InvalidRequestError):
        return response("invalid", str(error), reason=error.refusal.value)
    if isinstance(error, TransitionError):
        return response("conflict", str(error), reason=error.refusal.value)
    if isinstance(error, AccountError):
        return response("conflict", str(error), reason=error.fault.value)
    if isinstance(error, RecordingError):
        return response("recording_unusable", error.advice, reason=error.fault.value)
    for kind, code in _OF_HOUSE.items():
        if isinstance(error, kind):
            return response(code, str(error))
    if isinstance(error, EngineError | StoreError):
        _log.error("%s: %s", type(error).__name__, error)
        return response("unavailable")
    return response("internal")


def declared(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Describe for OpenAPI the problems that a route answers with, by status."""
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(KINDS[code].status, []).append(code)
    return {status: _described(status, some) for status, some in sorted(by_status.items())}


def _described(status: int, codes: Sequence[str]) -> dict[str, Any]:
    examples = {
        code: {
            "summary": KINDS[code].title,
            "value": {
                "type": _DOCS + code,
                "title": KINDS[code].title,
                "status": status,
                "instance": "urn:uuid:9b2f3a3e-6a57-4f0e-9d84-3a4f8f8a1c52",
                "code": code,
            },
        }
        for code in codes
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": " ".join(f"`{code}`: {KINDS[code].title}" for code in codes),
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }


def _code_of(status: int) -> str:
    return _BY_STATUS.get(status, "bad_request" if status < 500 else "internal")


def _field(one: Mapping[str, Any]) -> FieldProblem:
    place = ".".join(str(part) for part in one["loc"])
    return FieldProblem(field=place, code=str(one["type"]), message=str(one["msg"]))


COMMON: Final = declared("not_logged_in", "not_allowed", "invalid", "internal", "unavailable")
"""What every route may answer."""
