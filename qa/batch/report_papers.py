"""Reports as papers: with the names of people, agents and rules, as HTML and as a spreadsheet."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from qa.config import Settings
from qa.records import User
from qa.reports.report_page import ReportPaper, Signed, report_file
from qa.reports.report_xlsx import report_xlsx
from qa.review.report_model import ReportState
from qa.store.names import user_names
from qa.store.queries import agent_names
from qa.store.reports import Report, Step, StepAction


def paper_of(
    session: Any, report: Report, zone: ZoneInfo, *, link: str = "", lang: str = "zh"
) -> ReportPaper:
    """Put a report on paper as it stands.

    Args:
        link: begin of the address of its lists of rows; empty for none.
    """
    people = {report.made_by, *(step.done_by for step in report.steps)}
    names = user_names(session, people)

    def signed(who: int | None, at: datetime) -> Signed:
        return Signed(names.get(who or 0, ""), at.astimezone(zone))

    def last(action: StepAction) -> Signed | None:
        step: Step | None = report.last(action)
        return signed(step.done_by, step.done_at) if step else None

    is_draft = report.state is ReportState.DRAFT
    return ReportPaper(
        body=report.body,
        number=report.number,
        body_hash=report.body_hash,
        state=report.state.value,
        made=signed(report.made_by, report.made_at),
        reviewed=None if is_draft else last(StepAction.REVIEW),
        sent=last(StepAction.SEND),
        remarks=tuple(
            (signed(step.done_by, step.done_at), step.note)
            for step in report.steps
            if step.action is StepAction.REMARK
        ),
        names=agent_names(session),
        link=link,
        lang=lang,
    )


def files_of(
    session: Any,
    settings: Settings,
    zone: ZoneInfo,
    report: Report,
    *,
    sending: tuple[User, datetime] | None = None,
    lang: str = "zh",
) -> dict[str, bytes]:
    """Write a report's files.

    Args:
        sending: who is sending it now, and when, so that the files say so.

    Returns:
        The files by format, `html` and `xlsx`.
    """
    from dataclasses import replace

    base = settings.reports.base_url
    link = f"{base.rstrip('/')}/reports/{report.report_id}/rows" if base else ""
    paper = paper_of(session, report, zone, link=link, lang=lang)
    if sending is not None:
        sent = Signed(sending[0].name, sending[1].astimezone(zone))
        paper = replace(paper, state=ReportState.SENT.value, sent=sent)
    return {"html": report_file(paper).encode(), "xlsx": report_xlsx(paper)}
