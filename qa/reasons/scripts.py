"""What scripts, numbers and callbacks find."""

from collections.abc import Mapping
from typing import Final

from qa.reasons.words import Wording

SCRIPTS: Final[Mapping[str, Wording]] = {
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
    "slots_wrong": Wording("说错：{slots}", "said wrongly: {slots}"),
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
    # callbacks
    "question_asked": Wording(
        "问到了；客户回答：{answer}", "asked; the customer answered: {answer}"
    ),
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
        "说不准客户的回答，不能核对：{answers}",
        "the answer cannot be told, so not compared: {answers}",
    ),
}
