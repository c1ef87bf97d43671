"""Rulesets: read them, try a dialogue on them, put one in force, take it back."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Response

from qa.api.access import Viewer
from qa.api.problems import Refused, declared, invalid
from qa.api.rulesets import (
    InForce,
    default_ruleset_id,
    loader_of,
    ruleset_in_force,
    rulesets_in_force,
)
from qa.api.service import Service
from qa.api.v1.runs import run_fields
from qa.api.v1.schemas import TwoLanguages
from qa.api.v1.schemas_rules import (
    PublicationOut,
    PublishIn,
    RollbackIn,
    RuleExampleOut,
    RuleGroupOut,
    RuleOut,
    RulesetLine,
    RulesetOut,
    StepDone,
    TriedVerdict,
    TryIn,
    TryOut,
)
from qa.api.v1.schemas_verdicts import EvidenceOut
from qa.api.v1.schemas_work import RunOut, WhatIfIn
from qa.api.v1.shared import RulesetId, Running, now, who
from qa.batch.asked_runs import AskedKind
from qa.batch.publishing import Step, list_history, publish_text, sign, take_back
from qa.codec import to_plain
from qa.records import Right
from qa.scoring.dialogue import DialogueError, parse_dialogue
from qa.scoring.ruleset import Rule, Ruleset
from qa.scoring.scorecard import score_call
from qa.store import runs
from qa.store.audit import audit
from qa.store.evidence import evidence_of
from qa.text import to_simplified
from qa.types import Call, Notice, ScoreLine, Ticket
from qa.wording import reason_text

router = APIRouter(prefix="/rulesets", tags=["rulesets"])
RuleReader = Annotated[Viewer, who(Right.READ_RULES)]
Publisher = Annotated[Viewer, who(Right.PUBLISH_RULES)]
_SOURCE = "draft"


@router.get("", summary="List rulesets", response_model=list[RulesetLine])
def list_rulesets(service: Running, viewer: RuleReader) -> list[RulesetLine]:
    """List what judges calls now; one that cannot be used says why."""
    return [_line(one) for one in rulesets_in_force(service)]


@router.post(
    "/try",
    summary="Try a dialogue",
    response_model=TryOut,
    responses=declared("not_found", "ruleset_wrong", "invalid"),
)
def try_dialogue(service: Running, viewer: RuleReader, wanted: TryIn) -> TryOut:
    """Judge a written dialogue by a ruleset in force, or by a draft; nothing is kept."""
    if wanted.draft is not None:
        if not viewer.may(Right.PUBLISH_RULES):
            raise Refused("not_allowed", "only who publishes rulesets tries drafts")
        ruleset = loader_of(service).parse(wanted.draft, _SOURCE)
    else:
        ruleset = ruleset_in_force(service, wanted.ruleset or default_ruleset_id(service))
    try:
        transcript = parse_dialogue(to_simplified(wanted.dialogue))
    except DialogueError as error:
        raise invalid("body.dialogue", "dialogue", str(error)) from None
    card = score_call(transcript, _call(service, wanted), ruleset)
    return TryOut(
        ruleset_id=card.ruleset_id,
        ruleset_hash=card.ruleset_hash,
        total=card.total,
        critical_failure=card.critical_failure,
        verdicts=[_tried(line) for line in card.lines],
    )


@router.post(
    "/what-if",
    summary="Ask what a draft would change",
    status_code=202,
    response_model=RunOut,
    responses={
        200: {"model": RunOut, "description": "One just like it waits already."},
        202: {"description": "It waits for its turn; its result is with the run."},
        **declared("ruleset_wrong", "invalid"),
    },
)
def ask_what_if(
    service: Running, viewer: Publisher, wanted: WhatIfIn, response: Response
) -> RunOut:
    """Set a draft against what is published, over the archive; nothing is changed.

    Watch `GET /runs/{run_id}`, whose `result` holds what was found.
    """
    loader_of(service).parse(wanted.text, _SOURCE)
    parameters = {"text": wanted.text} | (
        {"since": wanted.since.isoformat()} if wanted.since else {}
    )
    with service.store.writing() as session:
        run, is_new = runs.request_run(
            session, AskedKind.WHAT_IF.value, parameters, viewer.user.user_id, now()
        )
        if is_new:
            audit(session, viewer.user, "run.start", "run", str(run.run_id), {"kind": run.kind})
    response.status_code = 202 if is_new else 200
    response.headers["location"] = f"/api/v1/runs/{run.run_id}"
    return RunOut(**run_fields(run))


@router.get(
    "/{ruleset_id}",
    summary="Read a ruleset",
    response_model=RulesetOut,
    responses=declared("not_found", "ruleset_wrong"),
)
def get_ruleset(ruleset_id: RulesetId, service: Running, viewer: RuleReader) -> RulesetOut:
    """Give a ruleset in force with every rule and its examples."""
    ruleset = ruleset_in_force(service, ruleset_id)
    return RulesetOut(
        ruleset_id=ruleset.ruleset_id,
        title=ruleset.title,
        title_en=ruleset.title_en,
        version=ruleset.version,
        ruleset_hash=ruleset.hash,
        groups=[RuleGroupOut.model_validate(group) for group in ruleset.groups],
        rules=[_rule(rule) for rule in ruleset.rules],
    )


@router.get(
    "/{ruleset_id}/history",
    summary="Read what was in force when",
    response_model=list[PublicationOut],
)
def get_history(
    ruleset_id: RulesetId, service: Running, viewer: RuleReader
) -> list[PublicationOut]:
    """List the steps of one id, the last one first; empty while nothing was published."""
    return [PublicationOut.model_validate(one) for one in list_history(service.store, ruleset_id)]


@router.post(
    "/{ruleset_id}/publish",
    summary="Put a draft in force",
    response_model=StepDone,
    responses=declared("conflict", "ruleset_wrong", "invalid"),
)
def publish(
    ruleset_id: RulesetId, service: Running, viewer: Publisher, wanted: PublishIn
) -> StepDone:
    """Publish a draft whose own examples all come out right; new calls are judged by it."""
    draft = loader_of(service).parse(wanted.text, _SOURCE)
    if draft.ruleset_id != ruleset_id:
        raise invalid("body.text", "other_id", "the draft's id is not that of the address")
    signature = sign(viewer.user.login, wanted.note, viewer.user, override=wanted.override)
    step = publish_text(service.store, service.settings, wanted.text, _SOURCE, signature)
    return _done(step)


@router.post(
    "/{ruleset_id}/rollback",
    summary="Take a publication back",
    response_model=StepDone,
    responses=declared("not_found", "conflict", "ruleset_wrong", "invalid"),
)
def roll_back(
    ruleset_id: RulesetId, service: Running, viewer: Publisher, wanted: RollbackIn
) -> StepDone:
    """Put in force again what was in force before, or an earlier publication."""
    signature = sign(viewer.user.login, wanted.note or None, viewer.user)
    step = take_back(service.store, service.settings, ruleset_id, signature, to=wanted.to)
    return _done(step)


def _done(step: Step) -> StepDone:
    publication = PublicationOut.model_validate(step.publication)
    return StepDone(publication=publication, outdated=step.outdated)


def _line(one: InForce) -> RulesetLine:
    ruleset: Ruleset | None = one.ruleset
    return RulesetLine(
        ruleset_id=one.ruleset_id,
        title=ruleset.title if ruleset else None,
        title_en=ruleset.title_en if ruleset else None,
        version=ruleset.version if ruleset else None,
        ruleset_hash=ruleset.hash if ruleset else None,
        publication=one.publication,
        is_file=one.is_file,
        is_default=one.is_default,
        rules=len(ruleset.rules) if ruleset else 0,
        problem=one.problem or None,
    )


def _rule(rule: Rule) -> RuleOut:
    return RuleOut(
        rule_id=rule.rule_id,
        title=rule.title,
        title_en=rule.title_en,
        group=rule.group,
        check=rule.check.kind,
        parameters=_plain(rule.parameters),
        grade=rule.grade,
        points=rule.points,
        critical=rule.critical,
        regulations=list(rule.regulations),
        examples=[
            RuleExampleOut(
                outcome=one.outcome,
                dialogue=one.dialogue,
                metadata=_plain(one.metadata),
                note=one.note,
            )
            for one in rule.examples
        ],
    )


def _plain(values: Any) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(dict(values))
    return plain


def _tried(line: ScoreLine) -> TriedVerdict:
    verdict = line.verdict
    return TriedVerdict(
        rule_id=line.rule_id,
        title=line.title,
        title_en=line.title_en or line.title,
        group=line.group,
        grade=line.grade,
        critical=line.critical,
        outcome=verdict.outcome,
        points=line.points,
        reason=verdict.reason,
        reason_text=TwoLanguages(zh=reason_text(verdict), en=reason_text(verdict, "en")),
        evidence=EvidenceOut.model_validate(evidence_of(verdict)),
    )


def _call(service: Service, wanted: TryIn) -> Call:
    started = wanted.started_at
    call = Call(
        "try",
        started_at=started.astimezone(service.store.zone) if started else None,
        agent_id=wanted.agent_id,
        direction=wanted.direction,
        ring_count=wanted.ring_count,
        released_by=wanted.released_by,
        notices=tuple(
            Notice(one.festival, one.first_day, one.last_day, one.script) for one in wanted.notices
        ),
    )
    if wanted.ticket is None:
        return call
    ticket = Ticket(**wanted.ticket.model_dump())
    return replace(call, ticket_id=ticket.ticket_id, ticket=ticket)
