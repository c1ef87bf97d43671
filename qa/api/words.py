"""The page's own words, in Chinese and in English; what codes mean is in `qa.wording`."""

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
    # list
    "flagged": Wording("有问题", "Flagged"),
    "all": Wording("全部", "All"),
    "agent": Wording("坐席", "Agent"),
    "all_agents": Wording("全部坐席", "all agents"),
    "from": Wording("从", "From"),
    "until": Wording("到", "To"),
    "rule": Wording("质检项", "Rule"),
    "all_rules": Wording("全部质检项", "all rules"),
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
    "more_undecided": Wording("另有 {n} 项待定", "{n} more undecided"),
    "severity_none": Wording("无问题", "No flags"),
    "call": Wording("通话", "Call"),
    "started": Wording("开始时间", "Started"),
    "length": Wording("时长", "Length"),
    "total": Wording("总分", "Score"),
    "flags": Wording("违规与待定", "Flags"),
    "no_flags": Wording("没有违规，也没有待定项", "Nothing violated, nothing undecided"),
    "unknown": Wording("未知", "unknown"),
    "page_of": Wording("第 {page} / {pages} 页", "page {page} of {pages}"),
    "range_of": Wording("{first}–{last}，共 {total} 通", "{first}–{last} of {total}"),
    "previous": Wording("上一页", "Previous"),
    "next": Wording("下一页", "Next"),
    "keys_list": Wording("<J> <K> 上下移动　<Enter> 打开", "<J> <K> move   <Enter> open"),
    "nothing_flagged": Wording("没有需要复核的通话。", "No call needs a look."),
    "nothing_matches": Wording("没有符合条件的通话。", "No call matches."),
    "nothing_yet": Wording("还没有通话。", "There are no calls yet."),
    "nothing_yet_advice": Wording(
        "把录音和 calls.csv 放进一个文件夹，然后运行：",
        "Put recordings and calls.csv into a folder, then run:",
    ),
    # what did not work
    "problems": Wording("未能处理", "Not processed"),
    "problems_none": Wording("所有录音都已处理。", "Every recording was processed."),
    "failed": Wording("读取失败的录音", "Recordings that failed"),
    "no_metadata": Wording("没有随录数据的录音", "Recordings without metadata"),
    "no_recording": Wording("没有录音的通话", "Calls without a recording"),
    "issues": Wording("导入时的问题", "Remarks of the last ingest"),
    "rejected": Wording("已拒绝", "rejected"),
    "notice": Wording("提醒", "notice"),
    "line_number": Wording("第 {line} 行", "line {line}"),
    "more": Wording("另有 {n} 条：qa recordings", "{n} more: qa recordings"),
    # one call
    "back": Wording("返回列表", "Back to the list"),
    "next_call": Wording("下一通", "Next call"),
    "previous_call": Wording("上一通", "Previous call"),
    "direction": Wording("方向", "Direction"),
    "rings": Wording("振铃", "Rings"),
    "rings_n": Wording("{n} 次", "{n}"),
    "released": Wording("挂机", "Ended"),
    "caller": Wording("主叫", "Caller"),
    "source": Wording("来源", "Source"),
    "ruleset": Wording("规则", "Ruleset"),
    "file": Wording("录音文件", "Recording"),
    "ticket": Wording("工单", "Ticket"),
    "ticket_name": Wording("姓名", "Name"),
    "ticket_phone": Wording("电话", "Phone"),
    "ticket_address": Wording("地址", "Address"),
    "ticket_problem": Wording("问题", "Problem"),
    "ticket_station": Wording("站点", "Station"),
    "notices": Wording("节日通知", "Festival notice"),
    "scorecard": Wording("评分表", "Scorecard"),
    "transcript": Wording("转写", "Transcript"),
    "critical_failure": Wording("一票否决", "Critical failure"),
    "critical_rule": Wording("一票否决项", "critical rule"),
    "of_100": Wording("满分 100", "of 100"),
    "rest": Wording("合格与不适用", "Met, or of no concern"),
    "met": Wording("合格", "met"),
    "not_applicable": Wording("不适用", "not applicable"),
    "heard": Wording("听到的情况", "Heard from the customer"),
    "heard_note": Wording("不影响得分", "moves no points"),
    "promises": Wording("作出的承诺", "Promises made"),
    "due": Wording("期限 {due}", "due {due}"),
    "no_due": Wording("期限不明", "due time unknown"),
    "ticket_says": Wording("工单{detail}", "ticket, {detail}"),
    "can_hear": Wording("可由录音作答：", "The recording can tell:"),
    "points": Wording("扣分", "points"),
    "nearest": Wording("最接近", "nearest"),
    "expected": Wording("应说", "expected"),
    "similarity": Wording("音近 {n}%", "{n}% alike"),
    "searched": Wording("查找范围", "searched"),
    "play": Wording("播放", "Play"),
    "pause": Wording("暂停", "Pause"),
    "play_all": Wording("播放录音", "Play the recording"),
    "clip": Wording("下载片段", "Download clip"),
    "keys_call": Wording(
        "<J> <K> 切换问题　<空格> 播放或停止　<←> <→> 前后 3 秒　<N> 下一通　<U> 返回",
        "<J> <K> between flags   <Space> play or stop   <←> <→> 3 s   <N> next call   <U> back",
    ),
    "unsure_legend": Wording(
        "虚线：识别把握不大的字", "dotted: words the recogniser was not sure of"
    ),
    "role_unsure": Wording("说话人不确定", "speaker not certain"),
    "no_transcript": Wording("没有转写文字。", "There is no transcript."),
    "no_speech": Wording("录音里没有听到说话。", "No speech was heard in the recording."),
    "history": Wording("历次评分", "Earlier scorecards"),
    "history_line": Wording(
        "{date}　{ruleset}　总分 {total}（已被取代）",
        "{date}  {ruleset}  score {total} (superseded)",
    ),
    "not_scored": Wording("没有评分", "Not scored"),
    "status_scored": Wording("已评分", "scored"),
    "status_unscored": Wording(
        "已转写，尚未评分：qa score", "transcribed, not judged yet: qa score"
    ),
    "status_waiting": Wording("等待转写：qa run 文件夹", "waits for transcription: qa run DIR"),
    "status_no_recording": Wording("没有找到录音", "its recording has not been found"),
    "status_failed": Wording("录音无法使用", "its recording cannot be used"),
    "audio_missing": Wording(
        "录音文件已不在原处，无法播放。移回原处，或在新位置重新运行 qa run。",
        "The recording is no longer where it was, so nothing can be played. Put it back, or run "
        "qa run on its new folder.",
    ),
    "audio_changed": Wording(
        "录音文件的内容已经改变，不再是评分时的录音，因此不播放。请恢复原文件，或重新运行 qa run。",
        "The file's bytes have changed: it is not the recording that was judged, so it is not "
        "played. Restore the file, or run qa run again.",
    ),
    "audio_unreadable": Wording(
        "录音文件现在无法读取，不能播放。", "The recording cannot be read now, so it is not played."
    ),
    "audio_error": Wording(
        "录音无法播放，请刷新页面查看原因。", "Playing failed; reload to see why."
    ),
    "needs_script": Wording(
        "播放证据需要浏览器允许脚本。", "Playing the evidence needs scripts enabled."
    ),
    # agents
    "agents_title": Wording("坐席汇总", "Agents"),
    "name": Wording("姓名", "Name"),
    "team": Wording("班组", "Team"),
    "lowest": Wording("最低分", "Lowest"),
    "violated": Wording("违规", "Violated"),
    "undecided": Wording("待定", "Undecided"),
    "critical": Wording("一票否决", "Critical"),
    "missed": Wording("最常违规的质检项", "Most missed rules"),
    "agents_note": Wording(
        "按工号排列，不作排名。待定项未扣分，需人工复核。",
        "In order of number; no ranking. Undecided lines cost no points until a person decides.",
    ),
    "no_agents": Wording("还没有已评分的通话。", "No call has been judged yet."),
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


def word(key: str, lang: str, **values: object) -> str:
    """Say one of the page's words, with values filled in.

    Raises:
        KeyError: there is no such word; a test keeps templates from asking for one.
    """
    text = WORDS[key].text(lang)
    return text.format(**values) if values else text
