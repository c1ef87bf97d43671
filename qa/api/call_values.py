"""What a call's page shows, gathered from the store for one reader."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from qa.api.access import Viewer
from qa.api.queue_query import QueueQuery
from qa.api.review_views import (
    AppealView,
    Reading,
    StepView,
    appeal_views,
    flag_reviews,
    people_in,
    quick_reasons,
    release_steps,
)
from qa.api.rule_views import RuleView, rule_view
from qa.api.rulesets import ruleset_in_force
from qa.api.service import LoadedCall, Service, load_call
from qa.api.sound_views import sound_rows
from qa.api.talk_views import utterance_views
from qa.api.views import CardView, LineView, card_view
from qa.api.written import Hide, hide_in
from qa.errors import NotFoundError, RulesetError
from qa.masking import mask_call, mask_scorecard, mask_transcript
from qa.records import AppealState, ReviewState, Right
from qa.scoring.correcting import Correction, corrections
from qa.store import queries
from qa.store.audit import audit
from qa.store.names import user_names
from qa.store.personal import hear
from qa.store.review_rows import CallReview, load_reviews
from qa.types import Call, Outcome, Role, Scorecard, Transcript
from qa.wording import DIRECTIONS, FESTIVALS, RELEASED, note_text

_UNDECIDED_STATES = (ReviewState.OPEN, ReviewState.STARTED)
_ASKED = (AppealState.OPEN, AppealState.UPHELD, AppealState.DISMISSED)
_OUTCOME_OF = {"violated": Outcome.VIOLATED, "undecided": Outcome.UNDECIDED}


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a call's page, and how.

    Attributes:
        place: the list that the call was opened from, and the call's place in it.
        clear: names and numbers in clear; worth nothing without the right.
    """

    service: Service
    viewer: Viewer
    lang: str
    place: QueueQuery
    clear: bool = False

    @property
    def shows_personal(self) -> bool:
        """Whether this reader sees names and numbers in clear now."""
        return self.clear and self.viewer.may(Right.SEE_PERSONAL_DATA)


@dataclass(frozen=True, slots=True)
class RuleText:
    """What the page says of a rule beside its verdict; `points` is what it takes off, from 0."""

    points: int
    looks: str
    advice: str
    sentences: tuple[tuple[str, str], ...]
    link: str


@dataclass(frozen=True, slots=True)
class _Content:
    """A call as this reader may see it."""

    call: Call
    scorecard: Scorecard | None
    transcript: Transcript | None
    written: Hide


def call_values(asking: Asking, call_id: str) -> dict[str, Any]:
    """Gather the values of a call's page; personal data in clear is a look, written down here.

    Raises:
        NotFoundError: there is no such call within the reader's scope.
    """
    service, lang = asking.service, asking.lang
    loaded = load_call(service, asking.viewer.scope, call_id)
    now = datetime.now(UTC)
    with service.store.reading() as session:
        # The call may be known under another id: the row's own is what reviews go by.
        review = load_reviews(session, [loaded.detail.line.call_id], now).get(
            loaded.detail.line.call_id
        )
        names = user_names(session, people_in(review)) if review else {}
        loaded = _with_shown_card(session, loaded, review)
    if asking.shows_personal:
        _note_look(asking, loaded.detail.line.call_id)
    content = _content(asking, loaded)
    sees_notes = asking.viewer.may(Right.REVIEW)
    reading = Reading(lang, service.store.zone, names, content.written, sees_notes)
    transcript = content.transcript
    fixes = _fixes(asking, content)
    card = card_view(content.scorecard, content.call, lang) if content.scorecard else None
    return {
        "loaded": loaded,
        "detail": loaded.detail,
        "call": content.call,
        "scorecard": content.scorecard,
        "card": card,
        **_flag_lines(card),
        "transcript": transcript,
        "utterances": utterance_views(transcript, content.scorecard, lang, fixes)
        if transcript
        else [],
        "has_corrections": bool(fixes),
        "sound": sound_rows(transcript, lang),
        "duration_ms": transcript.duration_ms
        if transcript
        else loaded.detail.line.duration_ms or 0,
        "lanes": _lanes(transcript),
        "notes": [note_text(note, lang) for note in transcript.notes] if transcript else [],
        "facts": _facts(content.call, lang),
        "playable": _is_playable(loaded),
        "zone": service.store.zone,
        "back": asking.place.back_link(),
        "place": asking.place.parameters(),
        "is_masked": not asking.shows_personal,
        "shows_personal": asking.shows_personal,
        "may_show_personal": asking.viewer.may(Right.SEE_PERSONAL_DATA),
        "rule_texts": _rule_texts(asking, content.scorecard),
        **_review_values(asking, review, content, reading),
    }


def _fixes(asking: Asking, content: _Content) -> Sequence[Correction]:
    """Find what the lexicon corrects in what this reader sees.

    An entry that is personal in this call (its compound, a name) is left out for who sees such
    things hidden: what it was misheard as may stand in the text, but not the thing itself.
    """
    lexicon = asking.service.settings.lexicon
    if not lexicon or content.transcript is None:
        return ()
    ruleset = content.scorecard.ruleset_id if content.scorecard else "default"
    words = lexicon.get(ruleset, lexicon.get("default", ()))
    return corrections(
        content.transcript, [entry for entry in words if content.written(entry) == entry]
    )


def _with_shown_card(session: Any, loaded: LoadedCall, review: CallReview | None) -> LoadedCall:
    """Show the scorecard that the call's score rests on, which may be an earlier one."""
    current = loaded.detail.scorecard
    if review is None or current is None or review.scorecard_id == review.current_id:
        return loaded
    card = review.card.card
    transcript = loaded.transcript
    if card.transcript_key != current.transcript_key:
        transcript = queries.transcript_by_key(session, card.transcript_key) or transcript
    return replace(loaded, detail=replace(loaded.detail, scorecard=card), transcript=transcript)


def _note_look(asking: Asking, call_id: str) -> None:
    with asking.service.store.writing() as session:
        audit(session, asking.viewer.user, "call.read_personal", "call", call_id, {"by": "page"})


def _content(asking: Asking, loaded: LoadedCall) -> _Content:
    call, card, transcript = loaded.detail.call, loaded.detail.scorecard, loaded.transcript
    if asking.shows_personal:
        return _Content(call, card, transcript, hide_in(None))
    with asking.service.store.reading() as session:
        heard = hear(session, card.transcript_key if card else None, transcript, call)
    return _Content(
        call=mask_call(call),
        scorecard=mask_scorecard(card, heard) if card else None,
        transcript=mask_transcript(transcript, call, heard=heard) if transcript else None,
        written=hide_in(heard),
    )


def _review_values(
    asking: Asking, review: CallReview | None, content: _Content, reading: Reading
) -> dict[str, Any]:
    viewer = asking.viewer
    is_own = viewer.user.agent_id is not None and viewer.user.agent_id == content.call.agent_id
    state = review.state if review else None
    flags = review.card.flags if review else ()
    may_review = viewer.may(Right.REVIEW)
    release = review.release if review else None
    return {
        "review": review,
        "reviews": flag_reviews(review, reading) if review else {},
        "scorecard_id": review.scorecard_id if review else 0,
        "groups": review.card.groups
        if review
        else content.scorecard.groups
        if content.scorecard
        else (),
        "may_review": may_review,
        "may_request_deletion": {Right.READ_ARCHIVE, Right.REQUEST_DELETION} <= viewer.rights,
        "may_decide": may_review and not is_own and state in _UNDECIDED_STATES,
        "may_take_back": may_review and not is_own and state is ReviewState.RELEASED,
        "may_settle": may_review and not is_own and state is ReviewState.FINAL,
        "may_appeal": viewer.may(Right.APPEAL)
        and is_own
        and state in (ReviewState.RELEASED, ReviewState.APPEALED),
        "may_appeal_call": review is not None
        and not any(a.rule_id is None and a.state in _ASKED for a in review.appeals),
        "may_decide_appeals": viewer.may(Right.DECIDE_APPEALS),
        "undecided": sum(line.outcome is Outcome.UNDECIDED for line in flags),
        "open_flags": sum(line.is_open for line in flags),
        "required_flags": sum(line.must_be_decided for line in flags),
        "appeal_until": reading.when(release.appeal_until) if release else "",
        "release_who": reading.who(release.done_by) if release else "",
        "release_when": reading.when(release.done_at) if release else "",
        "quick_reasons": partial(_quick_reasons, asking.lang),
        **_history(review, reading),
    }


def _history(review: CallReview | None, reading: Reading) -> Mapping[str, Any]:
    appeals: tuple[AppealView, ...] = ()
    releases: tuple[StepView, ...] = ()
    if review is not None:
        appeals = appeal_views([*review.past_appeals, *review.appeals], reading)
        releases = release_steps(review, reading)
    return {"appeals": appeals, "releases": releases}


def _quick_reasons(lang: str, line: LineView) -> tuple[str, ...]:
    return quick_reasons(_OUTCOME_OF[line.css], lang) if line.css in _OUTCOME_OF else ()


def _flag_lines(card: CardView | None) -> Mapping[str, Any]:
    """Index the flags by rule id, and say which of them lie in a fold."""
    if card is None:
        return {"flag_lines": {}, "folded": frozenset()}
    folded = [line for fold in card.doubts for line in fold.lines]
    return {
        "flag_lines": {line.rule_id: line for line in (*card.flags, *folded)},
        "folded": frozenset(line.rule_id for line in folded),
    }


def _rule_texts(asking: Asking, card: Scorecard | None) -> dict[str, RuleText]:
    """Say of every flagged rule what it listens for; nothing where the ruleset is gone."""
    if card is None or not card.flags:
        return {}
    try:
        ruleset = ruleset_in_force(asking.service, card.ruleset_id)
    except (NotFoundError, RulesetError):
        return {}
    rules = [rule for line in card.flags if (rule := ruleset.rule(line.rule_id))]
    views = [rule_view(rule, ruleset, asking.lang) for rule in rules]
    may_read = asking.viewer.may(Right.READ_RULES)
    return {
        view.rule_id: RuleText(
            points=view.points,
            looks=view.looks,
            advice=_say_instead(view),
            sentences=view.sentences,
            link=f"/rules/{ruleset.ruleset_id}/{view.rule_id}" if may_read else "",
        )
        for view in views
    }


def _say_instead(view: RuleView) -> str:
    """Choose what to say instead: a script's own words, for other rules the advice."""
    script = " ".join(view.say)
    return script or view.advice if view.slots else view.advice or script


def _is_playable(loaded: LoadedCall) -> bool:
    recording = loaded.recording
    return recording is not None and recording.place is not None and loaded.transcript is not None


def _lanes(transcript: Transcript | None) -> dict[str, int]:
    """Say which channel is whose: the one where most of that person's utterances lie."""
    channels: dict[Role, Counter[int]] = {Role.AGENT: Counter(), Role.CUSTOMER: Counter()}
    for utterance in transcript.utterances if transcript else ():
        if utterance.role in channels:
            channels[utterance.role][utterance.channel] += 1
    agent = next(iter(channels[Role.AGENT].most_common(1)), None)
    customer = next(iter(channels[Role.CUSTOMER].most_common(1)), None)
    if agent is None and customer is None:
        return {"agent": 0, "customer": 1}
    own = agent[0] if agent else 1 - (customer[0] if customer else 1)
    return {"agent": own, "customer": customer[0] if customer else 1 - own}


def _facts(call: Call, lang: str) -> dict[str, str]:
    # A call of unknown time has all notices, and a festival has one of each year.
    kinds = dict.fromkeys(n.festival for n in call.notices if n.festival in FESTIVALS)
    festivals = [FESTIVALS[festival].text(lang) for festival in kinds]
    return {
        "direction": DIRECTIONS[call.direction].text(lang) if call.direction else "",
        "released": RELEASED[call.released_by].text(lang) if call.released_by else "",
        "notices": ", ".join(festivals) if lang == "en" else "、".join(festivals),
    }
