"""Words of the pages of reports and of promises; what stands on a report is in `qa.reports`."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "reports_title": Wording("报表", "Reports"),
    "reports_tabs": Wording("报表与承诺", "Reports and promises"),
    "reports_lead": Wording(
        "草稿由夜间任务生成；部长审核后发出。发出的报表不再改动，后来的数据只作更正说明。",
        "The nightly run makes the drafts; a head reviews and sends them. A sent report never "
        "changes: later data show as corrections.",
    ),
    "reports_due": Wording("应在次日 {hour} 前发出。", "Due the day after, by {hour}."),
    "reports_all": Wording("全部", "All"),
    "reports_kind": Wording("种类", "Kind"),
    "reports_daily": Wording("日报", "Daily"),
    "reports_weekly": Wording("周报", "Weekly"),
    "reports_monthly": Wording("月报", "Monthly"),
    "reports_yearly": Wording("年报", "Yearly"),
    "reports_days": Wording("日期", "Days"),
    "reports_whose": Wording("范围", "Of"),
    "reports_state": Wording("状态", "State"),
    "reports_late": Wording("逾期", "late"),
    "reports_not_arrived": Wording("未送达", "not arrived"),
    "reports_version": Wording("第 {n} 版", "version {n}"),
    "reports_make": Wording("生成报表", "Make a report"),
    "reports_day": Wording("其中一天", "A day of it"),
    "reports_team": Wording("班组", "Team"),
    "reports_centre": Wording("全中心", "The centre"),
    "reports_make_now": Wording("生成", "Make"),
    "reports_anew": Wording("按现有数据重新生成", "Make anew from the data as they are"),
    "reports_none": Wording("还没有报表。", "There are no reports yet."),
    "reports_none_more": Wording(
        "夜间任务每晚生成前一天的草稿，也可以在这里生成。",
        "Each night makes the draft of the day before; or make one here.",
    ),
    "reports_bad_day": Wording("日期不对。", "That is no day."),
    "reports_back": Wording("全部报表", "All reports"),
    "reports_differs": Wording(
        "与明细重新核对：{n} 处不符，发出前须重新生成并审核。",
        "Recounted from the rows: {n} differences. Make it anew and review it before sending.",
    ),
    "reports_corrections": Wording(
        "更正说明：发出以后数据有变，{n} 处与现在不同。发出的报表不改。",
        "Corrections: data changed after sending; {n} figures are different now. The sent report "
        "stays as it is.",
    ),
    "reports_agrees": Wording(
        "已逐项与明细核对，全部相符。", "Recounted from the rows: every figure agrees."
    ),
    "reports_reported": Wording("报表", "Reported"),
    "reports_now": Wording("现在", "Now"),
    "reports_remark": Wording("说明与整改方案", "Remark, corrective action"),
    "reports_remark_hint": Wording(
        "写下原因、整改措施、责任人和期限。写入后需要重新审核。",
        "Reasons, measures, who and by when. It must be reviewed again afterwards.",
    ),
    "reports_write": Wording("写入", "Write"),
    "reports_review": Wording("审核无误", "I have reviewed it"),
    "reports_send": Wording("发出", "Send"),
    "reports_send_note": Wording(
        "发出后永久保存，不能再改。", "Once sent it is kept for ever and never changes."
    ),
    "reports_not_over": Wording(
        "这段日子还没有结束，不能发出。", "These days are not over, so it cannot be sent."
    ),
    "reports_print": Wording("打印", "Print"),
    "reports_by_browser": Wording(
        "没有安装 Chromium：要 PDF 请用浏览器打印。",
        "No Chromium here: for a PDF, print in the browser.",
    ),
    "reports_deliveries": Wording("投递记录", "Deliveries"),
    "reports_nowhere": Wording(
        "没有设置收件人或网络回调，报表只在这里保存。",
        "No recipients are set: the report is only kept here.",
    ),
    "reports_purpose_report": Wording("报表", "report"),
    "reports_purpose_alarm": Wording("逾期提醒", "late alarm"),
    "reports_channel_email": Wording("邮件", "mail"),
    "reports_channel_webhook": Wording("网络回调", "webhook"),
    "reports_channel_page": Wording("站内消息", "message"),
    "reports_arrived": Wording("已收到", "It arrived"),
    "reports_again": Wording("重新发送", "Send again"),
    "reports_rows": Wording("明细", "Rows"),
    "reports_rows_same": Wording("{n} 条，与报表相符。", "{n} rows, as the report says."),
    "reports_rows_differ": Wording(
        "现在 {n} 条，报表上是 {was} 条。", "{n} rows now; the report says {was}."
    ),
    "reports_rows_unknown": Wording("报表上是“无数据”。", "The report says 'no data'."),
    "reports_rows_none": Wording("没有明细。", "There are no rows."),
    "reports_row_at": Wording("时间", "Time"),
    "reports_row_number": Wording("编号", "Number"),
    "reports_row_agent": Wording("坐席", "Agent"),
    "reports_row_ticket": Wording("工单", "Ticket"),
    "reports_row_label": Wording("说明", "What"),
    "reports_row_value": Wording("数值", "Value"),
    "reports_next": Wording("下一页", "Next page"),
    "flash_reports_made": Wording("报表已生成。", "The report is made."),
    "flash_reports_remark": Wording("已写入，请重新审核。", "Written; review it again."),
    "flash_reports_review": Wording("已审核。", "Reviewed."),
    "flash_reports_sent": Wording("已核对并发出。", "Recounted and sent."),
    "flash_reports_settled": Wording("已记下。", "Written down."),
    "promises_title": Wording("对外承诺", "Promises"),
    "promises_lead": Wording(
        "坐席答应客户的事，按工单时间判断：维修看完成时间，上门看到场时间，回电看联系时间。"
        "工单没有相应时间的，写“无从得知”，不算谁的错。",
        "What agents promised, held against the ticket: a repair against its completion, a visit "
        "against the arrival, a call against the first contact. What the ticket does not tell "
        "counts against nobody.",
    ),
    "promises_all": Wording("全部", "All"),
    "promises_kept": Wording("做到", "Kept"),
    "promises_broken": Wording("没有做到", "Broken"),
    "promises_open": Wording("未到结果", "Open"),
    "promises_overdue": Wording("已过期限", "Overdue"),
    "promises_unknown": Wording("无从得知", "Cannot be told"),
    "promises_none": Wording("这段时间没有这样的承诺。", "No such promise in these days."),
    "promises_due": Wording("期限", "Due"),
    "promises_times": Wording("工单时间", "Ticket"),
    "promises_contacted": Wording("联系 {at}", "contacted {at}"),
    "promises_arrived": Wording("到场 {at}", "arrived {at}"),
    "promises_completed": Wording("完成 {at}", "completed {at}"),
    "promises_words": Wording("原话", "Words"),
    "promises_by_person": Wording("人工认定", "said by a person"),
    "promises_by_ticket": Wording("按工单：{state}", "by the ticket: {state}"),
    "promises_rule": Wording("认定结果", "Say what became of it"),
    "promises_as_ticket": Wording("恢复按工单判断", "Let the ticket count again"),
    "promises_reason": Wording("理由", "Why"),
    "promises_save": Wording("保存", "Save"),
    "promises_back_to_ticket": Wording("恢复按工单", "as the ticket says"),
    "promises_no_ticket": Wording("没有工单", "No ticket"),
    "promises_why_no_time": Wording("没说时间", "no time named"),
    "promises_why_no_ticket": Wording("没有工单", "no ticket"),
    "promises_why_not_told": Wording("工单没写", "the ticket does not tell"),
    "promises_newest": Wording("回到最新", "Newest"),
    "promises_older": Wording("更早的", "Older"),
    "promises_none_here": Wording(
        "最近这些通话里没有，请看更早的。", "None in these calls; look at older ones."
    ),
    "promises_counted": Wording(
        "数字只统计最近 500 条有承诺的通话，“+”表示至少这么多；要看全部，请逐页往前看或缩短日期。",
        "Counts are of the newest 500 calls with promises; “+” means at least so many. Go on page "
        "by page for all of them, or choose fewer days.",
    ),
    "flash_promises_ruled": Wording("已记下。", "Written down."),
}
