"""How loud the agent speaks (AC04)."""

from dataclasses import dataclass
from statistics import median

from qa.scoring.check import Check, Example, Scene
from qa.text import fold
from qa.types import Match, Outcome, Role, Utterance, Verdict

MIN_SHOUTED_MS = 600
MIN_SHOUTED_CHARS = 3
"""A loud 喂 or 嗯 is no shouting."""
MIN_MEASURED = 4
"""Fewer utterances have no median that one of them could be compared with."""
_CALM = """
坐席(-26dB): 您好，请问您有什么问题？
坐席(-25dB): 请问您的具体地址？
坐席(-27dB): 请留一下联系电话？
坐席(-26dB): 好的，给您登记上了。
"""


@dataclass(frozen=True)
class Loudness(Check):
    """The agent's level lies inside a band, and no utterance is shouted.

        usual = median of the levels of the agent's utterances, dBFS
        band[0] ≤ usual ≤ band[1]   and   level(utterance) − usual < shout_margin_db

    The level of an utterance is the root mean square over its voiced frames, so pauses do not
    count. The default band is telephone physics: lines are set for an active speech level of
    −26 dBFS (ITU-T P.56), and 14 dB around it is what sets, distance and lines make of one voice;
    beyond, the customer strains to hear or hears distortion. The margin is vocal effort: raised
    speech lies some 6 dB above normal, loud speech 12 dB, shouting 18 dB and more (ANSI S3.5), and
    8 dB lies between emphasis and loud speech.

    Why: shouting at a customer is fined; a voice that nobody can hear serves nobody.
    Mistakes: an agent who shouts through the whole call is found by the band only. Automatic gain
    evens out shouting.

    Attributes:
        band_dbfs: lowest and highest usual level, both allowed.
        shout_margin_db: how far above his own usual level an utterance is shouted.
    """

    kind = "loudness"
    by_words = False
    band_dbfs: tuple[float, float] = (-40.0, -12.0)
    shout_margin_db: float = 8.0
    examples = (
        Example({}, _CALM, Outcome.MET),
        Example({}, _CALM + "坐席(-15dB): 说了登记上了！", Outcome.VIOLATED),
        Example({}, _CALM + "坐席(-21dB): 说了登记上了！", Outcome.MET),
        Example({}, _CALM + "坐席(-15dB): 喂？", Outcome.MET),
        Example({}, _CALM + "客户(-12dB): 你们到底管不管！", Outcome.MET),
        Example({}, _CALM.replace("-2", "-4"), Outcome.VIOLATED),
        Example({}, "坐席: 您好，请问您有什么问题？", Outcome.UNDECIDED),
        Example({}, "未知(-26dB): 您好，请问您有什么问题？", Outcome.UNDECIDED),
    )

    def __post_init__(self) -> None:
        if self.band_dbfs[0] >= self.band_dbfs[1] or self.shout_margin_db <= 0:
            raise ValueError("band_dbfs must rise and shout_margin_db must be above 0")

    def run(self, scene: Scene) -> Verdict:
        """Compare the agent's usual level with the band, and each utterance with it."""
        if not scene.roles_known:
            return Verdict(Outcome.UNDECIDED, "role_unknown")
        own = [
            (index, u, u.level_dbfs)
            for index, u in enumerate(scene.transcript.utterances)
            if u.role is Role.AGENT and u.level_dbfs is not None
        ]
        if not own:
            reason = "level_not_measured" if scene.agent.text else "no_agent_speech"
            return Verdict(Outcome.UNDECIDED, reason)
        usual = median(level for _, _, level in own)
        shouted = [
            (index, u, level)
            for index, u, level in own
            if level - usual >= self.shout_margin_db and _is_long(u)
        ]
        if len(own) >= MIN_MEASURED and shouted:
            matches = tuple(Match(i, u.role, u.span, u.text, "", 1.0) for i, u, _ in shouted)
            above = max(level for _, _, level in shouted) - usual
            louder = (("above", f"{above:.0f}"), ("level", f"{usual:.0f}"))
            return Verdict(Outcome.VIOLATED, "shouted", louder, matches)
        low, high = self.band_dbfs
        details = (("high", f"{high:g}"), ("level", f"{usual:.0f}"), ("low", f"{low:g}"))
        if low <= usual <= high:
            return Verdict(Outcome.MET, "level_inside", details)
        return Verdict(Outcome.VIOLATED, "level_above" if usual > high else "level_below", details)


def _is_long(utterance: Utterance) -> bool:
    return (
        utterance.span.duration_ms >= MIN_SHOUTED_MS
        and len(fold(utterance.text).text) >= MIN_SHOUTED_CHARS
    )
