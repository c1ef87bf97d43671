"""Labelling blind: calls drawn for people to judge apart from the machine and from each other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from qa.api.access import Viewer, needs
from qa.api.audio import recording_response
from qa.api.label_views import draw_choices, set_values, sheet_values
from qa.api.pages.shared import Number
from qa.api.rendering import flash, language, page
from qa.api.rulesets import ruleset_in_force
from qa.api.service import Service, service_of
from qa.api.words import word
from qa.errors import NotFoundError
from qa.records import Right, Scope
from qa.refusals import InvalidRequestError, TransitionError
from qa.store.label_sets import SetDraft, SetKind, find_set, find_task, list_sets, make_set
from qa.store.labels import close_set, hand_in, put_labels
from qa.store.names import user_names
from qa.types import Grade, Outcome

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(service_of)]
Labeller = Annotated[Viewer, Depends(needs(Right.REVIEW, Right.LISTEN))]
Drawer = Annotated[Viewer, Depends(needs(Right.PUBLISH_RULES))]


@router.get("/labels")
def show_sets(request: Request, service: Running, viewer: Labeller) -> Response:
    """Show a person's own sets; to who publishes rules all of them, and the form to draw."""
    return _sets(request, service, viewer)


@router.post("/labels")
def draw(
    request: Request,
    service: Running,
    viewer: Drawer,
    ruleset_id: Annotated[str, Form(max_length=100)],
    title: Annotated[str, Form(max_length=200)],
    kind: Annotated[Literal["sample", "calibration"], Form()] = "sample",
    size: Annotated[int, Form(ge=1, le=2000)] = 100,
    days: Annotated[int, Form(ge=1, le=3660)] = 90,
    seed: Annotated[str, Form(max_length=200)] = "",
    rules: Annotated[str, Form(max_length=500)] = "",
    people: Annotated[list[Number] | None, Form()] = None,
) -> Response:
    """Draw calls for people to label."""
    ruleset = ruleset_in_force(service, ruleset_id)
    fine = tuple(rule.rule_id for rule in ruleset.rules if rule.grade is Grade.FINE)
    wanted = tuple(dict.fromkeys(rules.replace(",", " ").replace("，", " ").split())) or fine
    now = datetime.now(UTC)
    draft = SetDraft(
        SetKind(kind),
        title,
        ruleset_id,
        ruleset.hash,
        wanted,
        tuple(people or ()),
        size,
        seed.strip() or f"{now:%Y%m%d%H%M%S}",
        since=now - timedelta(days=days),
    )
    known = {rule.rule_id for rule in ruleset.rules}
    try:
        if not set(wanted) <= known:
            raise NotFoundError("rule", " ".join(sorted(set(wanted) - known)))
        with service.store.writing() as session:
            found = make_set(session, viewer.user, draft, now)
    except (InvalidRequestError, NotFoundError) as error:
        lang = language(request)
        said = word("refusal_nothing_to_draw", lang)
        if isinstance(error, NotFoundError):
            said = word("labels_no_rule", lang)
        return _sets(request, service, viewer, problem=said)
    response = RedirectResponse(f"/labels/{found.set_id}", 303)
    flash(response, "flash_labels_drawn")
    return response


@router.get("/labels/{set_id}")
def show_set(request: Request, set_id: Number, service: Running, viewer: Labeller) -> Response:
    """Show one's own tasks of a set, and its result once nobody labels any more."""
    return _set(request, service, viewer, set_id)


@router.post("/labels/{set_id}/hand-in")
def finish(request: Request, set_id: Number, service: Running, viewer: Labeller) -> Response:
    """Hand in one's labels; they stay as they are from then on."""
    try:
        with service.store.writing() as session:
            hand_in(session, viewer.user, set_id, datetime.now(UTC))
    except (InvalidRequestError, TransitionError) as error:
        return _set(request, service, viewer, set_id, problem=_why(error, language(request)))
    return _done(f"/labels/{set_id}", "flash_labels_handed_in")


@router.post("/labels/{set_id}/close")
def close(request: Request, set_id: Number, service: Running, viewer: Drawer) -> Response:
    """Close a set before everybody has handed in."""
    try:
        with service.store.writing() as session:
            close_set(session, viewer.user, set_id, datetime.now(UTC))
    except TransitionError as error:
        return _set(request, service, viewer, set_id, problem=_why(error, language(request)))
    return _done(f"/labels/{set_id}", "flash_labels_closed")


@router.get("/labels/{set_id}/{position}")
def show_sheet(
    request: Request, set_id: Number, position: Number, service: Running, viewer: Labeller
) -> Response:
    """Show a call to label: its sound and words, and nothing of what anybody found."""
    return _sheet(request, service, viewer, (set_id, position))


@router.post("/labels/{set_id}/{position}")
async def keep(
    request: Request, set_id: Number, position: Number, service: Running, viewer: Labeller
) -> Response:
    """Keep what a person found of a call, and go on to their next one."""
    return _keep(request, service, viewer, (set_id, position), dict(await request.form()))


@router.get("/labels/{set_id}/{position}/sound")
def play(
    request: Request, set_id: Number, position: Number, service: Running, viewer: Labeller
) -> Response:
    """Give the recording of one's own task; the task is what allows it."""
    with service.store.reading() as session:
        task = find_task(session, viewer.user, set_id, position)
    return recording_response(
        request, service, replace(viewer, scope=Scope(everything=True)), task.call_id
    )


def _keep(
    request: Request,
    service: Service,
    viewer: Viewer,
    place: tuple[int, int],
    form: Mapping[str, Any],
) -> Response:
    set_id, position = place
    given = {
        key.removeprefix("outcome-"): (Outcome(value), str(form.get(f"note-{key[8:]}", "")))
        for key, value in form.items()
        if key.startswith("outcome-") and value in set(Outcome)
    }
    try:
        with service.store.writing() as session:
            put_labels(session, viewer.user, place, given, datetime.now(UTC))
    except (InvalidRequestError, TransitionError) as error:
        return _sheet(request, service, viewer, place, problem=_why(error, language(request)))
    with service.store.reading() as session:
        values = set_values(session, service, viewer, find_set(session, set_id), language(request))
    later = [one for one in values["tasks"] if not one.is_done]
    after = [one for one in later if one.position > position] or later
    return _done(
        f"/labels/{set_id}/{after[0].position}" if after else f"/labels/{set_id}",
        "flash_labels_kept",
    )


def _sets(request: Request, service: Service, viewer: Viewer, *, problem: str = "") -> Response:
    may_draw = viewer.may(Right.PUBLISH_RULES)
    with service.store.reading() as session:
        found = list_sets(session, person=None if may_draw else viewer.user.user_id)
        names = user_names(session, {one.made_by for one in found})
        choices = draw_choices(session, service, language(request)) if may_draw else {}
    values = {
        "viewer": viewer,
        "sets": found,
        "names": names,
        "may_draw": may_draw,
        "problem": problem,
        "zone": service.store.zone,
        **choices,
    }
    return page(request, "labels.html", values, status=422 if problem else 200)


def _set(
    request: Request, service: Service, viewer: Viewer, set_id: int, *, problem: str = ""
) -> Response:
    with service.store.reading() as session:
        found = find_set(session, set_id)
        is_own = viewer.user.user_id in found.people
        if not is_own and not viewer.may(Right.PUBLISH_RULES):
            raise NotFoundError("label set", str(set_id))
        values = set_values(session, service, viewer, found, language(request))
    values |= {"viewer": viewer, "problem": problem, "may_close": viewer.may(Right.PUBLISH_RULES)}
    return page(request, "label_set.html", values, status=409 if problem else 200)


def _sheet(
    request: Request,
    service: Service,
    viewer: Viewer,
    place: tuple[int, int],
    *,
    problem: str = "",
) -> Response:
    values = sheet_values(service, viewer, place, language(request))
    values |= {"viewer": viewer, "problem": problem}
    return page(request, "label_sheet.html", values, status=422 if problem else 200)


def _why(error: InvalidRequestError | TransitionError, lang: str) -> str:
    return word(f"refusal_{error.refusal.value}", lang)


def _done(address: str, said: str) -> Response:
    response = RedirectResponse(address, 303)
    flash(response, said)
    return response
