"""Words for people: what every code of the house means, in Chinese and in English.

Checks give codes and values; this is the one place that turns them into sentences. A code that is
not here is shown as it is, and a test keeps that from happening.
"""

import re
from collections.abc import Mapping
from typing import Final

from qa.errors import RecordingFault
from qa.reasons import REASONS, Wording
from qa.types import Direction, Grade, Outcome, ReleasedBy, Role, SlotStatus, Verdict

LANGUAGES: Final = ("zh", "en")


OUTCOMES: Final[Mapping[Outcome, Wording]] = {
    Outcome.MET: Wording("合格", "met"),
    Outcome.VIOLATED: Wording("违规", "violated"),
    Outcome.NOT_APPLICABLE: Wording("不适用", "not applicable"),
    Outcome.UNDECIDED: Wording("待定", "undecided"),
}

GRADES: Final[Mapping[Grade, Wording]] = {
    Grade.FINE: Wording("可罚款", "fine"),
    Grade.SCORE: Wording("扣分", "score"),
    Grade.HINT: Wording("提示", "hint"),
}

ROLES: Final[Mapping[Role, Wording]] = {
    Role.AGENT: Wording("坐席", "agent"),
    Role.CUSTOMER: Wording("客户", "customer"),
    Role.UNKNOWN: Wording("未知", "unknown"),
}

SLOT_STATUSES: Final[Mapping[SlotStatus, Wording]] = {
    SlotStatus.SAID: Wording("已说", "said"),
    SlotStatus.WRONG: Wording("说错", "said wrongly"),
    SlotStatus.MISSING: Wording("缺少", "missing"),
    SlotStatus.UNSURE: Wording("听不清", "unsure"),
}

_DIFFERS: Final = Wording("不一致", "differs")

DIRECTIONS: Final[Mapping[Direction, Wording]] = {
    Direction.INBOUND: Wording("呼入", "inbound"),
    Direction.OUTBOUND: Wording("呼出", "outbound"),
}

RELEASED: Final[Mapping[ReleasedBy, Wording]] = {
    ReleasedBy.AGENT: Wording("坐席先挂机", "the agent hung up first"),
    ReleasedBy.CUSTOMER: Wording("客户先挂机", "the customer hung up first"),
}

DETAILS: Final[Mapping[str, Wording]] = {
    "problem": Wording("报修问题", "problem"),
    "address": Wording("地址", "address"),
    "name": Wording("姓名", "name"),
    "phone": Wording("电话", "phone"),
    "waybill": Wording("快递单号", "waybill number"),
    "building": Wording("楼号", "building"),
    "unit": Wording("单元", "unit"),
    "room": Wording("房号", "room"),
    "compound": Wording("小区", "compound"),
    "station": Wording("维修站", "repair station"),
}

ANSWERS: Final[Mapping[str, Wording]] = {
    "solved": Wording("a 是否解决", "a, solved"),
    "attitude": Wording("b 维修工态度", "b, the repairer's manner"),
    "charged": Wording("c 是否收费", "c, charged"),
    "points": Wording("d 打分", "d, score"),
}

ANSWER_VALUES: Final[Mapping[str, Wording]] = {
    "yes": Wording("是", "yes"),
    "no": Wording("否", "no"),
    "满意": Wording("满意", "satisfied"),
    "普通": Wording("普通", "so-so"),
    "不满意": Wording("不满意", "dissatisfied"),
    "none": Wording("没有听到回答", "no answer heard"),
    "unsure": Wording("说不准", "cannot be told"),
    "text": Wording("见原话", "see the words"),
}

SLOTS: Final[Mapping[str, Wording]] = {
    "greeting": Wording("问候", "greeting"),
    "brand": Wording("品牌", "brand"),
    "agent_no": Wording("工号", "own number"),
    "service": Wording("为您服务", "“at your service”"),
    "question": Wording("请问您有什么问题", "“what is the problem?”"),
    "contact": Wording("尽快联系", "“we will contact you soon”"),
    "thanks": Wording("感谢来电", "thanks for the call"),
    "bye": Wording("再见", "goodbye"),
    "own_name": Wording("本人姓名或工号", "own name or number"),
    "operator": Wording("话务员", "“operator”"),
    "speak": Wording("请讲", "“please speak”"),
    "anything_else": Wording("还有什么事吗", "“is there anything else?”"),
    "convenient": Wording("询问是否方便", "“is it convenient?”"),
    "apology": Wording("道歉", "apology"),
    "welcome": Wording("迎声", "welcome"),
    "hello": Wording("问候声", "greeting"),
    "gratitude": Wording("致谢声", "thanks"),
    "regret": Wording("道歉声", "apology"),
    "farewell": Wording("送声", "farewell"),
    "platform": Wording("供暖报修平台", "“the heating repair desk”"),
    "purpose": Wording("说明回访", "what the call is for"),
    "cooperation": Wording("感谢合作", "thanks for the cooperation"),
    "hotline": Wording("热线号码", "hotline number"),
    "prompt_service": Wording("及时为您服务", "“we will serve you promptly”"),
}

FIELDS: Final[Mapping[str, Wording]] = {
    "started_at": Wording("通话开始时间", "start time"),
    "agent_id": Wording("坐席工号", "agent number"),
    "direction": Wording("呼叫方向", "direction"),
    "ring_count": Wording("振铃次数", "ring count"),
    "released_by": Wording("挂机方", "released by"),
    "caller_number": Wording("主叫号码", "caller number"),
    "ticket_id": Wording("工单号", "ticket number"),
    "ticket": Wording("工单", "ticket"),
    "source": Wording("录音来源", "source"),
    "fee_unpaid": Wording("是否欠供暖费", "whether the heating fee is unpaid"),
    "keyed": Wording("录入的回访答案", "keyed answers"),
}

FESTIVALS: Final[Mapping[str, Wording]] = {
    "元旦": Wording("元旦", "New Year"),
    "春节": Wording("春节", "Spring Festival"),
    "劳动节": Wording("劳动节", "Labour Day"),
    "中秋节": Wording("中秋节", "Mid-Autumn"),
    "国庆节": Wording("国庆节", "National Day"),
}

NOTES: Final[Mapping[str, Wording]] = {
    "channels_swapped": Wording(
        "左右声道与设置相反，已按开头语更正", "channels were swapped; corrected by the greeting"
    ),
    "channels_doubtful": Wording(
        "分不清哪个声道是坐席", "it is not certain which channel is the agent's"
    ),
    "one_voice": Wording(
        "单声道录音里只听出一个人的声音", "only one voice was told in this mono recording"
    ),
    "speakers_doubtful": Wording(
        "单声道录音里有两个人的声音，但分不清谁是坐席",
        "two voices were told in this mono recording, but not which is the agent's",
    ),
    "text_withheld": Wording(
        "部分文字疑为识别错误，已剔除", "some text looked invented and was withheld"
    ),
    "domain_words": Wording(
        "识别时提示了业务词", "the recogniser was told which domain words to expect"
    ),
    "second_ear": Wording(
        "可罚款的项目由第二识别模型复听", "what may cost money is read again by a second recogniser"
    ),
    "no_confidence": Wording(
        "识别模型不给出把握程度，凭文字不能判违规",
        "the recogniser does not say how sure it is; words alone convict nobody",
    ),
}

FAULTS: Final[Mapping[RecordingFault, Wording]] = {
    RecordingFault.EMPTY_FILE: Wording("文件是空的", "the file is empty"),
    RecordingFault.TRUNCATED: Wording("文件不完整", "the file is cut short"),
    RecordingFault.NOT_AUDIO: Wording("不是音频文件", "not an audio file"),
    RecordingFault.NO_SAMPLES: Wording("文件里没有声音数据", "the file holds no samples"),
    RecordingFault.UNREADABLE_CODEC: Wording("编码格式无法读取", "the codec cannot be read"),
    RecordingFault.TOO_MANY_CHANNELS: Wording("声道多于两个", "more than two channels"),
    RecordingFault.TOO_LONG: Wording("录音超过时长上限", "longer than the limit"),
    RecordingFault.TOO_LARGE: Wording("文件超过大小上限", "larger than the limit"),
    RecordingFault.BAD_SAMPLES: Wording("声音数据已损坏", "samples are not numbers"),
    RecordingFault.SILENT: Wording("录音完全无声", "digital silence"),
    RecordingFault.VANISHED: Wording("文件在读取时消失", "the file vanished"),
    RecordingFault.CHANGED: Wording("文件在读取时被改动", "the file changed while it was read"),
    RecordingFault.DECODER_CRASHED: Wording("解码进程崩溃", "the decoder crashed"),
    RecordingFault.DECODER_TIMEOUT: Wording("解码超时", "decoding took too long"),
    RecordingFault.UNREADABLE: Wording("文件无法打开", "the file cannot be opened"),
    RecordingFault.LOCKED: Wording("录音已加密,密钥不在", "sealed, and its key is missing"),
    RecordingFault.SEAL_BROKEN: Wording("加密的录音已损坏", "the sealed file is damaged"),
    RecordingFault.DELETED: Wording("录音已按批准删除", "deleted by approved request"),
}

_TABLES: Final[Mapping[str, Mapping[str, Wording]]] = {
    "slots": SLOTS,
    "field": FIELDS,
    "festival": FESTIVALS,
    "detail": DETAILS,
    "details": DETAILS,
    "parts": DETAILS,
    "answer": ANSWER_VALUES,
    "keyed": ANSWER_VALUES,
    "answers": ANSWERS,
}
"""Details whose values are codes themselves; several are joined by a comma."""

_SLOT_NAMES: Final[Mapping[str, Wording]] = {**ANSWERS, **DETAILS, **SLOTS}


class _Details(dict[str, str]):
    """Values for a sentence; one that is not there shows as a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


def reason_text(verdict: Verdict, lang: str = "zh") -> str:
    """Say why a verdict is as it is, in one sentence without a full stop.

    Args:
        lang: `zh` or `en`.

    Returns:
        The sentence with the verdict's details filled in; the bare code where there is no wording.
    """
    wording = REASONS.get(verdict.reason)
    if wording is None:
        return verdict.reason
    details = {name: _detail(name, value, lang) for name, value in verdict.details}
    return wording.text(lang).format_map(_Details(details))


def _detail(name: str, value: str, lang: str) -> str:
    table = _TABLES.get(name)
    if table is None:
        return value
    names = [_name(table, part, lang) for part in re.split(r"[,，、]\s*", value) if part]
    return (", " if lang == "en" else "、").join(names)


def _name(table: Mapping[str, Wording], code: str, lang: str) -> str:
    wording = table.get(code)
    return wording.text(lang) if wording else code


def outcome_name(outcome: Outcome, lang: str = "zh") -> str:
    """Name an outcome."""
    return OUTCOMES[outcome].text(lang)


def grade_name(grade: Grade, lang: str = "zh") -> str:
    """Name a grade."""
    return GRADES[grade].text(lang)


def role_name(role: Role, lang: str = "zh") -> str:
    """Name a role."""
    return ROLES[role].text(lang)


def slot_name(slot: str, lang: str = "zh") -> str:
    """Name a slot: a part of a script, a detail, an answer; one without wording keeps its code."""
    return _name(_SLOT_NAMES, slot, lang)


def slot_status_name(status: SlotStatus, lang: str = "zh", slot: str = "") -> str:
    """Name what became of a slot; a detail or an answer is not said wrongly, it differs."""
    if status is SlotStatus.WRONG and (slot in DETAILS or slot in ANSWERS):
        return _DIFFERS.text(lang)
    return SLOT_STATUSES[status].text(lang)


def field_name(field: str, lang: str = "zh") -> str:
    """Name a field of the metadata; a field without wording keeps its code."""
    return _name(FIELDS, field, lang)


def note_text(note: str, lang: str = "zh") -> str:
    """Explain a transcript's note; a note without wording keeps its code."""
    return _name(NOTES, note, lang)


def fault_text(fault: RecordingFault, lang: str = "zh") -> str:
    """Say what is wrong with a recording."""
    return FAULTS[fault].text(lang)
