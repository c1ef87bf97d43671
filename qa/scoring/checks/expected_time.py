"""A complaint is answered with a time (CO05)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from qa.scoring.check import Check, Example, Scene, unheard
from qa.scoring.courtesy import Cause, answers_from, broke_off
from qa.scoring.due import find_times
from qa.scoring.sounds import sound_regex
from qa.scoring.spotting import Sighting
from qa.scoring.windows import span_of
from qa.text import fold
from qa.types import Match, Outcome, Span, Verdict

SHORTEST = timedelta(minutes=5)
"""What is due sooner is a request to hold (等我两分钟), not a time for handling a complaint."""
ENOUGH_TURNS = 2
UNKNOWN_START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""A Monday morning, for calls whose own time is unknown: whether a time was named needs no date."""
HANDLED = re.compile(
    r"送|派|到|回复|答复|处理|联系|解决|结果|反馈|回电|打电话|去电|通知|核实|查清|查到|查明|赔|退|补|完成|办好|办完"
    r"|发出|发走|回访|寄|取|找|收到|给您|跟进|上门|出来|搞定|落实|到账|安排|转运|预计|大概|最快|最晚|最迟"
)
"""What can be expected at a time; a time without any of it is no answer to a complaint."""
PAST = re.compile(
    r"^(?:[上中下]午|早上|晚上)?(?:就|才|已经)?(?:到的|到了|发的|寄的|下的|签收|派送过|送过|来过|打过|揽收|显示|没|压)"
)
BEFORE_PAST = re.compile(r"(?:了|过|已经|都|超|等|压|(?<![最])晚|延误|耽误|滞留|拖)$")
"""What stands before a length of time that has gone by (压了两天)."""
AHEAD = re.compile(r"之?内|以内|左右|之?后|给您|就|会|能")
"""What stands behind a length of time that is still to come."""
ASKS_WHEN = re.compile(
    r"什么时候|啥时候|几天|多久|多长时间|几点|哪天|几号|给[我]?个时间|到什么时候"
)
HALF_HEARD = (
    r"小时内|小时之内|小时以内|工作日|[天周月]之?内|[天周月]以内|礼拜内|星期内|[天周月]之?前"
    r"|明天|后天|今晚|下周"
)
"""What is left of a time whose number was misheard; keeps nobody from being undecided."""
LENGTHS = "0123456789一二两俩三四五六七八九十半几"
SHORT_ANSWER = 6
"""Characters beside a time up to which a sentence is a bare answer (三天左右吧)."""
ASKED = re.compile(
    r"您[^给跟]{0,6}(?:在家|方便|有空|有时间)|什么时候|是吧|是吗|对吧|对吗|您说的|您是说|您刚才说"
)
_CAUSE = {"cause": {"phrases": ["我要投诉"]}}


@dataclass(frozen=True)
class ExpectedTime(Check):
    """Whoever complains is told by when something will happen.

    Why: the regulation asks to promise handling and to name the expected time.
    Mistakes: whether the time is kept or sensible is not judged here (promises and tickets show
    it). 尽快 or 有结果通知您 names no time. Times inside questions and quotations do not count.

    Attributes:
        cause: what makes a call a complaint.
    """

    kind = "expected_time"
    cause: Cause
    examples = (
        Example(_CAUSE, "客户: 我要投诉。\n坐席: 预计明天下午六点前给您送到。", Outcome.MET),
        Example(_CAUSE, "客户: 我要投诉。\n坐席: 我们二十四小时之内给您答复。", Outcome.MET),
        Example(
            _CAUSE,
            "客户: 我要投诉。\n坐席: 好的。\n客户: 几天？\n坐席: 有结果会通知您，再见。",
            Outcome.VIOLATED,
        ),
        Example(_CAUSE, "客户: 我要投诉。\n坐席: 请问单号？", Outcome.UNDECIDED),
        Example(_CAUSE, "客户: 我想查件。\n坐席: 好的。", Outcome.NOT_APPLICABLE),
    )

    def run(self, scene: Scene) -> Verdict:
        """Look for a time to come in what the agent says after the complaint."""
        if early := unheard(scene):
            return early
        causes = self.cause.sightings(scene)
        if not causes:
            return Verdict(Outcome.NOT_APPLICABLE, "no_cause")
        first = min(causes, key=lambda s: (not s.sure, s.found.hit.start))
        complaint = scene.customer.hit_match(first.found.hit, first.found.text)
        since = answers_from(scene)
        doubt: Match | None = None
        for match, sure in _times(scene, since):
            if sure:
                return Verdict(Outcome.MET, "time_named", matches=_ordered(complaint, match))
            doubt = doubt or match
        doubt = doubt or _half_heard(scene, since)
        return _unnamed(scene, first, since, complaint, doubt)


def _unnamed(
    scene: Scene, cause: Sighting, since: int, complaint: Match, doubt: Match | None
) -> Verdict:
    searched = span_of(scene, since, len(scene.agent.text))
    turns = sum(end > since for _, end in scene.agent.turns)
    if broke_off(scene) and turns < ENOUGH_TURNS:
        return Verdict(Outcome.UNDECIDED, "call_broke_off", (), (complaint,), searched)
    if doubt or not cause.sure:
        return Verdict(Outcome.UNDECIDED, "time_unsure", (), (complaint,), searched, doubt)
    return Verdict(Outcome.VIOLATED, "time_not_named", (), (complaint,), searched)


def _times(scene: Scene, since: int) -> Iterator[tuple[Match, bool]]:
    """Yield the times to come that the agent names, and whether something is due then."""
    track = scene.agent
    now = scene.call.started_at or UNKNOWN_START
    for spoken in find_times(track.text, now):
        if spoken.start < since or spoken.due - now < SHORTEST:
            continue
        start, end = track.sentence_start(spoken.start), track.sentence_end(spoken.end - 1)
        before, after = track.text[start : spoken.start], track.text[spoken.end : end]
        if PAST.match(after) or ASKED.search(track.text[start:end]):
            continue
        if BEFORE_PAST.search(before) and _is_length(track.text, spoken.start, after):
            continue
        said = track.text[spoken.start : spoken.end]
        match = track.match(spoken.start, spoken.end, expected=said, similarity=1.0)
        if HANDLED.search(before + " " + after):
            yield match, True
        elif len(before) + len(after) <= SHORT_ANSWER:
            yield match, _was_asked_when(scene, match.span)


def _half_heard(scene: Scene, since: int) -> Match | None:
    """Find what may be a misheard time for the handling (二十死小时内给您回复)."""
    track = scene.agent
    for found in sound_regex(HALF_HEARD).finditer(track.sounds, since):
        start, end = track.sentence_start(found.start()), track.sentence_end(found.end() - 1)
        before, after = track.text[start : found.start()], track.text[found.end() : end]
        if ASKED.search(track.text[start:end]) or PAST.match(after):
            continue
        if HANDLED.search(before + " " + after):
            return track.match(
                *found.span(), expected=track.text[slice(*found.span())], similarity=0.6
            )
    return None


def _is_length(text: str, start: int, after: str) -> bool:
    """Whether a time is a length (两天) that is not said to lie ahead, not a point (后天)."""
    return text[start] in LENGTHS and AHEAD.match(after) is None


def _was_asked_when(scene: Scene, span: Span) -> bool:
    """Whether the customer's last words before a time asked for one."""
    asked = [u for _, u in scene.customer.utterances if u.span.start_ms < span.start_ms]
    return bool(asked) and ASKS_WHEN.search(fold(asked[-1].text).text) is not None


def _ordered(*matches: Match) -> tuple[Match, ...]:
    return tuple(sorted(matches, key=lambda m: (m.span, m.quote)))
