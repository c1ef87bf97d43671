"""How right the rules are, calls to label blind, and whether agents serve alike."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from qa.api.access import Viewer
from qa.api.problems import declared, invalid
from qa.api.rulesets import ruleset_in_force
from qa.api.v1.schemas_proof import (
    AgentSameOut,
    BacktestOut,
    DrawIn,
    LabelSetOut,
    LabelsIn,
    ParityOut,
    RuleProofOut,
    SamenessOut,
    SetResultOut,
    TaskOut,
)
from qa.api.v1.shared import MAX_NUMBER, RulesetId, Running, days_between, now, who
from qa.batch.consistency import consistency_of
from qa.batch.proving import BacktestOptions, backtest, demands_of
from qa.errors import NotFoundError
from qa.records import Right
from qa.store import agreement, label_sets, labels
from qa.store.label_sets import LabelSet, SetDraft, SetKind
from qa.store.team_figures import Selection
from qa.types import Grade

MOST = 3000
router = APIRouter(tags=["proof of the rules"])
TeamReader = Annotated[Viewer, who(Right.READ_TEAMS)]
Reader = Annotated[Viewer, who(Right.READ_CALLS)]
Labeller = Annotated[Viewer, who(Right.REVIEW, Right.LISTEN)]
Drawer = Annotated[Viewer, who(Right.PUBLISH_RULES)]
SetId = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[3])]
Position = Annotated[int, Path(ge=1, le=MAX_NUMBER, examples=[1])]


@router.get(
    "/proof/{ruleset_id}",
    summary="Say how right a ruleset is",
    response_model=BacktestOut,
    responses=declared("not_found", "ruleset_wrong"),
)
def get_proof(ruleset_id: RulesetId, service: Running, viewer: TeamReader) -> BacktestOut:
    """Compare the ruleset in force with what people found of calls that you may see."""
    ruleset_in_force(service, ruleset_id)
    options = BacktestOptions(ruleset_id, scope=viewer.scope, most=MOST, as_published=True)
    found = backtest(service.store, service.settings, options)
    demands = demands_of(service.settings)
    return BacktestOut(
        ruleset_id=found.ruleset.ruleset_id,
        version=found.ruleset.version,
        ruleset_hash=found.ruleset.hash,
        calls=found.calls,
        left_out=found.left_out,
        outdated=found.outdated,
        rules=[RuleProofOut.of(one, demands) for one in found.rules],
        parity=ParityOut.of(found.parity),
    )


@router.get("/label-sets", summary="List label sets", response_model=list[LabelSetOut])
def list_label_sets(service: Running, viewer: Labeller) -> list[LabelSetOut]:
    """List your own sets, or all of them if you may draw some; the newest first."""
    person = None if viewer.may(Right.PUBLISH_RULES) else viewer.user.user_id
    with service.store.reading() as session:
        return [_out(one) for one in label_sets.list_sets(session, person=person)]


@router.post(
    "/label-sets",
    summary="Draw calls to label",
    response_model=LabelSetOut,
    status_code=201,
    responses=declared("not_found", "invalid", "not_allowed"),
)
def draw(service: Running, viewer: Drawer, wanted: DrawIn) -> LabelSetOut:
    """Draw calls by chance for people to label apart from the machine and from each other."""
    ruleset = ruleset_in_force(service, wanted.ruleset_id)
    fine = [rule.rule_id for rule in ruleset.rules if rule.grade is Grade.FINE]
    rules = tuple(dict.fromkeys(wanted.rules or fine))
    if any(ruleset.rule(rule_id) is None for rule_id in rules):
        raise invalid("body.rules", "unknown_rule", "the ruleset has no such rule")
    days = days_between(wanted.since, wanted.until, service.store.zone)
    draft = SetDraft(
        SetKind(wanted.kind),
        wanted.title,
        ruleset.ruleset_id,
        ruleset.hash,
        rules,
        tuple(wanted.people),
        wanted.size,
        wanted.seed,
        twice=wanted.twice,
        since=days.since,
        until=days.until,
    )
    with service.store.writing() as session:
        return _out(label_sets.make_set(session, viewer.user, draft, now()))


@router.get(
    "/label-sets/{set_id}/tasks",
    summary="List your calls of a set",
    response_model=list[TaskOut],
    responses=declared("not_found"),
)
def list_tasks(set_id: SetId, service: Running, viewer: Labeller) -> list[TaskOut]:
    """List what you have to label, by position; neither calls nor agents are named."""
    with service.store.reading() as session:
        tasks = label_sets.tasks_of(session, set_id, viewer.user.user_id)
        if not tasks:
            raise NotFoundError("label set", str(set_id))
        own: dict[str, list[str]] = {}
        for one in labels.labels_of(session, set_id, person=viewer.user.user_id):
            own.setdefault(one.call_id, []).append(one.rule_id)
    return [
        TaskOut(
            position=task.position,
            sound=f"/labels/{set_id}/{task.position}/sound",
            labelled=sorted(own.get(task.call_id, [])),
        )
        for task in tasks
    ]


@router.put(
    "/label-sets/{set_id}/tasks/{position}",
    summary="Label a call",
    status_code=204,
    responses=declared("not_found", "conflict", "invalid"),
)
def put_labels(
    set_id: SetId, position: Position, service: Running, viewer: Labeller, wanted: LabelsIn
) -> None:
    """Write down what you find; it can be changed until you hand in."""
    given = {one.rule_id: (one.outcome, one.note) for one in wanted.labels}
    with service.store.writing() as session:
        labels.put_labels(session, viewer.user, (set_id, position), given, now())


@router.post(
    "/label-sets/{set_id}/hand-in",
    summary="Hand in your labels",
    response_model=LabelSetOut,
    responses=declared("not_found", "conflict", "invalid"),
)
def hand_in(set_id: SetId, service: Running, viewer: Labeller) -> LabelSetOut:
    """Finish your labels of a set; they stay as they are from then on."""
    with service.store.writing() as session:
        return _out(labels.hand_in(session, viewer.user, set_id, now()))


@router.post(
    "/label-sets/{set_id}/close",
    summary="Close a set",
    response_model=LabelSetOut,
    responses=declared("not_found", "conflict"),
)
def close(set_id: SetId, service: Running, viewer: Drawer) -> LabelSetOut:
    """Close a set before everybody has handed in; what there is counts."""
    with service.store.writing() as session:
        return _out(labels.close_set(session, viewer.user, set_id, now()))


@router.get(
    "/label-sets/{set_id}/result",
    summary="See how far people agree",
    response_model=SetResultOut,
    responses=declared("not_found", "conflict"),
)
def get_result(set_id: SetId, service: Running, viewer: Labeller) -> SetResultOut:
    """Give agreement and disagreements; refused (`blind`) while anybody still labels."""
    with service.store.reading() as session:
        found = label_sets.find_set(session, set_id)
        if viewer.user.user_id not in found.people and not viewer.may(Right.PUBLISH_RULES):
            raise NotFoundError("label set", str(set_id))
        result = agreement.agreement_of(session, set_id)
    closed = viewer.scope.closed  # in another set
    open_ones = tuple(one for one in result.differing if one.call_id not in closed)
    return SetResultOut.of(replace(result, differing=open_ones))


@router.get("/consistency", summary="Compare agents' calls", response_model=SamenessOut)
def get_consistency(
    service: Running,
    viewer: Reader,
    agent: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    team: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
    since: Annotated[date | None, Query(description="First day; default: 90 days ago.")] = None,
    until: Annotated[date | None, Query(description="Last day; default: today.")] = None,
) -> SamenessOut:
    """Compare busy with idle, not drawn with drawn, repeat with new, end with begin of shift."""
    today = now().astimezone(service.store.zone).date()
    days: Any = days_between(
        since or today - timedelta(days=89), until or today, service.store.zone
    )
    wanted = Selection(viewer.scope, days.since, days.until, team=team, agent_id=agent)
    found = consistency_of(service.store, service.settings, wanted)
    return SamenessOut(
        ruleset_id=found.ruleset_id,
        agents=[AgentSameOut.model_validate(one) for one in found.agents],
    )


def _out(one: LabelSet) -> LabelSetOut:
    return LabelSetOut(
        set_id=one.set_id,
        kind=one.kind,
        title=one.title,
        ruleset_id=one.ruleset_id,
        rules=list(one.rules),
        seed=one.seed,
        calls=one.calls,
        people=list(one.people),
        handed_in=sorted(one.handed_in),
        made_at=one.made_at,
        closed_at=one.closed_at,
        is_open=one.is_open,
    )
