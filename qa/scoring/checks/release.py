"""The customer hangs up first (TM03)."""

from dataclasses import dataclass

from qa.scoring.acoustics import speech_of
from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import closest, compile_all
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.windows import closing
from qa.types import Match, Outcome, ReleasedBy, Role, Span, Verdict

SAID = 0.8
DOUBTFUL = 0.6
_BYE = "坐席: 感谢您的来电，再见。\n客户: 好，再见。\n"
_BY_AGENT = {"released_by": "agent"}


@dataclass(frozen=True)
class CustomerReleases(Check):
    """The customer hangs up first, or the agent waits after the closing.

    The recording's end is the release. When the agent released,

        gap = end of recording − end of the customer's last speech (`acoustics`)

    must be at least `min_gap_s`, and one of the closing's phrases must stand in the agent's last
    words.

    Why: hanging up on a customer is the end of the service.
    Mistakes: the telephone system decides which side released; a customer whose line drops counts
    as the customer. Where it does not say, busy tones or a dead channel that show the customer left
    first (`qa.transcribe.sound`) are enough to acquit, and nothing heard convicts. Where the
    customer never spoke, only the closing counts.

    Attributes:
        min_gap_s: seconds from the customer's last word to an agent's release.
        closing: what closes a call, in the notation of `qa.scoring.grammar`; one is enough.
    """

    kind = "customer_releases"
    min_gap_s: float = 3.0
    closing: tuple[str, ...] = ("再见", "感谢您的[来电|合作]")
    examples = (
        Example({}, "坐席: 好。", Outcome.MET, {"released_by": "customer"}),
        Example({}, "坐席: 好。", Outcome.UNDECIDED, {"released_by": None}),
        Example({}, _BYE, Outcome.VIOLATED, _BY_AGENT),
        Example({}, _BYE + "(停顿 4秒)\n坐席: 再见。", Outcome.MET, _BY_AGENT),
        Example({}, "客户: 那我找谁啊？\n(停顿 5秒)\n坐席: 不知道。", Outcome.VIOLATED, _BY_AGENT),
        Example({}, "未知: 感谢您的来电，再见。", Outcome.UNDECIDED, _BY_AGENT),
    )

    def __post_init__(self) -> None:
        if self.min_gap_s < 0 or not compile_all(self.closing):
            raise ValueError("min_gap_s must not be negative and closing must not be empty")

    def run(self, scene: Scene) -> Verdict:
        """Read which side released; where it was the agent, look at the end of the call."""
        released_by = scene.call.released_by
        sound = scene.transcript.sound
        if released_by is None and sound and sound.ended_by is Role.CUSTOMER:
            return Verdict(Outcome.MET, "customer_heard_leaving")
        if released_by is None:
            return Verdict(Outcome.UNDECIDED, "metadata_missing", (("field", "released_by"),))
        if released_by is ReleasedBy.CUSTOMER:
            return Verdict(Outcome.MET, "customer_released")
        if not scene.roles_known:
            return Verdict(Outcome.UNDECIDED, "role_unknown")
        end_ms = scene.transcript.duration_ms
        spoken = speech_of(scene, Role.CUSTOMER)
        last_ms = spoken[-1].end_ms if spoken else 0
        gap_s = max(0, end_ms - last_ms) / 1000
        details = (("limit", f"{self.min_gap_s:g}"), ("seconds", f"{gap_s:.1f}"))
        if spoken and gap_s < self.min_gap_s:
            last = _last_words(scene, Span(min(last_ms, end_ms), end_ms))
            return Verdict(Outcome.VIOLATED, "released_at_once", details, last)
        return self._closing(scene, details)

    def _closing(self, scene: Scene, details: tuple[tuple[str, str], ...]) -> Verdict:
        track = scene.agent
        start, end = closing(scene)
        found = closest(compile_all(self.closing), track, start, end, DOUBTFUL)
        match = track.hit_match(found.hit, found.text) if found else None
        searched = track.span(start, end) if start < end else None
        if found and match and found.hit.similarity >= SAID:
            return Verdict(Outcome.MET, "released_after_closing", details, (match,))
        if found:
            place = found.hit.start, found.hit.end
            weighed = weigh(scene, track, place, [found.text], kind=Kind.SLOT)
            if weighed.finding is Finding.SAID and match:
                return Verdict(Outcome.MET, "released_after_closing", details, (match,))
            if weighed.finding is not Finding.NOT_SAID:
                return Verdict(
                    Outcome.UNDECIDED, "closing_unsure", details, searched=searched, nearest=match
                )
        return Verdict(
            Outcome.VIOLATED, "released_before_closing", details, searched=searched, nearest=match
        )


def _last_words(scene: Scene, span: Span) -> tuple[Match, ...]:
    """Quote the customer's last words, with the time from there to the release."""
    said = [(i, u) for i, u in enumerate(scene.transcript.utterances) if u.role is Role.CUSTOMER]
    if not said:
        return ()
    index, utterance = max(said, key=lambda one: one[1].span.end_ms)
    return (Match(index, Role.CUSTOMER, span, utterance.text, "", 1.0),)
