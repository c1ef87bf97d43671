"""Try a ruleset on a written dialogue: judged at once, shown, and forgotten."""

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form, Query, Request, Response

from qa.api.access import Viewer, needs
from qa.api.pages.shared import code_words
from qa.api.rendering import language, page
from qa.api.rulesets import default_ruleset_id, ruleset_in_force, rulesets_in_force
from qa.api.service import Service, running_service
from qa.api.views import CardView, card_view
from qa.api.words import word
from qa.errors import NotFoundError, RulesetError
from qa.records import Right
from qa.scoring.dialogue import DialogueError, parse_dialogue
from qa.scoring.scorecard import score_call
from qa.text import to_simplified
from qa.types import Call, Direction, Notice, ReleasedBy, Scorecard, Ticket
from qa.wording import FESTIVALS

MAX_DIALOGUE = 20_000
_MAX_RINGS = 100
_MAX_FIELD = 1000
_Kind = TypeVar("_Kind", Direction, ReleasedBy)

router = APIRouter(include_in_schema=False)
Running = Annotated[Service, Depends(running_service)]
Reader = Annotated[Viewer, Depends(needs(Right.READ_RULES))]


Field = Annotated[str, Form(max_length=_MAX_FIELD)]


@dataclass(frozen=True, slots=True)
class Trial:
    """What was filled in, as it was written; empty texts mean not given."""

    ruleset: Field = ""
    dialogue: Annotated[str, Form(max_length=10 * MAX_DIALOGUE)] = ""
    agent_id: Field = ""
    started: Field = ""
    direction: Field = ""
    rings: Field = ""
    released: Field = ""
    festival: Field = ""
    name: Field = ""
    phone: Field = ""
    address: Field = ""
    problem: Field = ""
    station: Field = ""

    @property
    def has_ticket(self) -> bool:
        """Whether anything of the ticket was filled in."""
        return any((self.name, self.phone, self.address, self.problem, self.station))


class _FieldError(ValueError):
    """A field cannot be read; the message is for the page."""


@router.get("/try")
def show_form(
    request: Request,
    service: Running,
    viewer: Reader,
    ruleset: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Show the empty form."""
    trial = Trial(ruleset=ruleset or default_ruleset_id(service))
    return _shown(request, service, viewer, trial)


@router.post("/try")
def judge(
    request: Request, service: Running, viewer: Reader, trial: Annotated[Trial, Depends()]
) -> Response:
    """Judge the dialogue and show the form again with what was found."""
    lang = language(request)
    try:
        scorecard, call = _judge(service, _trimmed(trial), lang)
    except _FieldError as error:
        return _shown(request, service, viewer, trial, problem=str(error))
    return _shown(
        request, service, viewer, trial, found=(scorecard, card_view(scorecard, call, lang))
    )


def _shown(
    request: Request,
    service: Service,
    viewer: Viewer,
    trial: Trial,
    *,
    problem: str = "",
    found: tuple[Scorecard, CardView] | None = None,
) -> Response:
    lang = language(request)
    values = {
        "viewer": viewer,
        "trial": trial,
        "problem": problem,
        "rulesets": [one for one in rulesets_in_force(service) if one.ruleset],
        "festivals": {name: wording.text(lang) for name, wording in FESTIVALS.items()},
        "scorecard": found[0] if found else None,
        "card": found[1] if found else None,
    }
    status = 422 if problem else 200
    return page(request, "try.html", values | code_words(request), status=status)


def _judge(service: Service, trial: Trial, lang: str) -> tuple[Scorecard, Call]:
    """Judge what was filled in.

    Raises:
        _FieldError: a field is wrong; said in the page's language.
    """
    if len(trial.dialogue) > MAX_DIALOGUE:
        raise _FieldError(word("try_too_long", lang, n=MAX_DIALOGUE))
    try:
        ruleset = ruleset_in_force(service, trial.ruleset)
    except (NotFoundError, RulesetError):
        raise _FieldError(word("try_bad_ruleset", lang)) from None
    try:
        transcript = parse_dialogue(to_simplified(trial.dialogue))
    except DialogueError as error:
        raise _FieldError(
            word("try_bad_line", lang, line=error.line, problem=error.problem)
        ) from None
    call = _call(trial, service.store.zone, lang)
    return score_call(transcript, call, ruleset), call


def _call(trial: Trial, zone: ZoneInfo, lang: str) -> Call:
    started = _started(trial.started, zone, lang)
    ticket = None
    if trial.has_ticket:
        ticket = Ticket(
            "try",
            name=trial.name or None,
            address=trial.address or None,
            phone=trial.phone or None,
            problem=trial.problem or None,
            station=trial.station or None,
        )
    notices: tuple[Notice, ...] = ()
    if trial.festival in FESTIVALS and started is not None:
        notices = (Notice(trial.festival, started.date(), started.date()),)
    return Call(
        "try",
        started_at=started,
        agent_id=trial.agent_id or None,
        direction=_choice(Direction, trial.direction),
        ring_count=_rings(trial.rings, lang),
        released_by=_choice(ReleasedBy, trial.released),
        ticket_id="try" if ticket else None,
        ticket=ticket,
        notices=notices,
    )


def _started(text: str, zone: ZoneInfo, lang: str) -> datetime | None:
    if not text:
        return None
    try:
        started = datetime.fromisoformat(text)
    except ValueError:
        started = None
    if started is None or not 1970 <= started.year <= 9000:
        raise _FieldError(word("try_bad_value", lang, name=word("try_started", lang)))
    return started if started.tzinfo else started.replace(tzinfo=zone)


def _rings(text: str, lang: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:4]) <= _MAX_RINGS):
        raise _FieldError(word("try_bad_value", lang, name=word("try_rings", lang)))
    return int(text)


def _choice(kind: type[_Kind], text: str) -> _Kind | None:
    return kind(text) if text in {each.value for each in kind} else None


def _trimmed(trial: Trial) -> Trial:
    short = (f.name for f in fields(trial) if f.name != "dialogue")
    return replace(trial, **{name: getattr(trial, name).strip() for name in short})
