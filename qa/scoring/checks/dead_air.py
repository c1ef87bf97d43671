"""Long silence that nobody asked for (AC02)."""

from dataclasses import dataclass

from qa.scoring.acoustics import speech_of, unheard
from qa.scoring.check import Check, Example, Scene
from qa.scoring.grammar import GAP, Found, as_regex, compile_all
from qa.scoring.hypotheses import Finding, Kind, weigh
from qa.scoring.spotting import Guards, Policy, spot
from qa.scoring.track import Hit, Track
from qa.turns import silences
from qa.types import Match, Outcome, Role, Span, Verdict

ASKED = 0.85
"""So like it by sound was asked; below, the sound itself is asked. Lenient, for it excuses."""
_POLICY = Policy(unsure_similarity=0.8, unsure_chars=0.5)
WEIGHED = 2
"""Doubtful wordings that are put to the sound at most, the last ones before the silence."""
REACH_MS = 15_000
"""A moment may be asked for so long before the silence; one 请稍等 does not serve a whole call."""
UNHEARD_MS = 3_000
"""So much unbroken sound in a silence may be speech that the recogniser did not understand."""
_SILENT = "坐席: 幸福小区三号楼，好的。\n(停顿 12秒)\n坐席: 单子给您下好了。"


@dataclass(frozen=True)
class DeadAir(Check):
    """No side is silent for long unless somebody asked for a moment.

    A silence lies between two stretches of speech of whichever side (`acoustics`):

        silence = next.start − previous.end > max_silence_s

    It is excused when, in the 15 s before it or in the agent's last turn, the agent asked for a
    moment, or when the customer did just before (我去看看阀门): then it is the agent who waits.
    What lies before the first word is left out, because recordings may begin with ringing (late
    answering is TM01's matter), and what follows the last word too: nobody waits there.

    Why: a customer who hears nothing believes the line is dead.
    Mistakes: an unusual way to ask for a moment is not known; add it. A side that the recogniser
    did not hear at all, and long sound without words, make a silence undecided.

    Attributes:
        max_silence_s: seconds.
        asking: ways in which an agent asks for a moment, in the notation of `qa.scoring.grammar`.
        leaving: ways in which a customer asks for one.
    """

    kind = "dead_air"
    max_silence_s: float = 10.0
    asking: tuple[str, ...] = ("[请|您][稍等|等一下]", "我[查|看]一下")
    leaving: tuple[str, ...] = ("等[我|]一下", "我[去|]看[看|一下]")
    examples = (
        Example({}, _SILENT.replace("好的。", "好的。\n客户: 对。"), Outcome.VIOLATED),
        Example({}, "客户: 三号楼。\n" + _SILENT.replace("好的", "请稍等"), Outcome.MET),
        Example({}, "客户: 三号楼。\n" + _SILENT.replace("12", "9"), Outcome.MET),
        Example(
            {},
            "坐席: 请问号码是多少？\n客户: 你等我一下。\n(停顿 14秒)\n客户: 找着了。",
            Outcome.MET,
        ),
        Example({}, "(停顿 20秒)\n坐席: 您好。\n客户: 你好。", Outcome.MET),
        Example({}, _SILENT, Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if self.max_silence_s <= 0 or not compile_all(self.asking):
            raise ValueError("max_silence_s must be above 0 and asking must not be empty")
        compile_all(self.leaving)

    def run(self, scene: Scene) -> Verdict:
        """Look at each long silence and at what was said before it."""
        if not scene.transcript.utterances:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        found = silences(speech_of(scene, None))
        long = [s for s in found if s.duration_ms > 1000 * self.max_silence_s]
        most = max((s.duration_ms for s in found), default=0)
        details = (("limit", f"{self.max_silence_s:g}"), ("seconds", f"{most / 1000:.1f}"))
        if not long:
            return Verdict(Outcome.MET, "dead_air_none", details)
        verdicts = [self._excused(scene, silence) for silence in long]
        guilty = [
            s
            for s, (state, _) in zip(long, verdicts, strict=True)
            if state == "no" and unheard(scene.transcript, s) < UNHEARD_MS
        ]
        matches = tuple(match for _, match in verdicts if match)
        if all(state == "yes" for state, _ in verdicts):
            return Verdict(Outcome.MET, "dead_air_asked", details, matches)
        if guilty and _both_heard(scene):
            most = max(s.duration_ms for s in guilty)
            details = (("limit", f"{self.max_silence_s:g}"), ("seconds", f"{most / 1000:.1f}"))
            before = tuple(m for s in guilty if (m := _last_words(scene, s)))
            return Verdict(Outcome.VIOLATED, "dead_air", details, before, guilty[0])
        reason = "dead_air_unsure" if _both_heard(scene) else "one_side_only"
        return Verdict(Outcome.UNDECIDED, reason, details, searched=long[0])

    def _excused(self, scene: Scene, silence: Span) -> tuple[str, Match | None]:
        """Say whether somebody asked for this silence: yes, no or unsure; and the words."""
        tracks = [(scene.agent, self.asking), (scene.customer, self.leaving)]
        if not scene.roles_known:
            tracks.append((scene.unknown, self.asking + self.leaving))
        doubtful: list[Found] = []
        for track, phrases in tracks:
            start, end = _before(track, silence)
            if start == end:
                continue
            if track is scene.agent:  # word for word, which is quick and nearly always enough
                exact = as_regex(phrases).search(track.text, start, end)
                if exact:
                    words = Hit(exact.start(), exact.end(), 1.0, 1.0)
                    return "yes", track.hit_match(words, exact.group())
            for sighting in spot(track, compile_all(phrases), policy=_POLICY, guards=Guards()):
                hit = sighting.found.hit
                if start <= hit.start < end and hit.similarity >= ASKED:
                    return "yes", track.hit_match(hit, sighting.found.text)
                if start <= hit.start < end and track is scene.agent:
                    doubtful.append(sighting.found)
        for found in doubtful[-WEIGHED:]:
            place, text = (found.hit.start, found.hit.end), found.text.replace(GAP, "")
            weighed = weigh(scene, scene.agent, place, [text], kind=Kind.SLOT)
            if weighed.finding is Finding.SAID:
                return "yes", scene.agent.hit_match(found.hit, found.text)
            if weighed.finding is not Finding.NOT_SAID:
                return "unsure", None
        return "no", None


def _before(track: Track, silence: Span) -> tuple[int, int]:
    """Range of a side's text in the seconds before a silence; its last turn at least."""
    chosen = [k for k, (_, u) in enumerate(track.utterances) if u.span.start_ms < silence.start_ms]
    if not chosen:
        return 0, 0
    end = track.starts[chosen[-1] + 1]
    near = [k for k in chosen if track.utterances[k][1].span.end_ms > silence.start_ms - REACH_MS]
    start = track.starts[near[0]] if near else end
    if track.role is Role.CUSTOMER:
        return start, end
    return min(start, track.turn_at(end - 1)[0]), end


def _both_heard(scene: Scene) -> bool:
    """Whether each side was heard at all; one that never was may be speaking unrecorded."""
    if not scene.roles_known:
        return scene.transcript.channel_count == 1
    return bool(scene.agent.text and scene.customer.text)


def _last_words(scene: Scene, silence: Span) -> Match | None:
    """Quote what was said last before a silence; the match's span is the silence."""
    said = [
        (index, u)
        for index, u in enumerate(scene.transcript.utterances)
        if u.span.start_ms < silence.start_ms
    ]
    if not said:
        return None
    index, utterance = max(said, key=lambda one: one[1].span.end_ms)
    return Match(index, utterance.role, silence, utterance.text, "", 1.0)
