"""The words of reports, in Chinese and English: names of figures, groups and parts."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording
from qa.review.report_model import RATES, Terms

KINDS: Final[Mapping[str, Wording]] = {
    "daily": Wording("日报", "Daily report"),
    "weekly": Wording("周报", "Weekly report"),
    "monthly": Wording("月报", "Monthly report"),
    "yearly": Wording("年报", "Yearly report"),
}
STATES: Final[Mapping[str, Wording]] = {
    "draft": Wording("草稿", "Draft"),
    "reviewed": Wording("已审核", "Reviewed"),
    "sent": Wording("已发出", "Sent"),
}
SECTIONS: Final[Mapping[str, Wording]] = {
    "kpi": Wording("质量指标", "Quality figures"),
    "repairs": Wording("报修", "Repairs"),
    "callbacks": Wording("回访", "Callbacks"),
    "calls": Wording("通话", "Calls"),
    "scores": Wording("质检得分", "Scores"),
    "flags": Wording("违规复核", "Flags reviewed"),
    "appeals": Wording("申诉", "Appeals"),
    "checks": Wording("录音抽查", "Spot checks"),
    "promises": Wording("对外承诺", "Promises"),
    "events": Wording("异常事件", "Abnormal events"),
}
FIGURES: Final[Mapping[str, Wording]] = {
    "kpi_satisfied": Wording("客户满意率", "Satisfied households"),
    "kpi_solved": Wording("问题解决率", "Problems solved"),
    "kpi_complaints": Wording("客户投诉率", "Calls with a complaint"),
    "kpi_completed": Wording("报修办结率", "Repairs completed of those received"),
    "kpi_hours": Wording("平均维修用时（小时）", "Mean time of a repair (hours)"),
    "kpi_adopted": Wording("建议采纳率", "Suggestions adopted"),
    "repairs_received": Wording("受理报修", "Repairs received"),
    "repairs_completed": Wording("完成维修", "Repairs completed"),
    "repairs_open": Wording("期末未完成", "Open at the end"),
    "repairs_long_open": Wording(
        "期末未完成且超过 {hours} 小时", "Open for over {hours} hours at the end"
    ),
    "repairs_long": Wording("完成用时超过 {hours} 小时", "Completed in over {hours} hours"),
    "repairs_untimed": Wording("来电工单缺报修时间", "Tickets without a time of report"),
    "callbacks_planned": Wording("应回访（已返单）", "Callbacks planned (tickets returned)"),
    "callbacks_reached": Wording("其中已回访", "of these, called back"),
    "callbacks_missing": Wording("其中期末未回访", "of these, not called back by the end"),
    "callbacks_done": Wording("回访通话", "Callback calls"),
    "answers_solved": Wording("a 问题已解决", "a solved"),
    "answers_unsolved": Wording("a 问题未解决", "a not solved"),
    "answers_satisfied": Wording("b 态度满意", "b satisfied"),
    "answers_ordinary": Wording("b 态度普通", "b ordinary"),
    "answers_dissatisfied": Wording("b 态度不满意", "b dissatisfied"),
    "answers_charged": Wording("c 收了费", "c was charged"),
    "answers_not_charged": Wording("c 没有收费", "c was not charged"),
    "answers_points": Wording("d 平均打分（1–10）", "d mean points (1–10)"),
    "answers_remarks": Wording("e 有意见或建议", "e with a remark"),
    "answers_none": Wording("未录入回访结果", "Nothing keyed in"),
    "calls_all": Wording("通话总数", "Calls"),
    "calls_inbound": Wording("呼入", "Inbound"),
    "calls_outbound": Wording("呼出", "Outbound"),
    "calls_unscored": Wording("尚未评分", "Not judged"),
    "score_mean": Wording("平均得分", "Mean score"),
    "calls_by_people": Wording("经人复核的通话", "Calls reviewed by people"),
    "calls_undecided": Wording("含待定项的通话", "Calls with undecided lines"),
    "calls_praised": Wording("受到表扬的通话", "Calls with praise"),
    "flags_confirmed": Wording("确认违规", "Flags confirmed"),
    "flags_rejected": Wording("撤销", "Flags rejected"),
    "flags_changed": Wording("改判", "Flags changed"),
    "fines_confirmed": Wording("其中可罚款的已确认违规", "Confirmed violations that may be fined"),
    "appeals_made": Wording("提出申诉", "Appeals made"),
    "appeals_upheld": Wording("申诉成立", "Appeals upheld"),
    "appeals_dismissed": Wording("申诉驳回", "Appeals dismissed"),
    "appeals_open": Wording("期末未裁决", "Open at the end"),
    "checks_daily": Wording("领班日抽查已完成", "Leads' daily checks done"),
    "checks_weekly": Wording("部长周抽查已完成", "Head's weekly checks done"),
    "checks_overdue": Wording("期末超期未做", "Overdue at the end"),
    "promises_made": Wording("作出承诺", "Promises made"),
    "promises_kept": Wording("做到", "Kept"),
    "promises_broken": Wording("没有做到", "Broken"),
    "promises_open": Wording("未到结果", "Open"),
    "promises_overdue": Wording("其中期末已过期限", "of these, overdue at the end"),
    "promises_unknown": Wording("无从得知", "Cannot be told"),
    "promises_no_ticket": Wording("其中没有工单", "of these, without a ticket"),
    "events_all": Wording("异常事件", "Abnormal events"),
    "events_complaints": Wording("其中投诉、转办类", "of these, complaints and relays"),
    "events_waiting": Wording("期末未办结的投诉", "Complaints without a result at the end"),
}
GROUPINGS: Final[Mapping[str, Wording]] = {
    "station": Wording("维修站", "Station"),
    "fault": Wording("报修类型", "Kind of fault"),
    "hour": Wording("时段", "Hour"),
    "day": Wording("日期", "Day"),
    "month": Wording("月份", "Month"),
    "met": Wording("是否", "Yes or no"),
    "agent": Wording("坐席", "Agent"),
    "rule": Wording("质检项", "Rule"),
    "kind": Wording("事件类别", "Kind"),
}
FAULTS: Final[Mapping[str, Wording]] = {
    "cold": Wording("不热", "no heat"),
    "leak": Wording("漏水", "leak"),
    "noise": Wording("异响", "noise"),
    "broken": Wording("部件损坏", "broken part"),
    "smell": Wording("异味", "smell"),
    "uneven": Wording("冷热不均", "uneven heat"),
    "pressure": Wording("压力", "pressure"),
    "billing": Wording("收费", "billing"),
    "change": Wording("改装、放水放气", "change, bleeding"),
    "conduct": Wording("服务与催办", "conduct, reminders"),
    "other": Wording("其他", "other"),
}
EVENTS: Final[Mapping[str, Wording]] = {
    "EV01": Wording("未按时处理报修", "repair not handled in time"),
    "EV02": Wording("未按时联系住户", "household not contacted in time"),
    "EV03": Wording("维修超过四小时", "repair over four hours"),
    "EV04": Wording("维修站和手机无人接听", "station and mobile unanswered"),
    "EV05": Wording("表扬维修人员", "praise of a repairer"),
    "EV06": Wording("投诉维修人员", "complaint about a repairer"),
    "EV07": Wording("投诉收费人员", "complaint about a collector"),
    "EV08": Wording("意见或建议", "opinion or suggestion"),
    "EV09": Wording("供热办转办", "relayed by the heating office"),
}
MET: Final[Mapping[str, Wording]] = {"yes": Wording("是", "yes"), "no": Wording("否", "no")}
TEXTS: Final[Mapping[str, Wording]] = {
    "title": Wording("呼叫中心{kind}", "Call centre: {kind}"),
    "centre": Wording("全中心", "The centre"),
    "team": Wording("班组：{team}", "Team: {team}"),
    "unknown": Wording("无数据", "no data"),
    "none": Wording("没有", "none"),
    "untold": Wording("未注明", "not told"),
    "figure": Wording("项目", "Figure"),
    "value": Wording("数值", "Value"),
    "rows": Wording("明细条数", "Rows"),
    "count": Wording("数量", "Count"),
    "mean": Wording("平均", "Mean"),
    "made": Wording("生成", "Made"),
    "by_program": Wording("夜间任务", "the nightly run"),
    "reviewed": Wording("审核", "Reviewed"),
    "sent": Wording("发出", "Sent"),
    "version": Wording("第 {n} 版", "Version {n}"),
    "hash": Wording("数据校验码", "Hash of the figures"),
    "remarks": Wording("说明与整改", "Remarks and corrective action"),
    "no_remarks": Wording("（没有填写）", "(none written)"),
    "terms": Wording("统计口径", "How it was counted"),
    "terms_1": Wording(
        "日子按 {zone} 时区，含首尾两日。报修、完成按工单时间；"
        "缺少数据的项目印作“无数据”，不算 0。",
        "Days in the zone {zone}, both ends included. Repairs are counted by the times of their "
        "tickets; what is not known is printed as 'no data', never as 0.",
    ),
    "terms_2": Wording(
        "“超过 {hours} 小时”从报修时间算起。应回访：期内完成的工单；"
        "已回访：完成之后、期末之前有回访通话"
        "（按规则集 {rulesets} 评分，或录入了回访结果）。",
        "'Over {hours} hours' counts from the time of report. Planned callbacks: tickets completed "
        "in these days; called back: a callback ({rulesets}, or answers keyed in) after that and "
        "before the end.",
    ),
    "terms_3": Wording(
        "违规以人的复核为准：期内每一项的最后一次决定。得分：复核过的按复核，其余按机器，"
        "未经确认的罚款项不扣分。班组报表中的工单是该组通话提到的工单。",
        "Flags: the last decision of people on each, within these days. Scores: as reviewed, else "
        "the machine's, without unconfirmed fines. A team's tickets are those its calls name.",
    ),
    "terms_kpi": Wording(
        "满意率、解决率：录入了 b、a 的回访里的比例。投诉率：期内通话里带投诉、转办事件"
        "（不含认定不是的）或经查实的坐席投诉的比例。办结率：期内受理的报修里期末已完成的比例。"
        "采纳率：期内意见建议里期末前写明采纳的比例。",
        "Satisfied, solved: of the callbacks with an answer b, a keyed in. Complaints: of the "
        "calls, those with an event that is a complaint or relay and was not dismissed, or with a "
        "confirmed complaint about the agent. Completed: of the repairs received, by the end. "
        "Adopted: of the opinions and suggestions, those closed as adopted by the end.",
    ),
    "signatures": Wording(
        "审核签字：＿＿＿＿＿＿　　日期：＿＿＿＿＿＿", "Signed: ____________  Date: ____________"
    ),
    "by_hour": Wording("各时段来电", "Calls by hour"),
    "by_day": Wording("每日通话", "Calls by day"),
    "by_month": Wording("每月通话", "Calls by month"),
    "repairs_by_month": Wording("每月报修与完成", "Repairs received and completed by month"),
    "score_by_month": Wording("每月平均得分", "Mean score by month"),
    "kpi_by_month": Wording("每月满意率、解决率（%）", "Satisfied and solved by month (%)"),
    "kpi_bars": Wording("质量指标", "Quality figures"),
    "satisfied": Wording("满意", "satisfied"),
    "solved": Wording("解决", "solved"),
    "repairs_by_day": Wording("每日报修与完成", "Repairs received and completed by day"),
    "score_by_day": Wording("每日平均得分", "Mean score by day"),
    "by_station": Wording("各维修站受理报修", "Repairs received by station"),
    "by_fault": Wording("报修类型", "Repairs by kind of fault"),
    "attitude": Wording("回访：对维修人员的态度评价", "Callbacks: how the repairer behaved"),
    "by_agent": Wording("各坐席平均得分", "Mean score by agent"),
    "by_event": Wording("异常事件", "Abnormal events"),
    "by_rule": Wording("确认违规最多的质检项", "Rules confirmed most"),
    "promise_chart": Wording("承诺的结果", "What became of promises"),
    "hours": Wording("{n} 小时", "{n} h"),
    "received": Wording("受理", "received"),
    "completed": Wording("完成", "completed"),
}
WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


def figure_name(key: str, terms: Terms, lang: str) -> str:
    """Name a figure."""
    return FIGURES[key].text(lang).format(hours=f"{terms.long_hours:g}")


def part_name(by: str, name: str, lang: str) -> str:
    """Name a part of a breakdown; agents and rules are named by whoever knows them."""
    if not name:
        return TEXTS["untold"].text(lang)
    known = {"fault": FAULTS, "kind": EVENTS, "met": MET}.get(by, {}).get(name)
    if known is not None:
        return f"{name} {known.text(lang)}" if by == "kind" else known.text(lang)
    return f"{name}:00" if by == "hour" else name


def text(key: str, lang: str, **values: object) -> str:
    """Say one of the other texts."""
    said = TEXTS[key].text(lang)
    return said.format(**values) if values else said


def number(value: float | None, lang: str) -> str:
    """Write a figure: whole numbers without decimals, means with two, nothing known in words."""
    if value is None:
        return text("unknown", lang)
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"


def figure_value(key: str, value: float | None, lang: str) -> str:
    """Write a figure as it is read: a rate with its percent sign."""
    return number(value, lang) + (" %" if key in RATES and value is not None else "")


PROMISES: Final[Mapping[str, Wording]] = {
    "kept": Wording("做到", "kept"),
    "broken": Wording("没有做到", "broken"),
    "open": Wording("未到结果", "open"),
    "unknown": Wording("无从得知", "cannot be told"),
}
BASES: Final[Mapping[str, Wording]] = {
    "machine": Wording("机器评分", "by the machine"),
    "reviewed": Wording("人工复核", "reviewed"),
    "final": Wording("已定", "final"),
}
DELIVERIES: Final[Mapping[str, Wording]] = {
    "waiting": Wording("等待投递", "waiting"),
    "sending": Wording("正在投递", "being sent"),
    "failed": Wording("未送达，稍后重试", "not delivered, tried again later"),
    "delivered": Wording("已送达", "delivered"),
    "given_up": Wording("多次未送达，已停止", "given up"),
    "unclear": Wording("不确定是否送达", "it may have arrived"),
    "arrived": Wording("经人确认已送达", "a person says it arrived"),
    "again": Wording("经人要求重发", "a person asked to send it again"),
}
