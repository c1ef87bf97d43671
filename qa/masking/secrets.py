"""Card numbers, ID numbers and verification codes, in every form in which they are spoken.

They are sought speaker by speaker: a number goes on after the other side's 嗯. Under their topic
(验证码, 卡号, 身份证) every group of digits counts, whatever the recogniser made of it; elsewhere
only what proves itself: a card by Luhn's sum and its first digits, an ID number by its check digit
and its date of birth, after repeats and corrections were taken out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from qa.masking.check_digits import CARD_LENGTHS, is_card, is_citizen_id
from qa.masking.sheet import Line, Sheet
from qa.masking.spans import Kind
from qa.scoring.numbers import (
    CLEAR_DIGITS,
    UNIT_CHARS,
    chunk_values,
    digit_by_syllable,
    syllable_runs,
)
from qa.scoring.sounds import sound_regex
from qa.types import Role

_DIGIT = "".join(CLEAR_DIGITS)
_TOKEN = re.compile(
    rf"(?P<times>[{_DIGIT}俩]个(?P<digit>[{_DIGIT}]))(?![号单栋个])"
    rf"|双(?P<twice>[{_DIGIT}])"
    rf"|(?P<chunk>(?:(?!一[下些样定会直起边切共般旦致遍点])[{_DIGIT}{UNIT_CHARS}]"
    rf"(?!个[{_DIGIT}](?![号单栋个])))+)"
)
_WORD = re.compile("一[下些样定会直起边切共般旦致遍点]")
_X = re.compile("[x叉]|[埃艾爱]克斯|ex")
_TOPICS = (
    (
        Kind.CODE,
        "验证码|校验码|动态码|短信码|确认码|安全码|授权码|动态口令|口令|密码|后三位码|(?<!号)发的?码|收到的?码|"
        "(?<!号)码是|(?<!号)码发|(?<!号)码报|(?<!号)码念|数字码|背面.{0,3}三位|四位码|六位码|六位数|四位数",
    ),
    (
        Kind.CARD,
        "卡号|银行卡|信用卡|储蓄卡|借记卡|工资卡|社保卡|这张卡|那张卡|张卡|卡上|卡面|卡的号|账号|账户|"
        "打款|转账|退款.{0,6}卡|退到.{0,4}卡",
    ),
    (Kind.CITIZEN_ID, "身份证|身份号|证件号|证号|证件"),
)
_OTHER = (
    "电话|手机|号码是多少|联系方式|哪个小区|地址|住哪|门牌|几号楼|单元|工单|单号|订单|运单|快递|户号|户主|"
    "工号|邮编|邮政编码|合同|缴费号|编号|表号|流水号|受理号"
)
"""What else digits may be: it closes the topic."""
_ENDED = "再见|还有什么|其他问题|感谢您的来电|祝您"
_AFTER_CODE = re.compile(
    "[度块元点分秒天年月日岁平米楼层栋幢座期万箱台组次遍号]|小时|单元|星期|公里|分钟|位"
)
_JOINS = re.compile(
    "(?:[啊哦那就是个对哎诶和的嗯呃了吧呢再]|然后|后[边面头]?|接着|不对|不是|错了|说错|重说|更正|应该是|中间|尾[号数]"
    "|前[边面]|还有|最后|一共|您?记一?下|好的?|继续|您说|请讲|四位|三位|两位|位|更正一下|等一?下|我看看?|稍等)*"
)
_TAIL = "尾号|尾数|后四位|末四位|最后四位"
_WRONG = re.compile("不对|不是|错了|说错|重说|更正|应该是|改成")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_REACH_LINES = 14
"""Lines after a topic within which it holds; digits prolong it."""
_BEFORE_LINES = 2
"""Lines after a number within which somebody says what it was (这是我卡号)."""
_JOIN_LINES = 7
_JOIN_CHARS = 14
_MAX_STATES = 200
_MIN_BY_SOUND = 3
_MIN_SPELT, _MOSTLY = 4, 0.7
"""A line with so many syllables of digits, and so large a share of them, tells a number."""
_MAX_MENDED = 10
"""Digits of a number that one correction may take back."""
_MIN_KNOWN = 4
"""Digits of a group by which a number that is known is told again."""
_LEAST = {Kind.CODE: 3, Kind.CARD: 4, Kind.CITIZEN_ID: 4}
"""Digits of a chain from which it counts under its topic."""


@dataclass(frozen=True, slots=True)
class Group:
    """Digits said in one go.

    Attributes:
        line: number of the utterance.
        start, end: positions in its folded text.
        digits: what they say; X stands for the last character of an ID number.
        mended: whether somebody took back what was said right before.
    """

    line: int
    start: int
    end: int
    digits: str
    mended: bool = False


def hide_secrets(sheet: Sheet) -> None:
    """Hide card numbers, ID numbers and codes."""
    topics = _topics(sheet)
    roles = dict.fromkeys(line.role for line in sheet.lines)
    chains = [chain for role in roles for chain in _chains(sheet, role, topics)]
    known: dict[str, Kind] = {}
    for chain in chains:
        for kind, groups in _secret_groups(sheet, chain, topics):
            known["".join(group.digits for group in groups)] = kind
            for group in groups:
                sheet.lines[group.line].hide(group.start, group.end, kind)
    heard = [list(_all_heard(line, number)) for number, line in enumerate(sheet.lines)]
    for again in (*chains, *heard):  # what is said again elsewhere
        for group in again:
            kind_said = next((k for told, k in known.items() if group.digits in told), None)
            if kind_said and len(group.digits) >= _MIN_KNOWN:
                sheet.lines[group.line].hide(group.start, group.end, kind_said)


@dataclass(frozen=True, slots=True)
class _Topic:
    """What digits of a line are about: from its beginning, and after positions in it."""

    before: Kind | None
    told: tuple[tuple[int, Kind | None], ...]

    def at(self, position: int) -> Kind | None:
        """Say what digits at a position are about."""
        kind = self.before
        for where, then in self.told:
            if where <= position:
                kind = then
        return kind


def _topics(sheet: Sheet) -> list[_Topic]:
    """Say for each line what its digits would be; a topic lasts while digits are told."""
    topics: list[_Topic] = []
    kind: Kind | None = None
    left = 0
    for line in sheet.lines:
        told = _named(line)
        told = _code_sent_to_phone(line, told)
        topics.append(_Topic(kind if left > 0 else None, tuple(told)))
        left -= 1
        if told:
            kind, left = told[-1][1], _REACH_LINES
        elif kind and _TOKEN.search(line.text):
            left = max(left, _REACH_LINES // 2)
    return topics


def _named(line: Line) -> list[tuple[int, Kind | None]]:
    """List what a line names, by where the words end; None for what closes a topic."""
    named: list[tuple[int, Kind | None]] = [
        (found.end(), kind)
        for kind, words in _TOPICS
        for found in sound_regex(words).finditer(line.sounds)
    ]
    for words in (_OTHER, _ENDED):
        named += [(found.end(), None) for found in sound_regex(words).finditer(line.sounds)]
    return sorted(named, key=lambda one: (one[0], one[1] is None))


def _code_sent_to_phone(
    line: Line, told: list[tuple[int, Kind | None]]
) -> list[tuple[int, Kind | None]]:
    """Let 手机上收到的验证码 and 手机验证码 stay a code; 验证码发到手机 waits for the code, too."""
    kinds = [kind for _, kind in told]
    if not any(kinds) or all(kinds):
        return told
    sent = sound_regex("发到|发给|发送|收到|手机上|短信").search(line.sounds)
    named = sound_regex("工单|单号|订单|运单|快递|地址|工号|联系电话|手机号").search(line.sounds)
    return [one for one in told if one[1] is not None] if sent and not named else told


def _chains(sheet: Sheet, role: Role, topics: list[_Topic]) -> Iterator[list[Group]]:
    """Yield the digits of one speaker, joined over lines as long as little stands between."""
    chain: list[Group] = []
    for number, line in enumerate(sheet.lines):
        if line.role is not role:
            continue
        for group in _groups(line, number, topics[number]):
            if chain and not _joins(sheet, role, chain[-1], group):
                yield chain
                chain = []
            mended = bool(chain) and bool(_WRONG.search(_between(sheet, role, chain[-1], group)))
            chain.append(Group(number, group.start, group.end, group.digits, mended))
    if chain:
        yield chain


def _groups(line: Line, number: int, topic: _Topic) -> Iterator[Group]:
    """Find the groups of digits of a line, by their sound too where a secret is being told."""
    taken = [False] * len(line.text)
    found = []
    for match in _TOKEN.finditer(line.text):
        if match.start() in line.dated:
            continue
        found.append(Group(number, *match.span(), _digits(match)))
        taken[match.start() : match.end()] = [True] * (match.end() - match.start())
    for start, end in _heard_digits(line, topic, taken):
        within = [g for g in found if g.start < end and start < g.end]
        start = min([start, *(g.start for g in within)])
        end = max([end, *(g.end for g in within)])
        found = [g for g in found if g not in within]
        found.append(Group(number, start, end, "".join(_by_sound(line.text[start:end]))))
    found.sort(key=lambda group: group.start)
    for group in found:
        tail = _X.match(line.text, group.end)
        yield Group(number, group.start, tail.end(), group.digits + "X") if tail else group
    for match in _X.finditer(line.text):
        alone = line.text[: match.start()].strip("啊哦那就是个对的最后尾一位还有嗯") == ""
        if alone and topic.at(match.start()) is Kind.CITIZEN_ID:
            yield Group(number, match.start(), match.end(), "X")


def _all_heard(line: Line, number: int) -> Iterator[Group]:
    """Find all long runs of digits' syllables, whatever is talked of."""
    for start, end in syllable_runs(line.text, 0, len(line.text)):
        if end - start >= _MIN_KNOWN:
            yield Group(number, start, end, "".join(_by_sound(line.text[start:end])))


def _by_sound(text: str) -> Iterator[str]:
    for char in text:
        yield digit_by_syllable(char) or ""


def _digits(token: re.Match[str]) -> str:
    if token["times"]:
        first = token["times"][0]
        return CLEAR_DIGITS[token["digit"]] * int("2" if first == "俩" else CLEAR_DIGITS[first])
    if token["twice"]:
        return CLEAR_DIGITS[token["twice"]] * 2
    return next(filter(None, chunk_values(token["chunk"])), "")


def _between(sheet: Sheet, role: Role, left: Group, right: Group) -> str:
    """Give what the same speaker said between two groups."""
    if left.line == right.line:
        return sheet.lines[left.line].text[left.end : right.start]
    middle = [line.text for line in sheet.lines[left.line + 1 : right.line] if line.role is role]
    last = sheet.lines[right.line].text[: right.start]
    return "".join((sheet.lines[left.line].text[left.end :], *middle, last))


def _joins(sheet: Sheet, role: Role, left: Group, right: Group) -> bool:
    if right.line - left.line > _JOIN_LINES:
        return False
    between = _between(sheet, role, left, right)
    return len(between) <= _JOIN_CHARS and bool(_JOINS.fullmatch(between))


def _heard_digits(line: Line, topic: _Topic, taken: list[bool]) -> Iterator[tuple[int, int]]:
    """Find where a secret is told by syllables that the recogniser took for something else."""
    spelt = _is_spelt(line)
    letters = {k for match in _X.finditer(line.text) for k in range(*match.span())}
    for first, last in line.clauses():
        for start, end in syllable_runs(line.text, first, last):
            clear = sum(taken[start:end])
            heard = spelt or _sounds_like_digits((start, end), (first, last), clear)
            is_word = start in letters or _WORD.match(line.text, start)
            told = spelt or topic.at(start)
            if heard and clear < end - start and told and not is_word:
                yield start, end


def _is_spelt(line: Line) -> bool:
    """Whether nearly all of a line are syllables of digits: 六二领,七五要."""
    spelt = sum(end - start for start, end in syllable_runs(line.text, 0, len(line.text)))
    return spelt == len(line.text) or spelt >= max(_MIN_SPELT, _MOSTLY * len(line.text))


def _sounds_like_digits(run: tuple[int, int], clause: tuple[int, int], clear: int) -> bool:
    """Whether a run of digits' syllables is digits where a secret is told: 要九七六要领."""
    size = run[1] - run[0]
    if clear == size or size < _MIN_BY_SOUND:
        return False
    return 2 * clear >= size or run == clause or size > _MIN_BY_SOUND


def _secret_groups(
    sheet: Sheet, chain: list[Group], topics: list[_Topic]
) -> Iterator[tuple[Kind, list[Group]]]:
    """Say which groups of a chain are secret, and what they are."""
    proved = _proved(chain)
    if proved:
        yield proved
    digits = "".join(group.digits for group in chain)
    kind = topics[chain[0].line].at(chain[0].start) or _named_after(sheet, chain)
    if kind is None or len(digits) < _LEAST[kind] or _is_other(sheet, chain, digits, kind):
        return
    if kind is Kind.CODE and len(digits) == 11 and _MOBILE.fullmatch(digits):
        return
    yield kind, chain


def _named_after(sheet: Sheet, chain: list[Group]) -> Kind | None:
    """Find a topic that is named right behind a long number: 这是我的卡号."""
    digits = sum(len(group.digits) for group in chain)
    if digits < 6:
        return None
    last = chain[-1]
    for number in range(last.line, min(len(sheet.lines), last.line + _BEFORE_LINES + 1)):
        line = sheet.lines[number]
        text = line.sounds[last.end :] if number == last.line else line.sounds
        if sound_regex(_OTHER).search(text):
            return None
        for kind, words in _TOPICS:
            if sound_regex(f"(?:这个?|是|就是)我?的?(?:{words})").search(text):
                return kind
    return None


def _is_other(sheet: Sheet, chain: list[Group], digits: str, kind: Kind) -> bool:
    """Whether digits under a topic are something else: a telephone number, a price, a time."""
    line, last = sheet.lines[chain[0].line], chain[-1]
    if _MOBILE.fullmatch(digits) or _MOBILE.fullmatch(digits[: len(digits) // 2]):
        return kind is not Kind.CITIZEN_ID
    if len(digits) <= 4 and kind is not Kind.CODE:
        if sound_regex(_TAIL).search(line.sounds[max(0, chain[0].start - 5) : chain[0].start]):
            return True
        if len(digits) < 4:
            return True
    short = len(chain) == 1 and len(digits) <= 5
    after = sheet.lines[last.line].text
    measured = _AFTER_CODE.match(after, last.end) and last.end < len(after)
    return bool(short and measured)


def _proved(chain: list[Group]) -> tuple[Kind, list[Group]] | None:
    """Find a run of groups that is a card or an ID number by its own check digit."""
    for first in range(len(chain)):
        states = {""}
        for last in range(first, len(chain)):
            states = _told(states, chain[last], chain[last - 1] if last > first else None)
            kinds = (_kind_of(once) for state in sorted(states) for once in _once(state))
            kind = next(filter(None, kinds), None)
            if kind:
                return kind, _with_repeats(chain, first, last)
            if not states or len(states) > _MAX_STATES:
                break
    return None


def _with_repeats(chain: list[Group], first: int, last: int) -> list[Group]:
    """Take along what belongs to a number that was found: the groups said again around it."""
    said = "".join(group.digits for group in chain[first : last + 1])
    groups = chain[first : last + 1]
    for group in (*chain[:first], *chain[last + 1 :]):
        if len(group.digits) >= 2 and group.digits in said:
            groups.append(group)
    return groups


def _told(states: set[str], group: Group, before: Group | None) -> set[str]:
    """Say what a number may be with one more group: more of it, said again, or put right."""
    told = {state + group.digits for state in states}
    if before is not None:
        told |= {state for state in states if state.endswith(group.digits)}  # said again
        told |= {
            state[: len(state) - len(before.digits)] + group.digits
            for state in states
            if state.endswith(before.digits) and _resembles(group.digits, before.digits)
        }
        if group.mended:
            cuts = range(1, _MAX_MENDED + 1)
            told |= {state[:-cut] + group.digits for state in states for cut in cuts}
            told |= {group.digits}
    return {state for state in told if len(state) <= CARD_LENGTHS[-1] + _MAX_MENDED}


def _resembles(one: str, other: str) -> bool:
    """Whether one group may be another put right: as long, and half of it the same."""
    same = sum(a == b for a, b in zip(one, other, strict=False))
    return len(one) == len(other) and 2 * same >= len(one)


def _once(digits: str) -> Iterator[str]:
    """Yield digits as they are, and without a part that was said twice in one breath."""
    yield digits
    for size in range(2, _MAX_MENDED + 1):
        for at in range(len(digits) - 2 * size + 1):
            if digits[at : at + size] == digits[at + size : at + 2 * size]:
                yield digits[:at] + digits[at + size :]


def _kind_of(digits: str) -> Kind | None:
    if is_citizen_id(digits):
        return Kind.CITIZEN_ID
    return Kind.CARD if is_card(digits) else None
