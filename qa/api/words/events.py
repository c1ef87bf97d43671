"""Words of abnormal events and of candidates for what was kept back."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "area_events": Wording("异常事件", "Events"),
    "events_title": Wording("异常事件", "Abnormal events"),
    "events_lead": Wording(
        "听到的和登记的九类异常事件。投诉类随时上报并跟踪到有结果；其他的进日报、周报和月报。",
        "The nine kinds, heard or entered. Complaints are passed on at once and followed to a "
        "result; the others go into the daily, weekly and monthly reports.",
    ),
    "events_views": Wording("事件清单", "Lists of events"),
    "events_view_open": Wording("处理中", "Open"),
    "events_view_all": Wording("全部", "All"),
    "events_view_candidates": Wording("漏报、知情不报候选", "Kept back? To decide"),
    "events_view_decided": Wording("全部候选", "All candidates"),
    "events_kind": Wording("类别", "Kind"),
    "events_any_kind": Wording("全部类别", "All kinds"),
    "events_agent": Wording("坐席", "Agent"),
    "events_any_agent": Wording("全部坐席", "All agents"),
    "events_nobody": Wording("不涉及坐席", "No agent"),
    "events_happened": Wording("发生时间", "Happened"),
    "events_state": Wording("状态", "State"),
    "events_call": Wording("通话", "Call"),
    "events_filed": Wording("上报时间", "Filed"),
    "events_not_filed": Wording("未上报", "not filed"),
    "events_none": Wording("没有这样的事件。", "There are no such events."),
    "events_none_candidates": Wording("没有待认定的候选。", "Nothing waits to be decided."),
    "events_older": Wording("更早的", "Older"),
    "events_program": Wording("程序", "the program"),
    "events_enter": Wording("登记一件异常事件", "Enter an event"),
    "events_enter_note": Wording(
        "录音里没有的也可以登记，例如维修站和手机都无人接听。",
        "Also what no recording holds, such as a station and a mobile phone that nobody answers.",
    ),
    "events_day": Wording("日期", "Day"),
    "events_text": Wording("事情经过", "What happened"),
    "events_text_hint": Wording("写清楚什么事、涉及谁。", "Say what happened, and about whom."),
    "events_send": Wording("登记并上报", "Enter and report"),
    "events_call_hint": Wording("通话编号（可不填）", "Call id (optional)"),
    "events_timeline": Wording("处理经过", "What was done"),
    "events_evidence": Wording("依据", "Evidence"),
    "events_no_clip": Wording(
        "没有录音依据：由人登记，或由工单时间得出。",
        "No words to hear: a person entered it, or the ticket's times tell of it.",
    ),
    "events_next": Wording("下一步", "What next"),
    "events_on_call": Wording("异常事件", "Abnormal events"),
    "events_on_call_new": Wording("上报异常事件", "Report an event"),
    "events_step_text": Wording("说明", "Note"),
    "events_step_hint": Wording(
        "跟进、结果、撤销和重新打开都要写明。",
        "Following up, a result, a dismissal and reopening need a text.",
    ),
    "event_found": Wording("机器检出", "found by the machine"),
    "event_entered": Wording("人工登记", "entered by a person"),
    "event_filed_after": Wording(
        "检出后 {hours} 小时 {minutes} 分上报", "filed {hours} h {minutes} min after it was found"
    ),
    "event_kind_ev01": Wording("维修班未按时处理", "Repair team did not act in time"),
    "event_kind_ev02": Wording("维修人员未按时联系住户", "Repairer did not call in time"),
    "event_kind_ev03": Wording("维修超过 4 小时", "Repair took over four hours"),
    "event_kind_ev04": Wording("维修站和手机都无人接听", "Station and repairer both unreachable"),
    "event_kind_ev05": Wording("表扬维修人员", "Praise of a repairer"),
    "event_kind_ev06": Wording("投诉维修人员", "Complaint about a repairer"),
    "event_kind_ev07": Wording("投诉收费人员", "Complaint about a fee collector"),
    "event_kind_ev08": Wording("意见或建议", "Opinion or suggestion"),
    "event_kind_ev09": Wording("供热办转达", "Relayed by the heating office"),
    "event_state_detected": Wording("检出未报", "found, not filed"),
    "event_state_filed": Wording("已上报", "filed"),
    "event_state_escalated": Wording("跟踪处理", "passed on"),
    "event_state_closed": Wording("已有结果", "closed"),
    "event_state_dismissed": Wording("不是异常事件", "dismissed"),
    "event_state_gone": Wording("重评后不再检出", "no longer found"),
    "event_did_file": Wording("上报", "filed"),
    "event_did_escalate": Wording("通知领班和部长", "passed on to leads and heads"),
    "event_did_follow": Wording("跟进", "followed up"),
    "event_did_close": Wording("处理结果", "result"),
    "event_did_adopt": Wording("采纳", "adopted"),
    "event_did_dismiss": Wording("认定不是异常事件", "dismissed"),
    "event_did_reopen": Wording("重新打开", "reopened"),
    "event_did_gone": Wording("重新评分后不再检出", "no longer on the scorecard"),
    "event_did_found": Wording("重新评分后又检出", "on the scorecard again"),
    "event_do_file": Wording("上报", "File"),
    "event_do_escalate": Wording("上报领班和部长", "Pass on to leads and heads"),
    "event_do_follow": Wording("写跟进", "Follow up"),
    "event_do_close": Wording("写结果并结案", "Write the result"),
    "event_do_adopt": Wording("采纳并结案", "Adopt"),
    "event_do_dismiss": Wording("不是异常事件", "Dismiss"),
    "event_do_reopen": Wording("重新打开", "Reopen"),
    "omission_missed": Wording("漏报候选", "Not filed?"),
    "omission_withheld": Wording("知情不报候选", "Known and not filed?"),
    "omission_missed_why": Wording(
        "检出后在规定时间内没有人上报。", "It was found, and nobody filed it in time."
    ),
    "omission_withheld_why": Wording(
        "听过这段录音，在规定时间内没有上报。", "Listened to these words, and did not file in time."
    ),
    "omission_lead": Wording(
        "这里只列出要人看的情况，程序不认定任何人。请先听录音、看记录。",
        "The program decides about nobody: this only lists what a person should look at. "
        "Hear the recording and read the log first.",
    ),
    "omission_about": Wording("涉及", "About"),
    "omission_known": Wording("知情时间", "Known since"),
    "omission_log": Wording("收听记录（审计日志行号）", "Listening (rows of the audit log)"),
    "omission_confirm": Wording("认定", "Confirm"),
    "omission_reject": Wording("不认定", "Reject"),
    "omission_reason": Wording("理由", "Reason"),
    "omission_did_confirm": Wording("认定", "confirmed"),
    "omission_did_reject": Wording("不认定", "rejected"),
    "omission_moved": Wording(
        "这通通话经查是另一位坐席的，这条不再算在原坐席头上。",
        "The call is another agent's by now: this no longer counts for the earlier one.",
    ),
    "omission_own": Wording(
        "与您本人有关，由别人认定。", "It is about you; somebody else decides."
    ),
    "flash_event_filed": Wording("已登记并上报。", "Entered and reported."),
    "flash_event_step": Wording("已记下。", "Written down."),
    "flash_omission_decided": Wording("已记下您的认定。", "Your decision is written down."),
}
