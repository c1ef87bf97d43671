"""Make reports, check them against their rows, send them, and say when one is late."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qa.batch.report_papers import files_of
from qa.config import Settings
from qa.config_reports import ReportSettings
from qa.records import Right, Scope, User
from qa.refusals import NotAllowedError, Refusal, TransitionError
from qa.review.report_model import (
    DUE_KINDS,
    Counted,
    Difference,
    ReportBody,
    ReportDays,
    ReportKind,
    ReportState,
    Terms,
    compare,
    last_over,
)
from qa.review.rights import rights_of
from qa.store import reports
from qa.store.agent_lists import teams_in_scope
from qa.store.audit import audit
from qa.store.messages import MessageKind, tell_heads
from qa.store.report_deliveries import (
    Purpose,
    Target,
    alarms_since,
    is_alarmed,
    not_arrived,
    queue,
    watch_alarms,
)
from qa.store.report_rows import count_report, recount
from qa.store.reports import Report
from qa.store.store import Store

CATCH_UP_DAYS = 7
"""So many days are looked back for daily reports that were not made."""
EVERYTHING = Scope(everything=True)


@dataclass(frozen=True, slots=True)
class Made:
    """A report that was just made or counted anew."""

    report_id: int
    kind: ReportKind
    first: date
    last: date
    team: str


def counted(settings: Settings, zone: ZoneInfo, days: ReportDays, team: str = "") -> Counted:
    """Say what a report counts; `team` is empty for the centre."""
    scope = Scope(teams=frozenset({team})) if team else EVERYTHING
    own = settings.reports
    return Counted(days, scope, zone, Terms(own.long_repair_hours, own.callback_rulesets))


def make_report(
    store: Store,
    settings: Settings,
    days: ReportDays,
    *,
    team: str = "",
    user: User | None = None,
    now: datetime,
) -> int:
    """Count a report and keep it as the newest version; the same figures again add nothing.

    Args:
        user: who asks; None for the program.

    Returns:
        The report's number.

    Raises:
        TransitionError: the report is sent.
    """
    with store.writing() as session:
        reports.hold_report(session, days, team)
        body = count_report(session, counted(settings, store.zone, days, team), team)
        return reports.put_version(session, body, user, now=now)


def make_due(store: Store, settings: Settings, now: datetime) -> tuple[Made, ...]:
    """Make the drafts of all days that are over; harmless to repeat.

    A draft that nobody has reviewed yet is counted anew, since recordings and tickets may have
    come late; one that somebody reviewed is left to people.
    """
    if not settings.reports.make:
        return ()
    with store.reading() as session:
        teams = teams_in_scope(session, EVERYTHING) if settings.reports.teams else []
        kept = {
            (days, team): reports.report_on(session, days, team)
            for days in _due(now.astimezone(store.zone).date())
            for team in ("", *teams)
        }
    made = []
    for (days, team), before in kept.items():
        if before is not None and before.state is not ReportState.DRAFT:
            continue
        report_id = make_report(store, settings, days, team=team, now=now)
        made.append(Made(report_id, days.kind, days.first, days.last, team))
    return tuple(made)


def _due(today: date) -> Iterator[ReportDays]:
    for back in range(CATCH_UP_DAYS - 1, -1, -1):
        yield last_over(ReportKind.DAILY, today - timedelta(days=back))
    yield last_over(ReportKind.WEEKLY, today)
    yield last_over(ReportKind.MONTHLY, today)
    if today.month == 1:  # a year takes long to count; until February its late data have come
        yield last_over(ReportKind.YEARLY, today)


def recounted(session: Any, settings: Settings, zone: ZoneInfo, report: Report) -> ReportBody:
    """Count a report again from its rows, one by one, as it was counted then."""
    return recount(session, counted_then(settings, zone, report), report.team)


def counted_then(settings: Settings, zone: ZoneInfo, report: Report) -> Counted:
    """Say what a report counts by the readings of its making; settings may have changed since."""
    wanted = counted(settings, zone, report.days, report.team)
    return replace(wanted, terms=report.body.terms)


def reconcile(store: Store, settings: Settings, report: Report) -> tuple[Difference, ...]:
    """Compare a report with the rows as they are now; for a sent one these are corrections."""
    with store.reading() as session:
        return compare(report.body, recounted(session, settings, store.zone, report))


def send_report(
    store: Store, settings: Settings, user: User, report: Report, *, now: datetime
) -> int:
    """Send a reviewed report: recount it, keep its files for ever, and queue its deliveries.

    Returns:
        How many deliveries were queued.

    Raises:
        NotAllowedError: the person may not send reports.
        TransitionError: its days are not over, it is sent or not reviewed, or the recount differs.
    """
    if Right.SEND_REPORTS not in rights_of(user):
        raise NotAllowedError(Refusal.NO_RIGHT)
    if report.days.until(store.zone) > now:
        raise TransitionError(Refusal.REPORT_NOT_OVER)
    with store.writing() as session:
        body = recounted(session, settings, store.zone, report)
        files = files_of(session, settings, store.zone, report, sending=(user, now))
        reports.mark_sent(session, user, report, body, files, now=now)
        targets = report_targets(settings.reports) if not report.team else ()
        return queue(session, report.report_id, Purpose.REPORT, targets, now=now)


def report_targets(settings: ReportSettings) -> tuple[Target, ...]:
    """List where the centre's sent reports go."""
    return (
        *(Target("email", address) for address in settings.recipients),
        *(Target("webhook", url) for url in settings.webhooks),
    )


def raise_alarms(store: Store, settings: Settings, now: datetime) -> tuple[Report, ...]:
    """Say once of each report of the centre that it is not sent, or has not arrived, by its hour.

    Heads are told on the page; mails and posts go where the settings say. Daily reports of some
    days are looked at, since nobody may have looked on the day that one was due. What was due
    before reports and their hour came into use, as in a house that was just upgraded, is not late.

    Returns:
        The reports that are newly late.
    """
    since = _looked_at_since(store, settings, now)
    if since is None:
        return ()
    today = now.astimezone(store.zone).date()
    late = []
    with store.reading() as session:
        for days in _with_an_hour(today):
            due = due_at(settings.reports, days, store.zone)
            if since < due <= now and _is_amiss(session, days):
                late.append(days)
    return tuple(one for days in late if (one := _alarm(store, settings, days, now)))


def _looked_at_since(store: Store, settings: Settings, now: datetime) -> datetime | None:
    """Say since when lateness is looked at, which may begin now; None where nothing can be late."""
    with store.reading() as session:
        since = alarms_since(session)
        is_in_use = settings.reports.due_by is not None and reports.is_any_made(session)
    if is_in_use == (since is not None):
        return since
    since = now if is_in_use else None
    with store.writing() as session:
        watch_alarms(session, since)
    return since


def _with_an_hour(today: date) -> Iterator[ReportDays]:
    for kind in DUE_KINDS:
        back = CATCH_UP_DAYS if kind is ReportKind.DAILY else 1
        yield from (last_over(kind, today - timedelta(days=n)) for n in range(back - 1, -1, -1))


def _is_amiss(session: Any, days: ReportDays) -> bool:
    """Whether the centre's report is not sent or has not arrived, and nobody was alarmed yet."""
    report = reports.report_on(session, days)
    if report is None:
        return True
    has_arrived = report.state is ReportState.SENT and not not_arrived(session, [report.report_id])
    return not has_arrived and not is_alarmed(session, report.report_id)


def due_at(settings: ReportSettings, days: ReportDays, zone: ZoneInfo) -> datetime:
    """Say when the report on some days must be sent: at its hour of the day after."""
    hour = time.fromisoformat(settings.due_by or "00:00")
    return datetime.combine(days.last + timedelta(days=1), hour, zone).astimezone(UTC)


def _alarm(store: Store, settings: Settings, days: ReportDays, now: datetime) -> Report | None:
    """Raise the alarm of one report; None where it was raised before."""
    own = settings.reports
    with store.reading() as session:
        known = reports.report_on(session, days)
    report_id = known.report_id if known else make_report(store, settings, days, now=now)
    targets = (
        Target("page", "heads"),  # a delivery of its own, so that it is told once
        *(Target("email", address) for address in own.alarm_recipients),
        *(Target("webhook", url) for url in own.webhooks),
    )
    with store.writing() as session:
        if not queue(session, report_id, Purpose.ALARM, targets[:1], now=now):
            return None
        queue(session, report_id, Purpose.ALARM, targets[1:], now=now)
        tell_heads(session, MessageKind.REPORT_LATE, now)
        audit(session, None, "report.late", "report", str(report_id), {"kind": days.kind.value})
    with store.reading() as session:
        return reports.find_report(session, EVERYTHING, report_id)
