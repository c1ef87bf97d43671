"""What reading back, tickets and rules of any kind find."""

from collections.abc import Mapping
from typing import Final

from qa.reasons.words import Wording

DETAILS: Final[Mapping[str, Wording]] = {
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
    "words_unsure": Wording(
        "识别模型不给出把握程度，不能只凭文字判违规，请听录音",
        "the recogniser does not say how sure it is, so its words alone do not convict; listen",
    ),
    "second_ear_open": Wording(
        "可能罚款，但第二识别模型还没有听过这里，先不判",
        "it may cost money, and the second recogniser has not heard it yet",
    ),
    "second_ear_differs": Wording(
        "可能罚款，但两个识别模型在这里听到的不一样，请听录音",
        "it may cost money, and the two recognisers do not hear the same here; listen",
    ),
    "check_failed": Wording(
        "检查程序出错（{error}），请报告管理员",
        "the check itself failed ({error}); please report it",
    ),
}
