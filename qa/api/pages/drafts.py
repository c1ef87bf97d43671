"""A draft ruleset on its way: checked, tried on the archive, published, taken back."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.pages.shared import Number
from qa.api.rendering import flash, language, page
from qa.api.rulesets import loader_of, rulesets_in_force
from qa.api.service import Service, running_service
from qa.api.what_if_views import what_if_view, without_closed
from qa.api.words import word
from qa.batch.asked_runs import AskedKind
from qa.batch.proving import gate_of
from qa.batch.publishing import check_draft, list_history, publish_text, sign, take_back
from qa.errors import ConfigError, ConflictError, NotFoundError, RulesetError
from qa.records import Right
from qa.refusals import NotProvedError
from qa.scoring.ruleset import Ruleset
from qa.store.queries import agent_names
from qa.store.runs import OPEN_STATES, Run, get_run, list_runs, request_run

MAX_DRAFT = 1_000_000
_TRIES_SHOWN = 8
_SOURCE = "draft"

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Publisher = Annotated[Viewer, Depends(needs(Right.PUBLISH_RULES))]
Note = Annotated[str, Form(max_length=1000)]


@router.get("/drafts")
def show_drafts(request: Request, service: Running, viewer: Publisher) -> Response:
    """Show the form for a draft, what was tried lately, and what was published when."""
    return _shown(request, service, viewer)


@router.post("/drafts")
def try_draft(
    request: Request,
    service: Running,
    viewer: Publisher,
    text: Annotated[str, Form(max_length=MAX_DRAFT)] = "",
    days: Annotated[int, Form(ge=0, le=3660)] = 0,
) -> Response:
    """Check a draft; a sound one is tried on the archive in the background."""
    try:
        check_draft(service.store, service.settings, text, _SOURCE)
    except ConfigError as error:
        problem = error.problem if isinstance(error, RulesetError) else str(error)
        return _shown(request, service, viewer, text=text, problem=problem, status=422)
    now = datetime.now(UTC)
    parameters: dict[str, Any] = {"text": text}
    if days:
        parameters["since"] = (now - timedelta(days=days)).isoformat()
    with service.store.writing() as session:
        kind = AskedKind.WHAT_IF.value
        run, _ = request_run(session, kind, parameters, viewer.user.user_id, now)
    return RedirectResponse(f"/drafts/{run.run_id}", 303)


@router.post("/drafts/roll-back")
def roll_back(
    request: Request,
    service: Running,
    viewer: Publisher,
    ruleset_id: Annotated[str, Form(max_length=200)],
    to: Annotated[Number | None, Form()] = None,
    note: Note = "",
) -> Response:
    """Put in force again what was in force before, or an earlier publication."""
    signature = sign(viewer.user.login, note.strip() or None, viewer.user)
    try:
        take_back(service.store, service.settings, ruleset_id, signature, to=to)
    except (ConflictError, RulesetError) as error:
        problem = _why(error, language(request))
        return _shown(request, service, viewer, problem=problem, status=409)
    return _done("/drafts", "flash_drafts_rolled_back")


@router.get("/drafts/{run_id}")
def show_trial(request: Request, run_id: Number, service: Running, viewer: Publisher) -> Response:
    """Show how far a trial is, or what the draft would change."""
    return _trial(request, service, viewer, run_id)


@router.get("/drafts/{run_id}/progress")
def tell_progress(run_id: Number, service: Running, viewer: Publisher) -> Response:
    """Say how far a trial is, for the page's own script."""
    run = _what_if_run(service, run_id)
    progress = run.progress
    return JSONResponse({"state": run.state.value, "done": progress.done, "total": progress.total})


@router.post("/drafts/{run_id}/publish")
def publish(
    request: Request,
    run_id: Number,
    service: Running,
    viewer: Publisher,
    note: Note = "",
    override: Note = "",
) -> Response:
    """Put a draft that was tried in force."""
    run = _what_if_run(service, run_id)
    lang = language(request)
    if not note.strip():
        return _trial(request, service, viewer, run_id, problem=word("drafts_no_note", lang))
    signature = sign(viewer.user.login, note.strip(), viewer.user, override=override)
    text = str(run.parameters.get("text", ""))
    try:
        publish_text(service.store, service.settings, text, _SOURCE, signature)
    except (ConfigError, ConflictError) as error:
        return _trial(request, service, viewer, run_id, problem=_why(error, lang))
    return _done("/drafts", "flash_drafts_published")


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    *,
    text: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    with service.store.reading() as session:
        runs = list_runs(session, limit=200)
    tries = [run for run in runs if run.kind == AskedKind.WHAT_IF][:_TRIES_SHOWN]
    values = {
        "viewer": viewer,
        "text": text,
        "problems": [line.strip() for line in problem.splitlines() if line.strip()],
        "tries": tries,
        "rulesets": [one for one in rulesets_in_force(service) if one.ruleset],
        "history": list_history(service.store),
        "zone": service.store.zone,
    }
    return page(request, "drafts.html", values, status=status)


def _trial(
    request: Request, service: Service, viewer: Viewer, run_id: int, *, problem: str = ""
) -> Response:
    run = _what_if_run(service, run_id)
    with service.store.reading() as session:
        names = agent_names(session)
    draft = _draft_of(service, run)
    result = without_closed(run.result, viewer.scope.closed) if run.result else None
    is_shown = draft is not None and run.result is not None
    values = {
        "viewer": viewer,
        "gate": gate_of(service.store, service.settings, draft, is_preview=True)
        if is_shown and draft
        else None,
        "max_changed": service.settings.proof.max_changed,
        "run": run,
        "is_open": run.state in OPEN_STATES,
        "found": what_if_view(result, names, language(request)) if result else None,
        "draft": draft,
        "problem": problem,
        "zone": service.store.zone,
        "since": _since(run.parameters),
    }
    return page(request, "trial.html", values, status=422 if problem else 200)


def _what_if_run(service: Service, run_id: int) -> Run:
    with service.store.reading() as session:
        run = get_run(session, run_id)
    if run.kind != AskedKind.WHAT_IF:
        raise NotFoundError("trial", str(run_id))
    return run


def _draft_of(service: Service, run: Run) -> Ruleset | None:
    """Read the draft of a trial; None where it can no longer be used.

    Its examples were judged when it was tried, and are judged again when it is published.
    """
    text = str(run.parameters.get("text", ""))
    try:
        return loader_of(service).parse(text, _SOURCE)
    except ConfigError:
        return None


def _since(parameters: Mapping[str, Any]) -> str:
    since = parameters.get("since")
    return since[:10] if isinstance(since, str) else ""


def _why(error: Exception, lang: str) -> str:
    if isinstance(error, NotProvedError):
        parts = []
        if error.refuted:
            parts.append(word("gate_why_refuted", lang, rules=" ".join(error.refuted)))
        if error.changes_too_much:
            parts.append(word("gate_why_change", lang))
        if error.unproved:
            parts.append(word("gate_why_unproved", lang, rules=" ".join(error.unproved)))
        return word("gate_refused", lang, why=word("comma", lang).join(parts))
    if isinstance(error, ConflictError):
        return word("drafts_conflict", lang)
    return error.problem if isinstance(error, RulesetError) else str(error)


def _done(address: str, said: str) -> Response:
    response = RedirectResponse(address, 303)
    flash(response, said)
    return response
