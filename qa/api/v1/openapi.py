"""The description of the API: OpenAPI 3.1, from the routes themselves."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

import qa
from qa.api.access import CSRF_HEADER, SESSION_COOKIE
from qa.api.problems import KINDS, FieldProblem, Problem
from qa.api.v1.schemas_work import RecordingMetadata

_DESCRIPTION: Final = """Everything that the pages of Tingjian (听检) do, for programs.

**Who asks.** Send a token as `Authorization: Bearer …` (made on the page of your account), or the
cookie of a browser's session. A write through a session also needs its CSRF token in the header
`X-CSRF-Token`. A token sees and does what its person may, at this moment: calls of other teams do
not exist for it (404).

**Errors** are `application/problem+json` (RFC 9457). `code` is stable; `reason`, where there is
one, says it finer; `errors` lists wrong fields.

**Lists** give `items` and `next`; send `next` as `after` for the next page. There is no page
number, and no page is skipped or doubled when calls come in between.

**Personal data** is masked. `clear=true` shows it to those who have that right, and is audited.

**Writing twice.** Every write may be sent again: it is then refused as a conflict or changes
nothing, and never counts twice. Decisions name the `scorecard_id` that you saw; where another one
is in force by now the answer is 409.

**Times** are ISO 8601 with an offset. Stretches of a recording are milliseconds from its start.
A slash in a call's id is written as it is.
"""
_TAGS: Final = (
    ("calls", "Calls, transcripts, scorecards, verdicts."),
    ("sound", "The recording, its outline, clips of evidence. What is heard is audited."),
    ("uploads", "Recordings sent in, until their scorecard appears."),
    ("agents", "Agents in numbers; no ranking."),
    ("reviews", "Decisions on flags, releases."),
    ("archive", "How recordings are kept; requests to delete one."),
    ("appeals", "Objections of agents, and their answers."),
    ("spot checks", "Tasks to listen to a call."),
    ("messages", "What you are told."),
    ("rulesets", "Rules: read, try, publish, take back."),
    ("notices", "Festival notices."),
    ("runs", "What the machine is doing, and starting it."),
    ("exports", "Tables to take out of the house."),
    ("accounts", "Who you are, and everybody else."),
    ("audit", "What happened."),
    ("about", "This description."),
)
_SECURITY: Final = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token, made on the page of your account and shown once.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": f"A browser's session; writes also need the header `{CSRF_HEADER}`.",
    },
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Write the description of an application's API."""
    schema = get_openapi(
        title="Tingjian",
        version=qa.__version__,
        summary="Inspection of call recordings.",
        description=_DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS],
    )
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    models = [(model, "validation") for model in (Problem, FieldProblem, RecordingMetadata)]
    _, more = models_json_schema(
        models,  # type: ignore[arg-type]  # the literal is lost in the list
        ref_template="#/components/schemas/{model}",
    )
    schemas.update(more["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):  # answered as problems
        schemas.pop(name, None)
    schemas["Problem"]["properties"]["code"]["enum"] = list(KINDS)
    for methods in schema["paths"].values():
        for operation in methods.values():
            _say_what_comes(operation, schemas)
    components["securitySchemes"] = _SECURITY
    schema["security"] = [{name: []} for name in _SECURITY]
    return schema


def _say_what_comes(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put the words of what is given in place of the framework's "Successful Response"."""
    for answer in operation["responses"].values():
        if answer["description"] == "Successful Response":
            given = answer.get("content", {}).get("application/json", {}).get("schema", {})
            name = str(given.get("$ref", "")).rpartition("/")[2]
            answer["description"] = schemas.get(name, {}).get("description", operation["summary"])


def install(app: FastAPI) -> None:
    """Make the application describe itself so; written once, at the first look."""
    known: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not known:
            known.update(describe(app))
        return known

    app.openapi = openapi  # type: ignore[method-assign]
