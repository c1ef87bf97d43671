"""Words of the archive's page."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "area_archive": Wording("档案", "Archive"),
    "archive_title": Wording("录音档案", "Archive of recordings"),
    "archive_lead": Wording(
        "录音永久保存。只有证明为空的录音可以直接删除；其他删除要写明原因，并由另一位部长批准。",
        "Recordings are kept for ever. Only what is proved empty may be deleted at once; any other "
        "deletion needs a reason, and another person, a head, who approves it.",
    ),
    "archive_alarms": Wording("{n} 段录音有问题", "{n} recordings are not as they should be"),
    "archive_alarms_more": Wording(
        "运行 qa archive verify 重新核对；用 qa archive restore 从备份恢复。",
        "Run qa archive verify to look again; qa archive restore puts back what a backup has.",
    ),
    "archive_is_missing": Wording("录音文件不见了", "the file is missing"),
    "archive_is_changed": Wording("文件内容被改动", "the file holds other bytes"),
    "archive_is_damaged": Wording("加密副本已损坏", "the sealed copy is damaged"),
    "archive_is_locked": Wording("密钥不在，无法核对", "its key is not at hand"),
    "archive_is_ok": Wording("完好", "as it should be"),
    "archive_is_bad": Wording("有问题（以上四种）", "not as it should be (the four above)"),
    "archive_is_deleted": Wording("已按申请删除", "deleted by request"),
    "archive_list": Wording("录音清单", "Recordings"),
    "archive_list_all": Wording("查看全部录音", "List all recordings"),
    "archive_list_bad": Wording("查看全部有问题的录音", "List all that are not as they should be"),
    "archive_state_is": Wording("状态", "State"),
    "archive_any_state": Wording("任何状态", "Any state"),
    "archive_size": Wording("大小 (MiB)", "Size (MiB)"),
    "archive_read": Wording("上次核对", "Last read"),
    "archive_never_read": Wording("尚未核对", "not read yet"),
    "archive_copy": Wording("档案副本", "Archive's copy"),
    "archive_copy_sealed": Wording("已加密", "sealed"),
    "archive_copy_plain": Wording("有", "yes"),
    "archive_first_page": Wording("回到第一页", "First page"),
    "archive_none_fit": Wording("没有符合条件的录音。", "No recording fits."),
    "archive_since": Wording("{when} 起", "since {when}"),
    "archive_state": Wording("保存情况", "How recordings are kept"),
    "archive_kept": Wording("共 {n} 段录音", "{n} recordings"),
    "archive_kept_about": Wording("约 {n} 段录音", "about {n} recordings"),
    "archive_keep_in_place": Wording("留在原处", "where they lie"),
    "archive_keep_copy": Wording("档案目录中另存一份", "with a copy in the archive folder"),
    "archive_sealed": Wording("{n} 份已加密", "{n} sealed"),
    "archive_checked": Wording(
        "{n} 段核对过哈希；{overdue} 段超过 {days} 天未核对",
        "{n} read again and compared; {overdue} not within {days} days",
    ),
    "archive_deleted": Wording("{n} 段按申请删除", "{n} deleted by request"),
    "archive_no_alarms": Wording("没有告警", "No alarms"),
    "archive_requests": Wording("待批准的删除申请", "Requests waiting for a decision"),
    "archive_no_requests": Wording("没有待处理的申请。", "No request is waiting."),
    "archive_ask": Wording("申请删除一段录音", "Ask for the deletion of a recording"),
    "archive_call": Wording("通话编号", "Call"),
    "archive_reason": Wording("原因", "Reason"),
    "archive_reason_hint": Wording(
        "为什么要删除（至少 {n} 字）", "Why it should be deleted (at least {n} characters)"
    ),
    "archive_send": Wording("提交申请", "Ask"),
    "archive_empty": Wording("证明为空的录音", "Recordings that are proved empty"),
    "archive_empty_more": Wording(
        "语音检测在所有声道都没有发现人声。删除前会对文件再检测一次。",
        "Voice detection found no speech on any channel; it looks at the file again before it "
        "goes.",
    ),
    "archive_delete_empty": Wording("删除空录音", "Delete as empty"),
    "archive_past": Wording("已处理的申请", "Past requests"),
    "archive_state_requested": Wording("待批准", "waiting"),
    "archive_state_approved": Wording("已批准，即将删除", "approved, about to go"),
    "archive_state_rejected": Wording("已驳回", "rejected"),
    "archive_state_withdrawn": Wording("已撤回", "withdrawn"),
    "archive_state_erasing": Wording("正在删除", "being deleted"),
    "archive_state_refused": Wording("系统拒绝：仍需要或不为空", "refused: needed, or not empty"),
    "archive_state_failed": Wording("文件删不掉，将重试", "a file stays; it is tried again"),
    "archive_state_retry": Wording("马上重试", "about to be tried again"),
    "archive_failed": Wording(
        "{since} 起失败 {n} 次，{next} 自动重试（间隔逐次延长，最长一天）",
        "failed {n} times since {since}; tried again at {next} (waits grow, up to a day)",
    ),
    "archive_retry": Wording("现在重试", "Try again now"),
    "archive_fault_not_permitted": Wording("没有权限删除文件", "the file may not be removed"),
    "archive_fault_no_regular_file": Wording(
        "那里是链接或目录，不是录音文件", "a link or folder lies there, no recording"
    ),
    "archive_fault_in_storage": Wording(
        "文件在对象存储里，需由其管理员删除", "it lies in object storage; its owner removes it"
    ),
    "archive_fault_unreadable": Wording("文件读不出来", "the file cannot be read"),
    "archive_fault_locked": Wording("密钥不在，无法核对", "its key is not at hand"),
    "flash_archive_retry": Wording("一分钟内会再试。", "It is tried again within a minute."),
    "archive_state_done": Wording("已删除", "deleted"),
    "archive_asked_by": Wording("{name} 申请", "asked by {name}"),
    "archive_decided_by": Wording("{name} 决定", "decided by {name}"),
    "archive_kind_empty": Wording("空录音", "empty recording"),
    "archive_note": Wording("意见（驳回时必填）", "Remark (needed to reject)"),
    "archive_approve": Wording("批准删除", "Approve"),
    "archive_reject": Wording("驳回", "Reject"),
    "archive_withdraw": Wording("撤回", "Withdraw"),
    "archive_ask_link": Wording("申请删除录音", "Ask for deletion"),
    "flash_archive_asked": Wording("申请已提交。", "The request is on its way."),
    "flash_archive_decided": Wording("已保存。", "Saved."),
}
