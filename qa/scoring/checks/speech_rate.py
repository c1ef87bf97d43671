"""How fast the agent speaks (AC03)."""

from dataclasses import dataclass

from qa.scoring.acoustics import speech_of
from qa.scoring.check import Check, Example, Scene
from qa.turns import characters, spoken_ms
from qa.types import Outcome, Role, Verdict

_TWELVE_S = "[00:01-00:13] 坐席: "
_SLOW = _TWELVE_S + "您好，这里是供暖报修平台，请问您"  # 15 characters in 12 s
_FAST = _TWELVE_S + "您好，这里是供暖报修平台，请问您有什么问题。" * 5  # 95


@dataclass(frozen=True)
class SpeechRate(Check):
    """The agent's characters a minute of speech lie inside a band.

        rate = 60 · characters / seconds of the agent's speech

    Characters are what was recognised less punctuation; a digit or letter counts as one. Speech is
    measured by voice activity (`acoustics`), so that neither the customer's turns nor pauses
    between sentences count; pauses under 0.4 s inside a sentence do. With less than `min_speech_s`
    of speech a rate inside the band is trusted, and one outside is undecided: a single 您好 may be
    quick.

    Why: too fast is not understood, too slow wears out.
    Mistakes: words that the recogniser left out slow the rate down.

    Attributes:
        band_cpm: lowest and highest rate, both allowed, in characters a minute.
        min_speech_s: seconds of speech from which the rate may convict.
    """

    kind = "speech_rate"
    band_cpm: tuple[float, float] = (160.0, 320.0)
    min_speech_s: float = 10.0
    examples = (
        Example({}, "坐席: 您好，请问您有什么问题？", Outcome.MET),
        Example({}, _FAST, Outcome.VIOLATED),
        Example({}, _SLOW, Outcome.VIOLATED),
        Example({"band_cpm": [60, 500]}, _FAST, Outcome.MET),
        Example({"min_speech_s": 20}, _FAST, Outcome.UNDECIDED),
        Example({}, "客户: 喂？", Outcome.UNDECIDED),
        Example({}, "未知: 您好，请问您有什么问题？", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if not 0 <= self.band_cpm[0] < self.band_cpm[1]:
            raise ValueError("band_cpm must be two rates, the lower one first")

    def run(self, scene: Scene) -> Verdict:
        """Measure the agent's rate."""
        if not scene.roles_known:
            return Verdict(Outcome.UNDECIDED, "role_unknown")
        speech_ms = spoken_ms(speech_of(scene, Role.AGENT, pauses=False))
        if not speech_ms or not scene.agent.text:
            return Verdict(Outcome.UNDECIDED, "no_agent_speech")
        rate = 60_000 * characters(scene.transcript, Role.AGENT) / speech_ms
        low, high = self.band_cpm
        details = (
            ("high", f"{high:g}"),
            ("low", f"{low:g}"),
            ("rate", f"{rate:.0f}"),
            ("seconds", f"{speech_ms / 1000:.0f}"),
        )
        if low <= rate <= high:
            return Verdict(Outcome.MET, "rate_inside", details)
        if speech_ms < 1000 * self.min_speech_s:
            return Verdict(Outcome.UNDECIDED, "rate_too_little_speech", details)
        return Verdict(Outcome.VIOLATED, "rate_above" if rate > high else "rate_below", details)
