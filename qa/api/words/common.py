"""Words of the frame and those that several pages share."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    # frame
    "product": Wording("听检", "Tingjian"),
    "tagline": Wording("通话质检", "call inspection"),
    "queue": Wording("待复核", "Queue"),
    "agents": Wording("坐席", "Agents"),
    "other_language": Wording("English", "中文"),
    "skip": Wording("跳到正文", "Skip to content"),
    "read_only": Wording(
        "只读页面，仅限本机访问", "Read-only; can be reached from this machine only"
    ),
    # calls and figures
    "agent": Wording("坐席", "Agent"),
    "from": Wording("从", "From"),
    "until": Wording("到", "To"),
    "rule": Wording("质检项", "Rule"),
    "apply": Wording("筛选", "Filter"),
    "clear": Wording("清除", "Clear"),
    "calls": Wording("通话", "Calls"),
    "scored": Wording("已评分", "Scored"),
    "mean": Wording("平均分", "Mean score"),
    "points_off": Wording("共扣分", "Points off"),
    "severity_critical": Wording("一票否决", "Critical"),
    "severity_fine": Wording("可罚款", "Fine"),
    "severity_score": Wording("扣分", "Score"),
    "severity_hint": Wording("提示", "Hint"),
    "severity_undecided": Wording("仅待定", "Undecided only"),
    "severity_none": Wording("无问题", "No flags"),
    "call": Wording("通话", "Call"),
    "started": Wording("开始时间", "Started"),
    "length": Wording("时长", "Length"),
    "total": Wording("总分", "Score"),
    "flags": Wording("违规与待定", "Flags"),
    "unknown": Wording("未知", "unknown"),
    "page_of": Wording("第 {page} / {pages} 页", "page {page} of {pages}"),
    "range_of": Wording("{first}–{last}，共 {total} 通", "{first}–{last} of {total}"),
    "previous": Wording("上一页", "Previous"),
    "next": Wording("下一页", "Next"),
    "name": Wording("姓名", "Name"),
    "team": Wording("班组", "Team"),
    "violated": Wording("违规", "Violated"),
    "undecided": Wording("待定", "Undecided"),
    "critical": Wording("一票否决", "Critical"),
    "back": Wording("返回列表", "Back to the list"),
    "direction": Wording("方向", "Direction"),
    "ruleset": Wording("规则", "Ruleset"),
    "ticket": Wording("工单", "Ticket"),
    "scorecard": Wording("评分表", "Scorecard"),
    "transcript": Wording("转写", "Transcript"),
    "met": Wording("合格", "met"),
    "not_applicable": Wording("不适用", "not applicable"),
    "points": Wording("扣分", "points"),
    "similarity": Wording("音近 {n}%", "{n}% alike"),
    "play": Wording("播放", "Play"),
    "pause": Wording("暂停", "Pause"),
    "not_scored": Wording("没有评分", "Not scored"),
    "status_scored": Wording("已评分", "scored"),
    "status_unscored": Wording(
        "已转写，尚未评分：qa score", "transcribed, not judged yet: qa score"
    ),
    "status_waiting": Wording("等待转写：qa run 文件夹", "waits for transcription: qa run DIR"),
    "status_no_recording": Wording("没有找到录音", "its recording has not been found"),
    "status_failed": Wording("录音无法使用", "its recording cannot be used"),
    # errors
    "not_found": Wording("找不到这个页面", "There is no such page"),
    "not_found_advice": Wording(
        "地址可能有误，或这通电话不在库中。",
        "The address may be wrong, or the call is not in this database.",
    ),
    "bad_request": Wording("这个请求看不懂", "This request cannot be understood"),
    "bad_request_advice": Wording(
        "日期应写作 2025-11-18，页码应为正整数。",
        "Dates are written 2025-11-18, page numbers are positive.",
    ),
    "broken": Wording("页面出错了", "Something went wrong"),
    "broken_advice": Wording(
        "数据没有受影响。请刷新重试；若仍出错，请把运行 qa serve 的终端里的最后几行交给管理员。",
        "No data was affected. Reload to try again; if it stays, show the administrator the last "
        "lines of the terminal that runs qa serve.",
    ),
    "not_allowed": Wording("这个页面只读，不接受改动", "This page is read-only"),
    "not_allowed_advice": Wording("没有任何内容被修改。", "Nothing was changed."),
}
