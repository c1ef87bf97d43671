"""Addresses: compound, building, unit and room, in one breath or piece by piece."""

import re
from itertools import pairwise

from qa.masking.sheet import Line, Sheet, key_regex
from qa.masking.spans import Kind
from qa.masking.topics import Topic
from qa.scoring.addresses import GENERIC
from qa.scoring.numbers import CLEAR_DIGITS, digit_by_sound, digit_by_syllable, read_digits
from qa.scoring.readback.address_said import LEAD
from qa.scoring.syllables import sounds
from qa.types import Role

ADDRESS = Kind.ADDRESS
_NUM = "[零〇一二三四五六七八九十百两幺洞拐勾]"
# By sound; 号楼 and 单元 are long enough for that, the others must stand there themselves.
_PARTS = f"{_NUM}{{1,5}}(?:号楼|号院|单元)"
_WRITTEN_NUM = f"[{''.join(CLEAR_DIGITS)}十百a-h]"
_WRITTEN = re.compile(
    rf"{_WRITTEN_NUM}{{1,5}}(?:[栋幢座]|门洞|号(?={_WRITTEN_NUM}{{1,3}}(?:单元|门)|{_WRITTEN_NUM}{{3,4}}(?!号))|楼(?=.{{0,4}}单元))"
    rf"|[{''.join(CLEAR_DIGITS)}]{{3,5}}(?:室|号?房|户)"
    rf"|{_WRITTEN_NUM}{{1,3}}[期区](?={_WRITTEN_NUM})"
)
_ROOM = re.compile(rf"(?:[的嗯啊那个是]|没有)*[{''.join(CLEAR_DIGITS)}]{{3,5}}室?")
_LOOSE_ROOM = re.compile(
    rf"(?<![{''.join(CLEAR_DIGITS)}])[{''.join(CLEAR_DIGITS)}]{{3,4}}(?![{''.join(CLEAR_DIGITS)}])室?"
)
_FLOOR = re.compile(
    rf"{_WRITTEN_NUM}{{1,3}}[楼层门](?![上下道口])|[{''.join(CLEAR_DIGITS)}十百]+号(?!楼)"
)
_STREET = re.compile(
    rf"[\u4e00-\u9fff]{{1,6}}?(?:大街|大道|胡同|[路街巷弄])(?:[{''.join(CLEAR_DIGITS)}十百]{{1,6}}号)"
)
_MEASURED = re.compile("[度块元点分天年月日岁平米万箱台组次遍家多来]|小时|个")
_LEAD = re.compile(
    f"^(?:{LEAD}|我们|这个|这边|住的|住户|户主|他家|她家|家|说|登记|记|下|没关系|没问题|您慢慢说"
    "|请问|行|一个|不对|不是|还|应该|叫|到|从|呃|呀|吧|也|跟|你|他|她)*"
)
_TAIL = re.compile("(?:的|啊|吧|呢|那边|这边|哈|呀|里|是吧|对吧|对吗|是吗|没错)+$")
_SUFFIX = (
    "小区|家园|花园|新村|新城|家属院|家属楼|公寓|社区|大院|嘉园|雅苑|名都|华府|广场|一期|二期|三期|四期|"
    "大街|大道|胡同|名苑|豪庭|山庄|庭院|佳苑|小镇|国际城|世纪城|大厦"
)
_SHORT_SUFFIX = "苑|湾|府|园|村|庄|里|城|街|路|巷|院|楼|厂|寓|邸|庭|台|区|期|都|墅|郡"
_NEAR = re.compile("后边|旁边|对面|对过|附近|路口|隔壁|斜对|交叉|拐角|门口那")
_NO_PLACE = re.compile(
    "什么|哪|几|怎么|暖气|报修|维修|师傅|电话|楼道|楼上|楼下|这里|那里|家里|屋里|姓|名|多少|不知道|听|稍等|谢谢|"
    "没|报|了|备注|厨房|客厅|卧室|阳台|柜|看|我想想|不记得|这边|再见|找|等一|干嘛|我想|方便|没有|问题|记好|重复|先生|女士|贵|单子|回访|阀门|漏|热"
)
_LIVES = re.compile(
    f"(?:家住在?|我住在?|住在|家在|我在|在|我是|您是|是)(?P<name>[\u4e00-\u9fff]{{2,6}}?(?:{_SUFFIX}))"
)
_LIVES_SHORTLY = re.compile(
    "(?:家住在?|我住在?|住在|您?家在)(?P<name>[\u4e00-\u9fff]{1,5}?[苑湾府园村庄里城院寓邸庭])(?!面)"
)
MAX_COMPOUND = 12


def hide_addresses(sheet: Sheet, topics: list[Topic]) -> None:
    """Hide every part of an address."""
    told = -REPEATED - 1
    for number, (line, topic) in enumerate(zip(sheet.lines, topics, strict=True)):
        told = number if _numbered(sheet, line) else told
        for start, end in line.clauses():
            if match := _STREET.match(line.text, start, end):
                _hide_name(sheet, line, *match.span())
        _lives(sheet, line)
        if topic.holds("address", len(line.text)):
            _in_topic(sheet, line, topic)
        elif number - told <= REPEATED and not topic.before & {"phone", "id"}:
            for start, end in line.clauses():
                _loose(sheet, line, start, end)
    for line, topic in zip(sheet.lines, topics, strict=True):
        _known(sheet, line, topic.holds("address", len(line.text)))


REPEATED = 3
"""Lines after a part of an address in which a room may be named again: 楼层说错了，四零一."""


def _numbered(sheet: Sheet, line: Line) -> bool:
    """Hide numbers of buildings, units and rooms, and the compound that stands before them.

    Returns:
        Whether there was any.
    """
    found = [
        (m.start() + (line.text[m.start()] == "是"), m.end())  # 我家是九号楼: no 十九
        for m in key_regex(_PARTS).finditer(line.keys)
    ]
    found += [m.span() for m in _WRITTEN.finditer(line.text)]
    found += [(position, position + 1) for position in line.dashed - line.dated]
    found.sort()
    for start, end in found:
        line.hide(start, end, ADDRESS)
        if room := _ROOM.match(line.text, end):
            line.hide(*room.span(), ADDRESS)
            sheet.known.rooms.add(_digits(room[0]))
        elif (rest := _clause_of_digits(line, end)) is not None:
            line.hide(end, rest, ADDRESS)
    if found:
        _compound(sheet, line, found[0][0])
        for (_, left), (right, _) in pairwise(found):
            if line.clause(left - 1)[0] <= left < right - 1 and right - left > 4:
                _compound(sheet, line, right)
    return bool(found)


def _clause_of_digits(line: Line, start: int) -> int | None:
    """Return where a room ends that is heard from a position to the end of its clause.

    None where there is none, or where more than one syllable in three is no digit's.
    """
    if start >= len(line.text):
        return None
    end = line.clause(start)[1]
    chars = line.text[start:end]
    near = sum(digit_by_sound(char) is not None for char in chars)
    clear = sum(digit_by_syllable(char) is not None for char in chars)
    return end if len(chars) in (2, 3, 4) and near == len(chars) and 2 * clear >= near else None


def _compound(sheet: Sheet, line: Line, at: int) -> None:
    """Hide what stands before a building's number in its clause, or as the clause before it."""
    floor = line.clause(at)[0] if at not in line.starts else at
    if _hide_name(sheet, line, floor, at) or floor == 0 or floor < at:
        return
    start, end = line.clause(floor - 1)
    if end - start <= MAX_COMPOUND:
        _hide_name(sheet, line, start, end)


def _hide_name(sheet: Sheet, line: Line, start: int, end: int) -> bool:
    """Hide a compound's name with the words around it left out; say whether there was one."""
    text = line.text[start:end]
    if tail := _TAIL.search(text):
        text = text[: tail.start()]
    lead = _LEAD.match(text)
    name = text[lead.end() if lead else 0 :]
    if not 2 <= len(name) <= MAX_COMPOUND or _NO_PLACE.search(name):
        return False
    first = start + len(text) - len(name)
    if any(line.hidden[first : first + len(name)]):
        return False
    line.hide(first, first + len(name), ADDRESS)
    sheet.known.compounds.add(name)
    return True


def _lives(sheet: Sheet, line: Line) -> None:
    for pattern in (_LIVES, _LIVES_SHORTLY):
        for match in pattern.finditer(line.text):
            name = match["name"]
            lead = _LEAD.match(name)
            name = name[lead.end() :] if lead else name
            if len(name) >= 3 and not _NO_PLACE.search(name) and name not in GENERIC:
                line.hide(match.end() - len(name), match.end(), ADDRESS)
                sheet.known.compounds.add(name)


def _in_topic(sheet: Sheet, line: Line, topic: Topic) -> None:
    """Hide what an address may be made of where one was asked for."""
    for start, end in line.clauses():
        if topic.holds("address", start):
            _loose(sheet, line, start, end)
    if line.role is Role.AGENT:
        return
    for start, end in line.clauses():
        text = line.text[start:end]
        place = re.search(f"(?:{_SUFFIX}|{_SHORT_SUFFIX})的?[啊吧呢]?$", text)
        if _NEAR.search(text) and end - start <= MAX_COMPOUND + 4:
            line.hide(start, end, ADDRESS)
        elif place and end - start <= MAX_COMPOUND and not any(line.hidden[start:end]):
            _hide_name(sheet, line, start, end)


def _loose(sheet: Sheet, line: Line, start: int, end: int) -> None:
    """Hide numbers that may be a room's or a floor's by themselves."""
    text = line.text[start:end]
    if end - start > 2 and _clause_of_digits(line, start) == end:
        line.hide(start, end, ADDRESS)
    for pattern in (_LOOSE_ROOM, _FLOOR):
        for match in pattern.finditer(text):
            if not _MEASURED.match(text, match.end()):
                line.hide(start + match.start(), start + match.end(), ADDRESS)
                if pattern is _LOOSE_ROOM:
                    sheet.known.rooms.add(_digits(match[0]))


def _known(sheet: Sheet, line: Line, in_topic: bool) -> None:
    """Hide names of compounds and numbers of rooms that are known, wherever they stand."""
    for name in sheet.known.compounds:
        _hide_all(line, line.text, name)
        if len(name) >= 3 or in_topic:
            _hide_all(line, line.sounds, sounds(name))
        short = next((name[: -len(g)] for g in GENERIC if name.endswith(g)), "")
        if len(short) >= 3 or (len(short) == 2 and in_topic):
            _hide_all(line, line.text, short)
    for run in read_digits(line.text):
        if run.digits in sheet.known.rooms and not _MEASURED.match(line.text, run.end):
            line.hide(run.start, run.end, ADDRESS)


def _digits(text: str) -> str:
    """Return the digits that a text holds, however they are spoken."""
    return "".join(CLEAR_DIGITS.get(char, "") for char in text)


def _hide_all(line: Line, text: str, sought: str) -> None:
    at = text.find(sought)
    while at >= 0:
        line.hide(at, at + len(sought), ADDRESS)
        at = text.find(sought, at + 1)
