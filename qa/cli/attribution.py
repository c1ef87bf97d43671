"""Whose call it is, in words: who says so, and where they disagree."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qa.store.attributing import CallAttribution

_VOICES = {
    "zh": {
        "table": "话单表",
        "sidecar": "随录文件",
        "cdr": "交换机话单",
        "name": "文件名",
        "upload": "上传时填写",
        "roster": "排班表",
    },
    "en": {
        "table": "calls table",
        "sidecar": "sidecar",
        "cdr": "call record",
        "name": "file name",
        "upload": "uploader",
        "roster": "roster",
    },
}
_TEXTS = {
    "zh": {
        "disputed": "坐席归属有分歧",
        "says": "{voice}：{agents}",
        "spoken": "录音报号：{number}",
        "not_spoken": "录音中报的不是 {number}",
        "nobody": "暂不归属任何人",
        "owner": "现归 {agent}",
        "known": "（是另一位坐席的工号）",
        "settled": "已由 {by} 裁定归 {agent}",
    },
    "en": {
        "disputed": "agent in dispute",
        "says": "{voice}: {agents}",
        "spoken": "spoken number: {number}",
        "not_spoken": "spoken: not {number}",
        "nobody": "nobody's for now",
        "owner": "for now {agent}'s",
        "known": " (another agent's number)",
        "settled": "{by} decided that it is {agent}'s",
    },
}


def attribution_lines(attribution: "CallAttribution", lang: str) -> Iterator[str]:
    """Say who names whom; nothing where all agree.

    Args:
        lang: `zh` or `en`.
    """
    texts, voices = _TEXTS[lang], _VOICES[lang]
    agent = attribution.agent_id
    if attribution.settled_by is not None:
        yield texts["settled"].format(by=attribution.settled_by, agent=agent)
    if not attribution.disagrees:
        return
    told = [
        texts["says"].format(voice=voices.get(voice, voice), agents="、".join(agents))
        for voice, agents in attribution.claims.items()
    ]
    spoken = attribution.spoken
    if spoken is not None and spoken.number is None:
        told.append(texts["not_spoken"].format(number=spoken.expected))
    elif spoken is not None:
        text = texts["spoken"].format(number=spoken.number)
        told.append(text + (texts["known"] if _is_other(attribution) else ""))
    owner = texts["owner"].format(agent=agent) if agent else texts["nobody"]
    colon, joint = ("：", "；") if lang == "zh" else (": ", "; ")
    yield f"{texts['disputed']}{colon}{joint.join((*told, owner))}"


def _is_other(attribution: "CallAttribution") -> bool:
    spoken = attribution.spoken
    return spoken is not None and spoken.differs and attribution.spoken_is_known
