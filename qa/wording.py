"""Words for people: what every code of the house means, in Chinese and in English.

Checks give codes and values; this is the one place that turns them into sentences. A code that is
not here is shown as it is, and a test keeps that from happening.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from qa.errors import RecordingFault
from qa.types import Direction, Grade, Outcome, ReleasedBy, Role, SlotStatus, Verdict

LANGUAGES: Final = ("zh", "en")


class Wording(NamedTuple):
    """One meaning in both languages."""

    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Choose the language: `en`, or Chinese for everything else."""
        return self.en if lang == "en" else self.zh


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
    "text_withheld": Wording(
        "部分文字疑为识别错误，已剔除", "some text looked invented and was withheld"
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
}

REASONS: Final[Mapping[str, Wording]] = {
    # scripts
    "condition_holds": Wording("条件成立", "the condition holds"),
    "condition_fails": Wording("条件不成立", "the condition does not hold"),
    "condition_not_due": Wording("本通电话不适用这条规则", "the rule does not apply to this call"),
    "condition_doubtful": Wording(
        "有一处像是说了，但听不真切", "one place comes close, but cannot be told for sure"
    ),
    "condition_metadata_missing": Wording(
        "规则要用的通话信息缺失", "what the rule needs to know of the call is missing"
    ),
    "not_measured": Wording("录音里没有可测量的说话声", "there is no speech to measure"),
    "slots_all_said": Wording("各项都说到了", "every part was said"),
    "slots_all_said_otherwise": Wording(
        "各项都说到了，顺序与规定不同", "every part was said, in another order than prescribed"
    ),
    "slots_out_of_order": Wording(
        "各项都说到了，但顺序不对", "every part was said, but in the wrong order"
    ),
    "script_not_due": Wording("本通电话用不到这段用语", "the script was not due in this call"),
    "slots_missing": Wording("没有说：{slots}", "not said: {slots}"),
    "slots_unsure": Wording("没有听清是否说了：{slots}", "cannot be sure of: {slots}"),
    "no_agent_speech": Wording("录音中没有坐席的话", "the agent is not heard at all"),
    "role_unknown": Wording(
        "不能确定说话人是坐席还是客户", "it is not known who is the agent and who the customer"
    ),
    "call_broke_off": Wording("通话中断，未到这一步", "the call broke off before this step"),
    # the agent's own number
    "number_equal": Wording(
        "报出的工号 {said} 与系统一致", "the number said, {said}, is the one on record"
    ),
    "number_differs": Wording(
        "报出的工号是 {said}，系统登记为 {expected}", "said {said}, but {expected} is on record"
    ),
    "number_missing": Wording(
        "没有报工号（应为 {expected}）", "no number was said ({expected} was due)"
    ),
    "number_not_said": Wording(
        "按录音比对，说的不是 {expected}", "by the sound, {expected} is not what was said"
    ),
    "number_unsure": Wording(
        "没有听清工号（应为 {expected}）", "the number was not clear ({expected} was due)"
    ),
    "metadata_missing": Wording("缺少随录数据：{field}", "metadata is missing: {field}"),
    # festival greetings
    "festival_due_said": Wording(
        "在{festival}通知期内，用了节日开头语", "{festival} notice in force, its greeting was said"
    ),
    "festival_due_not_said": Wording(
        "在{festival}通知期内，没有用节日开头语",
        "{festival} notice in force, but its greeting was not said",
    ),
    "festival_not_due": Wording(
        "不在节日通知期内，却说了：{said}", "no festival notice in force, yet said: {said}"
    ),
    "plain_due_said": Wording("用了平日开头语，正确", "the plain greeting was due and was said"),
    "greeting_not_heard": Wording("没有说开头语", "no greeting was said"),
    "festival_brand_wrong": Wording(
        "在{festival}通知期内，用了节日问候，却报了平日的名称",
        "{festival} notice in force: its greeting was said, but with the everyday brand",
    ),
    "festival_brand_not_due": Wording(
        "不在节日通知期内，却报了节日的名称",
        "no festival notice in force, yet the festival brand was said",
    ),
    "festival_unknown": Wording(
        "规则中没有{festival}的问候语，无法判断", "the rules hold no greeting for {festival}"
    ),
    "festival_unsure": Wording(
        "没有听清用的是哪一种开头语", "it was not clear which greeting was said"
    ),
    # phrases and promises
    "phrase_absent": Wording("没有发现服务忌语", "no forbidden phrase was heard"),
    "phrase_heard": Wording("说了服务忌语：{phrase}", "forbidden phrase heard: {phrase}"),
    "phrase_unsure": Wording(
        "疑似服务忌语，需人工听：{phrase}", "may be a forbidden phrase, please listen: {phrase}"
    ),
    "promise_absent": Wording("没有发现无效承诺", "no invalid promise was heard"),
    "promise_heard": Wording("作了无效承诺：{promise}", "invalid promise heard: {promise}"),
    "promise_unsure": Wording(
        "疑似无效承诺，需人工听：{promise}", "may be an invalid promise, please listen: {promise}"
    ),
    # disputes and wrong guidance
    "dispute_absent": Wording("没有与客户争辩", "no dispute was heard"),
    "dispute_heard": Wording("与客户争辩了 {turns} 轮", "argued over {turns} turns"),
    "knowledge_empty": Wording("没有知识条目，无从判断", "there are no knowledge entries"),
    "misguidance_absent": Wording("没有发现错误引导", "no wrong guidance was heard"),
    "misguidance_heard": Wording(
        "错误引导（{topic}，{entry}）；正确的是：{right}",
        "wrong guidance ({topic}, {entry}); right is: {right}",
    ),
    "misguidance_unsure": Wording(
        "疑似错误引导，需人工听（{topic}，{entry}）；正确的是：{right}",
        "may be wrong guidance, please listen ({topic}, {entry}); right is: {right}",
    ),
    # callbacks
    "question_asked": Wording("问到了；客户回答：{answer}", "asked; the customer answered: {answer}"),
    "question_missing": Wording("没有问", "was not asked"),
    "question_unsure": Wording(
        "没有听清是否问了，需人工听", "it was not clear whether it was asked, please listen"
    ),
    "customer_unavailable": Wording(
        "客户不便接受回访，本项不适用", "the customer was not available, does not concern the call"
    ),
    "availability_unsure": Wording(
        "没有问任何问题，也没有听清客户是否方便",
        "no question was asked, and it was not clear whether the customer was available",
    ),
    "convenient": Wording("客户没有说不方便", "the customer did not say that it was inconvenient"),
    "appointment_made": Wording(
        "客户不方便，约了回访时间", "not convenient, and another time was asked for or set"
    ),
    "appointment_missing": Wording(
        "客户不方便，没有约回访时间", "not convenient, and no other time was asked for or set"
    ),
    "appointment_unsure": Wording(
        "客户说过不方便，没有听到明确的回访时间",
        "the customer said that it was inconvenient; no definite time was heard",
    ),
    "reminder_due_said": Wording(
        "客户满意且未交费，提醒了交费", "satisfied and unpaid, and reminded to pay"
    ),
    "reminder_due_not_said": Wording(
        "客户满意且未交费，没有提醒交费", "satisfied and unpaid, but not reminded to pay"
    ),
    "reminder_not_due": Wording(
        "不该提醒交费，却提醒了（只提醒满意且未交费的客户）",
        "reminded to pay, which is for the satisfied who have not paid only",
    ),
    "reminder_not_due_not_said": Wording(
        "不该提醒交费，也没有提醒", "no reminder was due, and none was given"
    ),
    "reminder_asked_for": Wording(
        "客户先问起供暖费，算不算催费需人工判断",
        "the customer spoke of the fee first; a person decides whether it was a reminder",
    ),
    "reminder_unsure": Wording(
        "没有听清是否提醒交费", "it was not clear whether there was a reminder to pay"
    ),
    "satisfaction_unsure": Wording(
        "说不准客户是否满意，不能判断该不该提醒交费",
        "whether the customer was satisfied cannot be told, nor whether a reminder was due",
    ),
    "keyed_agrees": Wording("录入与客户所说一致：{answers}", "keyed as said: {answers}"),
    "keyed_differs": Wording(
        "录入与客户所说不符：{answers}（录入 {keyed}，客户说 {answer}）",
        "keyed otherwise than said: {answers} (keyed {keyed}, said {answer})",
    ),
    "keyed_unsure": Wording(
        "说不准客户的回答，不能核对：{answers}", "the answer cannot be told, so not compared: {answers}"
    ),
    # answering in time
    "rings_within": Wording(
        "振铃 {rings} 次（上限 {limit} 次）", "answered after {rings} rings (limit {limit})"
    ),
    "rings_over": Wording(
        "振铃 {rings} 次才接听（上限 {limit} 次）",
        "answered only after {rings} rings (limit {limit})",
    ),
    "apology_first": Wording("接听迟，先道了歉", "answered late and apologised first"),
    "apology_missing": Wording("接听迟，没有道歉", "answered late and did not apologise"),
    "apology_late": Wording(
        "接听迟，道了歉，但不是第一句", "answered late; apologised, but not before anything else"
    ),
    "apology_unsure": Wording(
        "接听迟，没有听清是否道歉", "answered late; it was not clear whether the agent apologised"
    ),
    "not_late": Wording("振铃 {rings} 次，接听及时", "answered in time, after {rings} rings"),
    # hanging up, interruption, dead air, rate, loudness
    "customer_released": Wording("客户先挂机", "the customer hung up first"),
    "released_at_once": Wording(
        "客户话音落下 {seconds} 秒坐席就挂机（至少应等 {limit} 秒）",
        "the agent hung up {seconds} s after the customer's last word (at least {limit} s are due)",
    ),
    "released_before_closing": Wording(
        "没有说结束语，坐席就挂机了", "the agent hung up without having closed the call"
    ),
    "released_after_closing": Wording(
        "说完结束语，客户话音落下 {seconds} 秒后坐席才挂机",
        "the agent closed the call and hung up {seconds} s after the customer's last word",
    ),
    "closing_unsure": Wording(
        "坐席先挂机，没有听清是否说了结束语",
        "the agent hung up; it was not clear whether the call had been closed",
    ),
    "interruptions_many": Wording(
        "打断客户 {count} 次（{limit} 次算违规）",
        "cut the customer short {count} times ({limit} are a violation)",
    ),
    "interruptions_few": Wording(
        "打断客户 {count} 次（{limit} 次才算违规）",
        "cut the customer short {count} times (only {limit} are a violation)",
    ),
    "dead_air": Wording(
        "双方沉默 {seconds} 秒（上限 {limit} 秒），事先没有请客户稍等",
        "both sides silent for {seconds} s (limit {limit} s), and nobody had asked for a moment",
    ),
    "dead_air_none": Wording(
        "最长沉默 {seconds} 秒（上限 {limit} 秒）", "longest silence {seconds} s (limit {limit} s)"
    ),
    "dead_air_asked": Wording(
        "沉默 {seconds} 秒，事先请过对方稍等",
        "silent for {seconds} s, but a moment had been asked for",
    ),
    "dead_air_unsure": Wording(
        "沉默 {seconds} 秒（上限 {limit} 秒），没有听清事先是否请过稍等",
        "silent for {seconds} s (limit {limit} s); it was not clear whether a moment was asked for",
    ),
    "one_side_only": Wording(
        "只录到一方的声音，不能判断是否双方都沉默",
        "only one side was heard, so it is not known whether both were silent",
    ),
    "rate_inside": Wording(
        "语速每分钟 {rate} 字（{low}–{high}）", "{rate} characters a minute ({low}–{high})"
    ),
    "rate_above": Wording(
        "语速过快：每分钟 {rate} 字（上限 {high}）",
        "too fast: {rate} characters a minute (at most {high})",
    ),
    "rate_below": Wording(
        "语速过慢：每分钟 {rate} 字（下限 {low}）",
        "too slow: {rate} characters a minute (at least {low})",
    ),
    "rate_too_little_speech": Wording(
        "坐席只说了 {seconds} 秒，每分钟 {rate} 字，不足以判断语速",
        "the agent spoke for {seconds} s only, at {rate} characters a minute: too little to judge",
    ),
    "level_inside": Wording(
        "音量平均 {level} dBFS，没有喊叫", "usual level {level} dBFS, and nothing was shouted"
    ),
    "level_above": Wording(
        "音量过大：{level} dBFS（上限 {high}）", "too loud: {level} dBFS (at most {high})"
    ),
    "level_below": Wording(
        "音量过小：{level} dBFS（下限 {low}）", "too soft: {level} dBFS (at least {low})"
    ),
    "shouted": Wording(
        "喊叫：比本人平时响 {above} 分贝", "shouted: {above} dB above the agent's usual level"
    ),
    "level_not_measured": Wording("没有测量音量", "the level was not measured"),
    # what the customer says about others
    "mention_heard": Wording("客户说：{phrase}", "the customer says: {phrase}"),
    "mention_absent": Wording("没有听到", "not heard"),
    "mention_unsure": Wording(
        "疑似提到，需人工听：{phrase}", "may have been mentioned, please listen: {phrase}"
    ),
    "no_customer_speech": Wording("录音中没有客户的话", "the customer is not heard at all"),
    # courtesies of the other regulations
    "greeting_not_first": Wording(
        "单位或姓名报在了问候之前", "company or name came before the greeting"
    ),
    "no_cause": Wording("客户的话里没有需要这样做的缘由", "the customer gave no cause for it"),
    "time_named": Wording("告知了预计的处理时间", "an expected time was named"),
    "time_not_named": Wording(
        "客户投诉后，没有告知预计的处理时间", "no expected time was named after the complaint"
    ),
    "time_unsure": Wording(
        "不能确定是否告知了预计的处理时间", "cannot be sure whether an expected time was named"
    ),
    "hold_asked": Wording("让客户等候前说了请稍等", "asked the customer to wait before the hold"),
    "hold_not_asked": Wording(
        "没有请客户稍等，就让客户等了 {seconds} 秒",
        "left the customer waiting for {seconds} s without asking",
    ),
    "hold_announced": Wording(
        "让客户等了 {seconds} 秒，之前说了去查，但没有请客户稍等",
        "left the customer waiting for {seconds} s; said what for, but did not ask",
    ),
    "no_hold": Wording("没有让客户等候", "the customer was not kept waiting"),
    "points_repeated": Wording("复述了来电要点", "the main points were repeated"),
    "points_repeated_singly": Wording(
        "没有集中复述，但 {points} 条要点中逐条重复了 {repeated} 条",
        "no summary, but {repeated} of {points} points were repeated one by one",
    ),
    "points_not_repeated": Wording(
        "没有复述来电要点（{points} 条中重复了 {repeated} 条）",
        "the main points were not repeated ({repeated} of {points})",
    ),
    "points_unsure": Wording(
        "不能确定是否复述了来电要点（{points} 条中重复了 {repeated} 条）",
        "cannot be sure that the main points were repeated ({repeated} of {points})",
    ),
    "no_points": Wording("客户没有留下需要复述的内容", "the customer left nothing to repeat"),
    "polite_address": Wording(
        "对客户称“您”（您 {polite} 次，你 {informal} 次）",
        "the customer was addressed as 您 ({polite} times, 你 {informal} times)",
    ),
    "informal_address": Wording(
        "对客户称“你” {informal} 次（您 {polite} 次）",
        "the customer was addressed as 你 {informal} times (您 {polite} times)",
    ),
    "address_unsure": Wording(
        "没有听清说的是“您”还是“你”", "it was not clear whether 您 or 你 was said"
    ),
    # selling, hours, language, private calls
    "pressure_absent": Wording("没有发现强势推销", "no pressure selling was heard"),
    "pressure_heard": Wording("强势推销：{pressure}", "pressure selling heard: {pressure}"),
    "pressure_unsure": Wording(
        "疑似强势推销，需人工听：{pressure}", "may be pressure selling, please listen: {pressure}"
    ),
    "hours_avoided": Wording(
        "{time} 呼出，避开了用餐和午休时间（{hours}）",
        "placed at {time}, outside meal and nap hours ({hours})",
    ),
    "hours_not_avoided": Wording(
        "{time} 呼出，在用餐或午休时间内（{hours}）",
        "placed at {time}, within meal or nap hours ({hours})",
    ),
    "dialect_absent": Wording("使用普通话", "standard Mandarin was spoken"),
    "dialect_heard": Wording(
        "没有使用普通话：{words}", "dialect or another language heard: {words}"
    ),
    "dialect_unsure": Wording(
        "疑似没有使用普通话，需人工听：{words}",
        "may be dialect or another language, please listen: {words}",
    ),
    "business_call": Wording("业务通话（{seconds} 秒）", "a business call ({seconds} s)"),
    "private_call": Wording(
        "私人通话，{seconds} 秒（未超过 {limit} 秒）",
        "a private call of {seconds} s (not over {limit} s)",
    ),
    "private_call_long": Wording(
        "私人通话，{seconds} 秒，超过 {limit} 秒", "a private call of {seconds} s, over {limit} s"
    ),
    "private_call_unsure": Wording(
        "疑似私人通话（{seconds} 秒），需人工听",
        "may be a private call ({seconds} s), please listen",
    ),
    # read-back
    "readback_right": Wording("{detail}已跟读，与客户所说一致", "{detail} repeated, and right"),
    "readback_corrected": Wording(
        "{detail}先读错，改正后重新确认", "{detail} repeated wrongly first, then corrected"
    ),
    "readback_wrong": Wording(
        "{detail}跟读有误，没有改正", "{detail} repeated wrongly and not corrected"
    ),
    "readback_part": Wording("{detail}只跟读了一部分", "{detail} repeated only in part"),
    "readback_missing": Wording("没有跟读{detail}", "{detail} was not repeated"),
    "readback_not_asked": Wording(
        "没有询问{detail}，客户也没有主动说", "{detail} was neither asked for nor given"
    ),
    "readback_unsure": Wording(
        "没有听清{detail}是否跟读正确", "it was not clear whether {detail} was repeated right"
    ),
    "details_right": Wording("各项信息都已核对", "every detail was repeated"),
    "details_missing": Wording("没有核对，或核对有误：{details}", "not repeated right: {details}"),
    "details_unsure": Wording("没有听清是否核对了：{details}", "cannot be sure of: {details}"),
    "no_report": Wording("客户没有报修或下单，本项不适用", "the caller reported nothing"),
    "report_unsure": Wording(
        "不能确定客户是否需要登记报修", "it is not clear whether a report was due"
    ),
    # the ticket beside the call
    "ticket_agrees": Wording("工单上的{detail}与通话中确认的一致", "{detail} on the ticket agrees"),
    "ticket_differs": Wording(
        "工单上的{detail}与通话中确认的不一致：{parts}",
        "{detail} on the ticket is not what was confirmed: {parts}",
    ),
    "ticket_unsure": Wording(
        "没有听清通话中的{detail}，不能与工单比较",
        "{detail} was not clear enough to compare with the ticket",
    ),
    "ticket_unconfirmed": Wording(
        "通话中没有确认{detail}，不能与工单比较", "{detail} was not confirmed in the call"
    ),
    "station_unknown": Wording(
        "维修站对照表中没有这个小区，无法判断", "the station table lacks the compound"
    ),
    # any rule
    "inbound": Wording("呼入电话，本项不适用", "inbound call, does not concern it"),
    "outbound": Wording("呼出电话，本项不适用", "outbound call, does not concern it"),
    "low_confidence": Wording(
        "录音不清，不足以下结论", "the recording is not clear enough to decide"
    ),
    "check_failed": Wording(
        "检查程序出错（{error}），请报告管理员",
        "the check itself failed ({error}); please report it",
    ),
}

_TABLES: Final[Mapping[str, Mapping[str, Wording]]] = {
    "slots": SLOTS,
    "field": FIELDS,
    "festival": FESTIVALS,
    "detail": DETAILS,
    "details": DETAILS,
    "parts": DETAILS,
}
"""Details whose values are codes themselves; several are joined by a comma."""


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
    """Name a slot of a script; a slot without wording keeps its code."""
    return _name(SLOTS, slot, lang)


def slot_status_name(status: SlotStatus, lang: str = "zh") -> str:
    """Name what became of a slot."""
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
