"""Errors in plain words: a page for people, JSON for programs."""

from collections.abc import Callable

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from qa.api.rendering import page
from qa.errors import NotFoundError, RecordingError

_WORDS = {400: "bad_request", 404: "not_found", 405: "not_allowed", 500: "broken"}
_TITLES = {
    400: "the request cannot be understood",
    404: "there is no such thing",
    405: "this service is read-only",
    409: "the recording cannot be played",
    416: "the range lies beyond the recording",
    421: "the Host header names no address of this machine",
    500: "the service failed; its log says where",
}
_REFUSED = (
    "This page answers only under localhost, 127.0.0.1 or [::1].\n"
    "本页面只在 localhost、127.0.0.1 或 [::1] 下提供。\n"
)


def error_response(request: Request, status: int) -> Response:
    """Answer with an error: JSON below `/api/`, text for players, a page for everything else."""
    path = request.url.path if status != 421 else ""
    if status == 421:  # before anything of the request is trusted
        return Response(_REFUSED, 421, media_type="text/plain")
    title = _TITLES.get(status, "the request was refused")
    if path.startswith("/api/"):
        body = {"type": "about:blank", "title": title, "status": status}
        return JSONResponse(body, status, media_type="application/problem+json")
    if path.startswith(("/audio/", "/static/")):
        return Response(f"{title}\n", status, media_type="text/plain")
    key = _WORDS.get(status, "bad_request" if status < 500 else "broken")
    return page(request, "error.html", {"key": key, "status": status}, status=status)


def _answer(status: int) -> Callable[[Request, Exception], Response]:
    return lambda request, _error: error_response(request, status)


def _answer_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    response = error_response(request, status)
    if isinstance(error, HTTPException) and error.headers:
        response.headers.update(error.headers)
    return response


def install(app: FastAPI) -> None:
    """Register how each expected error is answered; the rest is for the fence."""
    app.add_exception_handler(NotFoundError, _answer(404))
    app.add_exception_handler(RequestValidationError, _answer(400))
    app.add_exception_handler(RecordingError, _answer(409))
    app.add_exception_handler(HTTPException, _answer_http)
