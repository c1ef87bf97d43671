"""One door to the read-back of each detail, with the sound asked where words do not tell."""

from dataclasses import replace

from qa.scoring.check import Scene
from qa.scoring.readback.faults import customer_faults, judge_problem
from qa.scoring.readback.findings import MET, Detail, State, settle
from qa.scoring.readback.names import judge_name
from qa.scoring.readback.numbers_said import marks_of
from qa.scoring.readback.phone import judge_number
from qa.scoring.readback.places import judge_address
from qa.scoring.readback.standing import is_report, stands
from qa.scoring.readback.talk import Talk
from qa.scoring.sounds import sound_regex

DETAILS = ("problem", "address", "name", "phone", "waybill")
TAKEN = "登记|给您报|报上|派单|派工|派下|派过|单子|维修人员会|师傅会|记录|记上|记下|备注"
WRONG_NUMBER = (
    "(?<!没)(?<!没有)(?:打错|拨错|拨串|打串|打岔|找错|按错)(?:了|电话|地方|号|门|人)|号码?(?:错了|不对)|不是这个电话"
    "|不是我们公司|不是我们这(?:儿|里|边)?的(?:单子|快递|业务|电话)|您(?:要)?找的(?:是|那个)|打错啦|弄错号|贴错号|贴串"
)
"""How either side says that the caller wanted somebody else."""
INQUIRY = (
    "什么时候|啥时候|几号|几点|多少钱|多少度|多长时间|怎么[交缴办算收]|咋[交缴办算收]|[在去上]哪儿?[里能]?[交缴办]|"
    "问一下|问问|咨询|打听|营业|上班|供暖时间|停暖|开栓|能不能|可不可以"
)
"""What somebody says who wants to know, not to report."""
NOT_A_REPORT = (
    "(?:不是|不用|没想|不想|不要)(?:来|要|想|打来|给你们)?(?:报修|报故障|报单|修暖气|修东西)"
    "|(?:倒是|现在|暂时|也|还|家)(?:不用|不需要|用不着)(?:修|报|来人|上门)"
)
"""How somebody says that nothing is to be repaired."""
WANTS_TO_KNOW = (
    "(?:麻烦|请|想|跟您?)?(?:问|打听|咨询|请教)(?:一下|下|个事|您个|你个)|"
    "我?(?:就|只|是|想|要|先|来|跟您?|向您?|找您?)+(?:就|只|是|想|要|先|来)*"
    "(?:咨询|打听|了解|请教|问)(?:一下|一?[个件]|下|点|问|您|你|些|哈|啊)"
)
"""How an inquiry is introduced."""
DOING = "(?:买|装|放|拧|开|关|换|拆|修|弄|调|接|改|动|安|加)"
OWN_DOING = (
    f"(?:能不能|可不可以|可以|能|让不让|要不要|用不用)(?:我|我们|咱)?自己.{{0,8}}{DOING}"
    f"|自己.{{0,8}}{DOING}.{{0,8}}(?:行不|可以吗|可以不|行吗|成不|成吗|能行|中不|好使不)"
)
"""How somebody asks whether to do something to the heating without the company."""
POLICY = frozenset(("change", "billing", "conduct", "degrees"))
"""What is asked about without anything being broken: 停供, 开栓, 退费, 十六度."""
DETAIL_ASKS = frozenset(("name", "phone", "waybill"))
"""What nobody asks for who only answers a question; an address may be asked for that, too."""


def talk_of(scene: Scene) -> Talk:
    """Return the scene's talk, made once."""
    return scene.shared("readback:talk", lambda: Talk(scene))


def concerns_report(scene: Scene) -> bool | None:
    """Whether the caller wanted something that needs a report.

    Returns:
        True where details were asked for or given, or a ticket was written; False for a wrong
        number and for questions that were answered; None where a fault was named but nothing
        shows that a report was taken.
    """
    return scene.shared("readback:report", lambda: _concerns_report(scene))


def _concerns_report(scene: Scene) -> bool | None:
    talk = talk_of(scene)
    if scene.call.ticket is not None:
        return True
    if any(m.kind in ("building", "unit") for m in marks_of(talk, talk.customer)):
        return True
    wrong = sound_regex(WRONG_NUMBER)
    if wrong.search(talk.customer_sounds) or wrong.search(talk.agent_sounds):
        return False
    if _introduces_inquiry(talk):
        return None if talk.broke_off and _begins_a_number(talk) else False
    own = [
        kind
        for _, _, kind in customer_faults(talk)
        if kind not in ("billing", "conduct", "degrees")
    ]
    if any(ask.fields & DETAIL_ASKS for ask in talk.asks):
        return True
    if talk.asks and (own or talk.broke_off or not _only_inquires(talk)):
        return True
    if not own:
        return None if _breaks_off_untold(talk) else False
    return True if sound_regex(TAKEN).search(talk.agent_sounds) else None


def _breaks_off_untold(talk: Talk) -> bool:
    """Whether the line broke before it was clear what the caller wanted (我家那个……喂)."""
    if not talk.broke_off or _only_inquires(talk):
        return False
    at_home = sound_regex("我家|我们家|暖气|报修|地热").search(talk.customer_sounds)
    return at_home is not None or _begins_a_number(talk)


def _begins_a_number(talk: Talk) -> bool:
    return any(len(m.value) >= MIN_DIGITS for m in marks_of(talk, talk.customer))


MIN_DIGITS = 4
"""Digits of a number that somebody begins to tell."""


def _introduces_inquiry(talk: Talk) -> bool:
    """Whether the caller says to want no repair, or only to ask, and nothing is taken down."""
    if any(ask.fields & DETAIL_ASKS for ask in talk.asks):
        return False
    if sound_regex(NOT_A_REPORT).search(talk.customer_sounds):
        return True
    if not _begins_with(talk, OWN_DOING):
        if not _begins_with(talk, WANTS_TO_KNOW):
            return False
        if not all(kind in POLICY for _, _, kind in customer_faults(talk)):
            return False
    return not talk.asks and not _is_taken(talk)


def _begins_with(talk: Talk, words: str) -> bool:
    first = talk.customer_sounds[:INTRODUCTION_CHARS]
    return sound_regex(words).search(first) is not None


def _is_taken(talk: Talk) -> bool:
    """Whether the agent takes a report; not where one is only offered (要是不热，我给您登记)."""
    for match in sound_regex(TAKEN).finditer(talk.agent_sounds):
        start = talk.agent.sentence_start(match.start())
        offered = sound_regex(OFFERED).search(talk.agent_sounds, start, match.start())
        declined = sound_regex(DECLINED).search(talk.reply_to(match.end() - 1))
        if not (offered and declined):
            return True
    return False


OFFERED = "要是|如果|需要|要不|您要|您看|想"
"""What comes before a report that is only offered."""
DECLINED = "^.{0,4}(?:先?不用|不麻烦|不需要|算了|先不|不报|甭|用不着|再说|再看)"
"""How somebody declines an offer."""


INTRODUCTION_CHARS = 60


def _only_inquires(talk: Talk) -> bool:
    """Whether the caller asks when, where or how much, and nothing is written down for it."""
    asks = sound_regex(INQUIRY).search(talk.customer_sounds)
    return asks is not None and not sound_regex(TAKEN).search(talk.agent_sounds)


def surely_report(scene: Scene) -> bool:
    """Whether a report was surely taken, so that a detail that was not repeated convicts."""
    return scene.shared("readback:taken", lambda: is_report(scene, talk_of(scene)))


def judge_detail(scene: Scene, name: str, compounds: tuple[str, ...] = ()) -> Detail:
    """Say how one detail was read back; the sound's answers are taken in.

    Args:
        name: one of `DETAILS`.
        compounds: names of compounds that help hearing an address.

    Raises:
        ValueError: there is no such detail.
    """
    key = ("readback", name, compounds)
    return settle(scene, scene.shared(key, lambda: _judge(scene, name, compounds)))


def _judge(scene: Scene, name: str, compounds: tuple[str, ...]) -> Detail:
    talk = talk_of(scene)
    if name == "problem":
        detail = judge_problem(talk)
    elif name == "address":
        detail = judge_address(talk, compounds)
    elif name == "name":
        detail = judge_name(talk)
    elif name in ("phone", "waybill"):
        detail = judge_number(talk, name, _witnesses(scene) if name == "phone" else ())
    else:
        raise ValueError(f"no detail '{name}'; there are {', '.join(DETAILS)}")
    if detail.state not in MET and (talk.broke_off or not stands(talk, detail)):
        return replace(detail, state=State.UNSURE, doubts=())
    return detail


def _witnesses(scene: Scene) -> tuple[str, ...]:
    call = scene.call
    numbers = (call.caller_number, call.ticket.phone if call.ticket else None)
    return tuple("".join(c for c in n if c.isdigit()) for n in numbers if n)
