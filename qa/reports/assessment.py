"""Assessment sheets (考核表) as Excel workbooks, and their labels in both languages."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from qa.masking import mask_numbers_in
from qa.reasons import Wording
from qa.reports.workbook import Cell, safe_workbook, write_row
from qa.review.booking import yuan
from qa.review.schedule import ITEMS, Terms
from qa.review.sheets import Sheet, SheetLine, Work
from qa.review.years import MonthState, YearSheet

LABELS: Final[Mapping[str, Wording]] = {
    "sheet": Wording("月度考核表", "Monthly assessment sheet"),
    "year_sheet": Wording("年度考核表", "Yearly assessment sheet"),
    "month": Wording("月份", "Month"),
    "state": Wording("状态", "State"),
    "year_sum": Wording("全年合计", "The whole year"),
    "year_final": Wording(
        "在岗各月均已关账，不再更改",
        "Every month in which they were there is closed; it no longer changes",
    ),
    "year_open": Wording(
        "全年尚未关完账：合计只含已有的月度考核表，会变化",
        "The year is not closed: the sums hold the monthly sheets that there are, and will change",
    ),
    "excellent_months": Wording("优秀月数", "Excellent months"),
    "rewarded_months": Wording("应予表彰奖励的月数", "Months to be commended and rewarded"),
    "year_note": Wording(
        "每个数都是十二张月度考核表上同一项的合计；平均得分按全年总分和总通数计算。条款读法和依据见各月考核表。",
        "Each figure is the sum of the twelve monthly sheets; the mean score is that of all calls "
        "of the year. How the regulations are read, and every clip, stands on the monthly sheets.",
    ),
    "month_closed": Wording("已关账", "closed"),
    "month_open": Wording("未关账", "not closed"),
    "month_nothing": Wording("已关账，无考核表", "closed; no sheet"),
    "month_missing": Wording("缺考核表，未关账", "missing: no sheet"),
    "month_before": Wording("入职前（首通电话之前）", "before their first call"),
    "month_ahead": Wording("未到", "not begun"),
    "agent": Wording("坐席", "Agent"),
    "team": Wording("班组", "Team"),
    "calls": Wording("已评通话", "Scored calls"),
    "mean": Wording("平均得分", "Mean score"),
    "confirmed_fines": Wording("有确认违纪的通话", "Calls with a confirmed serious violation"),
    "praised": Wording("得到表扬的通话", "Calls with praise"),
    "appeals": Wording("申诉", "Appeals"),
    "appeals_upheld": Wording("申诉成立", "Appeals upheld"),
    "events_filed": Wording("上报异常事件", "Events filed"),
    "missed": Wording("认定漏报", "Confirmed not filed"),
    "withheld": Wording("认定知情不报", "Confirmed kept back"),
    "checked": Wording("已完成抽查", "Spot checks done"),
    "excellent": Wording("本月优秀", "Excellent month"),
    "streak": Wording("连续优秀（月）", "Excellent months in a row"),
    "rewarded": Wording("应予表彰奖励", "To be commended and rewarded"),
    "coaching": Wording("建议诫勉谈话（由人决定）", "A talk is suggested (a person decides)"),
    "yes": Wording("是", "yes"),
    "no": Wording("否", "no"),
    "fined": Wording("罚款（元）", "Fines (yuan)"),
    "given_back": Wording("冲回（元）", "Given back (yuan)"),
    "rewards": Wording("奖励（元）", "Rewards (yuan)"),
    "total": Wording("应扣合计（元）", "To be deducted (yuan)"),
    "entry": Wording("分录", "Entry"),
    "day": Wording("日期", "Day"),
    "item": Wording("条款", "Sentence"),
    "ordinal": Wording("第几次", "Case no."),
    "why": Wording("原因", "Reason"),
    "amount": Wording("金额（元）", "Amount (yuan)"),
    "call": Wording("通话", "Call"),
    "rule": Wording("质检项", "Rule"),
    "decision": Wording("复核决定", "Decision"),
    "clip": Wording("录音位置（秒）", "Place in recording (s)"),
    "reverses": Wording("冲回分录", "Takes back entry"),
    "readings": Wording("本表采用的条款读法", "How the regulations are read on this sheet"),
    "hash": Wording("指纹", "Fingerprint"),
    "frozen": Wording("已关账，不再更改", "Month closed; this sheet no longer changes"),
    "open_sheet": Wording("未关账，会随裁决变化", "Month open; changes with decisions"),
    "item_serious": Wording("严重违纪", "Serious violation"),
    "item_unanswered": Wording("无故不接电话", "Calls left unanswered"),
    "item_private_call": Wording("公话私用", "Private call"),
    "item_shouting": Wording("大吼大叫", "Shouting"),
    "item_emergency": Wording("紧急报修未按流程登记", "Emergency not registered as it should be"),
    "item_complaint": Wording("客户投诉查实", "Customer's complaint verified"),
    "item_unreported": Wording("未汇报", "Report not made"),
    "item_joint": Wording("部门负责人连带处罚 20%", "Department head's share of 20 %"),
    "item_streak": Wording("连续三个月优秀", "Three excellent months"),
    "why_confirmed": Wording("复核确认，结果已定", "confirmed and final"),
    "why_reckoned_anew": Wording("重新计算", "reckoned anew"),
    "why_frozen": Wording("申诉冻结", "frozen by an appeal"),
    "why_verdict_withdrawn": Wording("判定撤销", "verdict withdrawn"),
    "why_ruleset_withdrawn": Wording("规则版本撤销", "ruleset version withdrawn"),
    "why_streak": Wording("连续优秀", "excellent months"),
    "kind_fine": Wording("罚款", "fine"),
    "kind_joint": Wording("连带", "joint"),
    "kind_reward": Wording("奖励", "reward"),
    "kind_reversal": Wording("冲回", "reversal"),
}

_READINGS: Final[Mapping[tuple[str, str], Wording]] = {
    ("window", "month"): Wording("按自然月累计次数", "cases are counted by calendar month"),
    ("window", "quarter"): Wording("按季度累计次数", "cases are counted by quarter"),
    ("window", "year"): Wording("按年累计次数", "cases are counted by year"),
    ("window", "ever"): Wording("一直累计次数", "cases are counted without end"),
    ("repeat", "add"): Wording(
        "每次 10 元，第 4 次起每次 10 + 50 元", "10 yuan each, 10 + 50 each from the fourth"
    ),
    ("repeat", "instead"): Wording(
        "每次 10 元，第 4 次起每次 50 元", "10 yuan each, 50 each from the fourth"
    ),
    ("counts_per", "call"): Wording(
        "一通电话的几项违纪算一次", "several violations in one call are one case"
    ),
    ("counts_per", "flag"): Wording(
        "一通电话的每项违纪各算一次", "each violation in a call is a case"
    ),
    ("books_at", "final"): Wording(
        "申诉期满或申诉裁决后才入账", "booked once the appeal window or the appeal is over"
    ),
    ("books_at", "released"): Wording(
        "发布即入账，申诉期间冲回", "booked on release, taken back while an appeal is open"
    ),
    ("abuse_is_fined", "False"): Wording(
        "000 的 50 元只罚大吼大叫", "the 50 yuan of 000 are for shouting only"
    ),
    ("abuse_is_fined", "True"): Wording(
        "000 的 50 元也罚辱骂", "the 50 yuan of 000 are for abuse as well"
    ),
    ("joint_covers", "reports"): Wording(
        "连带处罚只随未汇报的罚款", "the joint penalty follows fines for missing reports only"
    ),
    ("joint_covers", "all"): Wording("连带处罚随所有罚款", "the joint penalty follows every fine"),
    ("streak_repeats", "every_month"): Wording(
        "连续三个月优秀后，每再优秀一个月都奖励", "after three excellent months each further one"
    ),
    ("streak_repeats", "every_third"): Wording(
        "每满三个月优秀奖励一次", "every three excellent months"
    ),
}
_NUMBERS: Final[Mapping[str, Wording]] = {
    "excellent": Wording(
        "优秀：平均 {score} 分以上且至少 {calls} 通",
        "excellent: a mean of {score} or more over at least {calls} calls",
    ),
    "reward": Wording("奖励 {yuan} 元", "a reward of {yuan} yuan"),
    "no_reward": Wording("奖励不写金额（规章没有数额）", "a reward without a sum (none is named)"),
    "joint_person": Wording("部门负责人账号：{login}", "department head's account: {login}"),
    "no_joint_person": Wording(
        "没有指定部门负责人，不记连带处罚", "no department head is named, so no joint penalty"
    ),
}
COACHING_FROM: Final = 4
"""Cases in a month from which a talk is suggested (003: 誡勉談話); a person decides."""


def label(key: str, lang: str) -> str:
    """Say one of the sheet's labels."""
    return LABELS[key].text(lang)


def reading_lines(terms: Terms, lang: str) -> tuple[str, ...]:
    """Say how the regulations are read, one sentence for each reading."""
    said = [
        wording.text(lang)
        for (name, value), wording in _READINGS.items()
        if str(getattr(terms, name)) == value
    ]
    excellent = _NUMBERS["excellent"].text(lang)
    said.append(excellent.format(score=terms.excellent_score, calls=terms.excellent_calls))
    reward = _NUMBERS["reward" if terms.reward_fen else "no_reward"].text(lang)
    said.append(reward.format(yuan=yuan(terms.reward_fen)))
    joint = _NUMBERS["joint_person" if terms.joint_person else "no_joint_person"].text(lang)
    said.append(joint.format(login=terms.joint_person))
    return tuple(said)


def work_lines(sheet: Sheet, lang: str) -> tuple[tuple[str, str], ...]:
    """Lay out what the agent did: label and value."""
    said = label("yes", lang), label("no", lang)
    serious = sum(line.kind == "fine" and line.item == "serious" for line in sheet.lines)
    pairs = [
        *_counts(sheet.work),
        ("excellent", said[0] if sheet.is_excellent else said[1]),
        ("streak", str(sheet.streak)),
        ("rewarded", said[0] if sheet.rewarded else said[1]),
        ("coaching", said[0] if serious >= COACHING_FROM else said[1]),
    ]
    return tuple((label(key, lang), value) for key, value in pairs)


def year_lines(year: YearSheet, lang: str) -> tuple[tuple[str, str], ...]:
    """Lay out what the agent did in a year: label and value."""
    pairs = [
        *_counts(year.work),
        ("excellent_months", str(year.excellent_months)),
        ("rewarded_months", str(year.rewarded_months)),
    ]
    return tuple((label(key, lang), value) for key, value in pairs)


def _counts(work: Work) -> list[tuple[str, str]]:
    return [
        ("calls", str(work.calls)),
        ("mean", work.mean),
        ("confirmed_fines", str(work.confirmed_fines)),
        ("praised", str(work.praised)),
        ("appeals", str(work.appeals)),
        ("appeals_upheld", str(work.appeals_upheld)),
        ("events_filed", str(work.events_filed)),
        ("missed", str(work.missed)),
        ("withheld", str(work.withheld)),
        ("checked", str(work.checked)),
    ]


def sheet_workbook(
    sheets: Sequence[tuple[Sheet, str, bool]], names: Mapping[str, str], lang: str
) -> bytes:
    """Write sheets as a workbook, one page each, no cell of which is a formula.

    Args:
        sheets: each with its fingerprint and whether its month is closed.
        names: of agents, by number.
    """
    target = io.BytesIO()
    with safe_workbook(target) as book:
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "0.00"})
        used: set[str] = set()
        for sheet, sheet_hash, is_frozen in sheets:
            page = book.add_worksheet(_page_name(sheet.agent_id, used))
            row = _head(page, sheet, names, lang, bold)
            row = _entries(page, row, sheet, lang, (bold, money))
            row = _readings(page, row, sheet, lang, bold)
            state = label("frozen" if is_frozen else "open_sheet", lang)
            write_row(page, row, (state, f"{label('hash', lang)} {sheet_hash}"))
            page.set_landscape()
            page.fit_to_pages(1, 0)
            page.set_column(0, 0, 22)
            page.set_column(1, 11, 14)
        if not sheets:
            book.add_worksheet()
    return target.getvalue()


def year_workbook(years: Sequence[YearSheet], names: Mapping[str, str], lang: str) -> bytes:
    """Write yearly sheets as a workbook, one page each, no cell of which is a formula.

    Args:
        names: of agents, by number.
    """
    target = io.BytesIO()
    with safe_workbook(target) as book:
        formats = book.add_format({"bold": True}), book.add_format({"num_format": "0.00"})
        used: set[str] = set()
        for year in years:
            page = book.add_worksheet(_page_name(year.agent_id, used))
            _year_page(page, year, names, lang, formats)
            page.set_landscape()
            page.fit_to_pages(1, 0)
            page.set_column(0, 0, 22)
            page.set_column(1, 9, 14)
        if not years:
            book.add_worksheet()
    return target.getvalue()


def _year_page(
    page: Any, year: YearSheet, names: Mapping[str, str], lang: str, formats: tuple[Any, Any]
) -> None:
    bold, money = formats
    who = f"{year.agent_id} {names.get(year.agent_id, '')}".strip()
    write_row(page, 0, (label("year_sheet", lang), year.year), (bold, bold))
    write_row(page, 1, (label("agent", lang), who))
    write_row(page, 2, (label("team", lang), year.team or ""))
    row = 4
    for pair in year_lines(year, lang):
        write_row(page, row, pair)
        row += 1
    row += 1
    sums = ("fined", "given_back", "rewards", "total")
    keys = ("month", "state", "calls", "mean", "excellent", *sums, "hash")
    write_row(page, row, [label(key, lang) for key in keys], [bold] * len(keys))
    styles = (*[None] * 5, *[money] * 4)
    for one in year.months:
        row += 1
        cells: list[Cell] = [one.month, label(f"month_{one.state}", lang)]
        if one.sheet is not None:
            work = one.sheet.work
            excellent = label("yes" if one.sheet.is_excellent else "no", lang)
            cells += [work.calls, work.mean, excellent]
            cells += [_money(getattr(one.sheet, key)) for key in sums]
            cells.append(one.sheet_hash if one.state is MonthState.CLOSED else None)
        write_row(page, row, cells, styles)
    whole: list[Cell] = [label("year_sum", lang), None, year.work.calls, year.work.mean]
    whole += [year.excellent_months, *(_money(getattr(year, key)) for key in sums)]
    write_row(page, row + 1, whole, (bold, *[None] * 4, *[money] * 4))
    write_row(page, row + 3, (label("year_final" if year.is_final else "year_open", lang),))
    write_row(page, row + 4, (label("year_note", lang),))


def _page_name(agent_id: str, used: set[str]) -> str:
    """Name a page as Excel allows: 31 characters, no two alike, no forbidden character."""
    plain = "".join("_" if c in "[]:*?/\\'" else c for c in agent_id)[:25] or "_"
    name, number = plain, 2
    while name.casefold() in used:
        name, number = f"{plain}~{number}", number + 1
    used.add(name.casefold())
    return name


def _head(page: Any, sheet: Sheet, names: Mapping[str, str], lang: str, bold: Any) -> int:
    who = f"{sheet.agent_id} {names.get(sheet.agent_id, '')}".strip()
    write_row(page, 0, (label("sheet", lang), sheet.month), (bold, bold))
    write_row(page, 1, (label("agent", lang), who))
    write_row(page, 2, (label("team", lang), sheet.team or ""))
    row = 4
    for name, value in work_lines(sheet, lang):
        write_row(page, row, (name, value))
        row += 1
    return row + 1


def _entries(page: Any, row: int, sheet: Sheet, lang: str, formats: tuple[Any, Any]) -> int:
    bold, money = formats
    keys = ("entry", "day", "item", "ordinal", "why", "amount")
    more = ("call", "rule", "decision", "clip", "reverses")
    titles = [label(key, lang) for key in (*keys, *more)]
    write_row(page, row, titles, [bold] * len(titles))
    for line in sheet.lines:
        row += 1
        styles = (None, None, None, None, None, money)
        write_row(page, row, _cells(line, lang), styles)
    for key, fen in (
        ("fined", sheet.fined),
        ("given_back", sheet.given_back),
        ("rewards", sheet.rewards),
        ("total", sheet.total),
    ):
        row += 1
        blank: list[Cell] = [None] * 4
        write_row(page, row, (*blank, label(key, lang), _money(fen)), (*[None] * 4, bold, money))
    return row + 2


def _cells(line: SheetLine, lang: str) -> list[Cell]:
    place = ""
    if line.start_ms is not None and line.end_ms is not None:
        place = f"{line.start_ms / 1000:.1f}–{line.end_ms / 1000:.1f}"
    return [
        line.entry_id,
        line.day,
        f"{label(f'item_{line.item}', lang)}（{ITEMS[line.item].regulation}）",
        line.ordinal,
        label(f"why_{line.why}", lang),
        _money(line.fen),
        mask_numbers_in(line.call_id or ""),
        line.rule_id or "",
        line.decision_id,
        place,
        line.reverses,
    ]


def _readings(page: Any, row: int, sheet: Sheet, lang: str, bold: Any) -> int:
    write_row(page, row, (label("readings", lang),), (bold,))
    for said in reading_lines(Terms.parse(sheet.terms), lang):
        row += 1
        write_row(page, row, (said,))
    for item in {line.item for line in sheet.lines}:
        row += 1
        write_row(
            page, row, (f"{ITEMS[item].regulation} §{ITEMS[item].sentence}", ITEMS[item].quote)
        )
    return row + 2


def _money(fen: int) -> Decimal:
    return Decimal(fen) / 100
