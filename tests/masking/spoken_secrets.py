"""Calls in which a card, an ID number or a code is said, and calls in which other numbers are.

Made by chance from a seed: how the digits are grouped and written, who says 嗯 in between, what is
said twice or put right, and how far the recogniser's word times are off. Each knows the truth:
which characters are the secret's, and when they really sounded.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from qa.types import Role, Span, Transcript, Utterance, Word

CHAR_MS = 190
_PLAIN = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_RADIO = _PLAIN | {"0": "洞", "1": "幺", "7": "拐"}
_YAO = _PLAIN | {"1": "幺"}
_HEARD = _PLAIN | {"1": "要", "0": "领", "8": "吧"}
_ARABIC = {digit: digit for digit in "0123456789"}
_WRITTEN = (_ARABIC, _ARABIC, _PLAIN, _YAO, _YAO, _RADIO)
_NODS = ("嗯", "嗯嗯", "好的", "对", "您说", "您继续", "哦", "嗯,请讲", "好,继续")
_ERRORS = ("不对", "哦不对", "错了", "说错了", "不是,应该是", "更正一下")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

_ASKS = {
    "card": (
        "麻烦您报一下银行卡号。",
        "退款退到哪张卡,卡号说一下。",
        "请您提供一下您的储蓄卡卡号。",
        "那您把信用卡的卡号给我念一遍。",
        "您收款的账号是多少呢?",
        "好的,您说一下卡号,我记一下。",
    ),
    "citizen_id": (
        "请说一下户主的身份证号。",
        "您的身份证号码多少?",
        "麻烦报一下证件号码核对一下。",
        "核实身份需要您的身份证号码,请讲。",
        "身份证是多少呢?",
    ),
    "code": (
        "手机上收到的验证码是多少?",
        "我给您发了一个验证码,您念一下。",
        "请报一下短信里的校验码。",
        "六位数的动态码告诉我一下。",
        "您收到验证码了吗?",
        "请说一下您的查询密码。",
    ),
}
_LEADS = ("", "", "嗯,", "是", "好,", "那个,", "您记一下,", "等一下啊,", "我看看啊,", "就是")
_UNASKED = {
    "card": ("我卡号是", "我的银行卡号", "你们给我退到这张卡,", "打到我工行卡上,卡号"),
    "citizen_id": ("我身份证号", "我的身份证号码是", "身份证的话是"),
    "code": ("刚才那个验证码是", "我收到的验证码", "短信上说验证码"),
}
_BARE = ("你记一下,", "我给你念,", "是这个,", "")


@dataclass(frozen=True)
class Said:
    """A made call.

    Attributes:
        kind: what is secret in it; `none` where nothing is.
        transcript: as a recogniser would write it.
        secret: for each utterance, the positions of secret digits in its text.
        sounded: when those digits really sounded, by utterance.
        form: how it was said, to tell what was missed.
    """

    kind: str
    transcript: Transcript
    secret: tuple[frozenset[int], ...]
    sounded: tuple[Span, ...]
    form: str


@dataclass
class _Call:
    chance: random.Random
    at: int = 1_000
    lines: list[Utterance] = field(default_factory=list)
    secret: list[frozenset[int]] = field(default_factory=list)
    sounded: list[Span] = field(default_factory=list)

    def say(self, role: Role, *parts: tuple[str, bool]) -> None:
        """Say pieces of text, each secret or not, with word times as a recogniser tells them."""
        text = "".join(part for part, _ in parts)
        start, words, hidden, at = self.at, [], set(), 0
        for part, is_secret in parts:
            for char in part:
                if is_secret and char not in ",。 ":
                    hidden.add(at)
                    self.sounded.append(Span(self.at, self.at + CHAR_MS))
                off = self.chance.gauss(0, 50)
                begin = max(0, round(self.at + max(-150, min(150, off))))
                end = begin + CHAR_MS
                if self.chance.random() < 0.02:
                    end = begin  # a word without length: its time is not known
                words.append(Word(char, Span(begin, end), self.chance.uniform(0.4, 1)))
                self.at += CHAR_MS
                at += 1
            self.at += self.chance.randrange(0, 300) if part else 0
        channel = 0 if role is Role.AGENT else 1
        whole = Span(start, self.at)
        self.lines.append(Utterance(role, 1.0, channel, whole, text, tuple(words), 0.8))
        self.secret.append(frozenset(hidden))
        self.at += self.chance.randrange(100, 900)

    def done(self, kind: str, form: str) -> Said:
        transcript = Transcript("r", "e", self.at, 2, tuple(self.lines))
        return Said(kind, transcript, tuple(self.secret), tuple(self.sounded), form)


def card(chance: random.Random) -> str:
    """Make a bank card's number."""
    start = chance.choice(("622202", "621700", "6228", "4367", "5220", "356833", "9558", "62"))
    size = 19 if start.startswith(("622202", "621700", "6228", "9558")) else 16
    body = start + "".join(chance.choice("0123456789") for _ in range(size - 1 - len(start)))
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def citizen_id(chance: random.Random) -> str:
    """Make an ID number of 18 characters."""
    born = date(1945, 1, 1) + timedelta(days=chance.randrange(365 * 60))
    region = chance.choice(("110101", "130104", "372901", "230103", "410102", "620102"))
    body = f"{region}{born:%Y%m%d}{chance.randrange(1, 999):03d}"
    check = sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11
    return body + "10X98765432"[check]


def code(chance: random.Random) -> str:
    """Make a verification code of 4 or 6 digits."""
    return "".join(chance.choice("0123456789") for _ in range(chance.choice((4, 6, 6, 6))))


_MAKERS = {"card": card, "citizen_id": citizen_id, "code": code}


def secret_call(seed: int) -> Said:
    """Make a call in which one secret is said."""
    chance = random.Random(seed)
    kind = chance.choice(("card", "citizen_id", "code"))
    digits = _MAKERS[kind](chance)
    call, form = _Call(chance), []
    _opening(call)
    asked = chance.random() < 0.7
    if asked:
        call.say(Role.AGENT, (chance.choice(_ASKS[kind]), False))
        lead = chance.choice(_LEADS)
    else:
        lead = chance.choice(_UNASKED[kind])
        if kind != "code" and chance.random() < 0.3:
            lead, form = chance.choice(_BARE), ["bare"]
    if asked and kind == "code" and chance.random() < 0.3:
        call.say(Role.CUSTOMER, (chance.choice(("等一下啊,还没收到。", "来了来了。")), False))
        call.say(Role.AGENT, ("好的,不着急。", False))
    _tell(call, digits, lead, form)
    if chance.random() < 0.4:
        form.append("read back")
        chances = _spoken(chance, digits, _groups(chance, digits))
        call.say(Role.AGENT, ("好的,我跟您核对一下,", False), *chances)
        call.say(Role.CUSTOMER, ("对。", False))
    call.say(Role.AGENT, ("好的,还有什么可以帮您?", False))
    return call.done(kind, " ".join(form))


def _opening(call: _Call) -> None:
    call.say(Role.AGENT, ("您好,请问有什么可以帮您?", False))
    about = ("我要退采暖费。", "我想改一下开户信息。", "缴费扣款没成功。", "我要查一下户里的余额。")
    call.say(Role.CUSTOMER, (call.chance.choice(about), False))


def _tell(call: _Call, digits: str, lead: str, form: list[str]) -> None:
    """Say the digits in groups, over one or several utterances, with repeats and corrections."""
    chance = call.chance
    groups = _groups(chance, digits)
    split = len(groups) > 1 and chance.random() < 0.55
    pieces = _spoken(chance, digits, groups)
    if chance.random() < 0.15 and len(pieces) > 1:
        form.append("repeat")
        k = chance.randrange(len(pieces))
        pieces.insert(k + 1, pieces[k])
    if chance.random() < 0.2 and len(pieces) > 1:
        form.append("correction")
        k = chance.randrange(len(pieces))
        wrong = "".join(chance.choice("一二三四五六七八九") for _ in pieces[k][0].strip(","))
        pieces[k : k + 1] = [(wrong, True), (f",{chance.choice(_ERRORS)},", False), pieces[k]]
    if not split:
        call.say(Role.CUSTOMER, (lead, False), *pieces)
        return
    form.append("split")
    rest, first = list(pieces), True
    while rest:
        count = chance.choice((1, 1, 2, 3))
        some, rest = rest[:count], rest[count:]
        call.say(Role.CUSTOMER, *([(lead, False)] if first else []), *some)
        first = False
        if rest and chance.random() < 0.75:
            call.say(Role.AGENT, (chance.choice(_NODS), False))


def _groups(chance: random.Random, digits: str) -> list[str]:
    if len(digits) == 18 and chance.random() < 0.5:
        return [digits[:6], digits[6:14], digits[14:]]
    sizes = {4: ((4,), (2, 2)), 6: ((6,), (3, 3), (2, 2, 2))}.get(len(digits))
    if sizes:
        split, at, groups = chance.choice(sizes), 0, []
        for size in split:
            groups.append(digits[at : at + size])
            at += size
        return groups
    groups, at = [], 0
    size = chance.choice((4, 4, 4, 3, 5))
    while at < len(digits):
        groups.append(digits[at : at + size])
        at += size
    return groups if chance.random() < 0.85 else [digits]


def _spoken(chance: random.Random, digits: str, groups: list[str]) -> list[tuple[str, bool]]:
    written = chance.choice(_WRITTEN)
    if chance.random() < 0.05:
        written = _HEARD
    ending = chance.choice(("X", "x", "叉", "艾克斯", "埃克斯"))
    joint = chance.choice((",", ",", "", " "))
    pieces = []
    for number, group in enumerate(groups):
        said = "".join(ending if d == "X" else written[d] for d in group)
        if written is not _ARABIC and written is not _HEARD and chance.random() < 0.2:
            said = _counted(group, said, written)
        pieces.append((said + (joint if number < len(groups) - 1 else ""), True))
    return pieces


def _counted(group: str, said: str, written: dict[str, str]) -> str:
    """Say three equal digits as 三个八, and two as 双八."""
    for size, word in ((3, "三个"), (2, "双")):
        for digit in "123456789":
            if digit * size in group and group.isdigit():
                left, _, right = group.partition(digit * size)
                return (
                    "".join(written[d] for d in left)
                    + word
                    + _PLAIN[digit]
                    + "".join(written[d] for d in right)
                )
    return said


def other_call(seed: int) -> Said:
    """Make a call with a telephone number, an order's number, an address or an amount."""
    chance = random.Random(f"other {seed}")
    call = _Call(chance)
    _opening(call)
    kind = chance.choice(("phone", "order", "address", "amount", "mixed"))
    {
        "phone": _phone,
        "order": _order,
        "address": _address,
        "amount": _amount,
        "mixed": _mixed,
    }[kind](call)
    call.say(Role.AGENT, ("好的,还有什么可以帮您?", False))
    return call.done("none", kind)


def _number(chance: random.Random, digits: str) -> str:
    written = chance.choice(_WRITTEN)
    size = chance.choice((3, 4, 11))
    groups = [digits[at : at + size] for at in range(0, len(digits), size)]
    return chance.choice((",", "")).join("".join(written[d] for d in g) for g in groups)


def _digits(chance: random.Random, size: int) -> str:
    return "".join(chance.choice("0123456789") for _ in range(size))


def _phone(call: _Call) -> None:
    chance = call.chance
    digits = "1" + chance.choice("35789") + _digits(chance, 9)
    asks = ("请留一下您的联系电话。", "您的手机号是多少?", "打哪个电话联系您?")
    call.say(Role.AGENT, (chance.choice(asks), False))
    call.say(Role.CUSTOMER, (_number(chance, digits), False))
    call.say(Role.AGENT, (f"好的,{_number(chance, digits)},对吗?", False))


def _order(call: _Call) -> None:
    chance = call.chance
    digits = f"2025{chance.randrange(1, 13):02d}{_digits(chance, chance.choice((6, 8, 10)))}"
    asks = ("您的工单号是多少?", "报一下户号。", "订单号说一下。", "快递单号您念一下。")
    call.say(Role.AGENT, (chance.choice(asks), False))
    call.say(Role.CUSTOMER, (_number(chance, digits), False))
    call.say(Role.AGENT, (f"工单号{_number(chance, digits)},我查一下。", False))


def _address(call: _Call) -> None:
    chance = call.chance
    house, unit, room = chance.randrange(1, 40), chance.randrange(1, 6), chance.randrange(101, 2804)
    call.say(Role.AGENT, ("请问您家的详细地址?", False))
    call.say(Role.CUSTOMER, (f"幸福小区{house}号楼{unit}单元{_number(chance, str(room))}", False))
    call.say(Role.AGENT, (f"{house}号楼{unit}单元{room},对吧?", False))


def _amount(call: _Call) -> None:
    chance = call.chance
    call.say(Role.CUSTOMER, (f"我交了{chance.randrange(800, 4000)}块钱,少了二百三。", False))
    call.say(Role.AGENT, (f"面积是{chance.randrange(40, 160)}平,温度十八度,两天内处理。", False))
    call.say(Role.AGENT, ("我是一零八号话务员,客服电话四零零六六六七七八八。", False))


def _mixed(call: _Call) -> None:
    """Speak of cards and codes without saying one, then of other numbers."""
    chance = call.chance
    talk = ("银行卡就不用报了。", "身份证带上就行。", "验证码千万别告诉别人。", "卡我绑过了。")
    call.say(Role.AGENT, (chance.choice(talk), False))
    call.say(Role.CUSTOMER, ("好的,知道了。", False))
    chance.choice((_phone, _order, _address))(call)
