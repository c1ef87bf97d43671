"""Words of the calendar of festival notices."""

from collections.abc import Mapping
from typing import Final

from qa.reasons import Wording

WORDS: Final[Mapping[str, Wording]] = {
    "notices_title": Wording("节日通知", "Festival notices"),
    "notices_lead": Wording(
        "通知期内的通话应当用节日问候。补录的通知对当天已经评过的通话同样有效，下一次评分时生效。",
        "Within a notice's days the festival's greeting is due. A notice entered late counts for "
        "calls judged already, too, at the next run of judging.",
    ),
    "notices_now": Wording("正在生效", "In force"),
    "notices_coming": Wording("即将生效", "To come"),
    "notices_past": Wording("已经过去", "Past"),
    "notices_festival": Wording("节日", "Festival"),
    "notices_first": Wording("第一天", "First day"),
    "notices_last": Wording("最后一天", "Last day"),
    "notices_script": Wording("规定的问候（可不填）", "Greeting it prescribes (optional)"),
    "notices_number": Wording("通知编号（可不填）", "Number of the notice (optional)"),
    "notices_add": Wording("录入通知", "Enter a notice"),
    "notices_remove": Wording("撤回", "Take back"),
    "notices_origin": Wording("来自", "From"),
    "notices_by_hand": Wording("手工录入", "entered by hand"),
    "notices_folder_note": Wording(
        "来自文件夹的通知要在它的 notices.csv 里改。",
        "A notice of a folder is changed in its notices.csv.",
    ),
    "notices_none": Wording("还没有通知。", "There are no notices."),
    "notices_no_festival": Wording("请选择节日。", "Choose a festival."),
    "notices_bad_day": Wording("请填写日期，如 2026-02-15。", "Give days such as 2026-02-15."),
    "notices_bad": Wording(
        "最后一天不能早于第一天，文字不能太长。",
        "The last day is not before the first, and the texts are not too long.",
    ),
    "notices_conflict": Wording(
        "这几天的这个节日已有通知，或正在运行任务；请稍后再试。",
        "There is a notice of these days already, or a run is going on; try again later.",
    ),
    "notices_busy": Wording(
        "正在运行任务，或同一天有几份通知；请稍后再试。",
        "A run is going on, or several notices begin on that day; try again later.",
    ),
    "flash_notices_added": Wording("通知已录入。", "The notice is entered."),
    "flash_notices_removed": Wording("通知已撤回。", "The notice is taken back."),
}
