"""Words of the spot checks' page."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "checks_title": Wording("抽查", "Spot checks"),
    "checks_lead": Wording(
        "每位当班坐席每天抽几通，一部分随机，一部分按风险。听完写下结果才算完成。",
        "Some calls of every agent on duty, each day: partly by chance, partly by risk. A check is "
        "done once its result is written.",
    ),
    "checks_views": Wording("抽查清单", "Lists of checks"),
    "checks_mine": Wording("我的", "Mine"),
    "checks_team": Wording("全组", "Whole team"),
    "checks_everybody": Wording("全中心", "Whole centre"),
    "checks_done": Wording("近 {days} 天完成的", "Done in {days} days"),
    "checks_overdue": Wording("已超期", "Overdue"),
    "checks_overdue_count": Wording("{n} 项超期", "{n} overdue"),
    "checks_daily": Wording("今天要完成", "For today"),
    "checks_weekly": Wording("本周要完成", "For this week"),
    "checks_section_done": Wording("已完成", "Done"),
    "checks_by_chance": Wording("随机", "chance"),
    "checks_by_risk": Wording("风险", "risk"),
    "checks_by_chance_note": Wording("随机抽到", "drawn by chance"),
    "checks_by_risk_note": Wording("因为有待定或严重的项", "drawn for its doubts or violations"),
    "checks_due": Wording("{due} 前", "by {due}"),
    "checks_for_day": Wording("{day} 的通话", "calls of {day}"),
    "checks_assigned": Wording("由 {name}", "{name}"),
    "checks_nobody": Wording("尚未指派", "not assigned"),
    "checks_open_call": Wording("听通话", "Open the call"),
    "checks_result": Wording("抽查结果", "Result"),
    "checks_result_hint": Wording(
        "写下听到了什么、判得对不对（至少 {n} 字）。Ctrl+Enter 提交。",
        "What you heard, and whether the findings are right (at least {n} characters). "
        "Ctrl+Enter sends it.",
    ),
    "checks_send": Wording("完成", "Done"),
    "checks_too_short": Wording(
        "结果太短，至少写 {n} 个字。", "The result is too short: at least {n} characters."
    ),
    "checks_written_by": Wording("{name}，{when}", "{name}, {when}"),
    "checks_none_mine": Wording("今天的抽查都完成了。", "All your checks are done."),
    "checks_none_mine_more": Wording(
        "新的抽查每天结束后抽取。", "New ones are drawn after the end of each day."
    ),
    "checks_none": Wording("没有抽查任务。", "There are no checks."),
    "flash_checks_done": Wording("抽查结果已保存。", "The result is saved."),
}
