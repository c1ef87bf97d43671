"""The description of the API: for programs, and as a page for people."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from qa.api.rendering import page
from qa.api.v1.reference import layout, pieces
from qa.api.v1.shared import AnyOne

router = APIRouter(tags=["about"])


@router.get("/openapi.json", summary="Describe the API for programs", response_model=dict[str, Any])
def get_openapi(request: Request, viewer: AnyOne) -> Response:
    """Give the OpenAPI description."""
    return JSONResponse(request.app.openapi())


@router.get("/docs", summary="Describe the API for people", response_class=HTMLResponse)
def get_docs(request: Request, viewer: AnyOne) -> Response:
    """Show the description as a page."""
    found = layout(request.app.openapi())
    names = frozenset(model.name for model in found.models)
    return page(request, "api_docs.html", {"api": found, "names": names, "pieces": pieces})
