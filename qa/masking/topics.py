"""What is being talked of on each line: an agent's question opens a topic, another closes it."""

from dataclasses import dataclass

from qa.masking.sheet import Line, Sheet, key_regex
from qa.scoring.readback.talk import ASKS, NO_ASK
from qa.scoring.sounds import sound_regex
from qa.types import Role

Topics = frozenset[str]
LEAVE = "尽快跟您|尽快与您|感谢您的来|再见|请您为我们|打几分|维修工态度"
"""What an agent says when the details are done with."""
REACH = {"phone": 10, "address": 10, "name": 5, "id": 8}
"""Lines after a question within which its answer, with repeats and corrections, is expected."""
_ASKED = {
    "phone": f"{ASKS['phone']}|电话$|手机$|手机号|留.{{0,3}}电话|号码是|打哪个|来电的?号码",
    "address": f"{ASKS['address']}|哪个位置|什么地方|什么位置|门牌",
    "name": f"{ASKS['name']}|哪位|您贵姓|谁的名",
    "id": f"{ASKS['waybill']}|身份证|户号|卡号|账号|客户编号|合同号",
}


_ASKED_NEARLY = {
    "phone": "联系电话|联系方式|留一?下.{0,2}电话|电话呢|电话是|手机号",
    "address": "具体地址|地址|哪个小区|几号楼",
    "name": "姓名|贵姓|怎么称呼|叫什么名",
    "id": "快递单号|运单号|身份证",
}
"""Questions that are long enough to be known when each syllable is heard for a similar one."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What may be told on one line.

    Attributes:
        before: fields asked on an earlier line.
        asked: fields asked on this line, with the position after the question.
    """

    before: Topics
    asked: tuple[tuple[str, int], ...]

    def holds(self, name: str, position: int = 0) -> bool:
        """Whether a field is the topic at a position of the line."""
        return name in self.before or any(n == name and at <= position for n, at in self.asked)


def find_topics(sheet: Sheet) -> list[Topic]:
    """Say for every line what is the topic there."""
    topics: list[Topic] = []
    opened: dict[str, int] = {}
    for number, line in enumerate(sheet.lines):
        asked = _asks(line)
        before = frozenset(n for n, at in opened.items() if number - at <= REACH[n])
        topics.append(Topic(before, asked))
        if asked:
            names = {name for name, _ in asked}
            # 请问您的姓名、地址和电话: all of them at once, and an address asked for in pieces.
            opened = dict.fromkeys(names, number)
        elif line.role is not Role.CUSTOMER and sound_regex(LEAVE).search(line.sounds):
            opened = {}
    return topics


def _asks(line: Line) -> tuple[tuple[str, int], ...]:
    if line.role is Role.CUSTOMER:
        return ()
    denied = [m.span() for m in sound_regex(NO_ASK).finditer(line.sounds)]
    asked = [
        (name, found.end())
        for name, words in _ASKED.items()
        for found in sound_regex(words).finditer(line.sounds)
        if not any(a < found.end() and found.start() < b for a, b in denied)
    ]
    known = {name for name, _ in asked}
    return *asked, *(
        (name, found.end())
        for name, words in _ASKED_NEARLY.items()
        if name not in known and not denied
        for found in key_regex(words).finditer(line.keys)
    )
