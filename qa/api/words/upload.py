"""Words of the page that brings in recordings."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "upload_title": Wording("上传录音", "Upload recordings"),
    "upload_lead": Wording(
        "选择或拖入录音，填上知道的信息，上传后自动转写、评分；评好以后这里会出现链接。",
        "Choose or drop recordings and say what is known of them; each is transcribed and judged, "
        "and its link appears here.",
    ),
    "upload_drop": Wording("把录音拖到这里", "Drop recordings here"),
    "upload_or": Wording("或者", "or"),
    "upload_choose": Wording("选择文件", "Choose files"),
    "upload_kinds": Wording(
        "WAV、MP3、M4A、OGG、AMR、GSM 等，每个最大 {n} MB",
        "WAV, MP3, M4A, OGG, AMR, GSM and others, up to {n} MB each",
    ),
    "upload_about": Wording("这些录音的信息", "What is known of them"),
    "upload_agent": Wording("坐席", "Agent"),
    "upload_agent_needed": Wording("必须选择本组的坐席", "choose an agent of your team"),
    "upload_unknown": Wording("未知", "unknown"),
    "upload_started": Wording("通话开始时间", "Call started"),
    "upload_direction": Wording("方向", "Direction"),
    "upload_rings": Wording("响铃次数", "Rings"),
    "upload_ruleset": Wording("规则", "Ruleset"),
    "upload_default_rules": Wording("默认", "default"),
    "upload_ticket": Wording("工单", "Ticket"),
    "upload_ticket_id": Wording("工单号", "Ticket number"),
    "upload_single": Wording(
        "时间和工单只在上传一个文件时填写。", "Time and ticket are for a single file only."
    ),
    "upload_send": Wording("上传", "Upload"),
    "upload_ticket_needed": Wording(
        "填写了工单内容，请同时填写工单号。",
        "You filled in parts of a ticket; give its number too.",
    ),
    "upload_zone": Wording(
        "按呼叫中心的时间填写（{zone}）。", "By the clocks of the centre ({zone})."
    ),
    "upload_files": Wording("待上传的文件", "Files to upload"),
    "upload_remove": Wording("移除", "Remove"),
    "upload_again": Wording("重试", "Try again"),
    "upload_sending": Wording("正在上传", "uploading"),
    "upload_ahead": Wording("前面还有 {n} 个", "{n} before it"),
    "upload_known": Wording("这段录音已经在库里", "this recording is here already"),
    "upload_open": Wording("看评分表", "See its scorecard"),
    "upload_sent": Wording("最近上传的", "Sent lately"),
    "upload_none_sent": Wording("还没有上传过录音。", "Nothing was sent yet."),
    "upload_state_received": Wording("已收到", "received"),
    "upload_state_waiting": Wording("排队等候", "waits"),
    "upload_state_transcribing": Wording("正在转写和评分", "being transcribed and judged"),
    "upload_state_scored": Wording("已评分", "judged"),
    "upload_state_failed": Wording("无法使用", "cannot be used"),
    "upload_not_judged": Wording("已转写，但没有评分", "transcribed, but not judged"),
    "upload_problem_too_large": Wording("文件太大，最大 {n} MB。", "Too large: at most {n} MB."),
    "upload_problem_not_audio": Wording(
        "这不是可以使用的录音文件。", "This is not a recording that can be used."
    ),
    "upload_problem_invalid": Wording("填写的信息有误：", "Something in the form is wrong: "),
    "upload_problem_call_exists": Wording(
        "这个通话编号已有别的录音。", "Another recording has this call id."
    ),
    "upload_problem_conflict": Wording(
        "录音、通话编号或工单不在您的权限内，没有接收；请联系部长。",
        "The recording, its call id or its ticket is not yours to use; ask a head.",
    ),
    "upload_problem_ticket_differs": Wording(
        "这个工单号已存在，内容不同；请只填工单号。",
        "The ticket is known with other contents; give its number alone.",
    ),
    "upload_problem_too_many_requests": Wording(
        "排队的录音太多，请稍后再传。", "Too many uploads wait; try again later."
    ),
    "upload_problem_disk_full": Wording(
        "服务器空间不足，请告诉管理员。", "The service has no room; tell the administrator."
    ),
    "upload_problem_timeout": Wording("上传太慢，被中断。", "It came too slowly and was cut off."),
    "upload_problem_unsupported_media_type": Wording(
        "浏览器发来的格式不对。", "The request is malformed."
    ),
    "upload_problem_not_logged_in": Wording("登录已过期，请重新登录。", "Log in again."),
    "upload_problem_not_allowed": Wording("您的账户没有上传的权限。", "You may not upload."),
    "upload_problem_unavailable": Wording("服务暂时不可用，请稍后再试。", "Try again later."),
    "upload_problem_broken_off": Wording("连接中断，请重试。", "The connection broke; try again."),
    "upload_problem_other": Wording("没有成功，请重试。", "It did not work; try again."),
}
