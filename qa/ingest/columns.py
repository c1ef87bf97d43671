"""The columns of the tables, and the names under which systems export them."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableKind:
    """One kind of table: its file name without ending, and its columns with their other names."""

    name: str
    columns: Mapping[str, tuple[str, ...]]

    def field_of(self, header: str) -> str | None:
        """Find the field that a header cell names; None when it is unknown."""
        return _HEADERS[self.name].get(normalise_header(header))


CALLS = TableKind(
    "calls",
    {
        "file": (
            "recording",
            "filename",
            "path",
            "录音文件",
            "录音文件名",
            "录音",
            "文件",
            "文件名",
        ),
        "call_id": ("id", "通话编号", "通话ID", "呼叫编号", "流水号", "会话ID"),
        "started_at": (
            "start_time",
            "开始时间",
            "通话开始时间",
            "呼叫时间",
            "来电时间",
            "通话时间",
        ),
        "agent_id": ("agent", "工号", "坐席工号", "座席工号", "话务员工号", "坐席编号"),
        "direction": ("方向", "呼叫方向", "通话方向", "呼叫类型"),
        "ring_count": ("rings", "振铃次数", "响铃次数"),
        "released_by": ("hangup_by", "挂断方", "挂机方", "释放方"),
        "caller_number": ("caller", "来电号码", "主叫号码", "客户号码"),
        "ticket_id": ("ticket", "工单号", "工单编号"),
        "source": ("来源", "录音来源"),
        "ruleset": ("规则集", "质检规则"),
        "fee_unpaid": ("欠费", "是否欠费"),
        "extension": ("分机", "分机号", "坐席分机", "座席号", "座位", "seat"),
    },
)
TICKETS = TableKind(
    "tickets",
    {
        "ticket_id": ("id", "工单号", "工单编号"),
        "name": ("姓名", "客户姓名", "用户姓名", "联系人"),
        "address": ("地址", "详细地址", "用户地址", "住址"),
        "phone": ("电话", "联系电话", "电话号码", "手机", "手机号"),
        "problem": ("故障", "故障描述", "报修内容", "问题描述"),
        "station": ("维修站", "所属维修站"),
        "completed_at": ("finished_at", "完成时间", "完工时间", "办结时间", "回单时间"),
        "received_at": ("reported_at", "报修时间", "受理时间", "接报时间", "接单时间"),
        "contacted_at": ("联系时间", "首次联系时间", "联系用户时间"),
        "arrived_at": ("到场时间", "上门时间", "到达时间"),
    },
)
AGENTS = TableKind(
    "agents",
    {
        "agent_id": ("id", "agent", "工号", "坐席工号", "话务员工号"),
        "name": ("姓名", "坐席姓名", "话务员"),
        "team": ("班组", "团队", "组别"),
    },
)
NOTICES = TableKind(
    "notices",
    {
        "festival": ("节日", "节日名称"),
        "from": ("first_day", "开始日期", "开始", "起始日期"),
        "to": ("last_day", "结束日期", "结束", "截止日期"),
        "script": ("greeting", "话术", "开头语", "问候语"),
        "number": ("notice", "通知编号", "通知号", "文号", "编号"),
    },
)
ANSWERS = TableKind(
    "answers",
    {
        "file": CALLS.columns["file"],
        "call_id": CALLS.columns["call_id"],
        "a": ("solved", "是否解决", "问题是否解决", "是否修好"),
        "b": ("attitude", "服务态度", "态度", "维修人员态度"),
        "c": ("charged", "是否收费", "有无收费"),
        "d": ("points", "评分", "打分", "满意度评分", "分数"),
        "e": ("remark", "意见建议", "意见", "建议", "备注"),
    },
)
STATIONS = TableKind(
    "stations",
    {
        "compound": ("小区", "小区名称", "住宅小区", "楼盘"),
        "station": ("维修站", "所属维修站", "维修站名称"),
    },
)
ROSTER = TableKind(
    "roster",
    {
        "seat": ("extension", "分机", "分机号", "座席号", "座位", "坐席分机"),
        "agent_id": ("id", "agent", "工号", "坐席工号", "话务员工号"),
        "day": ("date", "日期", "班次日期", "上班日期"),
        "from": ("start", "starts_at", "开始时间", "上班时间", "开始", "上班"),
        "to": ("end", "ends_at", "结束时间", "下班时间", "结束", "下班"),
    },
)
LABELS = TableKind(
    "labels",
    {
        "call_id": ("call", "id", "通话编号", "通话ID", "呼叫编号", "流水号"),
        "rule_id": ("rule", "规则", "质检项", "规则编号", "质检项编号"),
        "outcome": ("label", "result", "结果", "标注", "判定"),
    },
)
"""What people found; no table of an inbox, it is named on the command line."""
KINDS = (CALLS, TICKETS, AGENTS, NOTICES, ANSWERS, STATIONS, ROSTER)


def normalise_header(header: str) -> str:
    """Fold case, and drop spaces, underscores and hyphens."""
    return "".join(c for c in header.casefold() if not c.isspace() and c not in "_-\ufeff")


def _by_header(kind: TableKind) -> dict[str, str]:
    return {
        normalise_header(name): field
        for field, others in kind.columns.items()
        for name in (field, *others)
    }


_HEADERS = {kind.name: _by_header(kind) for kind in (*KINDS, LABELS)}
