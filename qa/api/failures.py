"""Errors in plain words: a page for people, a problem for programs."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from qa.api import problems
from qa.api.access import recognise
from qa.api.rendering import page
from qa.errors import ConflictError, EngineError, NotFoundError, QAError, RecordingError
from qa.refusals import NotAllowedError, Refusal

_log = logging.getLogger("qa.api")
_WORDS = {
    **{400: "bad_request", 401: "no_right", 403: "no_right", 404: "not_found", 405: "not_allowed"},
    **{409: "conflict", 413: "too_large", 500: "broken"},
}
_TITLES = {
    400: "the request cannot be understood",
    401: "log in first",
    403: "your account has no right to this",
    404: "there is no such thing",
    409: "the recording cannot be played",
    416: "the range lies beyond the recording",
    500: "the service failed; its log says where",
    503: "the recording cannot be played now; try again later",
}
_STATUS: dict[type[QAError], int] = {
    NotFoundError: 404,
    NotAllowedError: 403,
    RecordingError: 409,
    ConflictError: 409,
    EngineError: 503,
}
_REFUSED = (
    "This service does not answer under this name. Open it under the name that its administrator\n"
    "gave you; the administrator allows names with the setting serve.allowed_hosts.\n"
    "本服务不在这个域名下提供。请使用管理员告知的地址。\n"
    "管理员可用 serve.allowed_hosts 设置允许的域名。\n"
)


def error_response(request: Request, status: int, *, key: str = "") -> Response:
    """Answer with an error: a problem below `/api/`, text for players, else a page.

    Args:
        key: what the page says; empty for what every such error says.
    """
    if status == 421:  # before anything of the request is trusted
        return Response(_REFUSED, 421, media_type="text/plain")
    if problems.is_api(request):
        return problems.for_status(status)
    if request.url.path.startswith(("/audio/", "/static/")):
        title = _TITLES.get(status, "the request was refused")
        return Response(f"{title}\n", status, media_type="text/plain")
    key = key or _WORDS.get(status, "bad_request" if status < 500 else "broken")
    return page(request, "error.html", {"key": key, "status": status}, status=status)


def install(app: FastAPI) -> None:
    """Register how each expected error is answered; the rest is for the fence."""
    app.add_exception_handler(QAError, _house)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)


def _house(request: Request, error: Exception) -> Response:
    if not isinstance(error, QAError):
        raise error
    if problems.is_api(request):
        return problems.for_house(error)
    if isinstance(error, NotAllowedError) and error.refusal is Refusal.BLIND:
        return error_response(request, 403, key="blind")
    for kind, status in _STATUS.items():
        if isinstance(error, kind):
            if status >= 500:
                _log.error("%s: %s", type(error).__name__, error)
            return error_response(request, status)
    raise error  # the fence logs where it came from


def _validation(request: Request, error: Exception) -> Response:
    if problems.is_api(request) and isinstance(error, RequestValidationError):
        return problems.for_validation(error, request)
    return error_response(request, 400)


def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return error_response(request, 500)
    if problems.is_api(request):
        return problems.for_http(error)
    if request.scope.get("route") is None:  # no route, so nobody looked who asks
        recognise(request)
    response = error_response(request, error.status_code)
    if error.headers:
        response.headers.update(error.headers)
    return response
