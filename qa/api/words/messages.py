"""Words of the messages' page."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "messages_none": Wording("还没有消息。", "There are no messages yet."),
    "messages_none_more": Wording(
        "通话发布、申诉有了答复、分到抽查任务时，会在这里告诉您。",
        "You are told here when a call is released, an appeal answered, or a spot check assigned.",
    ),
    "messages_new": Wording("新", "new"),
    "messages_read_all": Wording("全部标为已读", "Mark all as read"),
    "messages_older": Wording("更早的消息", "Older messages"),
    "messages_newest": Wording("最新的消息", "Newest messages"),
    "messages_call_released": Wording(
        "通话已复核发布，可以查看结果；如有异议，请在期限内申诉。",
        "A call was released: see its result; appeal within the window if you disagree.",
    ),
    "messages_call_taken_back": Wording(
        "已发布的通话被收回，正在重新复核。", "A released call was taken back for another review."
    ),
    "messages_call_reopened": Wording(
        "通话按新规则重新评过，结果不同，将重新复核。",
        "A call was judged again with another result; it will be reviewed again.",
    ),
    "messages_appeal_submitted": Wording("收到一件申诉，等待裁决。", "An appeal waits for you."),
    "messages_appeal_upheld": Wording("申诉成立，成绩已更正。", "Your appeal was upheld."),
    "messages_appeal_dismissed": Wording("申诉已答复：维持原结果。", "Your appeal was dismissed."),
    "messages_check_assigned": Wording("分到一项抽查。", "A spot check was assigned to you."),
    "messages_event_escalated": Wording(
        "有一件异常事件上报，需要跟踪处理结果。",
        "An abnormal event was passed on; follow it to a result.",
    ),
    "messages_fine_booked": Wording(
        "一笔罚款已记入台账，可查看依据的录音。",
        "A fine was booked; see the recording that it rests on.",
    ),
    "messages_fine_reversed": Wording("一笔罚款已冲回。", "A fine was given back."),
    "messages_fine_reckoned": Wording(
        "一笔罚款重新计算过，金额有变，可查看依据。",
        "A fine was reckoned anew and costs another sum; see what it rests on.",
    ),
    "messages_call_moved": Wording(
        "一通已发布的通话经查不是您的，不再算在您头上，已记的罚款会冲回。",
        "A call that was released to you is another's: it counts for you no more, and what was "
        "booked for it is given back.",
    ),
    "messages_charge_confirmed": Wording(
        "一笔处罚已认定；如有异议，请在期限内提出。",
        "A charge against you was confirmed; object within the window if you disagree.",
    ),
    "messages_labels_assigned": Wording(
        "分到一批要盲评的通话。", "Calls to label blind were assigned to you."
    ),
    "messages_report_late": Wording(
        "报表过了时限还没有发出或送达。",
        "A report is late: it is not sent, or has not arrived, by its hour.",
    ),
    "messages_report_undelivered": Wording(
        "发出的报表没有送达，或不知道是否送达：请到那份报表下面处理。",
        "A sent report did not arrive, or nobody knows whether it did: see below that report.",
    ),
    "flash_messages_read": Wording("已全部标为已读。", "All are marked as read."),
}
