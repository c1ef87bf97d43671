"""Label sets as the pages lay them out: tasks, blind sheets, and results once they may be seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from qa.api.access import Viewer
from qa.api.clip_views import ClipView, read_calls
from qa.api.rulesets import Current, find_rule, rulesets_in_force
from qa.api.service import Service, load_call
from qa.api.talk_views import utterance_views
from qa.masking import listen, mask_call, mask_transcript
from qa.records import Scope, UserRole
from qa.review.labelling import together
from qa.store.accounts import list_users
from qa.store.agreement import SetAgreement, agreement_of
from qa.store.label_sets import LabelSet, SetKind, find_set, find_task, tasks_of
from qa.store.labels import Label, labels_of
from qa.store.names import user_names
from qa.store.truths import calls_in_scope
from qa.types import Outcome
from qa.wording import OUTCOMES

_DISAGREEMENTS = 60


@dataclass(frozen=True, slots=True)
class TaskView:
    """One call to label; `missing` counts rules without a label."""

    position: int
    missing: int

    @property
    def is_done(self) -> bool:
        """Whether every rule has a label."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class DifferingView:
    """A rule of a call that people judged differently.

    Attributes:
        said: names and what each found, with notes that only leads and heads read.
        clip: what the machine found, to hear; None where this reader may not see the call.
    """

    position: int
    call_id: str
    rule_id: str
    title: str
    said: tuple[tuple[str, str, str, str], ...]
    clip: ClipView | None


@dataclass(frozen=True, slots=True)
class AskedRule:
    """A rule that a sheet asks about, and what this person said of it so far."""

    rule_id: str
    title: str
    outcome: str
    note: str


def draw_choices(session: Any, service: Service, lang: str) -> Mapping[str, Any]:
    """List what can be drawn from, and who can label."""
    people = [
        user
        for user in list_users(session)
        if user.role in (UserRole.LEAD, UserRole.HEAD) and not user.is_disabled
    ]
    rulesets = [
        (one.ruleset_id, one.ruleset.title_en if lang == "en" else one.ruleset.title)
        for one in rulesets_in_force(service)
        if one.ruleset is not None
    ]
    default = Current.of(service).default_id
    return {"people": people, "rulesets": rulesets, "default_ruleset": default}


def set_values(
    session: Any, service: Service, viewer: Viewer, found: LabelSet, lang: str
) -> dict[str, Any]:
    """Gather one's own tasks of a set, and its result where it may be seen."""
    me = viewer.user.user_id
    done: dict[str, set[str]] = {}
    for label in labels_of(session, found.set_id, person=me):
        done.setdefault(label.call_id, set()).add(label.rule_id)
    tasks = [
        TaskView(task.position, len(set(found.rules) - done.get(task.call_id, set())))
        for task in tasks_of(session, found.set_id, me)
    ]
    names = user_names(session, {*found.people, found.made_by})
    values: dict[str, Any] = {
        "set": found,
        "tasks": tasks,
        "names": names,
        "is_finished": me in found.handed_in,
        "may_hand_in": bool(tasks)
        and all(task.is_done for task in tasks)
        and found.closed_at is None
        and me not in found.handed_in,
        "next": next((task.position for task in tasks if not task.is_done), None),
        "result": None,
        "differing": [],
        "titles": {rule: _title(service, found, rule, lang) for rule in found.rules},
        "zone": service.store.zone,
    }
    if found.is_open or found.kind is SetKind.FILE:
        return values
    result = agreement_of(session, found.set_id)
    values["result"] = result
    values["differing"] = _differing(session, service, viewer, (found, result, names), lang)
    values["counts"] = _counts(session, found)
    return values


def sheet_values(
    service: Service, viewer: Viewer, place: tuple[int, int], lang: str
) -> dict[str, Any]:
    """Gather a blind sheet: sound, words and questions; no agent, call id, score or finding."""
    set_id, position = place
    with service.store.reading() as session:
        task = find_task(session, viewer.user, set_id, position)
        found = find_set(session, set_id)
        own = tasks_of(session, set_id, viewer.user.user_id)
        said = {
            label.rule_id: label
            for label in labels_of(session, set_id, person=viewer.user.user_id)
            if label.call_id == task.call_id
        }
    loaded = load_call(service, Scope(everything=True), task.call_id)
    call, transcript = loaded.detail.call, loaded.transcript
    heard = listen(transcript, call)
    masked = mask_transcript(transcript, mask_call(call), heard=heard) if transcript else None
    positions = [one.position for one in own]
    return {
        "set": found,
        "position": position,
        "number": positions.index(position) + 1,
        "all": len(positions),
        "utterances": utterance_views(masked, None, lang) if masked else [],
        "asked": [_asked(service, found, rule, said.get(rule), lang) for rule in found.rules],
        "outcomes": [(outcome.value, OUTCOMES[outcome].text(lang)) for outcome in Outcome],
        "is_closed": found.closed_at is not None or viewer.user.user_id in found.handed_in,
        "previous": max((one for one in positions if one < position), default=None),
        "following": min((one for one in positions if one > position), default=None),
    }


def _asked(
    service: Service, found: LabelSet, rule_id: str, label: Label | None, lang: str
) -> AskedRule:
    title = _title(service, found, rule_id, lang)
    if label is None:
        return AskedRule(rule_id, title, "", "")
    return AskedRule(rule_id, title, label.outcome.value, label.note)


def _title(service: Service, found: LabelSet, rule_id: str, lang: str) -> str:
    rule = find_rule(service, found.ruleset_id, rule_id)
    if rule is None:
        return ""
    return rule.title_en if lang == "en" and rule.title_en else rule.title


def _counts(session: Any, found: LabelSet) -> dict[str, dict[str, int]]:
    """Count by rule what people together found."""
    said: dict[tuple[str, str], list[Outcome]] = {}
    for label in labels_of(session, found.set_id):
        said.setdefault((label.rule_id, label.call_id), []).append(label.outcome)
    counts: dict[str, dict[str, int]] = {rule: {} for rule in found.rules}
    for (rule_id, _), outcomes in said.items():
        name = together(outcomes).value
        own = counts.setdefault(rule_id, {})
        own[name] = own.get(name, 0) + 1
    return counts


def _differing(
    session: Any,
    service: Service,
    viewer: Viewer,
    about: tuple[LabelSet, SetAgreement, Mapping[int, str]],
    lang: str,
) -> list[DifferingView]:
    """Lay out where people differ, with the machine's finding to hear beside it."""
    found, result, names = about
    closed = viewer.scope.closed  # in another set
    open_ones = [one for one in result.differing if one.call_id not in closed]
    shown = open_ones[:_DISAGREEMENTS]
    ids = sorted({one.call_id for one in shown})
    visible = calls_in_scope(session, viewer.scope, ids)
    zone, now = service.store.zone, datetime.now(UTC)
    calls = read_calls(session, sorted(visible), zone, now)
    places = {
        task.call_id: task.position
        for person in found.people
        for task in tasks_of(session, found.set_id, person)
    }
    views = []
    for one in shown:
        call = calls.get(one.call_id)
        views.append(
            DifferingView(
                places.get(one.call_id, 0),
                one.call_id if one.call_id in visible else "",
                one.rule_id,
                _title(service, found, one.rule_id, lang),
                tuple(
                    [
                        (
                            names.get(label.labelled_by or 0, ""),
                            label.outcome.value.lower(),
                            OUTCOMES[label.outcome].text(lang),
                            call.written(label.note) if call and label.note else "",
                        )
                        for label in one.labels
                    ]
                ),
                call.clip(one.rule_id, zone, lang) if call else None,
            )
        )
    return views
