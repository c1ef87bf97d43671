"""Who is who on two channels: the channel map of the source, checked against what was said.

A recorder that was wired or configured the wrong way round would judge the customer for the agent's
words, so the map is only believed when the call does not speak against it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from qa.text import fold
from qa.types import Role

AGENT_CUES: dict[str, int] = {
    "为您服务": 3,
    "为你服务": 3,
    "感谢您的来电": 3,
    "感谢来电": 3,
    "请问您有什么": 3,
    "有什么问题": 1,
    "可以帮您": 2,
    "跟您联系": 2,
    "与您联系": 2,
    "请问您": 2,
    "您的姓名": 2,
    "您的具体地址": 2,
    "联系电话": 1,
    "工号": 1,
    "登记": 1,
    "请稍等": 1,
    "请讲": 1,
    "回访": 1,
}
"""What only the service side tends to say, with weights; counted once each."""

CUSTOMER_CUES: dict[str, int] = {
    "我家": 2,
    "我们家": 2,
    "你们": 1,
    "我姓": 2,
    "我叫": 1,
    "我住": 2,
    "我的电话": 2,
    "我电话": 2,
    "没人来": 2,
    "不热": 1,
    "没热": 1,
    "坏了": 1,
}
"""What customers tend to say of themselves and of their troubles; counted once each."""

SURE_LEAD = 3
"""Weight by which a channel must lead to be the agent's for certain."""


MOST_POLITE = 4
"""On the development calls agents say 您 ten times a call, customers hardly ever; where both were
heard alike, as with an agent who is rude, it tells nothing."""
MOST_ASKING = 2
PICKED_UP_CHARS = 2
"""喂 and 哎 are said by whoever is called."""


@dataclass(frozen=True, slots=True)
class RoleMap:
    """The role of each channel, how sure, and a note when the source's map was not followed."""

    roles: tuple[Role, ...]
    confidence: float
    note: str | None = None


def assign_roles(texts: Sequence[str], *, agent_channel: Literal["left", "right"]) -> RoleMap:
    """Decide who speaks on each channel.

    Args:
        texts: all that was heard on each channel, simplified.
        agent_channel: what the source's settings say.

    Returns:
        For one channel the role is unknown with confidence 0. For two channels the map of the
        source, unless the other channel leads by `SURE_LEAD` in what agents say: then the map is
        turned round and noted `channels_swapped`. A smaller lead the wrong way is noted
        `channels_doubtful` with confidence 0.5, so that rules abstain.
    """
    if len(texts) != 2:
        return RoleMap((Role.UNKNOWN,) * len(texts), 0.0)
    agent = 0 if agent_channel == "left" else 1
    weights = [agent_weight(text) for text in texts]
    lead = weights[agent] - weights[1 - agent]
    if lead <= -SURE_LEAD:
        return RoleMap(_roles(1 - agent), 0.95, "channels_swapped")
    if lead < 0:
        return RoleMap(_roles(agent), 0.5, "channels_doubtful")
    return RoleMap(_roles(agent), 1.0 if lead >= SURE_LEAD else 0.9)


def roles_of_voices(texts: tuple[str, str], opening: tuple[int, str]) -> RoleMap:
    """Decide which of two voices on one channel is the agent.

        lead = (agent cues of 0 - customer cues of 0) - (the same of 1)
             + (您 of 0 - 您 of 1), at most `MOST_POLITE` either way
             + (请 of 0 - 请 of 1), at most `MOST_ASKING` either way
             ± 1 for who speaks first, unless that is no more than 喂

    Args:
        texts: all that each voice said, simplified.
        opening: the voice that speaks first, and what it says then; agents greet, but who is called
            picks up.

    Returns:
        Roles by voice. A lead of `SURE_LEAD` is sure; half of that gives 0.7; with less nobody
        knows: roles unknown with confidence 0.
    """
    weights = [agent_weight(text) - _weight(text, CUSTOMER_CUES) for text in texts]
    lead = weights[0] - weights[1]
    for word, most in (("您", MOST_POLITE), ("请", MOST_ASKING)):
        lead += min(most, max(-most, texts[0].count(word) - texts[1].count(word)))
    first, said = opening
    if len(fold(said).text) > PICKED_UP_CHARS:
        lead += 1 if first == 0 else -1
    if abs(lead) < (SURE_LEAD + 1) // 2:
        return RoleMap((Role.UNKNOWN, Role.UNKNOWN), 0.0, "speakers_doubtful")
    return RoleMap(_roles(0 if lead > 0 else 1), 0.95 if abs(lead) >= SURE_LEAD else 0.7)


def agent_weight(text: str) -> int:
    """Sum of the weights of the agent cues that occur in a text."""
    return _weight(text, AGENT_CUES)


def _weight(text: str, cues: Mapping[str, int]) -> int:
    folded = fold(text).text
    return sum(weight for cue, weight in cues.items() if cue in folded)


def _roles(agent: int) -> tuple[Role, ...]:
    return (Role.AGENT, Role.CUSTOMER) if agent == 0 else (Role.CUSTOMER, Role.AGENT)
